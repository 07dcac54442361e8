"""Between uvicorn's ASGI and our values: a scope becomes a Request, a Reply becomes messages."""

import asyncio
import logging
import secrets
import time
from collections.abc import Coroutine, Generator, Iterator
from contextlib import closing
from functools import partial
from typing import Any, NamedTuple, cast

from msgspec.structs import replace
from uvicorn._types import ASGI3Application, ASGIReceiveCallable, ASGISendCallable, HTTPScope, Scope
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from callboard.http.begun import Done, begin
from callboard.http.blocks import whole as gathered
from callboard.http.heads import check, head, is_framed
from callboard.http.live import TOO_OLD, carry_stream, converse
from callboard.http.protocol import GuardedProtocol
from callboard.http.values import Block, Body, Conversation, Handler, Reply, Request, Stream
from callboard.http.websocket import WebSocket

__all__ = ["Application"]

logger = logging.getLogger("callboard.http")

Blocks = Generator[Block, None, None]
Answer = Coroutine[Any, Any, tuple[Reply, bytes | Blocks]]
"""The reply and its body, begun."""


class _Exchange(NamedTuple):
    """Where a request came from, and where its answer goes."""

    connection: GuardedProtocol
    cycle: RequestResponseCycle
    send: ASGISendCallable

    def __enter__(self) -> None:
        """While it is answered: an answer that is not complete when the server stops must not look so."""

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> bool:
        stopped = isinstance(error, asyncio.CancelledError)
        if stopped:
            self.connection.abort()
        self.connection.left(self.cycle)
        return stopped

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
        exchange = _Exchange(http["state"]["connection"], http["state"]["cycle"], send)
        with exchange:
            body = await _read_body(receive)
            if body is not None:
                request, whole = _request(http, body), http["http_version"] == "1.0"
                if not whole:
                    exchange.connection.know(partial(self._again, request, exchange.connection))
                await self._exchange(request, self._answer(request, whole), exchange)

    def _again(self, last: Request, connection: GuardedProtocol) -> None:
        """Answer a request that came once more on its connection, byte by byte the same."""
        request = replace(last, at=time.time())
        begun = begin(self._answer(request, whole=False))
        if isinstance(begun, Done):
            reply, body = begun.result
            if isinstance(body, bytes) and reply.live is None:
                connection.send(head(reply, len(body), keep_alive=True), body if is_framed(reply) else b"")
                self._log(request, reply)
                return
        answer = _ready(*begun.result) if isinstance(begun, Done) else begun
        connection.take_longer(partial(self._longer, request, answer, connection))

    def _longer(
        self, request: Request, answer: Answer, connection: GuardedProtocol, cycle: RequestResponseCycle
    ) -> ASGI3Application:
        async def answer_it(scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
            exchange = _Exchange(connection, cycle, send)
            with exchange:
                await self._exchange(request, answer, exchange)

        return answer_it

    async def _exchange(self, request: Request, answer: Answer, exchange: _Exchange) -> None:
        reply, body = await answer
        if reply.live is not None:
            await _go_live(request, reply, reply.live, exchange)
        elif isinstance(body, bytes):
            await _send_whole(reply, body, exchange)
        else:
            await _send_blocks(request, reply, body, exchange)
        self._log(request, reply)

    def _log(self, request: Request, reply: Reply) -> None:
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


async def _ready(reply: Reply, body: bytes | Blocks) -> tuple[Reply, bytes | Blocks]:
    return reply, body


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
