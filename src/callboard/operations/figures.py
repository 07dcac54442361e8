"""Read the figures of the whole system as it stands, for whoever watches it from outside."""

from collections.abc import Iterable, Mapping
from typing import TypeVar

import msgspec

from callboard.access.rights import Principal, Right
from callboard.calls.legs import Direction
from callboard.calls.state import LIVE, State
from callboard.operations.desk import Desk
from callboard.operations.operation import Operation
from callboard.operations.switches import SwitchFacts
from callboard.table.questions.counters import By, Group, Tally
from callboard.table.questions.filters import Filter
from callboard.table.reconciling.links import Link

__all__ = ["LONG", "READ_METRICS", "Figures", "ReadMetrics"]

LONG = (3_600.0, 14_400.0, 43_200.0, 86_400.0)
"""Seconds beyond which calls are counted as long ones: hardly any call lasts four hours, and a ghost lasts for ever."""

K = TypeVar("K", State, Direction)

_UP = Filter(states=LIVE)


class ReadMetrics(msgspec.Struct, frozen=True, kw_only=True):
    """All of them."""


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """The live calls, counted in several ways, and what is known of the switches. What is not there counts none."""

    states: Mapping[tuple[str, State], int]
    """Calls by switch and state."""
    directions: Mapping[tuple[str, Direction], int]
    """Calls by switch and direction."""
    suspects: Mapping[str, int]
    """Suspect calls by switch."""
    long: Mapping[tuple[str, float], int]
    """Calls by switch that were set up more than so many seconds ago, for each of `LONG`."""
    vendors: Mapping[int | None, Tally]
    customers: Mapping[int | None, Tally]
    """By their owner; None: nobody known."""
    links: tuple[Link, ...]
    """Every switch that was ever heard of."""
    switches: tuple[SwitchFacts, ...]
    """Every switch of the settings."""


def _read_metrics(desk: Desk, principal: Principal, arguments: ReadMetrics, now: float) -> Figures:
    table = desk.table
    return Figures(
        states=_counts(table.count(_UP, (By.SWITCH, By.STATE), now=now).groups, State),
        directions=_counts(table.count(_UP, (By.SWITCH, By.DIRECTION), now=now).groups, Direction),
        suspects=_by_switch(table.count(Filter(states=LIVE, suspect=True), (By.SWITCH,), now=now).groups),
        long={
            (switch, seconds): calls
            for seconds in LONG
            for switch, calls in _by_switch(
                table.count(Filter(states=LIVE, started_before=now - seconds), (By.SWITCH,), now=now).groups
            ).items()
        },
        vendors=table.counters.by(By.VENDOR),
        customers=table.counters.by(By.CUSTOMER),
        links=table.links,
        switches=tuple(desk.switches()),
    )


def _counts(groups: Iterable[Group], kind: type[K]) -> dict[tuple[str, K], int]:
    """By switch and another value, which is of that kind."""
    keys = ((str(group.keys[0]), group.keys[1], group.calls) for group in groups)
    return {(switch, key): calls for switch, key, calls in keys if isinstance(key, kind)}


def _by_switch(groups: Iterable[Group]) -> dict[str, int]:
    return {str(group.keys[0]): group.calls for group in groups}


READ_METRICS = Operation(
    name="metrics.read",
    summary="Read the figures of the whole system, as Prometheus scrapes them.",
    right=Right.METRICS_READ,
    arguments=ReadMetrics,
    example=ReadMetrics(),
    run=_read_metrics,
    system_wide=True,
)
