"""Readings: from what was counted, and from how it stands, to the figures' values."""

import platform
from collections.abc import Callable, Iterator, Mapping
from enum import IntEnum
from functools import cache
from importlib.metadata import version
from typing import TypeVar

import msgspec

from callboard.calls.commands import Outcome
from callboard.calls.legs import Direction
from callboard.calls.state import LIVE
from callboard.metrics import families
from callboard.metrics.distribution import Distribution
from callboard.metrics.families import Family, Reading
from callboard.metrics.shares import Shares, label
from callboard.metrics.tallies import Tallies
from callboard.operations.desk import Desk
from callboard.operations.figures import LONG, Figures
from callboard.operations.switches import LinkWork
from callboard.table.questions.counters import Tally
from callboard.table.reconciling.links import Link, LinkState

__all__ = ["QueueFigures", "of_calls", "of_clients", "of_events", "of_queues", "of_server", "of_switches", "of_tallies"]


Labels = TypeVar("Labels", bound=tuple[str, ...])


class QueueFigures(msgspec.Struct, frozen=True, kw_only=True):
    """How a queue stands."""

    waiting: int
    dropped: int = 0
    """Entries lost since the start of the process."""
    failing: bool = False
    """Whether its way out fails at present."""


# --- calls that are up -----------------------------------------------------------------------------------------------


def of_calls(figures: Figures, shares: Shares) -> Iterator[Reading]:
    """Zeros too, for every switch that is known: a figure that comes and goes cannot be compared with what it was."""
    for switch in _switches(figures):
        for state in sorted(LIVE):
            yield Reading(families.CALLS, (switch, _word(state)), figures.states.get((switch, state), 0))
        for way in Direction:
            yield Reading(families.DIRECTIONS, (switch, _word(way)), figures.directions.get((switch, way), 0))
        yield Reading(families.SUSPECTS, (switch,), figures.suspects.get(switch, 0))
        for seconds in LONG:
            hours = f"{seconds / 3600:g}h"
            yield Reading(families.LONG_CALLS, (switch, hours), figures.long.get((switch, seconds), 0))
    by_customer = shares.by_customer(figures.customers)
    by_vendor = shares.by_vendor(figures.vendors)
    yield from _shared(by_customer, families.CUSTOMER_CALLS, families.CUSTOMER_CONNECTED)
    yield from _shared(by_vendor, families.VENDOR_CALLS, families.VENDOR_CONNECTED)


def _switches(figures: Figures) -> list[str]:
    return sorted({*(link.switch for link in figures.links), *(facts.name for facts in figures.switches)})


def _word(member: IntEnum) -> str:
    return member.name.lower()


def _shared(tallies: Mapping[tuple[str, str], Tally], first: Family, second: Family) -> Iterator[Reading]:
    for share, tally in tallies.items():
        yield Reading(first, share, tally[0])
        yield Reading(second, share, tally[1])


# --- what went by ----------------------------------------------------------------------------------------------------


def of_tallies(tallies: Tallies, figures: Figures, shares: Shares) -> Iterator[Reading]:
    """Calls, commands and requests since the start of the process."""
    for switch in _switches(figures):
        yield Reading(families.STARTED, (switch,), tallies.started[switch])
        yield Reading(families.ANSWERED, (switch,), tallies.answered[switch])
        yield Reading(families.SEIZURES, (switch,), tallies.seizures[switch])
        yield Reading(families.SEIZURES_ANSWERED, (switch,), tallies.seizures_answered[switch])
        yield Reading(families.SETUP_DELAY, (switch,), tallies.setup_delay[switch])
        yield Reading(families.TALK, (switch,), tallies.talk[switch])
    for (switch, way, reason), count in tallies.ended.items():
        yield Reading(families.ENDED, (switch, _word(way), _word(reason)), count)
    answered = tallies.vendor_answered
    of_vendors = shares.by_vendor(
        {vendor: (all_, answered[vendor]) for vendor, all_ in tallies.vendor_seizures.items()}
    )
    yield from _shared(of_vendors, families.VENDOR_SEIZURES, families.VENDOR_ANSWERED)
    yield from _many(families.COMMANDS, {(operation,): count for operation, count in tallies.commands.items()})
    yield from _of_outcomes(tallies)
    yield from _many(families.REQUESTS, tallies.requests)
    for front, distribution in tallies.request_seconds.items():
        yield Reading(families.REQUEST_SECONDS, (front,), distribution)


