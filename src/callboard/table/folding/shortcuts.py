"""Shortcuts: the call that follows from its legs in the steps of which nearly every life consists.

Each says what `fold.call_of` would say, for a fraction of its work, or None where that must be asked. What switches
tell is mostly this: a caller, then a callee, then what happens to either.
"""

from msgspec.structs import replace

from callboard.calls.legs import Call, CallKey, CallNumber, Leg, Placement, Side
from callboard.calls.state import JOINT, State
from callboard.table.folding.fold import answered_at, earliest, joint_of, known, later, sides_of

__all__ = ["advanced", "begun", "confirmed", "described", "ended", "joined"]

# Before Python 3.12, to look a member of an enum up takes half as long as to make a leg.
_CALLER, _CALLEE = Side
_OVER = State.ENDED


def begun(number: CallNumber, key: CallKey, leg: Leg, placement: Placement) -> Call | None:
    """The call that begins with a caller's leg."""
    if leg.side is not _CALLER or leg.state is _OVER:
        return None
    # Without their names, in the order of the fields: to match 18 names takes five times as long as all the rest.
    times = leg.started_at, leg.progressed_at, leg.answered_at, None
    texts = leg.number, leg.name, leg.dialed, leg.dialed, leg.sip_call_id, leg.media, ""
    return Call(number, key, (leg,), JOINT[leg.state][None], *texts, placement, *times, None, None, leg.id)


def joined(call: Call, leg: Leg, placement: Placement) -> Call | None:
    """The call of a caller who was alone, with a callee's leg."""
    if len(call.legs) != 1 or leg.side is not _CALLEE or leg.state is _OVER:
        return None
    caller = call.legs[0]
    if caller.side is not _CALLER or caller.state is _OVER:
        return None
    return replace(
        call,
        legs=(caller, leg),
        state=JOINT[caller.state][leg.state],
        callee=leg.number or call.callee,
        callee_media=leg.media or call.callee_media,
        placement=placement,
        progressed_at=leg.progressed_at if call.progressed_at is None else call.progressed_at,
        answered_at=later(caller.answered_at, leg.answered_at) if call.answered_at is None else call.answered_at,
        suspect_since=None,
    )


def advanced(call: Call, leg: Leg, after: Leg) -> Call:
    """The call after one of its legs moved on: only its state and its times follow from that.

    The leg is not over or, if it is, no other stands beside it on its side.
    """
    legs = call.legs
    if len(legs) == 1 and after.side is _CALLER:
        return _alone(call, after)
    caller, callee = legs[0], legs[-1]
    if len(legs) != 2 or caller.side is not _CALLER or callee.side is not _CALLEE:
        return _advanced(call, tuple([after if one is leg else one for one in legs]))
    if caller is leg:
        caller = after
    else:
        callee = after
    answered = call.answered_at
    if answered is None and callee.answered_at is not None:
        answered = later(caller.answered_at, callee.answered_at)
    return replace(
        call,
        legs=(caller, callee),
        state=JOINT[caller.state][callee.state],
        progressed_at=callee.progressed_at if call.progressed_at is None else call.progressed_at,
        answered_at=answered,
        suspect_since=None,
    )


def _alone(call: Call, caller: Leg) -> Call:
    """The same of a caller who is alone."""
    return replace(
        call,
        legs=(caller,),
        state=JOINT[caller.state][None],
        progressed_at=caller.progressed_at if call.progressed_at is None else call.progressed_at,
        answered_at=caller.answered_at if call.answered_at is None else call.answered_at,
        suspect_since=None,
    )


def _advanced(call: Call, legs: tuple[Leg, ...]) -> Call:
    """The same, however many legs there are on either side."""
    callers, callees = sides_of(legs)
    return replace(
        call,
        legs=legs,
        state=joint_of(callers, callees),
        progressed_at=known(call.progressed_at, earliest(callees or callers, "progressed_at")),
        answered_at=known(call.answered_at, answered_at(callers, callees)),
        suspect_since=None,
    )


def described(call: Call, leg: Leg, after: Leg, placement: Placement) -> Call | None:
    """The call after more became known of a leg that is alone on its side, but not of who it is and whom it calls."""
    legs = call.legs
    if len(legs) > 2 or (len(legs) == 2 and legs[0].side is legs[1].side):
        return None
    if (after.number, after.name, after.dialed) != (leg.number, leg.name, leg.dialed) or _told_nothing(leg, after):
        return None
    known = advanced(call, leg, after)
    sip_call_id, media = after.sip_call_id or call.sip_call_id, after.media
    if leg.side is _CALLER:
        return replace(known, sip_call_id=sip_call_id, caller_media=media or call.caller_media, placement=placement)
    if len(legs) == 2:
        sip_call_id = call.sip_call_id
    return replace(known, sip_call_id=sip_call_id, callee_media=media or call.callee_media, placement=placement)


def _told_nothing(leg: Leg, after: Leg) -> bool:
    """Whether two reports of a leg, by which it is called the same, say the same."""
    return (
        after.media == leg.media
        and after.sip_call_id == leg.sip_call_id
        and after.channel == leg.channel
        and after.facts == leg.facts
    )


def ended(call: Call, leg: Leg, after: Leg) -> Call | None:
    """The call after one of its legs ended that was alone on its side."""
    legs = call.legs
    if len(legs) > 2 or (len(legs) == 2 and legs[0].side is legs[1].side):
        return None
    going_on = advanced(call, leg, after)
    return going_on if going_on.state is not _OVER else _over(going_on)


def _over(call: Call) -> Call:
    """The call whose legs are over, one on a side at most: the caller's reason goes before the callee's."""
    first, last = call.legs[0], call.legs[-1]
    if first.side is not _CALLER:
        first, last = last, first
    ended_at = max(first.ended_at or first.told_at, last.ended_at or last.told_at)
    return replace(call, ended_at=ended_at, cause=last.cause if first.cause is None else first.cause)


def confirmed(call: Call, legs: list[Leg], at: float) -> Call | None:
    """The call after a list taken `at` that says of its legs, and of no others, what it said the last time.

    The row is one that nothing touched since then.
    """
    if len(legs) != len(call.legs):
        return None
    vouched: list[Leg] = []
    for place, before in enumerate(call.legs):
        leg = legs[place]
        if leg.id.native != before.id.native:
            leg = next((leg for leg in legs if leg.id.native == before.id.native), leg)
        if before.told_at > at or not _as_known(before, leg):
            return None
        vouched.append(replace(before, told_at=at))
    return replace(call, legs=tuple(vouched))


def _as_known(known: Leg, leg: Leg) -> bool:
    """Whether a list says of a leg that is not over what is known. What tells most often is compared first."""
    return (
        known.state is leg.state
        and known.state is not _OVER
        and known.answered_at == leg.answered_at
        and known.started_at == leg.started_at
        and known.progressed_at == leg.progressed_at
        and known.id.native == leg.id.native
        and known.side is leg.side
        and known.number == leg.number
        and known.dialed == leg.dialed
        and known.name == leg.name
        and known.media == leg.media
        and known.sip_call_id == leg.sip_call_id
        and known.channel == leg.channel
        and known.ended_at == leg.ended_at
        and known.cause == leg.cause
        and known.call == leg.call
        and known.facts == leg.facts
    )
