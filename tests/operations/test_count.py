"""Counts by any two things compared with counting by hand; peaks and the last hour, for each customer's own eyes."""

from collections import Counter
from itertools import count, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callboard.access.rights import ROLE_RIGHTS, Principal, Role
from callboard.calls.legs import Call
from callboard.calls.refusals import CustomerNotFound
from callboard.calls.state import LIVE, State
from callboard.directory.records import Account, Customer
from callboard.operations import loads as module
from callboard.operations.count import CALL_SERIES, COUNT_CALLS, CallSeries, CountCalls, Counted
from callboard.operations.desk import Reach
from callboard.operations.list_calls import LIST_CALLS, ListCalls
from callboard.operations.loads import MOST, STEP, Loads, Peak
from callboard.table.questions.counters import By
from callboard.table.questions.filters import Filter
from tests.house import BEGIN, House

EVERYTHING = ListCalls(as_party=True, where=Filter(states=LIVE))
ACCOUNTS = (None, 3, 5, 7, 9)


def principal(customer: int) -> Principal:
    return Principal(login="who", role=Role.RESELLER, customer=customer, rights=ROLE_RIGHTS[Role.RESELLER])


def value(call: Call, by: By) -> object:
    match by:
        case By.STATE:
            return call.state
        case By.SWITCH:
            return call.key.switch
        case _:
            return getattr(call.placement, by.value)


def full(house: House) -> None:
    """A call of each kind in each state."""
    for state, account in product((State.NEW, State.RINGING, State.ANSWERED, State.HELD, State.ENDED), ACCOUNTS):
        house.call(state, account=account)
        house.call(state, account=account, callee_account=5)


def counted(house: House, customer: int, *by: By, which: ListCalls = EVERYTHING) -> Counted:
    return house.desk.perform(COUNT_CALLS, principal(customer), CountCalls(which=which, by=by), house.now)


@pytest.mark.parametrize("customer", [1, 2, 3, 4])
@pytest.mark.parametrize("by", [(one,) for one in By] + [(By.CUSTOMER, By.STATE), (By.COUNTRY, By.ACCOUNT)])
def test_groups_are_what_counting_the_list_gives(customer: int, by: tuple[By, ...]) -> None:
    house = House()
    full(house)
    calls = house.desk.perform(LIST_CALLS, principal(customer), EVERYTHING, house.now).calls
    found = counted(house, customer, *by)
    keys = [tuple(value(call, each) for each in by) for call in calls]
    answered = [key for key, call in zip(keys, calls, strict=True) if call.connected]
    assert {group.keys: group.calls for group in found.groups} == Counter(keys)
    assert {group.keys: group.answered for group in found.groups if group.answered} == Counter(answered)
    assert [group.calls for group in found.groups] == sorted((group.calls for group in found.groups), reverse=True)
    assert (found.total, found.answered) == (len(calls), len(answered))
    assert found.ringing == sum(call.state is State.RINGING for call in calls)


def test_an_empty_table_has_no_groups() -> None:
    found = counted(House(), 1, By.STATE)
    assert (found.total, tuple(found.groups), found.suspect) == (0, (), 0)


def test_a_peak_is_of_all_that_one_sees_and_of_nothing_less() -> None:
    house = House()
    house.call(account=5)
    for which in (
        ListCalls(as_party=True, where=Filter(states=LIVE, vendor=1)),
        ListCalls(as_party=True, reach=Reach.OWN, where=Filter(states=LIVE)),
        ListCalls(as_party=True, customer=frozenset({2, 5}), where=Filter(states=LIVE)),
    ):
        assert counted(house, 1, which=which).peak is None
    for customer, calls in {None: 1, 2: 1, 3: 1, 4: 0}.items():
        which = ListCalls(as_party=True, customer=customer, where=Filter(states=LIVE))
        peak = counted(house, 1, which=which).peak
        assert peak is not None
        assert peak.calls == calls


