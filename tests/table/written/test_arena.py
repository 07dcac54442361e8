"""Rows that are copied say what rows that are written say, byte for byte but for the padding."""

import random
import re
from collections.abc import Iterable
from itertools import count

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from callboard.calls.events import Event, LegAnswered, LegDescribed, LegEnded, LegRinging, LegSeen
from callboard.calls.legs import Call, LegId, Side
from callboard.calls.state import State
from callboard.table.changes import Change, Kind
from callboard.table.questions.selection import Selection, Sight
from callboard.table.store.columns import Columns, Mask, Slots
from callboard.table.store.numbering import Numbering
from callboard.table.table import Table
from callboard.table.written import arena as module
from callboard.table.written.arena import FEW, FRESH, Arena, Block
from callboard.table.written.layout import Clock, Layout, Run, Running, Text, plain_row
from tests.table.history import SWITCH, histories, leg, place

XML = Layout(
    (
        Text(lambda call: f"<call>\n<id>{call.number}</id>\n<caller>{call.caller}</caller>\n".encode()),
        Clock(b"<talk>", b"</talk>\n", Run(Running.TALK, exact=True)),
        Clock(b"<ring>", b"</ring>\n", Run(Running.RING, exact=False)),
        Text(lambda call: f"<state>{call.state.name}</state>\n".encode()),
        Clock(b"<delay>", b"</delay>\n</call>\n", Run(Running.DELAY, exact=False), idle=b"<delay/>\n</call>\n"),
    )
)
JSON = Layout(
    (
        Text(lambda call: b'{"id":%d,"caller":%b' % (call.number, msgspec.json.encode(call.caller))),
        Clock(b',"talk":', b"", Run(Running.TALK, exact=True)),
        Text(lambda call: f',"media":"{call.caller_media}"}}'.encode()),
    ),
    separator=b",",
)
LAYOUTS = pytest.mark.parametrize("layout", [XML, JSON], ids=["xml", "json"])


def everything(columns: Columns, slots: Slots) -> Mask:
    return slots >= 0


class Board:
    """A table, and columns that follow its changes."""

    def __init__(self) -> None:
        blocks = count(1, 10_000)
        self.table = Table(place, Numbering(0, lambda size: next(blocks)), epoch=1)
        self.columns = Columns()
        self._slots: dict[int, int] = {}
        self.table.watch(self._follow)

    def _follow(self, change: Change) -> None:
        call = change.call
        match change.kind:
            case Kind.BEGAN:
                self._slots[call.number] = self.columns.add(call)
            case Kind.LEFT:
                self.columns.remove(self._slots.pop(call.number))
            case _:
                self.columns.change(self._slots[call.number], call)

    def tell(self, *events: Event, now: float = 1000.0) -> None:
        for event in events:
            self.table.accept(event, now)

    @property
    def calls(self) -> list[Call]:
        """By number."""
        return sorted(self.table.calls(), key=lambda call: call.number)

    def selection(self, sight: Sight | None = None) -> Selection:
        """The same calls, chosen now."""
        slots = np.array([self._slots[call.number] for call in self.calls], dtype=np.intp)
        return Selection(self.columns, slots, sight)

    def rows(self, layout: Layout, now: float) -> bytes:
        """All rows, from an arena that has none yet."""
        return joined(Arena(self.columns, layout).blocks(self.selection(), now))


def filled(calls: int) -> Board:
    """Answered calls, one a second."""
    board = Board()
    for name in range(calls):
        begin = 1000.0 + name
        board.tell(LegSeen(begin, leg(f"{name}-a", str(name), Side.CALLER, begin, dialed="44")))
        board.tell(LegAnswered(LegId(SWITCH, f"{name}-a"), begin + 2.5))
    return board


def bare(rows: bytes) -> bytes:
    """Without padding: blanks between elements."""
    return re.sub(rb" +(?=[<,{]|$)", b"", rows)


def joined(blocks: Iterable[Block]) -> bytes:
    """What they say; each is copied before the next is made."""
    return b"".join(map(bytes, blocks))


def written(layout: Layout, calls: list[Call], now: float) -> bytes:
    return layout.separator.join(plain_row(layout, call, now) for call in calls)


@LAYOUTS
@given(data=st.data())
def test_what_is_copied_is_what_would_be_written(layout: Layout, data: st.DataObject) -> None:
    board = Board()
    arena = Arena(board.columns, layout)
    for event in data.draw(histories()).events:
        board.tell(event, now=2000.0)
        if data.draw(st.booleans()):
            now = data.draw(st.floats(900.0, 1e6))
            rows = joined(arena.blocks(board.selection(), now))
            assert bare(rows) == written(layout, board.calls, now)


