"""The board itself: a table that the stream keeps, and what its keys do."""

import os
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Any, ClassVar

from rich.text import Text
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.coordinate import Coordinate
from textual.events import Resize
from textual.widgets import DataTable, Footer, Input, Static
from textual.widgets.data_table import CellDoesNotExist

from callboard.cli.board.rows import COLUMNS, chosen, count_words, widths
from callboard.cli.board.screens import Question, Sheet
from callboard.cli.details import call_text
from callboard.cli.failures import ExitCode, Failure
from callboard.cli.output import printable
from callboard.client import asks
from callboard.client.answers import Call
from callboard.client.async_client import AsyncClient
from callboard.client.exchange import Access
from callboard.client.problems import ClientError, Forbidden
from callboard.client.reports import Switch

__all__ = ["Board"]

MOST = 500
"""Rows that are drawn at most: search finds the others."""
TICK = 1.0
"""Seconds between two looks at the clock."""
REST = 4.0
"""How many times as long as the last drawing took to wait before news are drawn again."""
SCROLLBAR = 1
"""Columns of the terminal that it takes."""
SWITCHES_EVERY = 5.0
"""Seconds between two looks at the links."""

KEYS = """\
arrows, page up, page down   move
enter                        the call in full
k or delete                  end the call, after a question
/                            search; enter goes back to the table, escape forgets it
s, S                         sort by the next column; the other way round
q, Ctrl-C                    leave"""


