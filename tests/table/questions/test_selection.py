"""Calls that were chosen stay the ones that were chosen, whatever becomes of the table."""

import random
from itertools import count

import pytest
from msgspec.structs import replace

from callboard.calls.events import LegEnded, LegSeen
from callboard.calls.legs import Call, LegId, Side
from callboard.table.questions.filters import EVERYTHING, Order
from callboard.table.questions.selection import Selection, Sight
from callboard.table.store.columns import Columns, Mask, Slots
from callboard.table.store.numbering import Numbering
from callboard.table.table import Table
from tests.table.history import SWITCH, leg, place


def table_of(*names: int) -> Table:
    """A table with these calls, told in this order."""
    blocks = count(1, 10_000)
    table = Table(place, Numbering(0, lambda size: next(blocks)), epoch=1)
    for name in names:
        begin(table, name)
    return table


def begin(table: Table, name: int) -> None:
    table.accept(LegSeen(float(name), leg(f"{name}-a", str(name), Side.CALLER, float(name))), 0.0)


def end(table: Table, name: int) -> None:
    table.accept(LegEnded(LegId(SWITCH, f"{name}-a"), 10_000.0), 10_000.0)


def chosen(table: Table) -> Selection:
    return table.page(EVERYTHING, (Order.OLDEST_FIRST,), limit=None, now=0.0).calls


def names(calls: Selection | tuple[Call, ...]) -> list[int]:
    return [int(call.key.native) for call in calls]


def everything(columns: Columns, slots: Slots) -> Mask:
    return slots >= 0


def test_they_are_a_sequence() -> None:
    calls = chosen(table_of(*range(5)))
    assert len(calls) == 5
    assert names(calls) == [0, 1, 2, 3, 4]
    assert names(calls[1:3]) == [1, 2]
    assert (names((calls[0],)), names((calls[-1],))) == ([0], [4])
    for beyond in (5, -6):
        with pytest.raises(IndexError):
            calls[beyond]


def test_what_ended_or_left_is_left_out_and_what_came_since_does_not_take_its_place() -> None:
    table = table_of(*range(5))
    calls = chosen(table)
    end(table, 1)
    assert names(calls) == [0, 2, 3, 4]
    table.sweep(20_000.0)
    begin(table, 9)
    assert names(calls) == [0, 2, 3, 4]
    with pytest.raises(IndexError, match="it has gone"):
        calls[1]


def test_what_was_over_already_is_shown_until_it_leaves() -> None:
    table = table_of(*range(3))
    end(table, 1)
    calls = chosen(table)
    assert names(calls) == [0, 1, 2]
    table.sweep(20_000.0)
    assert names(calls) == [0, 2]


def test_somebody_sees_them_in_their_own_way_and_chooses_among_what_is_seen() -> None:
    calls = chosen(table_of(*range(4)))
    sight = Sight(lambda call: replace(call, caller=f"seen-{call.key.native}"), everything, everything)
    assert [call.caller for call in calls.seen_with(sight)] == [f"seen-{name}" for name in range(4)]
    assert names(calls.seen_with(sight).where(lambda call: call.caller in ("seen-1", "seen-3"))) == [1, 3]
    assert calls.seen_with(None) is calls


def test_what_is_not_to_be_seen_any_more_by_its_turn_is_left_out() -> None:
    table = table_of(*range(4))
    sight = Sight(lambda call: call, everything, lambda columns, slots: columns["number"].take(slots) % 2 == 1)
    calls, others = chosen(table).seen_with(sight), chosen(table)
    assert names(calls) == [0, 1, 2, 3], "nothing has changed since they were chosen"
    begin(table, 9)
    assert names(calls) == names(others.seen_with(sight)) == names(calls.where(lambda call: True)) == [0, 2]
    assert names(others) == [0, 1, 2, 3]


def test_many_stand_in_the_order_of_their_numbers_after_any_coming_and_going() -> None:
    dice, up = random.Random(3), list(range(100))
    table = table_of(*up)
    for name in range(100, 3000):
        end(table, up.pop(dice.randrange(len(up))))
        table.sweep(20_000.0)
        begin(table, name)
        up.append(name)
    everything = table.page(EVERYTHING, (), limit=None, now=0.0).calls
    assert names(everything) == sorted(up)
    assert [call.number for call in everything] == sorted(call.number for call in table.calls())
