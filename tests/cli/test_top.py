"""The board in the terminal, driven by its keys, against a real server."""

import re
import socket
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.text import Text
from textual.pilot import Pilot
from textual.widgets import DataTable, Static

from callboard.calls.state import State
from callboard.cli.board.app import Board
from callboard.cli.board.rows import COLUMNS, GAP, chosen, count_words, widths
from callboard.client import Call, SignInRefused
from callboard.client.exchange import Access
from tests.cli.conftest import Run
from tests.house import House

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


@asynccontextmanager
async def shown(server: str, where: dict[str, list[str]] | None = None) -> AsyncIterator[tuple[Board, Pilot[None]]]:
    """The board on a screen of 80 columns and 24 lines, once it has its calls."""
    board = Board(Access(server, "", "root", "demo-root"), where or {})
    async with board.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "call" in text(board, "#head"))
        yield board, pilot


async def until(pilot: Pilot[None], holds: Callable[[], bool]) -> None:
    """Wait for what is to be seen: on a busy machine a key that was pressed need not have done its work yet."""
    deadline = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < deadline, f"it shows {lines(pilot.app)}"
        await pilot.pause(0.02)


def text(board: Board, name: str) -> str:
    return str(board.screen.query_one(name, Static).render())


def rows(app: object) -> list[list[str]]:
    assert isinstance(app, Board)
    table: DataTable[Text] = app.screen_stack[0].query_one("#calls", DataTable)
    return [[str(cell) for cell in table.get_row_at(row)] for row in range(table.row_count)]


def lines(app: object) -> str:
    return "\n".join(" ".join(row) for row in rows(app))


async def test_calls_come_and_go_and_durations_tick(house: House, server: str) -> None:
    house.call(State.ANSWERED, caller="801", dialed="442079460123", at=time.time() - 100)
    async with shown(server) as (board, pilot):
        await until(pilot, lambda: len(rows(board)) == 1)
        assert rows(board)[0][:4] == ["960", "answered", "801", "442079460123"]
        before = rows(board)[0][4]
        assert re.fullmatch(r"0:01:[0-9]{2}", before)
        await until(pilot, lambda: rows(board)[0][4] > before)
        house.call(State.RINGING)
        await until(pilot, lambda: len(rows(board)) == 2)
        await until(pilot, lambda: "2 calls: 1 answered, 1 ringing" in text(board, "#head"))
        house.end(house.table.call(960).key)  # type: ignore[union-attr]
        await until(pilot, lambda: [row[0] for row in rows(board)] == ["961"])


async def test_a_hostile_name_is_only_a_name(house: House, server: str) -> None:
    house.call(caller="[red]\x1b[2J[/nothing]", dialed="a[/]b\nc")
    async with shown(server) as (board, pilot):
        await until(pilot, lambda: len(rows(board)) == 1)
        assert rows(board)[0][2:4] == ["[red]\\x1b[2J[/nothing]", "a[/]b\\nc"]
        await pilot.press("enter")
        await until(pilot, lambda: len(board.screen_stack) == 2)
        assert "\\x1b[2J[/nothing]" in text(board, "#sheet")


async def test_search_and_sort(house: House, server: str) -> None:
    for caller, dialed in (("801", "442"), ("812", "639"), ("805", "639")):
        house.call(caller=caller, dialed=dialed)
    async with shown(server) as (board, pilot):
        await until(pilot, lambda: len(rows(board)) == 3)
        await pilot.press("s", "s", "S")
        await until(pilot, lambda: [row[2] for row in rows(board)] == ["812", "805", "801"])
        await pilot.press("slash", "6", "3", "9", "enter")
        await until(pilot, lambda: "showing 2 of 2" in text(board, "#head"))
        assert [row[2] for row in rows(board)] == ["812", "805"]
        await until(pilot, lambda: board.focused is board.query_one("#calls"))
        await pilot.press("escape")
        await until(pilot, lambda: len(rows(board)) == 3)


async def test_the_cursor_stays_on_its_call(house: House, server: str) -> None:
    for _ in range(3):
        house.call()
    async with shown(server) as (board, pilot):
        await until(pilot, lambda: len(rows(board)) == 3)
        await pilot.press("down", "down")
        await until(pilot, lambda: board._chosen == "962")
        house.end(house.table.call(960).key)  # type: ignore[union-attr]
        await until(pilot, lambda: len(rows(board)) == 2)
        assert board._chosen == "962"


async def test_the_columns_take_the_room_that_there_is(house: House, server: str) -> None:
    for _ in range(3):
        house.call(State.ANSWERED, dialed="14155550157")
    async with shown(server) as (board, pilot):
        table = board.query_one("#calls", DataTable)
        await until(pilot, lambda: len(rows(board)) == 3)
        await pilot.press("down")
        await until(pilot, lambda: board._chosen == "961")
        assert [column.width for column in table.columns.values()] == widths(79)
        await pilot.resize_terminal(120, 24)
        await until(pilot, lambda: [column.width for column in table.columns.values()] == widths(119))
        assert [row[0] for row in rows(board)] == ["960", "961", "962"]
        assert board._chosen == "961"


