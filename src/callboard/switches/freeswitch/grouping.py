"""Which channels of a list make one call, and what that call is called. Pure functions.

A channel names the channel that called it; the halves of a loopback pair name each other. What hangs together so is
one call. It keeps the name under which its channels are known, so that a call stays the same call through transfers.
"""

from collections.abc import Sequence

import msgspec

from callboard.switches.portions import PORTION, Work

__all__ = ["Member", "call_names"]


class Member(msgspec.Struct, frozen=True, gc=False):
    """One channel, as far as grouping goes."""

    uuid: str
    call_uuid: str
    """The channel that called it, itself if none did."""
    partner: str
    """The other half of the loopback pair, "" where there is none."""
    known_as: str
    """The name of the call that it is known to belong to, "" where it is new."""


def call_names(members: Sequence[Member]) -> Work[dict[str, str]]:
    """Channel -> the name of its call. `members` come the oldest first."""
    groups = yield from _groups(members)
    names: dict[str, str] = {}
    taken: set[str] = set()
    # Where a call fell in two, the part with the channel that it was named after keeps the name.
    for named_after in (True, False):
        for place, group in enumerate(groups):
            if any(member.uuid == member.known_as for member in group) is named_after:
                known = (member.known_as for member in group if member.known_as and member.known_as not in taken)
                name = next(known, None) or _new_name(group, taken)
                taken.add(name)
                names.update((member.uuid, name) for member in group)
            if place % PORTION == 0:
                yield
    return names


def _new_name(group: Sequence[Member], taken: set[str]) -> str:
    """That of the oldest channel which calls; else that of the one which called and is gone."""
    names = [member.uuid for member in group if member.call_uuid == member.uuid and not _is_far_half(member, group)]
    names += [member.call_uuid for member in group]
    names += [member.uuid for member in group]
    return next((name for name in names if name not in taken), names[-1])


def _is_far_half(member: Member, group: Sequence[Member]) -> bool:
    """Whether a channel is the half of a loopback pair that calls on for the other half."""
    partner = next((other for other in group if other.uuid == member.partner), None)
    return partner is not None and partner.call_uuid != partner.uuid


def _groups(members: Sequence[Member]) -> Work[list[list[Member]]]:
    """The members that hang together, each group and the groups in the order of `members`."""
    leaders: dict[str, str] = {}
    for place, member in enumerate(members):
        leaders.setdefault(member.uuid, member.uuid)
        for other in (member.call_uuid, member.partner):
            if other:
                leaders.setdefault(other, other)
                leaders[_leader(leaders, other)] = _leader(leaders, member.uuid)
        if place % PORTION == 0:
            yield
    groups: dict[str, list[Member]] = {}
    for place, member in enumerate(members):
        groups.setdefault(_leader(leaders, member.uuid), []).append(member)
        if place % PORTION == 0:
            yield
    return list(groups.values())


def _leader(leaders: dict[str, str], uuid: str) -> str:
    while leaders[uuid] != uuid:
        leaders[uuid] = leaders[leaders[uuid]]
        uuid = leaders[uuid]
    return uuid
