"""Counts of calls whose ids lie near together, far apart, or are all different."""

import tracemalloc
from collections import Counter
from itertools import count

from hypothesis import given
from hypothesis import strategies as st

from callboard.calls.events import LegAnswered, LegEnded, LegSeen
from callboard.calls.legs import Call, Facts, Leg, LegId, Placement, Side
from callboard.calls.state import CONNECTED, LIVE
from callboard.table.counters import By
from callboard.table.filters import EVERYTHING, Filter
from callboard.table.numbering import Numbering
from callboard.table.table import Table
from tests.table.history import SWITCH, leg

_NOW = 2000.0
_ids = st.sampled_from([None, 1, 2, 2**20 - 1, 2**20, 2**31 - 1, 2**31, 2**40])
_calls = st.lists(st.tuples(_ids, _ids, st.integers(0, 2)), max_size=12)


def _place(legs: tuple[Leg, ...]) -> Placement:
    facts = legs[0].facts
    return Placement(account=facts.account, customer=facts.account, vendor=facts.connection)


def _table(calls: list[tuple[int | None, int | None, int]]) -> Table:
    """A table with a call of each owner and vendor, which set up, talk or are over."""
    blocks = count(1, 10_000)
    table = Table(_place, Numbering(0, lambda size: next(blocks)), epoch=1)
    for index, (owner, vendor, stage) in enumerate(calls):
        facts = Facts(account=owner, connection=vendor)
        caller = leg(str(index), str(index), Side.CALLER, 1.0, facts=facts)
        steps = (LegAnswered(LegId(SWITCH, str(index)), 2.0), LegEnded(LegId(SWITCH, str(index)), 3.0))
        for event in (LegSeen(1.0, caller), *steps[:stage]):
            table.accept(event, _NOW)
    return table


def _value(call: Call, by: By) -> object:
    return getattr(call.placement, by.value)


@given(_calls)
def test_ids_may_lie_far_apart(calls: list[tuple[int | None, int | None, int]]) -> None:
    table = _table(calls)
    live = [call for call in table.calls() if call.state in LIVE]
    for by in (By.ACCOUNT, By.VENDOR):
        totals = Counter(_value(call, by) for call in live)
        connected = Counter(_value(call, by) for call in live if call.state in CONNECTED)
        expected = {one: (total, connected[one]) for one, total in totals.items()}
        assert table.counters.by(by) == expected
        assert {one: table.counters.get(by, one) for one in totals} == expected


@given(_calls, st.none() | st.frozensets(st.sampled_from([1, 2**20, 2**40])))
def test_groups_of_ids_that_lie_far_apart(
    calls: list[tuple[int | None, int | None, int]], scope: frozenset[int] | None
) -> None:
    table = _table(calls)
    live = [call for call in table.calls() if call.state in LIVE]

    def keys(call: Call) -> tuple[object, object]:
        owner = call.placement.customer
        return owner if scope is None or owner in scope else None, call.placement.vendor

    groups = table.count(Filter(states=LIVE), (By.ACCOUNT, By.VENDOR), scope=scope, now=_NOW)
    connected = [keys(call) for call in live if call.state in CONNECTED]
    assert {group.keys: group.calls for group in groups} == Counter(map(keys, live))
    assert {group.keys: group.answered for group in groups if group.answered} == Counter(connected)
    assert [group.calls for group in groups] == sorted((group.calls for group in groups), reverse=True)


def test_groups_take_room_for_what_there_is_not_for_every_pair_that_there_could_be() -> None:
    many = 3000
    table = _table([(number, many - number, 0) for number in range(1, many)])
    tracemalloc.start()
    try:
        groups = table.count(EVERYTHING, (By.ACCOUNT, By.VENDOR), now=_NOW)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert len(groups) == many - 1
    assert peak < 1000 * many
