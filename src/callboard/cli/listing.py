"""A list of calls as the API gives it, made readable."""

from collections.abc import Callable
from datetime import timedelta

import msgspec

from callboard.cli.client import Client
from callboard.cli.output import Output, as_csv, as_json, as_table, cut

__all__ = ["render", "whole_list"]

Row = dict[str, object]


class Listing(msgspec.Struct):
    """What `GET /v1/calls` answers; the rows are kept as they are, so that none of their fields is lost."""

    calls: list[Row]


class _Page(msgspec.Struct):
    """One page of it."""

    at: str
    revision: str
    total: int
    next: str | None
    calls: list[msgspec.Raw]


def whole_list(client: Client, query: dict[str, str]) -> bytes:
    """All pages of `GET /v1/calls` as one. Raises `Failure`."""
    calls: list[msgspec.Raw] = []
    cursor: dict[str, str] = {}
    while True:
        page = msgspec.json.decode(client.ask("GET", "/v1/calls", query=query | _LONG | cursor), type=_Page)
        calls += page.calls
        if page.next is None:
            return msgspec.json.encode(msgspec.structs.replace(page, total=len(calls), calls=calls))
        cursor = {"cursor": page.next}


_LONG = {"limit": "1000"}

_COLUMNS: tuple[tuple[str, Callable[[Row], object]], ...] = (
    ("ID", lambda row: _number(row.get("id"))),
    ("STATE", lambda row: f"{row.get('state')}{' ?' if row.get('suspect') else ''}"),
    ("CALLER", lambda row: row.get("caller")),
    ("CALLEE", lambda row: row.get("callee")),
    ("TIME", lambda row: _clock(row.get("duration"))),
    ("CUSTOMER", lambda row: row.get("customer")),
    ("ACCOUNT", lambda row: row.get("account")),
    ("DESTINATION", lambda row: row.get("destination") or row.get("country")),
)
"""The table for people: heading, and how a row fills it. Everything else is in JSON and CSV."""


def render(body: bytes, output: Output, columns: int = 0) -> str:
    """The body of the API's answer as table, JSON or CSV; a table no wider than `columns`, if given."""
    listing = msgspec.json.decode(body, type=Listing)
    if output is Output.JSON:
        return as_json(msgspec.Raw(body))
    if output is Output.CSV:
        head = list(dict.fromkeys(name for row in listing.calls for name in row))
        return as_csv(head, ([_cell(row.get(name)) for name in head] for row in listing.calls))
    head = [heading for heading, _ in _COLUMNS]
    table = as_table(head, ([fill(row) for _, fill in _COLUMNS] for row in listing.calls))
    return (cut(table, columns) if columns else table) + _count(len(listing.calls))


def _count(calls: int) -> str:
    return "\n1 call\n" if calls == 1 else f"\n{calls} calls\n"


def _number(text: object) -> object:
    """The id as the number that it is; JSON has it as a text, for readers whose numbers are too short for it."""
    return int(text) if isinstance(text, str) and text.isdecimal() else text


def _clock(seconds: object) -> str:
    """`1:02:03`, hours first; empty before the answer."""
    return str(timedelta(seconds=int(seconds))) if isinstance(seconds, int | float) and seconds > 0 else ""


def _cell(value: object) -> object:
    """Nested values stand in CSV as JSON."""
    return msgspec.json.encode(value).decode() if isinstance(value, dict | list) else value
