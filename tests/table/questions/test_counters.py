"""Counts of calls compared with counting by hand: ids near together, far apart or all different, while calls move."""

import tracemalloc
from collections import Counter
from itertools import count

from hypothesis import given
from hypothesis import strategies as st

from callboard.calls.events import LegAnswered, LegEnded, LegSeen, SwitchLost
from callboard.calls.legs import Call, Facts, Leg, LegId, Placement, Side
from callboard.calls.state import CONNECTED, LIVE, State
from callboard.table.questions.counters import By, Group
from callboard.table.questions.filters import EVERYTHING, Filter
from callboard.table.store.numbering import Numbering
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
    match by:
        case By.STATE:
            return call.state
        case By.SWITCH:
            return call.key.switch
        case _:
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

    groups = table.count(Filter(states=LIVE), (By.ACCOUNT, By.VENDOR), scope=scope, now=_NOW).groups
    connected = [keys(call) for call in live if call.state in CONNECTED]
    assert {group.keys: group.calls for group in groups} == Counter(map(keys, live))
    assert {group.keys: group.answered for group in groups if group.answered} == Counter(connected)
    assert [group.calls for group in groups] == sorted((group.calls for group in groups), reverse=True)


def test_groups_take_room_for_what_there_is_not_for_every_pair_that_there_could_be() -> None:
    many = 3000
    table = _table([(number, many - number, 0) for number in range(1, many)])
    tracemalloc.start()
    try:
        groups = table.count(EVERYTHING, (By.ACCOUNT, By.VENDOR), now=_NOW).groups
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert len(groups) == many - 1
    assert peak < 1000 * many


def _column(table: Table, call: Call, by: By) -> int:
    """What a call's value is in its column, by which groups of one size stand in order."""
    columns = table.counters._columns
    slot = columns.slot(call.number)
    assert slot is not None
    return int(columns[by.value][slot])


def _groups(table: Table, calls: list[Call], by: tuple[By, ...]) -> list[Group]:
    """By hand."""
    places = {
        tuple(_value(call, each) for each in by): tuple(_column(table, call, each) for each in by) for call in calls
    }
    keys = [tuple(_value(call, each) for each in by) for call in calls]
    answered = Counter(key for key, call in zip(keys, calls, strict=True) if call.state in CONNECTED)
    groups = [Group(key, count, answered[key]) for key, count in Counter(keys).items()]
    return sorted(groups, key=lambda group: (-group.calls, places[group.keys]))


_things = st.lists(st.sampled_from(By), min_size=1, max_size=2, unique=True).map(tuple)
_wanted = st.one_of(
    st.just(Filter(states=LIVE)),
    st.builds(
        Filter,
        states=st.none() | st.frozensets(st.sampled_from(State)),
        account=st.none() | st.sampled_from([1, 2, 2**40]),
        suspect=st.none() | st.booleans(),
    ),
)


@given(_calls, _things, _wanted, st.none() | st.integers(1, 4))
def test_what_is_counted_is_what_is_listed(
    calls: list[tuple[int | None, int | None, int]], by: tuple[By, ...], wanted: Filter, most: int | None
) -> None:
    table = _table(calls)
    listed = list(table.select(wanted, now=_NOW))
    count = table.count(wanted, by, most=most, now=_NOW)
    assert list(count.groups) == _groups(table, listed, by)[:most]
    assert count.states == Counter(call.state for call in listed)
    assert (count.total, count.answered) == (len(listed), sum(call.state in CONNECTED for call in listed))
    assert count.suspect == sum(call.suspect_since is not None for call in listed)


_steps = st.lists(
    st.one_of(
        st.tuples(st.just("begin"), _ids),
        st.tuples(st.just("answer"), st.integers(0, 9)),
        st.tuples(st.just("move"), st.integers(0, 9), _ids),
        st.tuples(st.just("end"), st.integers(0, 9)),
        st.tuples(
            st.just("lose"),
        ),
        st.tuples(
            st.just("leave"),
        ),
        st.tuples(st.just("ask"), st.sampled_from(By)),
    ),
    max_size=30,
)


@given(_steps)
def test_what_is_kept_of_a_count_follows_the_calls(steps: list[tuple[object, ...]]) -> None:
    table, now, begun = _table([]), _NOW, 0
    asked: set[By] = set()
    for step in (*steps, ("ask", By.ACCOUNT)):
        now += 1.0
        match step:
            case ("begin", owner):
                facts = Facts(account=owner)  # type: ignore[arg-type]
                table.accept(LegSeen(now, leg(str(begun), str(begun), Side.CALLER, now, facts=facts)), now)
                begun += 1
            case ("answer", which):
                table.accept(LegAnswered(LegId(SWITCH, str(which)), now), now)
            case ("move", which, owner):
                facts = Facts(account=owner)  # type: ignore[arg-type]
                if f"{which}" in {call.key.native for call in table.calls() if call.state in LIVE}:
                    table.accept(LegSeen(now, leg(str(which), str(which), Side.CALLER, now, facts=facts)), now)
            case ("end", which):
                table.accept(LegEnded(LegId(SWITCH, str(which)), now), now)
            case ("lose",):
                table.accept(SwitchLost(SWITCH, now, "gone"), now)
            case ("leave",):
                table.sweep(now)
            case ("ask", By() as by):
                asked.add(by)
                for each in asked:
                    live = [call for call in table.calls() if call.state in LIVE]
                    count = table.count(Filter(states=LIVE), (each,), now=now)
                    assert list(count.groups) == _groups(table, live, (each,))
                    assert count.suspect == sum(call.suspect_since is not None for call in live)
                    assert table.counters.total == (len(live), sum(call.state in CONNECTED for call in live))
                    totals = Counter(_value(call, each) for call in live)
                    assert {key: table.counters.get(each, key)[0] for key in totals} == totals


def test_values_that_no_call_has_any_more_are_forgotten() -> None:
    table = _table([])
    for turn in range(5):
        for index in range(400):
            name = str(turn * 400 + index)
            facts = Facts(account=turn * 400 + index)
            table.accept(LegSeen(_NOW, leg(name, name, Side.CALLER, _NOW, facts=facts)), _NOW)
        assert len(table.counters.by(By.ACCOUNT)) == 400
        assert table.counters.of(By.ACCOUNT, [turn * 400, turn * 400 + 399, 9999]) == {
            turn * 400: (1, 0),
            turn * 400 + 399: (1, 0),
        }
        for index in range(400):
            table.accept(LegEnded(LegId(SWITCH, str(turn * 400 + index)), _NOW), _NOW)
        table.sweep(_NOW + 60.0)
        assert table.counters.by(By.ACCOUNT) == {}
    assert len(table.counters._kept[By.ACCOUNT]._places) < 2000


def test_as_many_values_as_before_may_be_others() -> None:
    """Counted from the start, as when the table grows, what was kept of the values and their order is of the others."""
    table = _table([])

    def begin(name: str, account: int) -> None:
        facts = Facts(account=account)
        table.accept(LegSeen(_NOW, leg(name, name, Side.CALLER, _NOW, facts=facts)), _NOW)

    for account in range(400):
        begin(str(account), account)
    assert set(table.counters.by(By.ACCOUNT)) == set(range(400))
    for account in range(400):
        table.accept(LegEnded(LegId(SWITCH, str(account)), _NOW), _NOW)
    table.sweep(_NOW + 3600)
    before = len(table.counters._columns.calls)
    for index in range(before + 1):
        begin(f"later {index}", 400 + index % 400)
    assert len(table.counters._columns.calls) > before
    assert set(table.counters.by(By.ACCOUNT)) == set(range(400, 800))
