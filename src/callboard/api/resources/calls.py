"""Calls: list them, or look at one."""

from collections.abc import Iterable
from typing import NamedTuple

from callboard.api import request as ask
from callboard.api.calls_query import (
    DEFAULT_PAGE,
    CallsQuery,
    continued,
    fields_of,
    list_name,
    listed,
    write_cursor,
)
from callboard.api.fields import CSV_COLUMNS, LEG_COLUMNS, call_view, leg_views, past_view, timestamp
from callboard.api.formats import CSV, NDJSON, SEPARATORS, Format, Rows, answer_rows, answer_written, format_of
from callboard.api.parameters import read_query
from callboard.api.route import JSON, Asked, Route, answer_json
from callboard.api.rows import rows
from callboard.api.schemas import CallDetail, CallPage, CallRow
from callboard.api.timeline import past_timeline, timeline
from callboard.calls.legs import Call
from callboard.http.values import Reply, Request
from callboard.operations.list_calls import LIST_CALLS, ListCalls
from callboard.operations.show import SHOW_CALL, ShowCall

__all__ = ["ROUTES"]


class _Wanted(NamedTuple):
    """What a request for a list says, whoever asks and whenever."""

    query: CallsQuery
    fields: tuple[str, ...]
    form: Format
    first: ListCalls
    """The first page of it."""


def _wanted(request: Request) -> _Wanted:
    query = read_query(request, CallsQuery)
    fields, form = fields_of(query), format_of(request, query.format)
    return _Wanted(query, fields, form, listed(query, query.limit or (DEFAULT_PAGE if form == "json" else None)))


def _name(request: Request) -> str:
    return list_name(request.once(_wanted).first)


async def _list_calls(asked: Asked) -> Reply:
    """A page in JSON; in NDJSON and CSV the whole list, unless a limit is given."""
    asked.desk.check(LIST_CALLS, asked.principal)
    query, fields, form, first = asked.request.once(_wanted)
    arguments = continued(first, query, asked.desk.table.revision)
    listing = asked.desk.perform(LIST_CALLS, asked.principal, arguments, asked.request.at)
    place = listing.next
    following = None if place is None else write_cursor(asked.request.once(_name), listing.revision, place)
    head = {
        "at": timestamp(listing.at),
        "revision": f"{listing.revision.epoch}-{listing.revision.number}",
        "total": listing.total,
        "next": following,
    }
    headers = [("Total-Count", str(listing.total)), *([("Next-Cursor", following)] if following else [])]
    if form != "csv" and query.view != "legs":
        written = rows(asked.desk.table, listing.calls, listing.at, fields, SEPARATORS[form])
        return answer_written(form, Rows(head, "calls", ()), written, len(listing.calls), *headers)
    columns = tuple(column for name in fields for column in CSV_COLUMNS.get(name, (name,)))

    def views(call: Call) -> Iterable[dict[str, object]]:
        return leg_views(call, listing.at, fields) if query.view == "legs" else (call_view(call, listing.at, fields),)

    shown = Rows(head, "calls", LEG_COLUMNS + columns if query.view == "legs" else columns)
    return answer_rows(form, shown, listing.calls, views, *headers)


async def _show_call(asked: Asked) -> Reply:
    arguments = ShowCall(number=ask.call_number(asked.name), as_party=True)
    call = asked.desk.perform(SHOW_CALL, asked.principal, arguments, asked.request.at)
    if not isinstance(call, Call):
        return answer_json({**past_view(call), "legs": [], "timeline": past_timeline(call)})
    legs = list(leg_views(call, asked.request.at))
    return answer_json({**call_view(call, asked.request.at), "legs": legs, "timeline": timeline(call)})


ROUTES = (
    Route(
        method="GET",
        path="/calls",
        operation=LIST_CALLS,
        endpoint=_list_calls,
        query=CallsQuery,
        gives={JSON: CallPage, NDJSON: CallRow, CSV: str},
        tells=("Total-Count", "Next-Cursor"),
        example="state=answered,held&sort=-duration&limit=10",
    ),
    Route(
        method="GET",
        path="/calls/{id}",
        operation=SHOW_CALL,
        endpoint=_show_call,
        gives={JSON: CallDetail},
    ),
)
