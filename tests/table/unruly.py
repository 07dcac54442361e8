"""What switches might tell in no order at all: legs of any side and state, renamed, re-sided, listed, lost."""

from hypothesis import strategies as st

from callboard.calls.causes import Cause, Reason
from callboard.calls.events import (
    MOVES,
    Event,
    LegDescribed,
    LegEnded,
    LegRenamed,
    LegSeen,
    SwitchListed,
    SwitchLost,
    SwitchRestarted,
    SwitchUp,
)
from callboard.calls.legs import Facts, Leg, LegId, Side
from callboard.calls.state import State

__all__ = ["happenings"]

_switches = st.sampled_from(["pbx", "pbx", "pbx", "pbx", "other"])
_natives = st.sampled_from("abc")
_states = st.sampled_from([*State, State.DIALING, State.RINGING, State.ANSWERED])
_times = st.integers(0, 40).map(float)
_known = st.one_of(st.none(), _times)
_texts = st.sampled_from(["", "801", "812"])


@st.composite
def _ids(draw: st.DrawFn) -> LegId:
    return LegId(draw(_switches), draw(_natives))


def _named(ids: st.SearchStrategy[LegId]) -> st.SearchStrategy[Leg]:
    return st.builds(
        Leg,
        id=ids,
        call=st.sampled_from("xxxy"),
        side=st.sampled_from(Side),
        state=_states,
        number=_texts,
        name=_texts,
        dialed=_texts,
        media=_texts,
        sip_call_id=_texts,
        facts=st.builds(Facts, account=st.sampled_from([None, 3, 4]), connection=st.sampled_from([None, 1])),
        started_at=_times,
        progressed_at=_known,
        answered_at=_known,
    )


_legs = _named(_ids())
_causes = st.sampled_from([Cause(Reason.BUSY, 486), Cause(Reason.NORMAL)])
_moves = st.one_of(*(st.builds(kind, _ids(), _times) for kind in MOVES if kind is not LegEnded))


@st.composite
def _lists(draw: st.DrawFn) -> SwitchListed:
    switch = draw(_switches)
    ids = st.builds(LegId, st.just(switch), _natives)
    legs = draw(st.lists(_named(ids), max_size=4, unique_by=lambda leg: leg.id))
    return SwitchListed(switch, draw(_times), tuple(legs), draw(st.booleans()))


@st.composite
def _renames(draw: st.DrawFn) -> LegRenamed:
    switch = draw(_switches)
    old, new = draw(st.permutations("abc"))[:2]
    return LegRenamed(draw(_times), LegId(switch, old), LegId(switch, new))


_seen = st.builds(LegSeen, _times, _legs)
_ended = st.builds(LegEnded, _ids(), _times, _causes)
_rare: st.SearchStrategy[Event] = st.one_of(
    st.builds(LegDescribed, _times, _legs),
    _renames(),
    _lists(),
    st.builds(SwitchLost, _switches, _times, st.just("gone")),
    st.builds(SwitchUp, _switches, _times),
    st.builds(SwitchRestarted, _switches, _times, st.just("restarted")),
)


@st.composite
def _events(draw: st.DrawFn) -> Event:
    """Mostly what makes calls: `one_of` would take each kind of move to be as likely as a leg."""
    kinds: list[st.SearchStrategy[Event]] = [_seen, _seen, _seen, _moves, _moves, _moves, _ended, _rare]
    return draw(draw(st.sampled_from(kinds)))


happenings: st.SearchStrategy[list[tuple[float, Event]]] = st.lists(
    st.tuples(st.sampled_from([0.0, 0.1, 3.0, 130.0, 130.0]), _events()), min_size=10, max_size=50
)
"""Events, each so many seconds after the one before it: rows leave after 5, tombstones after 120."""
