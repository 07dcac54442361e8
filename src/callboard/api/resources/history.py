"""Ended calls."""

import asyncio
from datetime import datetime
from typing import Annotated, Literal

import msgspec

from callboard.api.pages import read_cursor, span_of, write_cursor
from callboard.api.parameters import read_query
from callboard.api.past_fields import PastCall, as_csv, past_call
from callboard.api.route import JSON, Asked, Route, answer_json
from callboard.calls.causes import Reason
from callboard.calls.legs import Direction
from callboard.calls.refusals import InvalidArgument
from callboard.http.values import Reply
from callboard.operations.desk import Reach
from callboard.operations.history import LIST_HISTORY, ListHistory
from callboard.operations.past import PastCalls
from callboard.table.filters import Field, How, TextMatch

__all__ = ["ROUTES"]

NDJSON = "application/x-ndjson"
CSV = "text/csv"

Form = Literal["json", "ndjson", "csv"]
Ids = frozenset[Annotated[int, msgspec.Meta(ge=1, le=2**31 - 1)]] | None
Words = frozenset[Annotated[str, msgspec.Meta(max_length=200)]] | None
Texts = tuple[Annotated[str, msgspec.Meta(min_length=1, max_length=200)], ...]
Length = Annotated[float, msgspec.Meta(ge=0)] | None

_WORDS = {
    "direction": frozenset(direction.name.lower() for direction in Direction),
    "cause": frozenset(reason.name.lower() for reason in Reason),
}
_MOST = 100
"""Values in one parameter."""


class HistoryQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Which ended calls. Where several values are given, with commas, any of them will do."""

    customer: Annotated[int, msgspec.Meta(ge=1, le=2**31 - 1)] | None = None
    """Whose; left out, one's own customer."""
    recursive: bool = True
    """Also those of customers below."""
    account: Ids = None
    vendor: Ids = None
    connection: Ids = None
    did: Ids = None
    machine: Ids = None
    switch: Words = None
    country: Words = None
    """ISO 3166 alpha-3 codes."""
    direction: Words = None
    cause: Words = None
    caller: Texts = ()
    caller_prefix: Texts = ()
    caller_contains: Texts = ()
    callee: Texts = ()
    callee_prefix: Texts = ()
    callee_contains: Texts = ()
    dialed: Texts = ()
    dialed_prefix: Texts = ()
    dialed_contains: Texts = ()
    caller_name: Texts = ()
    caller_name_contains: Texts = ()
    min_duration: Length = None
    """Seconds connected, at least."""
    max_duration: Length = None
    ended_from: datetime | None = None
    """At this moment or later, RFC 3339; without a zone it is UTC."""
    ended_before: datetime | None = None
    limit: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 100
    cursor: str | None = None
    """The `next` of the page before."""
    format: Form | None = None
    """Left out: what the Accept header asks for, JSON by default."""


class HistoryPage(msgspec.Struct, frozen=True, kw_only=True):
    """Ended calls, newest first."""

    calls: tuple[PastCall, ...]
    next: str | None
    """The cursor of the next page; null if there is none. In NDJSON and CSV it stands in the header `Next-Cursor`."""


_EQUAL = ("account", "vendor", "connection", "did", "machine", "switch", "country", "direction", "cause")
_HOWS = {"": How.EXACT, "_prefix": How.PREFIX, "_contains": How.CONTAINS}


def _arguments(query: HistoryQuery) -> ListHistory:
    for name, words in _WORDS.items():
        strange = sorted((getattr(query, name) or frozenset()) - words)
        if strange:
            raise InvalidArgument(f"{name}: there is no {strange[0][:40]!r}, only {', '.join(sorted(words))}", name)
    for name in query.__struct_fields__:
        values = getattr(query, name)
        if isinstance(values, tuple | frozenset) and len(values) > _MOST:
            raise InvalidArgument(f"{name}: {len(values)} values are given, {_MOST} is the most", name)
    given = ((name, values) for name in _EQUAL if (values := getattr(query, name)) is not None)
    return ListHistory(
        customer=query.customer,
        reach=Reach.SUBTREE if query.recursive else Reach.OWN,
        where=PastCalls(
            span=span_of(query.ended_from, query.ended_before),
            equal=tuple(given),
            texts=_texts(query),
            shortest=query.min_duration,
            longest=query.max_duration,
        ),
        before=read_cursor(query.cursor, int),
        limit=query.limit,
    )


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
    arguments = _arguments(query)
    page = await asyncio.to_thread(asked.desk.perform, LIST_HISTORY, asked.principal, arguments, asked.request.at)
    calls = tuple(map(past_call, page.entries))
    following = write_cursor(page.next)
    form = query.format or _accepted(asked.request.headers.get("accept", "").lower())
    if form == "json":
        return answer_json(HistoryPage(calls=calls, next=following), 200, ("Vary", "Accept"))
    body = as_csv(calls) if form == "csv" else b"".join(msgspec.json.encode(call) + b"\n" for call in calls)
    headers = (("Vary", "Accept"), *([("Next-Cursor", following)] if following else []))
    media_type = f"{CSV}; charset=utf-8; header=present" if form == "csv" else NDJSON
    return Reply(content_type=media_type, headers=headers, body=body)


def _accepted(accept: str) -> Form:
    if JSON in accept:
        return "json"
    return "csv" if CSV in accept else "ndjson" if NDJSON in accept else "json"


ROUTES = (
    Route(
        method="GET",
        path="/history",
        operation=LIST_HISTORY,
        endpoint=_list_history,
        query=HistoryQuery,
        gives={JSON: HistoryPage, NDJSON: PastCall, CSV: bytes},
    ),
)