steps = st.lists(
    st.one_of(
        st.tuples(st.just("begin"), st.sampled_from(ACCOUNTS), st.sampled_from(ACCOUNTS)),
        st.tuples(st.just("end"), st.integers(0, 8)),
        st.tuples(st.just("move"), st.sampled_from([(3, 1), (3, 2), (4, 5), (4, 2), (5, 2)])),
        st.tuples(st.just("midnight")),
    ),
    max_size=14,
)


@given(steps)
def test_peaks_follow_every_change_whoever_is_moved(plan: list[tuple[object, ...]]) -> None:
    house = House()
    live: list[Call] = []
    peaks: Counter[int] = Counter()
    for step in plan:
        house.now += 1.0
        match step:
            case ("begin", account, callee):
                live.append(house.call(account=account, callee_account=callee, at=house.now))  # type: ignore[arg-type]
            case ("end", int(which)) if which < len(live):
                house.end(live.pop(which).key)
            case ("move", (int(customer), int(parent))):
                record = house.directory.customer(customer)
                assert record is not None
                house.directory.put(Customer(id=customer, name=record.name, parent=parent))
            case ("midnight",):
                house.now = (house.now // 86_400 + 1) * 86_400
                peaks.clear()
        for customer in (1, 2, 3, 4, 5):
            seen = counted(house, customer)
            peaks[customer] = max(peaks[customer], seen.total)
            assert house.desk.loads.now(customer, house.now) == (seen.total, seen.answered)
            assert seen.peak is not None
            assert seen.peak.calls == peaks[customer]


def test_the_last_hour_every_ten_seconds() -> None:
    house = House()
    loads = house.desk.loads
    for index in range(400):
        if index == 395:
            house.call(account=5)
        loads.sample(house.now)
        house.now += STEP
    since = house.now - 100.0
    found = house.desk.perform(CALL_SERIES, principal(2), CallSeries(since=since), house.now)
    assert found.begin == since
    assert found.calls == found.answered == (0,) * 5 + (1,) * 5
    assert loads.series(4, since).calls == (0,) * 10
    assert len(loads.series(1, 0.0).calls) == 361
    with pytest.raises(CustomerNotFound):
        house.desk.perform(CALL_SERIES, principal(2), CallSeries(customer=5, since=since), house.now)


def test_no_more_customers_are_noted_than_memory_is_meant_for() -> None:
    house = House()
    loads = Loads(house.directory, house.table)
    loads.now(1, BEGIN)
    numbers = count(10)
    loads._counts = {next(numbers): [1, 0] for _ in range(MOST)} | {1: [MOST, 0]}
    loads.sample(BEGIN)
    assert loads.series(1, 0.0).calls == (MOST,)
    assert sum(loads.series(number, 0.0).calls[0] for number in range(10, 10 + MOST)) == MOST - 1


def test_who_sees_which_pair_is_forgotten_before_it_is_too_much(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PAIRS", 3)
    house = House()
    full(house)
    assert 0 < len(house.desk.loads._above) <= 3
    for customer in (1, 2, 3, 4, 5):
        seen = house.desk.perform(LIST_CALLS, principal(customer), EVERYTHING, house.now).calls
        assert house.desk.loads.now(customer, house.now)[0] == len(seen)


def test_a_customer_without_calls_has_no_peak() -> None:
    assert House().desk.loads.peak(4, BEGIN) == Peak(0, None)


def test_calls_are_counted_anew_only_when_customers_moved() -> None:
    """A look through a hundred thousand calls for each device that is added would hold up everybody."""
    house = House()
    full(house)
    loads = house.desk.loads
    counts = loads._counts
    house.directory.put(Account(id=77, customer=3, sip_user="77"))
    assert loads.now(1, house.now)[0] > 0
    assert loads._counts is counts
    house.directory.put(Customer(id=4, name="Globex", parent=3))
    assert loads.now(3, house.now)[0] == counted(house, 3).total
    assert loads._counts is not counts
