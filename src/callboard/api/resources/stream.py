"""Streams of calls, and the tickets that let a browser ask for one."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Iterable
from http import HTTPStatus
from typing import Literal
from urllib.parse import urlencode

import msgspec
from msgspec.structs import replace

from callboard.access.tickets import LIFETIME
from callboard.api.calls_query import CallFilters, CallsQuery, FieldWord, chosen, fields_of
from callboard.api.fields import timestamp
from callboard.api.frames import Message, Shape, going_away
from callboard.api.parameters import read_query
from callboard.api.rounds import Written
from callboard.api.route import JSON, Asked, Route, answer_json
from callboard.api.stream import Session, Wish
from callboard.calls.refusals import Forbidden, InvalidArgument, Malformed, Refusal
from callboard.http.origin import from_other_site
from callboard.http.values import Conversation, Reply, Request, Stream
from callboard.operations.list_calls import ListCalls
from callboard.operations.watch import WATCH_CALLS
from callboard.table.changes import Revision

__all__ = ["ROUTES", "Ticket"]

SLOWEST, FASTEST = 0.2, 50.0

_HEADERS = (("Cache-Control", "no-store"), ("X-Accel-Buffering", "no"))
"""A proxy that keeps events back, as nginx does unless told otherwise, would make a stream useless."""

_BEGIN = b"retry: 1000\n\n"
"""How long EventSource waits before it connects again, milliseconds."""


async def _stream(asked: Asked) -> Reply:
    """Server-sent events (WHATWG HTML, section 9.2)."""
    _refuse_other_sites(asked.request)
    session = _session(asked, _as_events)
    live = Stream(_events(session), going_away().event, session.take_line)
    return Reply(content_type="text/event-stream", headers=_HEADERS, live=live)


def _as_events(messages: Iterable[Message]) -> tuple[bytes, ...]:
    block = b"".join([message.event for message in messages])
    return (block,) if block else ()


async def _events(session: Session) -> AsyncGenerator[bytes, None]:
    yield _BEGIN
    async with contextlib.aclosing(session.blocks()) as some:
        async for blocks in some:
            for block in blocks:
                yield block


async def _websocket(asked: Asked) -> Reply:
    """The same messages, a text frame each. The client may say `subscribe`, with other parameters."""
    _refuse_other_sites(asked.request)
    session = _session(asked, _as_texts)

    async def talk(said: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
        listener = asyncio.create_task(_listen(said, session, asked.request))
        try:
            async with contextlib.aclosing(session.blocks()) as some:
                async for blocks in some:
                    for block in blocks:
                        yield block
        finally:
            listener.cancel()
            await asyncio.wait((listener,))

    return Reply(live=Conversation(talk, going_away().data, session.take_line))


def _as_texts(messages: Iterable[Message]) -> tuple[bytes, ...]:
    return tuple(message.data for message in messages)


async def _listen(said: AsyncGenerator[bytes, None], session: Session, request: Request) -> None:
    """Do what the client says, until it says something that cannot be done."""
    async for message in said:
        try:
            session.turn_to(_wish(replace(request, query=_query_of(message), headers={})))
        except Refusal as refusal:
            session.turn_to(refusal)
            return


def _query_of(message: bytes) -> bytes:
    """The parameters of a `subscribe` as a query has them: lists with commas."""
    try:
        said = msgspec.json.decode(message, type=dict[str, str | float | bool | list[str | float] | None])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Malformed(f"the message is no JSON object with plain values: {error}") from None
    if said.pop("type", None) != "subscribe":
        raise Malformed('the one message that is understood has "type": "subscribe"')
    return urlencode({name: _text(value) for name, value in said.items() if value is not None}).encode()


def _text(value: str | float | bool | list[str | float]) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case list():
            return ",".join(map(str, value))
        case _:
            return str(value)


def _refuse_other_sites(request: Request) -> None:
    """A browser lets a page of any site open a WebSocket here, with its user's credentials (RFC 6455 section 10.2)."""
    if from_other_site(request):
        raise Forbidden("a page of another site cannot follow what is here")


def _session(asked: Asked, written: Written) -> Session:
    return Session(asked.desk, asked.principal, _wish(asked.request), asked.request.at, written)


# --- parameters ------------------------------------------------------------------------------------------------------


class StreamQuery(CallFilters, frozen=True, kw_only=True):
    """Which calls, how they are shown, and how often what changed is told."""

    fields: tuple[FieldWord, ...] = ()
    """The fields that are wanted, and the id; left out, all."""
    view: Literal["calls", "legs"] = "calls"
    """With `legs` each call has its legs beside it."""
    rate: float = 4.0
    """The most batches a second, 0.2 to 50, with the last state of each call; 0: every change by itself."""
    since: str | None = None
    """The revision up to which the client has everything; the header Last-Event-ID says the same."""
    ticket: str | None = None
    """In the place of credentials, see `POST /v1/tickets`."""


def _wish(request: Request) -> Wish:
    query = read_query(request, StreamQuery)
    if not (query.rate == 0 or SLOWEST <= query.rate <= FASTEST):
        raise InvalidArgument(f"rate must be 0, for every change by itself, or {SLOWEST} to {FASTEST:g}", "rate")
    since = query.since or request.headers.get("last-event-id")
    return Wish(
        arguments=chosen(query),
        shape=Shape(fields_of(CallsQuery(fields=("id", *query.fields) if query.fields else ())), query.view == "legs"),
        rate=query.rate,
        since=_revision(since) if since else None,
    )


def _revision(text: str) -> Revision:
    epoch, dash, number = text.partition("-")
    if not dash or not all(part.isascii() and part.isdigit() and len(part) < 20 for part in (epoch, number)):
        raise InvalidArgument("since must be a revision as a list or a stream gave it, such as 1700000000-42", "since")
    return Revision(int(epoch), int(number))


# --- tickets ---------------------------------------------------------------------------------------------------------


class Ticket(msgspec.Struct, frozen=True, kw_only=True):
    """Good once, as `?ticket=` of a stream: browsers cannot send credentials with an EventSource or a WebSocket."""

    ticket: str
    expires_at: str | None


async def _issue(asked: Asked) -> Reply:
    desk, now = asked.desk, asked.request.at
    desk.perform(WATCH_CALLS, asked.principal, ListCalls(), now)
    text = desk.access.tickets.issue(asked.principal, desk.entropy, now)
    ticket = Ticket(ticket=text, expires_at=timestamp(now + LIFETIME))
    return answer_json(ticket, HTTPStatus.CREATED, ("Cache-Control", "no-store"))


ROUTES = (
    Route(
        method="GET",
        path="/stream",
        operation=WATCH_CALLS,
        endpoint=_stream,
        query=StreamQuery,
        gives={"text/event-stream": bytes},
        ticket=True,
    ),
    Route(
        method="GET",
        path="/ws",
        operation=WATCH_CALLS,
        endpoint=_websocket,
        query=StreamQuery,
        summary="The same over a WebSocket.",
        ticket=True,
        status=101,
    ),
    Route(
        method="POST",
        path="/tickets",
        operation=WATCH_CALLS,
        endpoint=_issue,
        summary="Get a ticket, with which a browser may follow a stream.",
        gives={JSON: Ticket},
        status=201,
    ),
)
