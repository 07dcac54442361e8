"""A WebSocket on a connection whose request asked for one (RFC 6455). The frames are left to `websockets`."""

import asyncio
import logging
from collections import deque
from collections.abc import AsyncGenerator

from websockets.datastructures import Headers
from websockets.frames import CloseCode, Frame, Opcode
from websockets.http11 import Request as Handshake
from websockets.http11 import Response
from websockets.protocol import Protocol, Side, State
from websockets.server import ServerProtocol

from callboard.http.values import Reply, Request

__all__ = ["WebSocket", "is_offered"]

MAX_MESSAGE = 65_536
"""Bytes of a message from a client; a longer one ends the conversation with 1009 (RFC 6455 section 7.4.1)."""

MAX_WAITING = 8
"""Messages of a client that may wait to be dealt with; then it is not read from."""

_frames = logging.getLogger("callboard.http.frames")
_frames.setLevel(logging.WARNING)  # below that it would log what is said


def is_offered(headers: dict[bytes, bytes]) -> bool:
    """Whether a request with these headers, names in lower case, asks for a WebSocket."""
    return headers.get(b"upgrade", b"").strip().lower() == b"websocket"


class WebSocket:
    """The conversation on one connection: what comes in goes through `received`, the rest is for the application."""

    def __init__(self, request: Request) -> None:
        self._answer = ServerProtocol(logger=_frames).accept(_handshake(request))
        self._protocol = Protocol(Side.SERVER, max_size=MAX_MESSAGE, logger=_frames)
        self._transport: asyncio.Transport | None = None
        self._pieces: list[bytes] = []
        self._waiting: deque[bytes] = deque()
        self._arrival: asyncio.Future[None] | None = None
        self._blocked = False
        self._reads = True

    @property
    def refusal(self) -> tuple[Reply, bytes] | None:
        """What to answer, and the body, where the request does not ask in the right way; None if it does."""
        return None if self._answer.status_code == 101 else _reply(self._answer)

    def open(self, transport: asyncio.Transport) -> None:
        """Accept: from here on frames are spoken."""
        self._transport = transport
        transport.write(self._answer.serialize())

    # --- for the connection ------------------------------------------------------------------------------------------

    def received(self, data: bytes) -> None:
        """Bytes came."""
        self._protocol.receive_data(data)
        for event in self._protocol.events_received():
            if isinstance(event, Frame):
                self._take(event)
        self._flush()
        self._wake()

    def block(self, blocked: bool) -> None:
        """Whether the client reads too slowly at present: then nothing is read from it either, not even pings."""
        self._blocked = blocked
        self._read_or_not()

    def _take(self, frame: Frame) -> None:
        if frame.opcode not in (Opcode.TEXT, Opcode.BINARY, Opcode.CONT):
            return
        if frame.data:  # empty pieces would cost memory without end
            self._pieces.append(bytes(frame.data))
        if frame.fin:
            self._waiting.append(b"".join(self._pieces))
            self._pieces.clear()
            self._read_or_not()

    def _read_or_not(self) -> None:
        reads = not self._blocked and len(self._waiting) < MAX_WAITING
        if self._transport is None or reads is self._reads or self._transport.is_closing():
            return
        self._reads = reads
        if reads:
            self._transport.resume_reading()
        else:
            self._transport.pause_reading()

    def _flush(self) -> None:
        """Send what is to be sent; an empty piece stands for the end."""
        pieces = self._protocol.data_to_send()
        if self._transport is None:
            return
        self._transport.write(b"".join(pieces))
        if b"" in pieces:
            self._transport.close()

    def _wake(self) -> None:
        if self._arrival is not None and not self._arrival.done():
            self._arrival.set_result(None)

    # --- for the application -----------------------------------------------------------------------------------------

    async def messages(self) -> AsyncGenerator[bytes, None]:
        """The client's messages, until it closes."""
        while True:
            while self._waiting:
                message = self._waiting.popleft()
                self._read_or_not()
                yield message
            if self._protocol.state is not State.OPEN:
                return
            self._arrival = asyncio.get_running_loop().create_future()
            await self._arrival

    def say(self, message: bytes) -> None:
        """Send a text message, in UTF-8. It is passed over where the client has closed or is gone."""
        if self._transport is not None and self._is_open():
            self._transport.write(Frame(Opcode.TEXT, message).serialize(mask=False))

    def _is_open(self) -> bool:
        gone = self._transport is None or self._transport.is_closing()
        return self._protocol.state is State.OPEN and not gone

    def close(self, code: CloseCode) -> None:
        """Say that it is over."""
        if self._is_open():
            self._protocol.send_close(code)
            self._flush()
            self._waiting.clear()
            self._read_or_not()


def _handshake(request: Request) -> Handshake:
    return Handshake(request.target, Headers(request.headers), method=request.method)


def _reply(answer: Response) -> tuple[Reply, bytes]:
    shown = ("allow", "upgrade", "sec-websocket-version")
    headers = tuple((name, value) for name, value in answer.headers.raw_items() if name.lower() in shown)
    return Reply(status=answer.status_code, headers=headers), bytes(answer.body or b"")
