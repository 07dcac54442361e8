"""One thing in full: its fields, a line each, and for a call its legs and what happened when."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from callboard.cli.listing import Row, clock, flat
from callboard.cli.output import Output, as_csv, as_json, as_table, cut, printable, terminal_width, write

if TYPE_CHECKING:  # to import it takes longer than everything else together
    from callboard.client.ask import Ask
    from callboard.client.client import Client

__all__ = ["call_text", "present_call", "present_one"]


def present_one(row: Row, output: Output) -> None:
    """Print its fields; in CSV as a table of one row, as lists have them."""
    match output:
        case Output.JSON:
            write(as_json(row))
        case Output.CSV:
            write(as_csv(list(row), [[flat(value) for value in row.values()]]))
        case Output.TABLE:
            write(cut(_lines(row), terminal_width()))


def present_call(client: "Client", ask: "Ask[Any]", output: Output) -> None:
    """Print a call."""
    row = client.ask(ask.plain)
    if output is not Output.TABLE:
        present_one(row, output)
        return
    write(cut(call_text(row), terminal_width()))


def call_text(row: Row) -> str:
    """A call in full, for people."""
    parts = [_lines({name: value for name, value in row.items() if name not in ("legs", "timeline")})]
    if row.get("legs"):
        head = ["LEG", "SIDE", "NUMBER", "STATE", "TIME", "CHANNEL"]
        legs = [
            [*map(leg.get, ("leg", "side", "number", "state")), clock(leg.get("duration")), leg.get("channel")]
            for leg in row["legs"]
        ]
        parts.append(as_table(head, legs))
    entries = [[one["at"], one["what"], one["side"] or "call"] for one in row.get("timeline", ())]
    parts.append(as_table(["AT", "WHAT", "OF"], entries))
    return "\n".join(parts)


def _lines(row: Row) -> str:
    """What is empty is left out."""
    shown = {name: _text(value) for name, value in row.items() if value not in (None, "", [], {})}
    width = max(map(len, shown), default=0)
    return "".join(f"{name:<{width}}  {printable(str(value))}\n" for name, value in shown.items())


def _text(value: object) -> object:
    match value:
        case bool():
            return "true" if value else "false"
        case Mapping():
            return ", ".join(f"{name} {_text(inner)}" for name, inner in value.items() if inner not in (None, ""))
        case list():
            return ", ".join(str(_text(one)) for one in value)
    return value
