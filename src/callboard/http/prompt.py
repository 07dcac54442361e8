"""uvicorn's HTTP/1.1 protocol, made prompt: what can be answered at once is, and what came before is known again.

Most requests come whole in one piece, one after the other, and their answers need nothing to be waited for: these have
no task of their own. A program that asks for the same thing every second, byte by byte, is not read anew each time.
"""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from uvicorn._types import ASGI3Application
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from callboard.http.begun import Done, begin

__all__ = ["PromptProtocol"]

_LONGEST_KNOWN = 1 << 14
"""Bytes of a request that is known again when it comes once more."""


class PromptProtocol(HttpToolsProtocol):
    """One connection. Who reads from it says what it reads by `begin_reading` and `end_reading`."""

    def __init__(self, config: Config, server_state: ServerState) -> None:
        super().__init__(config=config, server_state=server_state, app_state={})
        self._begun = 0
        """Requests that began with the bytes that are read now."""
        self._unread = False
        """Whether one is not read to its end."""
        self._waiting: tuple[RequestResponseCycle, ASGI3Application] | None = None
        """The request that is to be answered once these bytes are read."""
        self._whole = b""
        """These bytes, if they can be one whole request with nothing before it."""
        self._known = b""
        """The last request as it came, which is answered by `_again` if it comes once more."""
        self._again: Callable[[], None] = lambda: None
        self._active = 0.0
        """When the connection was last asked for something or answered it, on the loop's clock."""

    # --- reading ---

    def answered_again(self, data: bytes) -> bool:
        """Answer these bytes if they are the last request once more, and nothing else is going on."""
        if data != self._known or not self._is_idle():
            return False
        self._active = self.loop.time()
        self.server_state.total_requests += 1
        self._again()
        return True

    def begin_reading(self, data: bytes) -> None:
        """These bytes are read now. What was known is not any more."""
        self._begun, self._known, self._whole = 0, b"", data if self._is_idle() else b""

    def _is_idle(self) -> bool:
        """Whether every request so far is answered, and the client has read enough of that."""
        answered = self.cycle is None or self.cycle.response_complete
        waiting = self.pipeline or self.flow.write_paused or self.transport.is_closing()
        return answered and not self._unread and not waiting

    def on_message_begin(self) -> None:
        self._begun += 1
        self._unread = True
        super().on_message_begin()

    def on_message_complete(self) -> None:
        self._unread = False
        super().on_message_complete()

    def end_reading(self) -> None:
        """Answer the request that was read: without a task, if it is the only one and nothing needs to be waited for.

        Each of several has a task, so that others have their turn in between.
        """
        if self._waiting is None:
            return
        (cycle, app), self._waiting = self._waiting, None
        if self._begun > 1 or self._unread:
            self._whole = b""
            super()._start_asgi_task(cycle, app)
            return
        begun = begin(cycle.run_asgi(app))
        if not isinstance(begun, Done):
            self._carry(begun)

    # --- answering ---

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        cycle.scope["state"]["cycle"] = cycle
        if self._whole and self._begun == 1:
            self._waiting = cycle, app
        else:
            super()._start_asgi_task(cycle, app)

    def _carry(self, work: Coroutine[Any, Any, None]) -> None:
        """Do what has to wait in a task of its own."""
        task = self.loop.create_task(work)
        task.add_done_callback(self.tasks.discard)
        self.tasks.add(task)

    def send(self, head: bytes, body: bytes) -> None:
        """Send both in one go."""
        # asyncio's transport, from Python 3.12 on, never gets done with an empty piece at the end.
        self.transport.writelines((head, body) if body else (head,))

    def know(self, again: Callable[[], None]) -> None:
        """From now on the request that is being answered, should it come once more byte by byte, is answered so.

        The connection holds what it was asked last, credentials and all, for as long as it is open; it does so anyway.
        """
        plain = self._whole and self.cycle.keep_alive and not self.expect_100_continue
        if plain and self.scope["method"] != "HEAD" and len(self._whole) <= _LONGEST_KNOWN:
            self._known, self._again = self._whole, again

    def take_longer(self, answer: Callable[[RequestResponseCycle], ASGI3Application]) -> None:
        """Answer a request that came once more as others are, with a task: more is to come than can be sent at once."""
        last = self.cycle
        self.cycle = cycle = RequestResponseCycle(
            scope=last.scope,
            transport=self.transport,
            flow=self.flow,
            logger=last.logger,
            access_logger=last.access_logger,
            access_log=False,
            default_headers=last.default_headers,
            message_event=asyncio.Event(),
            expect_100_continue=False,
            keep_alive=True,
            on_response=self.on_response_complete,
        )
        self._carry(cycle.run_asgi(answer(cycle)))

    # --- time ---

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._unset_keepalive_if_required()

    def on_response_complete(self) -> None:
        """As uvicorn's, but for the clock of a connection that is kept, which is not set anew each time."""
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        self._active = self.loop.time()
        if self.pipeline:
            self._start_asgi_task(*self.pipeline.pop())
        elif self.timeout_keep_alive_task is None:
            self._wait(self.timeout_keep_alive)

    def _wait(self, seconds: float) -> None:
        self.timeout_keep_alive_task = self.loop.call_later(seconds, self.timeout_keep_alive_handler)

    def timeout_keep_alive_handler(self) -> None:
        """Close the connection if nothing was asked or answered for long."""
        if not self._is_idle():
            self._wait(self.timeout_keep_alive)
        elif (left := self._active + self.timeout_keep_alive - self.loop.time()) > 0.0:
            self._wait(left)
        else:
            super().timeout_keep_alive_handler()
