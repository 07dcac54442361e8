"""What goes on for long: streams and conversations, carried until they end, the client is gone, or the server stops."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing

from uvicorn._types import ASGISendCallable
from websockets.frames import CloseCode

from callboard.http.protocol import GuardedProtocol
from callboard.http.values import Conversation, Reply, Stream
from callboard.http.websocket import WebSocket

__all__ = ["TOO_OLD", "carry_stream", "converse"]

CLOSING = 3.0
"""Seconds that a client has to say goodbye in its turn."""

TOO_OLD = Reply(
    status=505,
    body=b"A stream needs HTTP/1.1. Let a proxy that stands between speak it: in nginx, proxy_http_version 1.1.\n",
)
"""HTTP/1.0 cannot tell the end of such a body from a connection that broke."""

logger = logging.getLogger("callboard.http")

Put = Callable[[bytes], Awaitable[None]]


class _BodyLine:
    """The line of a body in chunks (RFC 9112 section 7.1)."""

    def __init__(self, connection: GuardedProtocol) -> None:
        self._connection = connection

    @property
    def free(self) -> bool:
        return self._connection.free

    def put(self, block: bytes) -> None:
        self._connection.transport.write(b"%x\r\n%b\r\n" % (len(block), block))


class _SocketLine:
    """The line of a conversation."""

    def __init__(self, connection: GuardedProtocol, socket: WebSocket) -> None:
        self._connection = connection
        self._socket = socket

    @property
    def free(self) -> bool:
        return self._connection.free

    def put(self, block: bytes) -> None:
        self._socket.say(block)


async def carry_stream(stream: Stream, connection: GuardedProtocol, send: ASGISendCallable) -> None:
    """Send the body of a reply whose head is sent. The client is left with an incomplete one if making it fails."""

    async def put(block: bytes) -> None:
        await send({"type": "http.response.body", "body": block, "more_body": True})
        await connection.writable()

    stream.take_line(_BodyLine(connection))
    if not await _carry(stream.blocks, put, connection):
        connection.abort()
    if not connection.gone:
        if connection.ending.done():
            await put(stream.farewell)
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def converse(socket: WebSocket, conversation: Conversation, connection: GuardedProtocol) -> None:
    """Turn the connection into the socket's and talk, until it is closed."""

    async def put(message: bytes) -> None:
        socket.say(message)
        await connection.writable()

    connection.upgrade(socket)
    conversation.take_line(_SocketLine(connection, socket))
    whole = await _carry(conversation.talk(socket.messages()), put, connection)
    if not connection.gone:
        if connection.ending.done():
            socket.say(conversation.farewell)
        socket.close(_code(whole, connection))
        await asyncio.wait((connection.closed,), timeout=CLOSING)
    connection.abort()
    await connection.closed


def _code(whole: bool, connection: GuardedProtocol) -> CloseCode:
    if not whole:
        return CloseCode.INTERNAL_ERROR
    return CloseCode.GOING_AWAY if connection.ending.done() else CloseCode.NORMAL_CLOSURE


async def _carry(blocks: AsyncGenerator[bytes, None], put: Put, connection: GuardedProtocol) -> bool:
    """Put one after the other, until they end, the client is gone or the server stops. False if making them failed."""
    connection.notice_vanishing()
    pump = asyncio.create_task(_pump(blocks, put))
    try:
        await asyncio.wait((pump, connection.ending), return_when=asyncio.FIRST_COMPLETED)
    finally:
        pump.cancel()
        await asyncio.wait((pump,))
    failure = None if pump.cancelled() else pump.exception()
    if failure is not None:
        logger.error("What went on for long failed", exc_info=failure)
    return failure is None


async def _pump(blocks: AsyncGenerator[bytes, None], put: Put) -> None:
    async with aclosing(blocks):
        async for block in blocks:
            await put(block)
            await asyncio.sleep(0)  # others have their turn, however fast this client reads