async def test_a_call_is_ended_after_a_question(house: House, server: str) -> None:
    house.call()
    house.obeys = True
    async with shown(server) as (board, pilot):
        await until(pilot, lambda: len(rows(board)) == 1)
        await pilot.press("k")
        await until(pilot, lambda: len(board.screen_stack) == 2)
        assert text(board, "#question") == "End call 960, 801 to 812?"
        await pilot.press("n")
        await until(pilot, lambda: len(board.screen_stack) == 1)
        assert house.sent == []
        await pilot.press("k")
        await until(pilot, lambda: len(board.screen_stack) == 2)
        await pilot.press("y")
        await until(pilot, lambda: text(board, "#said") == "Call 960: done")
        await until(pilot, lambda: rows(board) == [])


async def test_filters_and_links_are_shown(house: House, server: str) -> None:
    house.call(State.ANSWERED, account=5)
    house.call(State.ANSWERED, account=7)
    async with shown(server, {"customer": ["3"]}) as (board, pilot):
        await until(pilot, lambda: "b2bua" in text(board, "#links"))
        assert [row[0] for row in rows(board)] == ["960"]
        assert "customer=3" in text(board, "#head")
        await pilot.press("question_mark")
        await until(pilot, lambda: len(board.screen_stack) == 2)
        assert "end the call, after a question" in text(board, "#sheet")
        await pilot.press("escape", "q")


async def test_a_sign_in_that_is_refused_ends_it(server: str) -> None:
    board = Board(Access(server, "", "root", "wrong"), {})
    async with board.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: board.failure is not None)
    assert isinstance(board.failure, SignInRefused)


async def test_nothing_is_told_of_calls_before_the_server_has() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        board = Board(Access(f"http://127.0.0.1:{silent.getsockname()[1]}", "", "root", "demo-root"), {})
        async with board.run_test(size=(80, 24)) as pilot:
            board._tick()
            await pilot.pause()
            assert text(board, "#head") == "Connecting ..."


def test_it_needs_a_terminal(run: Run) -> None:
    ran = run("top", "--server", "http://127.0.0.1:1", "-u", "root", "--password", "x")
    assert (ran.code, ran.err) == (2, "Error: top needs a terminal\nElsewhere use `callboard calls watch`\n")


# --- without a screen ------------------------------------------------------------------------------------------------


def call(number: int, **fields: object) -> Call:
    return Call(id=str(number), **fields)  # type: ignore[arg-type]


def cell(head: str, of: Call) -> str:
    (column,) = [column for column in COLUMNS if column.head == head]
    return column.text(of, NOW)


@pytest.mark.parametrize(
    ("fields", "shown"),
    [
        ({"answered_at": NOW - timedelta(seconds=3723)}, "1:02:03"),
        ({"answered_at": NOW - timedelta(seconds=9), "ended_at": NOW - timedelta(seconds=4)}, "0:00:05"),
        ({"answered_at": NOW + timedelta(seconds=9)}, "0:00:00"),
        ({"started_at": NOW - timedelta(seconds=75)}, "(01:15)"),
        ({}, "(00:00)"),
    ],
)
def test_time(fields: dict[str, object], shown: str) -> None:
    assert cell("TIME", call(1, **fields)) == shown


def test_a_suspect_is_marked() -> None:
    assert cell("STATE", call(1, state="held", suspect=True)) == "held ?"


def test_only_so_many_are_drawn_but_all_are_searched() -> None:
    calls = [call(number, caller=str(number % 7)) for number in range(1000)]
    found, matching = chosen(calls, "", COLUMNS[0], True, NOW, 10)
    assert ([one.id for one in found][:3], len(found), matching) == (["999", "998", "997"], 10, 1000)
    assert chosen(calls, "999", COLUMNS[0], False, NOW, 10)[1] == 1


@given(st.integers(0, 500))
def test_no_column_is_cut_that_fits_as_a_whole(room: int) -> None:
    found = widths(room)
    least = [column.width for column in COLUMNS]
    assert all(one >= other for one, other in zip(found, least, strict=True))
    whole, without_last = (sum(part) + GAP * len(part) for part in (found, found[:-1]))
    if room >= sum(least) + GAP * len(least):
        assert whole <= room
        assert whole == room or room > 155
    elif room >= sum(least[:-1]) + GAP * len(least[:-1]):
        assert without_last == room


def test_a_destination_has_the_first_room() -> None:
    assert widths(90) == [7, 14, 12, 13, 8, 12, 10]
    assert widths(104) == [7, 14, 12, 13, 8, 26, 10]
    assert widths(80)[5] == 14


def test_counts_in_words() -> None:
    states = [("answered", False), ("held", True), ("ringing", False), ("routing", False)]
    assert count_words(call(1, state=state, suspect=suspect) for state, suspect in states) == (
        "4 calls: 2 answered, 1 ringing, 1 other, 1 suspect"
    )
    assert count_words([call(1, state="answered")]) == "1 call: 1 answered, 0 ringing"
