"""Guards around uvicorn's HTTP/1.1 protocol: how long a client may take, and how much it may send."""

import asyncio
import logging
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum
from http import HTTPStatus

import httptools
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle
from uvicorn.server import ServerState

from callboard.http.heads import refusal
from callboard.http.prompt import PromptProtocol
from callboard.http.settings import HttpSettings
from callboard.http.values import Block
from callboard.http.websocket import WebSocket, is_offered

__all__ = ["GuardedProtocol"]

_LINGER = 2.0
"""Seconds for which a refused client must have sent nothing before the connection is closed."""
_LINGERS = 5
"""So many times that long, a client that goes on sending is listened to at most."""

_MOST_PIPELINED = 100
"""Requests that may wait on a connection behind the one that is being answered."""

logger = logging.getLogger(__name__)


class _Receiving(Enum):
    NOTHING = "nothing"
    HEADERS = "headers"
    BODY = "body"


class _TooMuch(Exception):  # noqa: N818  it only leaves the parser's callbacks
    """Raised in the parser's callbacks to stop it; the refusal was noted before."""


class GuardedProtocol(PromptProtocol):
    """One connection. A request that takes too long or is too large is refused, and the connection closed.

    The parser below accepts HTTP/1.0 and 1.1, pipelining and chunked bodies, and refuses requests whose length is
    ambiguous (RFC 9112 section 6.3).
    """

    def __init__(self, config: Config, server_state: ServerState, settings: HttpSettings) -> None:
        super().__init__(config, server_state)
        self._settings = settings
        self.closed = self.loop.create_future()
        """Done when the connection is closed."""
        self.ending = self.loop.create_future()
        """Done when it is closed, or is to be because the server stops: what goes on for long ends then."""
        self._descriptor: int | None = None
        """The system's name of the socket, where nothing stands between it and what is written."""
        self._socket: WebSocket | None = None
        self._offered = False
        self._receiving = _Receiving.NOTHING
        self._deadline: asyncio.TimerHandle | None = None
        self._stall: asyncio.TimerHandle | None = None
        self._refusal: HTTPStatus | None = None
        self._deaf = False
        self._heard = False
        """Whether a refused client went on sending."""
        self._received = 0
        self._header_size = 0
        self._body_size = 0

    # --- for the application: it finds its connection in the scope's state ---

    @property
    def gone(self) -> bool:
        """Whether the client left, so that nothing more needs to be made for it."""
        return self.transport.is_closing()

    def left(self, cycle: RequestResponseCycle) -> bool:
        """Whether the client left before the answer to this request was sent: it gets no more of it.

        uvicorn notices that for the request that was read last, and not for those that came before it.
        """
        cycle.disconnected = cycle.disconnected or self.gone
        return cycle.disconnected

    @property
    def free(self) -> bool:
        """Whether the client is there and has read enough of what was sent."""
        return not self.flow.write_paused and not self.transport.is_closing()

    async def writable(self) -> None:
        """Wait until the client has read enough of what was sent, or is gone."""
        if self.flow.write_paused:
            await self.flow.drain()

    @contextmanager
    def sending_blocks(self) -> Iterator[None]:
        """While a long answer is sent, `writable` waits until the system has taken all of a block.

        Under TLS, where every block is copied, it waits as ever.
        """
        if self._descriptor is not None:
            self.transport.set_write_buffer_limits(0)
        try:
            yield
        finally:
            if self._descriptor is not None:
                self.transport.set_write_buffer_limits()

    def put(self, block: Block) -> None:
        """Send a block of a chunked body (RFC 9112 section 7.1). Its memory may be used again at once.

        It goes to the system directly where nothing waits to be sent: through the transport it would be copied.
        """
        if not block:
            return
        pieces = (b"%x\r\n" % len(block), block, b"\r\n")
        sent = 0 if self._descriptor is None or self.transport.get_write_buffer_size() else self._put_now(pieces)
        if sent < sum(map(len, pieces)):
            self.transport.write(b"".join(_rest(pieces, sent)))

    def _put_now(self, pieces: tuple[Block, ...]) -> int:
        """How many bytes the system takes. Why it takes none is for the transport to find out."""
        try:
            return 0 if self._descriptor is None or self.gone else os.writev(self._descriptor, pieces)
        except OSError:
            return 0

    def begin(self, cycle: RequestResponseCycle, head: bytes, *, chunked: bool) -> None:
        """Send the head of an answer of which more follows."""
        if not self.left(cycle):
            cycle.response_started, cycle.chunked_encoding = True, chunked
            self.transport.write(head)

    def finish(self, cycle: RequestResponseCycle, head: bytes, body: bytes) -> None:
        """Send a whole answer in one go, and be ready for the next request."""
        if self.left(cycle):
            return
        cycle.response_started = cycle.response_complete = True
        self.send(head, body if cycle.scope["method"] != "HEAD" else b"")
        cycle.message_event.set()
        if not cycle.keep_alive:
            self.transport.close()
        cycle.on_response()

    def abort(self) -> None:
        """Cut the connection: the client must notice that its answer is not complete."""
        self.transport.abort()

    def notice_vanishing(self) -> None:
        """Have the system cut the connection when nothing is confirmed any more for the send timeout (RFC 5482).

        A client that vanished without a word would be sent heartbeats for a quarter of an hour.
        """
        bound = self.transport.get_extra_info("socket")
        option = getattr(socket, "TCP_USER_TIMEOUT", None)
        if bound is not None and option is not None:
            bound.setsockopt(socket.IPPROTO_TCP, option, int(1000 * self._settings.send_timeout))

    def upgrade(self, websocket: WebSocket) -> None:
        """From here on the connection is a WebSocket's."""
        self._socket = websocket
        websocket.open(self.transport)

    # --- connection ---

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if hasattr(os, "writev") and transport.get_extra_info("sslcontext") is None:
            self._descriptor = transport.get_extra_info("socket").fileno()
        if len(self.connections) > self._settings.connections:
            self._refuse(HTTPStatus.SERVICE_UNAVAILABLE)
            return
        self._expect(_Receiving.HEADERS)
        self._run_clock()

    def connection_lost(self, exc: Exception | None) -> None:
        self._expect(_Receiving.NOTHING)
        self._stop_stall()
        self._descriptor = None
        super().connection_lost(exc)
        self.closed.set_result(None)
        self._end()

    def shutdown(self) -> None:
        super().shutdown()
        self._end()

    def _end(self) -> None:
        if not self.ending.done():
            self.ending.set_result(None)

    def data_received(self, data: bytes) -> None:
        if self._socket is not None:
            self._socket.received(data)
            return
        if self._deaf:
            self._heard = True
            return
        if self.answered_again(data):
            return
        self.begin_reading(data)
        if self._receiving is _Receiving.NOTHING:
            self._expect(_Receiving.HEADERS)
        self._received += len(data)
        try:
            self._feed(data)
        except httptools.HttpParserError:
            self.end_reading()
            self._refuse(self._refusal or HTTPStatus.BAD_REQUEST)
        else:
            self.end_reading()
            if self._received > self._most_to_receive():
                self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
        self._run_clock()

    def _feed(self, data: bytes) -> None:
        while data:
            try:
                self.parser.feed_data(data)
            except httptools.HttpParserUpgrade as offer:
                data = self._without_offer() + data[offer.args[0] :]
                self.parser = httptools.HttpRequestParser(self)
            else:
                return

    def _without_offer(self) -> bytes:
        """The head just read without its offer to change the protocol (h2c, WebSocket): we go on in HTTP/1.1.

        RFC 9110 section 7.8. The parser would leave out the body of a request with such an offer, and Java's standard
        client makes it with every request. Who answers sees the offer of a WebSocket, and may accept it.
        """
        self._offered = is_offered(dict(self.headers))
        lines = [self.parser.get_method() + b" " + self.url + b" HTTP/" + self.parser.get_http_version().encode()]
        lines += [name + b": " + value for name, value in self.headers if name != b"upgrade"]
        return b"\r\n".join(lines) + b"\r\n\r\n"

    def _most_to_receive(self) -> int:
        """Raw bytes of one request: chunked bodies come with sizes and may have trailers, which nobody else bounds."""
        allowance = self._settings.max_header
        return allowance if self._receiving is _Receiving.HEADERS else allowance + 2 * self._settings.max_body

    # --- the parser's callbacks ---

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["state"]["connection"] = self
        self._header_size = self._body_size = 0
        self._expect(_Receiving.HEADERS)

    def on_url(self, url: bytes) -> None:
        self._count_header(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._count_header(len(name) + len(value) + 4)
        super().on_header(name, value)

    def _count_header(self, size: int) -> None:
        self._header_size += size
        if self._header_size > self._settings.max_header:
            self._stop_parsing(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)

    def on_headers_complete(self) -> None:
        if self.parser.get_method() == b"CONNECT":
            self._stop_parsing(HTTPStatus.BAD_REQUEST)
        if self.parser.should_upgrade():
            return
        length = next((value for name, value in self.headers if name == b"content-length"), b"0")
        if int(length) > self._settings.max_body:
            self._stop_parsing(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        if len(self.pipeline) >= _MOST_PIPELINED:
            self._stop_parsing(HTTPStatus.SERVICE_UNAVAILABLE)
        if self._offered:
            self._offered = False
            self.headers.append((b"upgrade", b"websocket"))
        self.scope["state"]["target"] = self.url.decode("ascii")
        super().on_headers_complete()
        self._expect(_Receiving.BODY)

    def on_body(self, body: bytes) -> None:
        self._body_size += len(body)
        if self._body_size > self._settings.max_body:
            self._stop_parsing(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        super().on_body(body)

    def on_message_complete(self) -> None:
        if self.parser.should_upgrade():
            return
        self._expect(_Receiving.NOTHING)
        super().on_message_complete()

    def _stop_parsing(self, status: HTTPStatus) -> None:
        self._refusal = status
        raise _TooMuch

    # --- time ---

    def _expect(self, part: _Receiving) -> None:
        """From now on this part of a request is awaited, for its time once `_run_clock` is called."""
        if part is self._receiving:
            return
        self._receiving = part
        self._received = 0
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _run_clock(self) -> None:
        """What comes whole in one piece, as most requests do, is awaited for no time, and needs no clock."""
        if self._deadline is None and self._receiving is not _Receiving.NOTHING:
            self._deadline = self.loop.call_later(self._time_for(self._receiving), self._too_late)

    def _time_for(self, part: _Receiving) -> float:
        return self._settings.header_timeout if part is _Receiving.HEADERS else self._settings.body_timeout

    def _too_late(self) -> None:
        if self._is_waiting_for_us():
            self._deadline = self.loop.call_later(self._time_for(self._receiving), self._too_late)
        elif self.cycle is None and not self._received:
            self.transport.close()
        else:
            self._refuse(HTTPStatus.REQUEST_TIMEOUT)

    def _is_waiting_for_us(self) -> bool:
        """Whether an earlier request of this connection is still being answered: the next one's time is not running."""
        answering = self.cycle is not None and not self.cycle.response_complete
        return bool(self.pipeline) or (self._receiving is _Receiving.HEADERS and answering)

    def pause_writing(self) -> None:
        super().pause_writing()
        self._stall = self.loop.call_later(self._settings.send_timeout, self.abort)
        if self._socket is not None:
            self._socket.block(True)

    def resume_writing(self) -> None:
        super().resume_writing()
        self._stop_stall()
        if self._socket is not None:
            self._socket.block(False)

    def _stop_stall(self) -> None:
        if self._stall is not None:
            self._stall.cancel()
            self._stall = None

    # --- refusing ---

    def _refuse(self, status: HTTPStatus) -> None:
        """Answer with an error and close; nothing more is read. Answers to earlier requests are finished first."""
        logger.debug("refused a request from %s: %s", self.client, status.phrase)
        self._deaf = True
        self._unset_keepalive_if_required()
        if self._receiving is _Receiving.BODY and self.pipeline:
            self.transport.close()
        elif self._is_waiting_for_us():
            self.cycle.keep_alive = False
        else:
            self.transport.write(refusal(status))
            self._linger(status)
        self._expect(_Receiving.NOTHING)

    def _linger(self, status: HTTPStatus) -> None:
        """Close a little later: closing while the client still sends would destroy the answer on its way (RFC 9112
        section 9.6).
        """
        if status is HTTPStatus.SERVICE_UNAVAILABLE:
            self.transport.close()
        else:
            self.loop.call_later(_LINGER, self._close_when_quiet, _LINGERS - 1)

    def _close_when_quiet(self, times: int) -> None:
        if self._heard and times:
            self._heard = False
            self.loop.call_later(_LINGER, self._close_when_quiet, times - 1)
        else:
            self.transport.close()


def _rest(pieces: tuple[Block, ...], sent: int) -> Iterator[memoryview]:
    """What is left of the pieces after so many bytes."""
    for piece in pieces:
        skipped = min(sent, len(piece))
        sent -= skipped
        yield memoryview(piece)[skipped:]
