"""Folding: how what a switch tells of a leg changes the leg, and how a call follows from its legs. Pure functions."""

from msgspec.structs import replace

from callboard.calls.causes import Cause
from callboard.calls.events import LegEnded, Moved
from callboard.calls.legs import Call, CallKey, CallNumber, Facts, Leg, Placement, Side
from callboard.calls.state import JOINT, Signal, State, joint, step

__all__ = [
    "advanced",
    "call_of",
    "described",
    "ended",
    "listed",
    "listed_again",
    "moved",
    "same",
    "seen_again",
    "told",
    "with_leg",
]

_TEXTS = ("number", "name", "dialed", "media", "sip_call_id", "channel")
_NO_FACTS = Facts()
_REVERSIBLE = frozenset({Signal.HOLD, Signal.RESUME})


def moved(leg: Leg, event: Moved) -> Leg | None:
    """The leg after a signal; None if the signal does not fit its state (late, doubled, out of order).

    Hold and resume undo each other, so of these one that is older than what is known is out of order too.
    """
    to = step(leg.state, event.signal)
    if to is None or (event.signal in _REVERSIBLE and event.at < leg.told_at):
        return None
    told_at = max(leg.told_at, event.at)
    at = max(event.at, leg.answered_at or leg.started_at)
    if event.signal is Signal.END:
        cause = event.cause if isinstance(event, LegEnded) else None
        return replace(leg, state=to, told_at=told_at, ended_at=at, cause=cause)
    if event.signal is Signal.ANSWER:
        progressed = _first(leg.progressed_at, at)
        return replace(leg, state=to, told_at=told_at, progressed_at=progressed, answered_at=at)
    if event.signal is Signal.RING:
        return replace(leg, state=to, told_at=told_at, progressed_at=_first(leg.progressed_at, at))
    return replace(leg, state=to, told_at=told_at)


def _first(known: float | None, at: float) -> float:
    return at if known is None else known


def _in_order(leg: Leg) -> Leg:
    """The leg with no time before an earlier one's: a list may have whole seconds, and clocks may be set."""
    if leg.answered_at is None or leg.answered_at >= leg.started_at:
        return leg
    return replace(leg, progressed_at=leg.started_at, answered_at=leg.started_at)


def told(leg: Leg, at: float) -> Leg:
    """The leg, vouched for `at`."""
    return leg if at <= leg.told_at else replace(leg, told_at=at)


def described(leg: Leg, more: Leg, at: float) -> Leg:
    """The leg with every field that `more` fills in; its state and times stay."""
    changes: dict[str, object] = {name: text for name in _TEXTS if (text := getattr(more, name))}
    if more.facts != _NO_FACTS:
        changes["facts"] = _merged(leg.facts, more.facts)
    return replace(leg, told_at=max(at, leg.told_at), **changes)


def _merged(known: Facts, more: Facts) -> Facts:
    changes = {name: value for name in Facts.__struct_fields__ if (value := getattr(more, name)) not in (None, "")}
    return replace(known, **changes)


def seen_again(leg: Leg, more: Leg, at: float) -> Leg:
    """The leg after another report of the whole of it: its fields are filled in, its state only goes forward.

    A party that was called and then calls on, as after a transfer, is on the caller's side from there on.
    """
    side = more.side if at >= leg.told_at else leg.side
    filled = replace(described(leg, more, at), side=side)
    if more.state <= leg.state:
        return filled
    further = replace(
        filled,
        state=more.state,
        progressed_at=_known(leg.progressed_at, more.progressed_at),
        answered_at=_known(leg.answered_at, more.answered_at),
        ended_at=_known(leg.ended_at, more.ended_at),
        cause=leg.cause or more.cause,
    )
    return _in_order(further)


def listed(known: Leg | None, leg: Leg, at: float) -> Leg:
    """The leg after a full list taken `at`: as listed, unless something newer was told since."""
    if known is not None and known.told_at > at:
        return known
    return _in_order(replace(leg, told_at=at))


def ended(legs: tuple[Leg, ...], at: float, cause: Cause) -> tuple[Leg, ...]:
    """The legs, with those that were not over ended `at` for `cause`."""
    return tuple(leg if leg.state is State.ENDED else _ended(leg, at, cause) for leg in legs)


def _ended(leg: Leg, at: float, cause: Cause) -> Leg:
    ended_at = max(at, leg.answered_at or leg.started_at)
    return replace(leg, state=State.ENDED, ended_at=ended_at, cause=cause, told_at=at)


def same(call: Call, other: Call) -> bool:
    """Whether two rows say the same; when they were last vouched for does not count."""
    if call.state is not other.state or len(call.legs) != len(other.legs):
        return False
    return replace(call, legs=_timeless(call.legs)) == replace(other, legs=_timeless(other.legs))


def _timeless(legs: tuple[Leg, ...]) -> tuple[Leg, ...]:
    return tuple(replace(leg, told_at=0.0) for leg in legs)


def with_leg(legs: tuple[Leg, ...], leg: Leg) -> tuple[Leg, ...]:
    """The legs with `leg` put in the place of the one of its id, or added.

    Legs that are over give way as soon as another leg on their side is not: a failed branch, a losing fork.
    """
    ids = [other.id for other in legs]
    together = [leg if other.id == leg.id else other for other in legs] if leg.id in ids else [*legs, leg]
    alive = [other.side for other in together if other.state is not State.ENDED]
    return tuple([other for other in together if other.state is not State.ENDED or other.side not in alive])


