"""One connection to an event socket: what arrives is read at once and always, and handled in its order.

A switch whose listener stops reading keeps its events for it, and drops the listener in the end. So nothing here ever
stops reading: if more comes than can be handled, events are dropped, and whoever owns the connection is told.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import cast

from callboard.switches.freeswitch.wire import Decoder, Frame
from callboard.switches.link import LinkError

__all__ = ["Connection"]

SLICE = 200
"""Frames that are handled before others of the event loop have their turn."""

_EVENT = "text/event-json"


class Connection(asyncio.Protocol):
    """Frames in, lines out. All of it belongs to the event loop's thread."""

    def __init__(
        self,
        accept: Callable[[bytes, float], None],
        shed: Callable[[int], None],
        clock: Callable[[], float],
        *,
        backlog: int,
        silence: float,
    ) -> None:
        """`accept` takes an event and when it arrived; `shed` is told how many were dropped."""
        self._accept = accept
        self._shed = shed
        self._clock = clock
        self._backlog = backlog
        self._silence = silence
        self._loop = asyncio.get_running_loop()
        self._decoder = Decoder()
        self._waiting: deque[tuple[Frame, float]] = deque()
        self._asked: deque[asyncio.Future[Frame | None]] = deque()
        self._draining = False
        self._transport: asyncio.Transport | None = None
        self._heard_at = 0.0
        self._watch: asyncio.TimerHandle | None = None
        self.invited: asyncio.Future[bool] = self._loop.create_future()
        """Whether the switch asks for a login; false if it hung up instead."""
        self.lost: asyncio.Future[LinkError] = self._loop.create_future()
        self.clogged = False
        """Whether the switch does not read what we send."""
        self.skipped = 0
        """Frames that were no frames of ours, or too large."""

    # --- the socket --------------------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The connection stands."""
        self._transport = cast(asyncio.Transport, transport)
        self._heard_at = self._loop.time()
        self._watch = self._loop.call_later(self._silence, self._check_silence)

    def data_received(self, data: bytes) -> None:
        """Bytes arrived."""
        self._heard_at = self._loop.time()
        received = self._clock()
        skipped = self._decoder.skipped
        self._waiting.extend((frame, received) for frame in self._decoder.feed(data))
        self.skipped += self._decoder.skipped - skipped
        if len(self._waiting) > self._backlog:
            self._drop_events()
        if self._decoder.skipped > skipped:
            self._shed(self._decoder.skipped - skipped)
        if not self._draining:
            self._drain()
        if self._decoder.broken:
            self.lose(LinkError(f"the event socket sent {self._decoder.broken}", "check that the port is FreeSWITCH's"))

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone; what arrived before is handled first."""
        while self._waiting:
            self._handle(*self._waiting.popleft())
        self.lose(LinkError(f"the switch closed the connection{f' ({exc})' if exc else ''}"))

    def pause_writing(self) -> None:
        """The switch does not read."""
        self.clogged = True

    def resume_writing(self) -> None:
        """The switch reads again."""
        self.clogged = False

    # --- what others do with it --------------------------------------------------------------------------------------

    def ask(self, line: bytes) -> asyncio.Future[Frame | None]:
        """Send a line. The answer, or None once the connection is lost; answers come in the order of the lines."""
        answer: asyncio.Future[Frame | None] = self._loop.create_future()
        if self._transport is None or self.lost.done():
            answer.set_result(None)
        else:
            self._asked.append(answer)
            self._transport.write(line)
        return answer

    def lose(self, why: LinkError) -> None:
        """Give the connection up. Everybody who waits for an answer gets none."""
        if self._watch is not None:
            self._watch.cancel()
        if not self.lost.done():
            self.lost.set_result(why)
        if not self.invited.done():
            self.invited.set_result(False)
        while self._asked:
            self._reply(None)
        if self._transport is not None:
            self._transport.abort()

    # --- inside ------------------------------------------------------------------------------------------------------

    def _drain(self) -> None:
        try:
            for _ in range(min(SLICE, len(self._waiting))):
                self._handle(*self._waiting.popleft())
        finally:
            # A defect in what is done with one frame must not leave those after it waiting for ever.
            self._draining = bool(self._waiting)
            if self._draining:
                self._loop.call_soon(self._drain)

    def _handle(self, frame: Frame, received: float) -> None:
        if self.lost.done():
            return
        match frame.kind:
            case "text/event-json":
                self._accept(frame.body, received)
            case "api/response" | "command/reply":
                self._reply(frame)
            case "auth/request":
                if not self.invited.done():
                    self.invited.set_result(True)
            case "text/disconnect-notice":
                words = " ".join(frame.body.decode("utf-8", "replace").split())[:200]
                self.lose(LinkError(f"the switch closed the link: {words}"))
            case "text/rude-rejection":
                fix = "allow it in apply-inbound-acl of event_socket.conf.xml"
                self.lose(LinkError("the event socket does not let our address in", fix, lasting=True))
            case _:
                self.skipped += 1

    def _reply(self, frame: Frame | None) -> None:
        if self._asked:
            answer = self._asked.popleft()
            if not answer.done():
                answer.set_result(frame)

    def _drop_events(self) -> None:
        kept = deque(waiting for waiting in self._waiting if waiting[0].kind != _EVENT)
        dropped = len(self._waiting) - len(kept)
        self._waiting = kept
        if dropped:
            self._shed(dropped)

    def _check_silence(self) -> None:
        left = self._heard_at + self._silence - self._loop.time()
        if left > 0:
            self._watch = self._loop.call_later(left, self._check_silence)
        else:
            self.lose(LinkError(f"nothing was heard of the switch for {self._silence:g} s, not even its heartbeat"))
