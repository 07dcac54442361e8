"""Folding: how what a switch tells of a leg changes the leg, and how a call follows from its legs. Pure functions."""

from msgspec.structs import replace

from callboard.calls.causes import Cause
from callboard.calls.events import LegEnded, Moved
from callboard.calls.legs import Call, CallKey, CallNumber, Facts, Leg, Placement, Side
from callboard.calls.state import LEG, Signal, State, joint

__all__ = [
    "answered_at",
    "call_of",
    "cause_of",
    "described",
    "earliest",
    "ended",
    "ended_at",
    "joint_of",
    "known",
    "later",
    "listed",
    "listed_again",
    "moved",
    "over",
    "same",
    "seen_again",
    "sides_of",
    "told",
    "with_leg",
]

_TEXTS = ("number", "name", "dialed", "media", "sip_call_id", "channel")
_NO_FACTS = Facts()
_REVERSIBLE = frozenset({Signal.HOLD, Signal.RESUME})

# Before Python 3.12, to look a member of an enum up takes half as long as to make a leg.
_RING, _ANSWER, _END = Signal.RING, Signal.ANSWER, Signal.END
_ENDED = State.ENDED
_CALLER, _CALLEE = Side


def moved(leg: Leg, event: Moved) -> Leg | None:
    """The leg after a signal; None if the signal does not fit its state (late, doubled, out of order).

    Hold and resume undo each other, so of these one that is older than what is known is out of order too.
    """
    signal, at = event.signal, event.at
    to = LEG[leg.state].get(signal)
    if to is None or (at < leg.told_at and signal in _REVERSIBLE):
        return None
    # Compared by hand, for of each call it is asked ten times: `max` takes as long as to make half a leg.
    told_at = leg.told_at
    if told_at < at:
        told_at = at
    known_at = leg.answered_at or leg.started_at
    if at < known_at:
        at = known_at
    if signal is _RING:
        progressed_at = at if leg.progressed_at is None else leg.progressed_at
        return replace(leg, state=to, told_at=told_at, progressed_at=progressed_at)
    if signal is _ANSWER:
        progressed_at = at if leg.progressed_at is None else leg.progressed_at
        return replace(leg, state=to, told_at=told_at, progressed_at=progressed_at, answered_at=at)
    if signal is _END:
        cause = event.cause if isinstance(event, LegEnded) else None
        return replace(leg, state=to, told_at=told_at, ended_at=at, cause=cause)
    return replace(leg, state=to, told_at=told_at)


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
        progressed_at=known(leg.progressed_at, more.progressed_at),
        answered_at=known(leg.answered_at, more.answered_at),
        ended_at=known(leg.ended_at, more.ended_at),
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
    return tuple(leg if leg.state is _ENDED else _ended(leg, at, cause) for leg in legs)


def _ended(leg: Leg, at: float, cause: Cause) -> Leg:
    ended_at = max(at, leg.answered_at or leg.started_at)
    return replace(leg, state=_ENDED, ended_at=ended_at, cause=cause, told_at=at)


def over(call: Call, at: float, cause: Cause) -> Call:
    """The call, with what was not over of it ended `at` for `cause`."""
    return call_of(call.number, call.key, ended(call.legs, at, cause), call.placement, before=call)


def same(call: Call, other: Call) -> bool:
    """Whether two rows say the same; when they were last vouched for does not count."""
    if call.state is not other.state or len(call.legs) != len(other.legs):
        return False
    return replace(call, legs=()) == replace(other, legs=()) and _timeless(call.legs) == _timeless(other.legs)


def _timeless(legs: tuple[Leg, ...]) -> tuple[Leg, ...]:
    return tuple(replace(leg, told_at=0.0) for leg in legs)


def with_leg(legs: tuple[Leg, ...], leg: Leg) -> tuple[Leg, ...]:
    """The legs with `leg` put in the place of the one of its id, or added.

    Legs that are over give way as soon as another leg on their side is not: a failed branch, a losing fork.
    """
    if len(legs) == 1 and legs[0].state is not _ENDED and leg.state is not _ENDED and legs[0].id != leg.id:
        return legs[0], leg
    ids = [other.id for other in legs]
    together = [leg if other.id == leg.id else other for other in legs] if leg.id in ids else [*legs, leg]
    alive = [other.side for other in together if other.state is not _ENDED]
    return tuple([other for other in together if other.state is not _ENDED or other.side not in alive])


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
    callers, callees = sides_of(legs)
    state = joint_of(callers, callees)
    over = state is _ENDED
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
        progressed_at=known(before.progressed_at if before else None, earliest(callees or callers, "progressed_at")),
        answered_at=known(before.answered_at if before else None, answered_at(callers, callees)),
        ended_at=ended_at(legs) if over else None,
        cause=cause_of(callers, callees) if over else None,
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


def ended_at(legs: tuple[Leg, ...]) -> float:
    """When the last of them ended."""
    return max([leg.ended_at or leg.told_at for leg in legs])


def sides_of(legs: tuple[Leg, ...]) -> tuple[list[Leg], list[Leg]]:
    """The callers' legs and the callees'."""
    callers: list[Leg] = []
    callees: list[Leg] = []
    for leg in legs:
        (callers if leg.side is _CALLER else callees).append(leg)
    return callers, callees


def joint_of(callers: list[Leg], callees: list[Leg]) -> State:
    """The call's state, from its legs'."""
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
    text = getattr(max(telling, key=lambda leg: (leg.state is not _ENDED, leg.started_at)), name)
    return text


def _caller_name(callers: list[Leg], caller: str, before: Call | None) -> str:
    """The name that goes with the caller's number: another caller, as after a transfer, is not called as the former."""
    name = _text([leg for leg in callers if leg.number == caller], "name")
    return name or (before.caller_name if before and before.caller == caller else "")


def known(before: float | None, now: float | None) -> float | None:
    """A time that, once it is known, stays."""
    return now if before is None else before


def earliest(legs: list[Leg], name: str) -> float | None:
    """The first of the legs' times of this name."""
    if len(legs) == 1:
        at: float | None = getattr(legs[0], name)
        return at
    return min((at for leg in legs if (at := getattr(leg, name)) is not None), default=None)


def answered_at(callers: list[Leg], callees: list[Leg]) -> float | None:
    """Both sides connected: the later of the two answers. A call with one side only is answered when that side is."""
    if not (callers and callees):
        return earliest(callers or callees, "answered_at")
    caller, callee = earliest(callers, "answered_at"), earliest(callees, "answered_at")
    return later(caller, callee)


def later(one: float | None, other: float | None) -> float | None:
    """The later of two times, if both are known."""
    if one is None or other is None:
        return None
    return max(other, one)


def cause_of(callers: list[Leg], callees: list[Leg]) -> Cause | None:
    """The call ended for the caller's reason: the caller's leg has the final word of the switch."""
    return next((leg.cause for leg in [*callers, *callees] if leg.cause is not None), None)
