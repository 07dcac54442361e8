"""Between uvicorn's ASGI and our values: a scope becomes a Request, a Reply becomes messages."""

import asyncio
import logging
import re
import secrets
import time
from collections.abc import Generator, Iterator
from contextlib import closing
from email.utils import formatdate
from functools import lru_cache
from typing import cast

from uvicorn._types import ASGIReceiveCallable, ASGISendCallable, HTTPResponseStartEvent, HTTPScope, Scope

from callboard.http.blocks import whole as gathered
from callboard.http.live import TOO_OLD, carry_stream, converse
from callboard.http.protocol import GuardedProtocol
from callboard.http.values import Block, Body, Conversation, Handler, Reply, Request, Stream
from callboard.http.websocket import WebSocket

__all__ = ["Application"]

logger = logging.getLogger("callboard.http")

Blocks = Generator[Block, None, None]
Headers = list[tuple[bytes, bytes]]


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
                await self._exchange(http, _request(http, body), connection, send)
        except asyncio.CancelledError:
            # The server stops: an answer that is not complete must not look so.
            connection.abort()

    async def _exchange(
        self, scope: HTTPScope, request: Request, connection: GuardedProtocol, send: ASGISendCallable
    ) -> None:
        reply, body = await self._answer(request, whole=scope["http_version"] == "1.0")
        if reply.live is not None:
            await _go_live(request, reply, reply.live, connection, send)
        elif isinstance(body, bytes):
            await _send_whole(reply, body, send)
        else:
            await _send_blocks(request, reply, body, connection, send)
        if self._access_log:
            took = 1000 * (time.time() - request.at)
            logger.info("%s %s %s %d %.1f ms", request.client, request.method, request.path, reply.status, took)

    async def _answer(self, request: Request, whole: bool) -> tuple[Reply, bytes | Blocks]:
        try:
            reply = await self._handler(request)
            if whole and reply.live is not None:
                reply = TOO_OLD
            _check_headers(reply)
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

_WITHOUT_LENGTH = (204, 304)
_FIELD_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_FIELD_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")


def _check_headers(reply: Reply) -> None:
    """Raises ValueError for a header that would break the message open (RFC 9110 section 5.5)."""
    for name, value in (*reply.headers, ("Content-Type", reply.content_type)):
        if not _FIELD_NAME.fullmatch(name) or not _FIELD_VALUE.fullmatch(value):
            raise ValueError(f"the header {name!r} cannot be sent")


class _FieldName(bytes):
    """A header's name: sent as written, compared without regard to case (RFC 9110 section 5.1).

    uvicorn would send it in lower case, where clients that look for `WWW-Authenticate` letter by letter miss it:
    Python's own `xmlrpc.client` hands them the headers in a plain dict.
    """

    def lower(self) -> "_FieldName":
        """Itself: it compares as if it were in lower case already."""
        return self

    def __eq__(self, other: object) -> bool:
        return isinstance(other, bytes) and bytes(self).lower() == bytes(other).lower()

    def __hash__(self) -> int:
        return hash(bytes(self).lower())


_DATE = _FieldName(b"Date")
_CONTENT_TYPE = _FieldName(b"Content-Type")
_CONTENT_LENGTH = _FieldName(b"Content-Length")
_TRANSFER_ENCODING = _FieldName(b"Transfer-Encoding")


def _headers(reply: Reply, length: int | None) -> Headers:
    headers: Headers = [(_DATE, _date(int(time.time())))]
    if reply.content_type:
        headers.append((_CONTENT_TYPE, reply.content_type.encode("latin-1")))
    if reply.status not in _WITHOUT_LENGTH:
        framing = (_TRANSFER_ENCODING, b"chunked") if length is None else (_CONTENT_LENGTH, str(length).encode())
        headers.append(framing)
    own = ((_FieldName(name.encode("latin-1")), value.encode("latin-1")) for name, value in reply.headers)
    return [*headers, *own]


@lru_cache(maxsize=1)
def _date(second: int) -> bytes:
    return formatdate(second, usegmt=True).encode()


def _start(reply: Reply, length: int | None) -> HTTPResponseStartEvent:
    return {"type": "http.response.start", "status": reply.status, "headers": _headers(reply, length)}


async def _send_whole(reply: Reply, body: bytes, send: ASGISendCallable) -> None:
    await send(_start(reply, len(body)))
    await send({"type": "http.response.body", "body": body, "more_body": False})


async def _go_live(
    request: Request,
    reply: Reply,
    live: Stream | Conversation,
    connection: GuardedProtocol,
    send: ASGISendCallable,
) -> None:
    if isinstance(live, Stream):
        await send(_start(reply, None))
        if request.method == "HEAD":
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        else:
            await carry_stream(live, connection, send)
        return
    socket = WebSocket(request)
    if socket.refusal is None:
        await converse(socket, live, connection)
    else:
        await _send_whole(*socket.refusal, send)


async def _send_blocks(
    request: Request, reply: Reply, blocks: Blocks, connection: GuardedProtocol, send: ASGISendCallable
) -> None:
    """Send a block, wait until the client has read it, make the next; stop when the client is gone."""
    await send(_start(reply, None))
    with closing(blocks), connection.sending_blocks():
        try:
            for block in blocks if request.method != "HEAD" else ():
                connection.put(block)
                await connection.writable()
                await asyncio.sleep(0)  # others have their turn, however fast this client reads
                if connection.gone:
                    return
        except Exception:
            logger.exception("%s %s failed in the middle of the answer", request.method, request.path)
            connection.abort()
            return
    await send({"type": "http.response.body", "body": b"", "more_body": False})