def _of_outcomes(tallies: Tallies) -> Iterator[Reading]:
    """All outcomes of an operation from its first command on, or the first of a kind would seem to be no increase."""
    for operation in tallies.commands:
        for outcome in (_word(each) for each in Outcome if each is not Outcome.PENDING):
            yield Reading(families.OUTCOMES, (operation, outcome), tallies.outcomes[operation, outcome])


def _many(family: Family, counts: Mapping[Labels, int]) -> Iterator[Reading]:
    return (Reading(family, labels, count) for labels, count in counts.items())


# --- switches and events ---------------------------------------------------------------------------------------------


def of_switches(figures: Figures) -> Iterator[Reading]:
    """The links, and what it takes to keep them."""
    for link in figures.links:
        yield from _of_link(link)
    for facts in figures.switches:
        yield Reading(families.SWITCH_INFO, (facts.name, facts.kind, label(facts.version)), 1)
        yield from _known(families.SWITCH_OFFSET, facts.name, facts.clock_offset)
        if facts.work is not None:
            yield from _of_work(facts.name, facts.work)
    for name in {facts.name for facts in figures.switches} - {link.switch for link in figures.links}:
        yield from _of_state(name, LinkState.LOST)


def _of_link(link: Link) -> Iterator[Reading]:
    yield from _of_state(link.switch, link.state)
    yield Reading(families.SWITCH_SINCE, (link.switch,), link.since)
    yield from _known(families.SWITCH_EVENT, link.switch, link.last_event_at)
    yield from _known(families.SWITCH_LIST, link.switch, link.last_list_at)


def _of_state(switch: str, state: LinkState) -> Iterator[Reading]:
    return (Reading(families.SWITCH_LINK, (switch, _word(each)), int(each is state)) for each in LinkState)


def _known(family: Family, switch: str, value: float | None) -> Iterator[Reading]:
    if value is not None:
        yield Reading(family, (switch,), value)


def _of_work(switch: str, work: LinkWork) -> Iterator[Reading]:
    values = {
        families.SWITCH_LISTS: work.lists,
        families.SWITCH_INCOMPLETE: work.incomplete,
        families.SWITCH_LIST_TOOK: work.list_took,
        families.SWITCH_LINKS: work.links,
        families.SWITCH_FAILURES: work.failures,
        families.SWITCH_LATE: work.late,
    }
    return (Reading(family, (switch,), value) for family, value in values.items())


def of_events(desk: Desk) -> Iterator[Reading]:
    """What the table was told."""
    yield from _many(families.EVENTS, {(name,): count for name, count in desk.table.told.items()})
    yield from _many(families.IGNORED, {(name,): count for name, count in desk.table.ignored.items()})
    yield Reading(families.CHANGES, (), desk.table.revision.number)


# --- clients and the server ------------------------------------------------------------------------------------------


def of_clients(desk: Desk, tallies: Tallies) -> Iterator[Reading]:
    """Sign-ins and streams."""
    yield Reading(families.SIGN_INS_FAILED, (), tallies.sign_ins_failed)
    yield Reading(families.SIGN_INS_THROTTLED, (), desk.access.throttled)
    yield Reading(families.STREAM_CLIENTS, (), desk.feeds.readers)
    yield from _many(families.STREAM_SNAPSHOTS, {(why,): count for why, count in desk.feeds.snapshots.items()})
    yield Reading(families.STREAM_KEPT, (), desk.budget.bytes)


def of_queues(queues: Mapping[str, Callable[[], QueueFigures]]) -> Iterator[Reading]:
    """Every queue, asked now."""
    for name, ask in queues.items():
        queue = ask()
        yield Reading(families.QUEUE, (name,), queue.waiting)
        yield Reading(families.QUEUE_DROPPED, (name,), queue.dropped)
        yield Reading(families.QUEUE_FAILING, (name,), int(queue.failing))


def of_server(lag: Distribution) -> Iterator[Reading]:
    """The process itself, as far as it is ours."""
    yield Reading(families.LOOP_LAG, (), lag)
    yield Reading(families.BUILD, _versions(), 1)


@cache
def _versions() -> tuple[str, str]:
    return version("callboard"), platform.python_version()
