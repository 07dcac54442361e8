"""Columns write what changed alone and clean slots late: of each call they say what they say of a new one."""

from itertools import count, cycle, islice
from random import Random

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from callboard.calls.legs import Call, CallKey, CallNumber, Leg, LegId, Placement, Side
from callboard.table.changes import Change, Kind
from callboard.table.folding.fold import call_of
from callboard.table.store.columns import NOTHING, Columns
from callboard.table.store.numbering import Numbering
from callboard.table.table import Table
from tests.table.history import History, histories, place, weather
from tests.table.some import tables

_OF_VALUES = (
    *("used", "number", "standing", "state", "direction", "suspect", "started", "progressed", "answered", "ended"),
    *("customer", "account", "device", "callee_customer", "callee_account", "callee_device", "vendor", "connection"),
    *("did", "machine", "caller", "callee", "dialed"),
)

_CALLER = Leg(id=LegId("pbx", "a"), call="1", side=Side.CALLER, started_at=1.0)
_CALL = call_of(CallNumber(1), CallKey("pbx", "1"), (_CALLER,), Placement())


def said(columns: Columns, slot: int) -> list[object]:
    """All that the columns say of a slot, but for what tells when it was written."""
    names = (columns.switches, columns.countries, columns.prefixes)
    codes = [int(columns[name][slot]) for name in ("switch", "country", "prefix")]
    texts = [known.name(code) for known, code in zip(names, codes, strict=True)]
    # NaN is not equal to itself, but its text is.
    return [*(str(columns[name][slot]) for name in _OF_VALUES), *texts]


class Follower:
    """Columns that follow the changes of a table."""

    def __init__(self) -> None:
        self.columns = Columns()
        self.slots: dict[int, int] = {}
        self.calls: dict[int, Call] = {}

    def follow(self, change: Change) -> None:
        call = change.call
        if change.kind is Kind.LEFT:
            self.columns.remove(self.slots.pop(call.number))
            del self.calls[call.number]
            return
        if change.kind is Kind.BEGAN:
            self.slots[call.number] = self.columns.add(call)
        else:
            self.columns.change(self.slots[call.number], call)
        self.calls[call.number] = call


@given(st.data())
def test_the_columns_say_of_a_call_what_they_say_of_a_new_one(data: st.DataObject) -> None:
    blocks = count(1, 10_000)
    follower, table = Follower(), Table(place, Numbering(0, lambda size: next(blocks)), epoch=1)
    table.watch(follower.follow)
    for turn in range(data.draw(st.integers(1, 3))):
        history: History = data.draw(histories())
        for event in (*data.draw(weather(history)), history.list()):
            table.accept(event, 1000.0 * turn)
        table.sweep(1000.0 * turn + 500.0)
        if data.draw(st.booleans()):
            follower.columns.reclaim()
    gone = {number for number in range(table.revision.number + 2) if number not in follower.slots}
    assert {number for number in gone if follower.columns.slot(number) is not None} == set()
    for number, slot in follower.slots.items():
        fresh = Columns()
        assert follower.columns.slot(number) == slot
        assert said(follower.columns, slot) == said(fresh, fresh.add(follower.calls[number]))


@given(tables())
def test_a_slot_is_clean_before_it_is_used_again(table: Table) -> None:
    columns = Columns()
    slots = [columns.add(call) for call in table.calls()]
    for slot in slots:
        columns.remove(slot)
        assert not columns["used"][slot]
        assert columns.calls[slot] is None
    columns.reclaim()
    for slot in slots:
        assert said(columns, slot) == said(Columns(), slot)


@given(tables(), st.lists(st.integers(1, 2**62), min_size=1))
def test_ids_may_be_large(table: Table, large: list[int]) -> None:
    columns = Columns()
    calls = [
        replace(call, placement=Placement(account=n)) for call, n in zip(table.calls(), cycle(large), strict=False)
    ]
    before = [columns.add(call) for call in table.calls()]
    slots = [columns.add(replace(call, number=CallNumber(call.number + 100))) for call in calls]
    assert [int(columns["account"][slot]) for slot in slots] == [call.placement.account for call in calls]
    known = [call.placement.account for call in table.calls()]
    assert [int(columns["account"][slot]) for slot in before] == [NOTHING if one is None else one for one in known]


@settings(max_examples=20)
@given(st.lists(st.tuples(st.integers(1, 1500), st.integers(0, 100)), min_size=1, max_size=5), st.randoms())
def test_a_number_is_found_and_numbers_are_sorted_however_many_came_and_went(
    waves: list[tuple[int, int]], chance: Random
) -> None:
    """Each wave brings so many calls, and leaves so many of a hundred of those that are there."""
    columns, numbers, slots = Columns(), count(1), dict[int, int]()
    for coming, staying in waves:
        for number in islice(numbers, coming):
            slots[number] = columns.add(replace(_CALL, number=CallNumber(number)))
        for number in [number for number in slots if chance.randrange(100) >= staying]:
            columns.remove(slots.pop(number))
        columns.reclaim()
    last = next(numbers)
    found = {number: slot for number in range(-1, last + 1) if (slot := columns.slot(number)) is not None}
    assert found == slots
    for share in (1.0, 0.01):
        some = [number for number in slots if chance.random() <= share]
        mixed = chance.sample(some, len(some))
        ordered = columns.by_number(np.array([slots[number] for number in mixed], np.intp))
        assert [int(columns["number"][slot]) for slot in ordered] == sorted(some)


def test_what_is_remembered_of_calls_that_left_has_a_bound() -> None:
    columns = Columns()
    for number in range(1, 20_000):
        columns.remove(columns.add(replace(_CALL, number=CallNumber(number))))
        if number % 500 == 0:
            columns.reclaim()
    assert len(columns.calls) == 1024
    assert len(columns._births) == len(columns._born) <= 2048


def test_large_ids_stay_whole_when_more_calls_come() -> None:
    columns, large = Columns(), 2**40 + 1
    slot = columns.add(replace(_CALL, placement=Placement(account=large)))
    for number in range(2, 3000):
        columns.add(replace(_CALL, number=CallNumber(number)))
    assert int(columns["account"][slot]) == large


def test_an_answer_that_was_not_known_by_a_moment_does_not_count_there() -> None:
    columns = Columns()
    columns.step = 5
    slot = columns.add(_CALL)
    columns.step = 7
    columns.change(slot, replace(_CALL, answered_at=10.0))
    slots = np.array([slot], np.intp)
    assert [float(columns.durations(slots, 15.0, step)[0]) for step in (None, 7, 8)] == [5.0, 0.0, 5.0]
