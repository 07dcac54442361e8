"""Between uvicorn's ASGI and our values: a scope becomes a Request, a Reply becomes messages."""

import asyncio
import logging
import secrets
import time
from collections.abc import Generator, Iterator
from contextlib import closing
from typing import NamedTuple, cast

from uvicorn._types import ASGIReceiveCallable, ASGISendCallable, HTTPScope, Scope
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from callboard.http.blocks import whole as gathered
from callboard.http.heads import check, head, is_framed
from callboard.http.live import TOO_OLD, carry_stream, converse
from callboard.http.protocol import GuardedProtocol
from callboard.http.values import Block, Body, Conversation, Handler, Reply, Request, Stream
from callboard.http.websocket import WebSocket

__all__ = ["Application"]

logger = logging.getLogger("callboard.http")

Blocks = Generator[Block, None, None]


class _Exchange(NamedTuple):
    """Where a request came from, and where its answer goes."""

    connection: GuardedProtocol
    cycle: RequestResponseCycle
    send: ASGISendCallable

    async def end(self) -> None:
        """End an answer in chunks."""
        if not self.connection.left(self.cycle):
            await self.send({"type": "http.response.body", "body": b"", "more_body": False})


class Application:
    """The one ASGI application: it reads a request whole, lets the handler answer, and sends the reply."""

    def __init__(self, handler: Handler, access_log: bool = False) -> None:
        self._handler = handler
        self._access_log = access_log

    async def __call__(self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        """Answer one request."""
        http = cast("HTTPScope", scope)
        connection: GuardedProtocol = http["state"]["connection"]
        try:
            body = await _read_body(receive)
            if body is not None:
                exchange = _Exchange(connection, http["state"]["cycle"], send)
                await self._exchange(_request(http, body), exchange, whole=http["http_version"] == "1.0")
        except asyncio.CancelledError:
            # The server stops: an answer that is not complete must not look so.
            connection.abort()
        finally:
            connection.left(http["state"]["cycle"])

    async def _exchange(self, request: Request, exchange: _Exchange, whole: bool) -> None:
        reply, body = await self._answer(request, whole)
        if reply.live is not None:
            await _go_live(request, reply, reply.live, exchange)
        elif isinstance(body, bytes):
            await _send_whole(reply, body, exchange)
        else:
            await _send_blocks(request, reply, body, exchange)
        if self._access_log:
            took = 1000 * (time.time() - request.at)
            logger.info("%s %s %s %d %.1f ms", request.client, request.method, request.path, reply.status, took)

    async def _answer(self, request: Request, whole: bool) -> tuple[Reply, bytes | Blocks]:
        try:
            reply = await self._handler(request)
            if whole and reply.live is not None:
                reply = TOO_OLD
            check(reply)
            return reply, _begun(request, reply.body, whole)
        except Exception:
            reference = secrets.token_hex(4)
            logger.exception("%s %s failed, reference %s", request.method, request.path, reference)
            return Reply(status=500, headers=(("X-Content-Type-Options", "nosniff"),)), _apology(reference)


def _begun(request: Request, body: Body, whole: bool) -> bytes | Blocks:
    """The body with its first block made, or all of them if it must be `whole`: what fails here gets a clean error.

    HTTP/1.0 needs it whole, for it has no way to end a body of unknown length but the end of the connection.
    """
    if isinstance(body, bytes):
        return body
    if request.method == "HEAD":
        return _resumed(b"", iter(()))
    blocks = iter(body)
    return gathered(blocks) if whole else _resumed(next(blocks, b""), blocks)


def _resumed(first: Block, rest: Iterator[Block]) -> Blocks:
    yield first
    yield from rest


def _apology(reference: str) -> bytes:
    return f"Something went wrong here. The operator finds the reason in the log under {reference}.\n".encode()


# --- the request -----------------------------------------------------------------------------------------------------


async def _read_body(receive: ASGIReceiveCallable) -> bytes | None:
    """The whole body, which the protocol bounds; None if the client left before its end."""
    pieces = []
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return None
        pieces.append(message["body"])
        if not message["more_body"]:
            return b"".join(pieces)


def _request(scope: HTTPScope, body: bytes) -> Request:
    client = scope["client"]
    return Request(
        method=scope["method"],
        path=scope["path"],
        target=scope["state"]["target"],
        query=scope["query_string"],
        headers={name.decode("latin-1"): _header_text(value) for name, value in scope["headers"]},
        body=body,
        client=client[0] if client else "",
        at=time.time(),
    )


def _header_text(value: bytes) -> str:
    """Clients write names in UTF-8 or in Latin-1; what is no UTF-8 was meant as the latter."""
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return value.decode("latin-1")


# --- the reply -------------------------------------------------------------------------------------------------------


async def _send_whole(reply: Reply, body: bytes, exchange: _Exchange) -> None:
    cycle, connection = exchange.cycle, exchange.connection
    await connection.writable()
    connection.finish(cycle, head(reply, len(body), cycle.keep_alive), body if is_framed(reply) else b"")


async def _begin(reply: Reply, exchange: _Exchange) -> None:
    """Send the head of what comes in chunks."""
    cycle, connection = exchange.cycle, exchange.connection
    await connection.writable()
    connection.begin(cycle, head(reply, None, cycle.keep_alive), chunked=is_framed(reply))


async def _go_live(request: Request, reply: Reply, live: Stream | Conversation, exchange: _Exchange) -> None:
    if isinstance(live, Stream):
        await _begin(reply, exchange)
        if request.method == "HEAD":
            await exchange.end()
        else:
            await carry_stream(live, exchange.connection, exchange.send)
        return
    socket = WebSocket(request)
    if socket.refusal is None:
        await converse(socket, live, exchange.connection)
    else:
        await _send_whole(*socket.refusal, exchange)


async def _send_blocks(request: Request, reply: Reply, blocks: Blocks, exchange: _Exchange) -> None:
    """Send a block, wait until the client has read it, make the next; stop when the client is gone."""
    connection = exchange.connection
    await _begin(reply, exchange)
    with closing(blocks), connection.sending_blocks():
        try:
            for block in blocks if request.method != "HEAD" else ():
                if connection.gone:
                    return
                connection.put(block)
                await connection.writable()
                await asyncio.sleep(0)  # others have their turn, however fast this client reads
        except Exception:
            logger.exception("%s %s failed in the middle of the answer", request.method, request.path)
            connection.abort()
            return
    await exchange.end()