def advanced(call: Call, leg: Leg, after: Leg) -> Call:
    """The call after one of its legs moved on and is not over: only its state and its times follow from that.

    The same as `call_of` would say of these legs, for a fraction of its work: most of what switches tell is this.
    """
    legs = tuple([after if one is leg else one for one in call.legs])
    state = _joint(legs)
    progressed = call.progressed_at is None and after.progressed_at is not None
    answered = call.answered_at is None and after.answered_at is not None
    if not (progressed or answered or call.suspect_since is not None):
        return replace(call, legs=legs, state=state)
    callers, callees = _sides(legs)
    return replace(
        call,
        legs=legs,
        state=state,
        progressed_at=_known(call.progressed_at, _earliest(callees or callers, "progressed_at")),
        answered_at=_known(call.answered_at, _answered_at(callers, callees)),
        suspect_since=None,
    )


def call_of(
    number: CallNumber,
    key: CallKey,
    legs: tuple[Leg, ...],
    placement: Placement,
    *,
    before: Call | None = None,
    suspect_since: float | None = None,
) -> Call:
    """The call that these legs make; without `before` a new one.

    What a leg told that has gone since is kept from the row as it was `before`.
    """
    callers, callees = _sides(legs)
    state = _joint(legs)
    over = state is State.ENDED
    dialed = _text(callers, "dialed") or (before.dialed if before else "")
    caller = _text(callers, "number") or (before.caller if before else "")
    return Call(
        number=number,
        key=key,
        legs=legs,
        state=state,
        caller=caller,
        caller_name=_caller_name(callers, caller, before),
        dialed=dialed,
        callee=_text(callees, "number") or (before.callee if before else "") or dialed,
        sip_call_id=_text(callers or callees, "sip_call_id") or (before.sip_call_id if before else ""),
        caller_media=_text(callers, "media") or (before.caller_media if before else ""),
        callee_media=_text(callees, "media") or (before.callee_media if before else ""),
        placement=placement,
        started_at=min([leg.started_at for leg in legs]) if before is None else before.started_at,
        progressed_at=_known(before.progressed_at if before else None, _earliest(callees or callers, "progressed_at")),
        answered_at=_known(before.answered_at if before else None, _answered_at(callers, callees)),
        ended_at=max([leg.ended_at or leg.told_at for leg in legs]) if over else None,
        cause=_cause(callers, callees) if over else None,
        suspect_since=suspect_since,
        first_leg=before.first_leg if before else legs[0].id,
    )


def listed_again(before: Call, legs: tuple[Leg, ...], placement: Placement) -> Call:
    """The call as its switch's full list says it, with these legs.

    A list may correct the times of legs that are still there. What the call has from legs that have gone, such as its
    beginning after its caller was transferred away, no list can tell: it stays.
    """
    alone = call_of(before.number, before.key, legs, placement)
    ids = {leg.id for leg in legs}
    there = tuple(leg for leg in before.legs if leg.id in ids)
    was = call_of(before.number, before.key, there, placement) if there else None

    def corrected(name: str) -> float | None:
        """As listed if the row has it from legs that are listed, else no later than it was."""
        known: float | None = getattr(before, name)
        listed: float | None = getattr(alone, name)
        if known is None or (was is not None and getattr(was, name) == known):
            return listed
        return known if listed is None else min(known, listed)

    started_at = corrected("started_at") or before.started_at
    return replace(
        call_of(before.number, before.key, legs, placement, before=before),
        started_at=started_at,
        progressed_at=_not_before(started_at, corrected("progressed_at")),
        answered_at=_not_before(started_at, corrected("answered_at")),
    )


def _not_before(started_at: float, at: float | None) -> float | None:
    return None if at is None else max(started_at, at)


def _sides(legs: tuple[Leg, ...]) -> tuple[list[Leg], list[Leg]]:
    """The callers' legs and the callees'."""
    callers: list[Leg] = []
    callees: list[Leg] = []
    for leg in legs:
        (callers if leg.side is Side.CALLER else callees).append(leg)
    return callers, callees


def _joint(legs: tuple[Leg, ...]) -> State:
    if len(legs) == 2 and legs[0].side is Side.CALLER and legs[1].side is Side.CALLEE:
        return JOINT[legs[0].state][legs[1].state]
    callers, callees = _sides(legs)
    return joint([leg.state for leg in callers], [leg.state for leg in callees])


def _text(legs: list[Leg], name: str) -> str:
    """The side's word for a field: that of the newest leg which has one, a leg that is not over first."""
    text: str
    if len(legs) == 1:
        text = getattr(legs[0], name)
        return text
    telling = [leg for leg in legs if getattr(leg, name)]
    if not telling:
        return ""
    text = getattr(max(telling, key=lambda leg: (leg.state is not State.ENDED, leg.started_at)), name)
    return text


def _caller_name(callers: list[Leg], caller: str, before: Call | None) -> str:
    """The name that goes with the caller's number: another caller, as after a transfer, is not called as the former."""
    name = _text([leg for leg in callers if leg.number == caller], "name")
    return name or (before.caller_name if before and before.caller == caller else "")


def _known(before: float | None, now: float | None) -> float | None:
    return now if before is None else before


def _earliest(legs: list[Leg], name: str) -> float | None:
    if len(legs) == 1:
        at: float | None = getattr(legs[0], name)
        return at
    return min((at for leg in legs if (at := getattr(leg, name)) is not None), default=None)


def _answered_at(callers: list[Leg], callees: list[Leg]) -> float | None:
    """Both sides connected: the later of the two answers. A call with one side only is answered when that side is."""
    if not (callers and callees):
        return _earliest(callers or callees, "answered_at")
    caller, callee = _earliest(callers, "answered_at"), _earliest(callees, "answered_at")
    return None if caller is None or callee is None else max(caller, callee)


def _cause(callers: list[Leg], callees: list[Leg]) -> Cause | None:
    """The call ended for the caller's reason: the caller's leg has the final word of the switch."""
    return next((leg.cause for leg in [*callers, *callees] if leg.cause is not None), None)