@LAYOUTS
@pytest.mark.parametrize("calls", [0, 1, FRESH - 1, FRESH, FRESH + 1, 419, 420, 421, 840, 841])
def test_any_number_of_rows(layout: Layout, calls: int) -> None:
    """Written a few at a time at first, then copied so many at once as fit into a block."""
    board = filled(calls)
    arena = Arena(board.columns, layout, block=1 << 16)
    expected = written(layout, board.calls, 5000.0)
    fresh = list(map(bytes, arena.blocks(board.selection(), 5000.0)))
    assert len(fresh) == -(-calls // FRESH)
    again = list(map(bytes, arena.blocks(board.selection(), 5000.0)))
    assert len(again) == (-(-calls // ((1 << 16) // arena.width)) if calls else 0)
    assert bare(b"".join(fresh)) == bare(b"".join(again)) == expected


@pytest.mark.parametrize("after", [0.0, 0.9996, 9.9999, 4096.0, 99_999.5, 131_072.0, 200_000.25, 9_000_000.0, 1.8e9])
def test_clocks_of_any_length(after: float) -> None:
    board = filled(3)
    now = 1002.5 + after
    assert bare(board.rows(XML, now)) == written(XML, board.calls, now)


@LAYOUTS
def test_a_listing_of_which_nothing_is_left_spoils_none_that_comes_later(layout: Layout) -> None:
    board = filled(FEW + 1)
    arena, gone = Arena(board.columns, layout), board.selection()
    blocks = arena.blocks(gone, 2000.0)
    for call in board.calls:
        board.tell(LegEnded(call.legs[0].id, 1500.0), now=1500.0)
    board.table.sweep(3000.0)
    assert joined(blocks) == b""
    later = filled(1500)
    board.tell(*(LegSeen(5000.0, one) for call in later.calls for one in call.legs), now=5000.0)
    for _ in range(2):
        rows = joined(arena.blocks(board.selection(), 6000.0))
        assert bare(rows) == written(layout, board.calls, 6000.0)
    assert arena.width > len(written(layout, board.calls[:1], 6000.0))
    assert len(rows) == arena.width * 1500 - len(layout.separator), "they are copied as ever"


@LAYOUTS
def test_padding_stands_between_elements_alone(layout: Layout) -> None:
    rows = filled(2).rows(layout, 5000.0)
    assert b"  " in rows
    assert not re.search(rb"> +[^< ]|[^> \n] +<|\d +\d|: +|\" +\"", rows)


def describe(board: Board, name: int, caller: str) -> None:
    """Have a call's caller told to be this one."""
    board.tell(LegDescribed(1500.0, leg(f"{name}-a", str(name), Side.CALLER, 1000.0, number=caller)))


@LAYOUTS
def test_a_row_that_is_too_long_is_written_by_itself(layout: Layout) -> None:
    board = filled(4)
    arena = Arena(board.columns, layout)
    width = joined(arena.blocks(board.selection(), 5000.0)) and arena.width
    describe(board, 0, "x" * 500)
    describe(board, 2, "y" * 500)
    for _ in range(2):
        rows = joined(arena.blocks(board.selection(), 5000.0))
        assert bare(rows) == written(layout, board.calls, 5000.0)
        assert rows.count(b"y" * 500) == 1
    describe(board, 0, "z")
    assert bare(joined(arena.blocks(board.selection(), 5000.0))) == written(layout, board.calls, 5000.0)
    assert arena.width == width


def test_a_row_that_is_known_to_be_too_long_is_written_once_a_listing() -> None:
    written_for: list[int] = []

    def render(call: Call) -> bytes:
        written_for.append(call.number)
        return call.caller.encode()

    board = filled(4)
    arena = Arena(board.columns, Layout((Text(render),)))
    joined(arena.blocks(board.selection(), 5000.0))
    describe(board, 2, "x" * 500)
    joined(arena.blocks(board.selection(), 5000.0))
    written_for.clear()
    joined(arena.blocks(board.selection(), 5000.0))
    assert written_for == [board.calls[2].number]


def test_a_part_may_be_much_longer_than_the_others() -> None:
    written_for: list[int] = []

    def render(call: Call) -> bytes:
        written_for.append(call.number)
        return call.caller.encode().ljust(1000, b"x")

    board = filled(FEW + 1)
    arena = Arena(board.columns, Layout((Text(render), *JSON.parts)))
    first = joined(arena.blocks(board.selection(), 5000.0))
    written_for.clear()
    assert joined(arena.blocks(board.selection(), 5000.0)) == first
    assert not written_for, "all are copied"


@LAYOUTS
def test_places_are_as_wide_as_the_calls_need_and_become_wider_where_many_need_more(layout: Layout) -> None:
    board = filled(1500)
    arena = Arena(board.columns, layout)
    joined(arena.blocks(board.selection(), 5000.0))
    narrow = arena.width
    assert narrow < 1.5 * len(plain_row(layout, board.calls[0], 5000.0))
    for name in range(0, 1500, 10):
        describe(board, name, "7" * 150)
    for _ in range(3):
        assert bare(joined(arena.blocks(board.selection(), 5000.0))) == written(layout, board.calls, 5000.0)
    assert narrow + 100 < arena.width < narrow + 300
    assert {type(block) for block in arena.blocks(board.selection(), 5000.0)} == {memoryview}, "all are copied"


@LAYOUTS
def test_texts_of_any_length_do_not_make_places_wider_than_is_bearable(layout: Layout) -> None:
    board = filled(1100)
    for name in range(0, 1100, 2):
        describe(board, name, "7" * (5000 + name))
    arena = Arena(board.columns, layout)
    for _ in range(2):
        assert bare(joined(arena.blocks(board.selection(), 5000.0))) == written(layout, board.calls, 5000.0)
    assert arena.width <= 4096


def rows_of(layout: Layout, listed: bytes) -> list[bytes]:
    """The rows of a listing, without padding."""
    rows = re.findall(rb"<call>.*?</call>\n" if layout is XML else rb"\{.*?\}(?=,\{|$)", bare(listed), re.DOTALL)
    assert layout.separator.join(rows) == bare(listed)
    return rows


@LAYOUTS
@settings(max_examples=15)
@given(dice=st.randoms(use_true_random=False))
def test_no_row_is_torn_or_anothers_while_the_table_changes(layout: Layout, dice: random.Random) -> None:
    """Each row is the call's as it was at the beginning or at some moment since; what stays is listed, once."""
    board = filled(3 * FRESH)
    begun, now = board.calls, 5000.0
    seen = {call.number: {plain_row(layout, call, now)} for call in begun}
    arena = Arena(board.columns, layout, block=1)
    if dice.random() < 0.8:
        joined(arena.blocks(board.selection(), now))
    listed = []
    for block in arena.blocks(board.selection(), now):
        listed.append(bytes(block))
        for name in dice.sample(range(3 * FRESH), 40):
            match dice.randrange(4):
                case 0:
                    board.tell(LegEnded(LegId(SWITCH, f"{name}-a"), 3000.0), now=3000.0)
                case 1:
                    describe(board, name, "8" * dice.randrange(40))
                case 2:
                    board.tell(LegSeen(1.0, leg(f"n{name}-a", f"n{name}", Side.CALLER, 1.0, number="666")))
                case _:
                    board.table.sweep(dice.choice([3000.0, 4000.0]))
        for call in board.calls:
            if call.number in seen and call.state is not State.ENDED:
                seen[call.number].add(plain_row(layout, call, now))
        if dice.random() < 0.3:
            joined(arena.blocks(board.selection(), now + 77))
    rows = rows_of(layout, b"".join(listed))
    owners = {row: number for number, versions in seen.items() for row in versions}
    numbers = [owners[row] for row in rows]
    assert numbers == sorted(set(numbers))
    staying = {call.number for call in board.calls if call.state is not State.ENDED}
    assert {call.number for call in begun} & staying <= set(numbers)


@LAYOUTS
def test_a_few_rows_have_no_padding_and_are_kept_until_their_calls_change(layout: Layout) -> None:
    board = filled(FEW)
    arena = Arena(board.columns, layout)
    for now in (5000.0, 5001.5):
        assert joined(arena.rows(board.selection(), now)) == written(layout, board.calls, now)
    describe(board, 1, "another")
    assert joined(arena.rows(board.selection(), 5000.0)) == written(layout, board.calls, 5000.0)
    hidden = board.calls[0].number

    def seen(call: Call) -> Call:
        return replace(call, caller="***") if call.number == hidden else call

    sight = Sight(seen, lambda columns, slots: columns["number"][slots] == hidden, everything)
    assert joined(arena.rows(board.selection(sight), 5000.0)) == written(layout, list(map(seen, board.calls)), 5000.0)
    assert joined(arena.rows(board.selection(), 5000.0)) == written(layout, board.calls, 5000.0)


def test_of_the_rows_of_short_lists_some_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_LAST", 5)
    board = filled(FEW)
    arena = Arena(board.columns, JSON)
    for slot, call in zip(board.selection().standing(slice(None)), board.calls, strict=True):
        one = Selection(board.columns, np.array([slot]))
        assert joined(arena.rows(one, 5000.0)) == written(JSON, [call], 5000.0)
    assert 0 < len(arena._last) <= 5


@LAYOUTS
def test_what_was_over_when_it_was_chosen_is_listed_until_it_leaves(layout: Layout) -> None:
    board = filled(2 * FEW)
    board.tell(LegEnded(LegId(SWITCH, "3-a"), 3000.0), now=3000.0)
    calls, chosen = board.calls, board.selection()
    arena = Arena(board.columns, layout)
    assert bare(joined(arena.blocks(chosen, 5000.0))) == written(layout, calls, 5000.0)
    board.table.sweep(4000.0)
    assert bare(joined(arena.blocks(chosen, 5000.0))) == written(layout, calls[:3] + calls[4:], 5000.0)


@LAYOUTS
def test_listings_that_are_made_by_turns_do_not_get_into_each_others_way(layout: Layout) -> None:
    board = filled(3 * FRESH)
    arena = Arena(board.columns, layout, block=1)
    joined(arena.blocks(board.selection(), 5000.0))
    one, other = (arena.blocks(board.selection(), now) for now in (5000.0, 6000.0))
    blocks = list(zip(one, other, strict=True))
    for index, now in enumerate((5000.0, 6000.0)):
        last = bare(bytes(blocks[-1][index]))
        assert last == layout.separator * (len(blocks) > 1) + written(layout, board.calls[2 * FRESH :], now)


@LAYOUTS
def test_what_is_seen_in_part_is_written_for_who_sees_it(layout: Layout) -> None:
    board = filled(4)
    arena = Arena(board.columns, layout)
    hidden = [board.calls[0].number, board.calls[3].number]

    def seen(call: Call) -> Call:
        return replace(call, caller="***") if call.number in hidden else call

    def partly(columns: Columns, slots: Slots) -> Mask:
        return np.isin(columns["number"][slots], hidden)

    rows = joined(arena.blocks(board.selection(Sight(seen, partly, everything)), 5000.0))
    assert bare(rows) == written(layout, list(map(seen, board.calls)), 5000.0)
    assert rows.count(b"***") == 2
    assert b"***" not in joined(arena.blocks(board.selection(), 5000.0))


@LAYOUTS
def test_a_row_that_left_meanwhile_is_left_out_and_its_place_shows_nobody_else(layout: Layout) -> None:
    """A listing goes on while the table changes: what it shows is of its beginning or later, and no other call's."""
    board = filled(2 * FRESH)
    begun, kept = board.calls[:FRESH], board.calls[FRESH::2]
    blocks = Arena(board.columns, layout).blocks(board.selection(), 5000.0)
    first = next(blocks)
    for name in range(1, 2 * FRESH, 2):
        board.tell(LegEnded(LegId(SWITCH, f"{name}-a"), 3000.0), now=3000.0)
    board.table.sweep(4000.0)
    for name in range(10_000, 10_000 + FRESH):
        board.tell(LegSeen(4001.0, leg(f"{name}-a", str(name), Side.CALLER, 4001.0)), now=4001.0)
    assert bare(bytes(first)) == written(layout, begun, 5000.0)
    assert bare(joined(blocks)) == layout.separator + written(layout, kept, 5000.0)


def test_what_rows_say_beside_the_call_can_be_forgotten() -> None:
    words = [b"<a/>"]
    board = filled(1)
    arena = Arena(board.columns, Layout((Text(lambda call: words[0]),)))
    assert bare(joined(arena.blocks(board.selection(), 1.0))) == b"<a/>"
    words[0] = b"<b/>"
    assert bare(joined(arena.blocks(board.selection(), 1.0))) == b"<a/>"
    assert joined(arena.rows(board.selection(), 1.0)) == b"<b/>"
    words[0] = b"<c/>"
    arena.forget()
    assert bare(joined(arena.blocks(board.selection(), 1.0))) == b"<c/>"
    assert joined(arena.rows(board.selection(), 1.0)) == b"<c/>"


def test_progress_shows_in_the_delay() -> None:
    board = Board()
    layout = Layout((Clock(b"<d>", b"</d>", Run(Running.DELAY, exact=True)),))
    board.tell(LegSeen(10.0, leg("a", "1", Side.CALLER, 10.0)))
    assert bare(board.rows(layout, 14.0)) == b"<d>4.000</d>"
    board.tell(LegRinging(LegId(SWITCH, "a"), 12.25))
    assert bare(board.rows(layout, 14.0)) == b"<d>2.250</d>"
