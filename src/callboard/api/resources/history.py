"""Ended calls."""

import asyncio
from typing import Annotated, Literal

import msgspec

from callboard.api.calls_query import MOST_VALUES, DirectionWord, Ids, Moment, Seconds, Texts
from callboard.api.fields import CALL_FIELDS, CSV_COLUMNS, past_view
from callboard.api.formats import CSV, NDJSON, Rows, answer_rows, format_of
from callboard.api.pages import read_cursor, span_of, write_cursor
from callboard.api.parameters import read_query
from callboard.api.route import JSON, Asked, Route
from callboard.api.schemas import CallRow
from callboard.calls.refusals import InvalidArgument
from callboard.http.values import Reply
from callboard.operations.desk import Reach
from callboard.operations.history import LIST_HISTORY, ListHistory
from callboard.operations.past import LONGEST_PAGE, EndedCall, PastCalls
from callboard.table.questions.filters import Field, How, TextMatch

__all__ = ["ROUTES"]

CauseWord = Literal[
    "normal",
    "busy",
    "no_answer",
    "cancelled",
    "declined",
    "not_found",
    "forbidden",
    "failed",
    "disconnected",
    "vanished",
    "switch_lost",
    "missing",
    "forgotten",
]


class HistoryQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Which ended calls. Every condition that is given must hold; of several values, with commas, one of them."""

    customer: Ids = ()
    """Calls of these customers and of all below them; left out, one's own."""
    recursive: bool = True
    """Whether the calls of customers below are among them."""
    account: Ids = ()
    """Calls that one of these accounts made or received."""
    device: Ids = ()
    """The same for devices."""
    vendor: Ids = ()
    connection: Ids = ()
    did: Ids = ()
    machine: Ids = ()
    switch: Texts = ()
    country: Texts = ()
    """Where the call went: ISO 3166 alpha-3 codes."""
    direction: tuple[DirectionWord, ...] = ()
    cause: tuple[CauseWord, ...] = ()
    """Why it ended."""
    caller: Texts = ()
    """The caller's number in full; ASCII letters match in either case."""
    caller_prefix: Texts = ()
    caller_contains: Texts = ()
    caller_name: Texts = ()
    caller_name_contains: Texts = ()
    dialed: Texts = ()
    dialed_prefix: Texts = ()
    dialed_contains: Texts = ()
    callee: Texts = ()
    callee_prefix: Texts = ()
    callee_contains: Texts = ()
    min_duration: Seconds | None = None
    """Seconds connected, at least."""
    max_duration: Seconds | None = None
    ended_from: Moment | None = None
    """Ended at this moment or later: RFC 3339, or Unix seconds."""
    ended_before: Moment | None = None
    """Ended before this moment."""
    limit: Annotated[int, msgspec.Meta(ge=1, le=LONGEST_PAGE)] = 100
    cursor: Annotated[str, msgspec.Meta(min_length=1, max_length=200)] | None = None
    """The `next` of the page before."""
    format: Literal["json", "ndjson", "csv"] | None = None
    """Left out: what the Accept header asks for, JSON by default."""


class HistoryPage(msgspec.Struct, frozen=True, kw_only=True):
    """Ended calls, newest first."""

    next: str | None
    """The cursor of the next page; null if there is none. In NDJSON and CSV it stands in the header `Next-Cursor`."""
    calls: tuple[CallRow, ...]


_Number = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
"""A call's, in a cursor."""

_EQUAL = ("vendor", "connection", "machine", "switch", "direction", "cause")
_HOWS = {"": How.EXACT, "_prefix": How.PREFIX, "_contains": How.CONTAINS}
_COLUMNS = tuple(column for name in CALL_FIELDS for column in CSV_COLUMNS.get(name, (name,)))


def _arguments(query: HistoryQuery) -> ListHistory:
    for name in query.__struct_fields__:
        values = getattr(query, name)
        if isinstance(values, tuple) and len(values) > MOST_VALUES:
            raise InvalidArgument(f"{name}: {len(values)} values are given, {MOST_VALUES} is the most", name)
    return ListHistory(
        customers=frozenset(query.customer) or None,
        reach=Reach.SUBTREE if query.recursive else Reach.OWN,
        where=PastCalls(
            span=span_of(query.ended_from, query.ended_before),
            accounts=frozenset(query.account) or None,
            devices=frozenset(query.device) or None,
            dids=frozenset(query.did) or None,
            equal=_equal(query),
            texts=_texts(query),
            shortest=query.min_duration,
            longest=query.max_duration,
        ),
        before=read_cursor(query.cursor, _Number),
        limit=query.limit,
    )


def _equal(query: HistoryQuery) -> tuple[tuple[str, frozenset[int] | frozenset[str]], ...]:
    countries = frozenset(map(str.upper, query.country))
    given = ((name, frozenset(getattr(query, name))) for name in _EQUAL)
    return tuple((name, values) for name, values in (*given, ("country", countries)) if values)


def _texts(query: HistoryQuery) -> tuple[TextMatch, ...]:
    return tuple(
        TextMatch(field, how, texts[0], texts[1:])
        for field in Field
        for ending, how in _HOWS.items()
        if (texts := getattr(query, f"{field.value}{ending}", ()))
    )


async def _list_history(asked: Asked) -> Reply:
    """A page; it may wait for the disk, hence the thread."""
    asked.desk.check(LIST_HISTORY, asked.principal)
    query = read_query(asked.request, HistoryQuery)
    arguments, form = _arguments(query), format_of(asked.request, query.format)
    page = await asyncio.to_thread(asked.desk.perform, LIST_HISTORY, asked.principal, arguments, asked.request.at)
    following = write_cursor(page.next)
    headers = [("Next-Cursor", following)] if following else []
    return answer_rows(form, Rows({"next": following}, "calls", _COLUMNS), page.entries, _views, *headers)


def _views(call: EndedCall) -> tuple[dict[str, object], ...]:
    return (past_view(call),)


ROUTES = (
    Route(
        method="GET",
        path="/history",
        operation=LIST_HISTORY,
        endpoint=_list_history,
        query=HistoryQuery,
        gives={JSON: HistoryPage, NDJSON: CallRow, CSV: str},
        tells=("Next-Cursor",),
        example="cause=busy,no_answer&limit=10",
    ),
)