class Board(App[None]):
    """Calls now. The table holds what the copy holds, the text of the search chosen, in the order that is wanted."""

    TITLE = "Callboard"
    ENABLE_COMMAND_PALETTE = False
    CSS = """
    #head, #links, #said { height: 1; padding: 0 1; }
    #head { background: $primary; color: $text; text-style: bold; }
    #said { color: $text-muted; }
    #search { display: none; height: 1; border: none; padding: 0 1; }
    #calls { height: 1fr; scrollbar-size-horizontal: 0; scrollbar-size-vertical: 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("q", "quit", "Quit"),
        Binding("ctrl+c", "quit", show=False, priority=True),
        Binding("slash", "search", "Search"),
        Binding("s", "sort", "Sort"),
        Binding("S,shift+s", "reverse", "Reverse"),
        Binding("k,delete", "hang_up", "End call"),
        Binding("question_mark", "keys", "Keys"),
        Binding("escape", "forget_search", show=False),
    ]

    def __init__(self, access: Access, where: Mapping[str, Sequence[str]]) -> None:
        super().__init__()
        self._client = AsyncClient(
            access.server,
            token=access.token,
            user=access.user,
            password=access.password,
            ca_file=access.ca_file,
            timeout=10.0,
        )
        self._server = access.server
        self._where: dict[str, Any] = dict(where)
        self._live = self._client.live(rate=4.0, **self._where)
        self._offset = timedelta()
        """The server's clock less ours."""
        self._sorted_by = 0
        self._descending = False
        self._widths: list[int] = []
        self._shown: list[str] = []
        self._rested_at = 0.0
        """When news may be drawn again, by the monotonic clock."""
        self.failure: ClientError | None = None
        """Why it ended, where it is not that somebody left it."""
        self._terminal: int | None = None
        """Where keys come from; None: from no terminal."""

    def start(self) -> None:
        """Show it until somebody leaves it, or its terminal is gone. Raises the client's errors."""
        self._terminal = sys.stdin.fileno()
        self.run()
        if self.failure is not None:
            raise self.failure
        if self.return_code:
            raise Failure("the board failed: the lines above tell where", "", ExitCode.REFUSED)

    def compose(self) -> ComposeResult:
        """Counts above, links below them, the table, what was said last, the keys."""
        yield Static("Connecting ...", id="head", markup=False)
        yield Static("", id="links", markup=False)
        yield Input(placeholder="search: number, name, state, destination, switch", id="search")
        yield DataTable(id="calls", cursor_type="row", zebra_stripes=True)
        yield Static("", id="said", markup=False)
        yield Footer()

    def on_mount(self) -> None:
        """Begin to follow, to tick, and to look at the links."""
        self._table.focus()
        self.run_worker(self._follow(), exclusive=True, group="follow")
        self.run_worker(self._look_at_links(), group="links")
        self.set_interval(TICK, self._tick)
        self.set_interval(SWITCHES_EVERY, lambda: self.run_worker(self._look_at_links(), exclusive=True, group="links"))

    def on_resize(self, event: Resize) -> None:
        """What there is room for, the columns take."""
        if (wanted := widths(event.size.width - SCROLLBAR)) == self._widths:
            return
        self._widths = wanted
        shown, top = self._chosen, self._table.scroll_y
        self._table.clear(columns=True)
        for column, width in zip(COLUMNS, wanted, strict=True):
            self._table.add_column(column.head, width=width, key=column.head)
        self._shown = []
        self._draw()
        if shown in self._shown:
            self._table.move_cursor(row=self._shown.index(shown), animate=False)
        self._table.scroll_to(y=top, animate=False)

    def _tick(self) -> None:
        """A terminal that is gone tells nobody but who asks, unless it is the one that controls this process."""
        if self._terminal is not None and not os.isatty(self._terminal):
            self.exit()
            return
        self._draw()

    async def on_unmount(self) -> None:
        """Let the connections go."""
        await self._client.close()

    @property
    def _table(self) -> "DataTable[Text]":
        return self.query_one("#calls", DataTable)

    @property
    def _now(self) -> datetime:
        return datetime.now(UTC) + self._offset

    # --- what comes from the server ----------------------------------------------------------------------------------

    async def _follow(self) -> None:
        try:
            async for news in self._live:
                if news.at is not None:
                    self._offset = news.at - datetime.now(UTC)
                if news.kind == "lost":
                    self._say(f"The link to the server is lost, and is tried again: {news.why}")
                elif news.kind in {"snapshot", "resumed"}:
                    self._say("")
                if monotonic() >= self._rested_at:
                    self._draw()
        except ClientError as error:
            self.failure = error
            self.exit()

    async def _look_at_links(self) -> None:
        try:
            found = await self._client.ask(asks.switches())
        except Forbidden:
            return
        except ClientError as error:
            self.query_one("#links", Static).update(f"Links: not known ({error})")
            return
        words = "  ".join(_link(switch) for switch in found.switches)
        self.query_one("#links", Static).update(f"Links: {words or 'no switch'}")

    # --- drawing -----------------------------------------------------------------------------------------------------

    def _draw(self) -> None:
        """Rows that stay are changed in place, so that the cursor stays on its call.

        With very many calls it takes a while, so news are drawn with the next tick if it was drawn just now.
        """
        if not self._live.revision:
            return
        begun = monotonic()
        now, calls = self._now, self._live.calls
        search = self.query_one("#search", Input).value
        column = COLUMNS[self._sorted_by]
        found, matching = chosen(calls.values(), search, column, self._descending, now, MOST)
        self._fill(found, now)
        arrow = "▼" if self._descending else "▲"
        state = "" if self._live.connected else "NOT CONNECTED, as it last was: "
        limits = f"  showing {len(found)} of {matching}" if matching > len(found) or search else ""
        filters = "  ".join(f"{name}={','.join(values)}" for name, values in self._where.items())
        head = f"{state}{count_words(calls.values())}{limits}  {arrow}{column.head}  {filters}"
        self.query_one("#head", Static).update(head)
        self._rested_at = monotonic() + REST * (monotonic() - begun)

    def _fill(self, found: list[Call], now: datetime) -> None:
        table = self._table
        if [call.id for call in found] != self._shown:
            self._rebuild(found, now)
            return
        for row, call in enumerate(found):
            for place, cell in enumerate(_cells(call, now)):
                at = Coordinate(row, place)
                if table.get_cell_at(at) != cell:
                    table.update_cell_at(at, cell)

    def _rebuild(self, found: list[Call], now: datetime) -> None:
        """Other rows, or another order: the cursor goes with its call, or stays in its place if that has gone."""
        table = self._table
        chosen_call, place, top = self._chosen, table.cursor_row, table.scroll_y
        table.clear()
        for call in found:
            table.add_row(*_cells(call, now), key=call.id)
        self._shown = [call.id for call in found]
        if chosen_call in self._shown:
            place = self._shown.index(chosen_call)
        table.move_cursor(row=max(0, min(place, len(found) - 1)), animate=False)
        table.scroll_to(y=top, animate=False)

    @property
    def _chosen(self) -> str:
        """The id of the call that the cursor is on; empty if it is on none."""
        try:
            return str(self._table.coordinate_to_cell_key(Coordinate(self._table.cursor_row, 0)).row_key.value or "")
        except CellDoesNotExist:
            return ""

    def _say(self, words: str) -> None:
        self.query_one("#said", Static).update(printable(words))

    # --- keys --------------------------------------------------------------------------------------------------------

    def action_sort(self) -> None:
        """Sort by the next column."""
        self._sorted_by = (self._sorted_by + 1) % len(COLUMNS)
        self._draw()

    def action_reverse(self) -> None:
        """The other way round."""
        self._descending = not self._descending
        self._draw()

    def action_keys(self) -> None:
        """Show the keys."""
        self.push_screen(Sheet("Keys", KEYS))

    def action_search(self) -> None:
        """Type what calls must have."""
        field = self.query_one("#search", Input)
        field.display = True
        self.set_focus(field)

    def action_forget_search(self) -> None:
        """Show all again."""
        field = self.query_one("#search", Input)
        field.value = ""
        field.display = False
        self._table.focus()
        self._draw()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Search while it is typed."""
        self._draw()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Back to the table, with what was found."""
        self._table.focus()

    def on_data_table_row_selected(self, event: DataTable.RowSelected) -> None:
        """Enter: the call in full."""
        if event.row_key.value:
            self.run_worker(self._show(event.row_key.value), exclusive=True, group="show")

    async def _show(self, number: str) -> None:
        try:
            row = await self._client.ask(asks.call(number).plain)
        except ClientError as error:
            self._say(str(error))
            return
        self.push_screen(Sheet(f"Call {number}", call_text(row)))

    def action_hang_up(self) -> None:
        """End the call under the cursor, if somebody says yes."""
        call = self._live.calls.get(self._chosen)
        if call is None:
            return
        words = printable(f"End call {call.id}, {call.caller} to {call.callee or call.dialed}?")

        def answered(yes: bool | None) -> None:
            if yes:
                self.run_worker(self._end(call.id), group="end")

        self.push_screen(Question(words), answered)

    async def _end(self, number: str) -> None:
        self._say(f"Call {number}: asked for its end")
        try:
            command = await self._client.wait((await self._client.disconnect(number)).command)
        except ClientError as error:
            self._say(str(error))
            return
        self._say(f"Call {number}: {command.outcome}{f' ({command.words})' if command.words else ''}")


def _cells(call: Call, now: datetime) -> list[Text]:
    """As texts, so that no caller's name is taken for markup."""
    return [Text(column.text(call, now), no_wrap=True, overflow="ellipsis") for column in COLUMNS]


def _link(switch: Switch) -> str:
    """`pbx1 up (12 calls)`; a mark says at once which one is not well."""
    mark = "●" if switch.link == "up" else "○"
    return printable(f"{mark} {switch.name} {switch.link} ({switch.calls})")
