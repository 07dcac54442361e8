"""The engine's process: messages to and from it over its pipes, what it says on stderr to the log. It never blocks."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from typing import cast

from callboard.switches.b2bua import wire

__all__ = ["EngineProcess", "spawn"]

MAX_BACKLOG = 64 * 1024 * 1024
"""Bytes. An engine that leaves so much unread hangs: it is killed rather than let the memory grow."""

MAX_LOG_LINE = 1_000
LOG_LINES_PER_SECOND = 20
"""Enough for a traceback or two; a hostile network must not fill the disk through us."""

_log = logging.getLogger("callboard.switches.b2bua")


class _Complaints:
    """The engine's stderr as log lines: bounded in length and number, control characters made visible."""

    def __init__(self) -> None:
        self.last: deque[str] = deque(maxlen=5)
        self._rest = b""
        self._left = LOG_LINES_PER_SECOND
        self._dropped = 0

    def feed(self, data: bytes) -> None:
        """Take in what came."""
        *lines, rest = (self._rest + data).split(b"\n")
        self._rest = rest[:MAX_LOG_LINE]
        for line in lines:
            self._line(line[:MAX_LOG_LINE].decode("utf-8", "replace"))

    def tick(self) -> None:
        """To be called once a second."""
        if self._dropped:
            _log.warning("engine: %d more lines in this second are not shown", self._dropped)
        self._left, self._dropped = LOG_LINES_PER_SECOND, 0

    def _line(self, text: str) -> None:
        words = text.removeprefix("engine: ")
        shown = "".join(char if char.isprintable() else repr(char)[1:-1] for char in words).rstrip()
        if not shown:
            return
        self.last.append(shown)
        if self._left > 0:
            self._left -= 1
            _log.warning("engine: %s", shown)
        else:
            self._dropped += 1


class EngineProcess(asyncio.SubprocessProtocol):
    """One engine from its start to its end. Make it with `spawn`."""

    def __init__(self, heard: Callable[[list[wire.FromEngine]], None]) -> None:
        self._heard = heard
        self._buffer = bytearray()
        self._complaints = _Complaints()
        self._transport: asyncio.SubprocessTransport | None = None
        self._input: asyncio.WriteTransport | None = None
        self.exited: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        """Done when the process has ended and all it said was heard; its exit code, negative for a signal."""
        self.bad_lines = 0
        """Lines that were no message."""
        self.killed = False
        """Whether it was we who ended it."""

    @property
    def last_words(self) -> str:
        """The last line that it wrote on stderr."""
        return self._complaints.last[-1] if self._complaints.last else ""

    def send(self, messages: Iterable[wire.ToEngine]) -> None:
        """Write messages to it, in one piece; nothing happens if it is gone."""
        data = b"".join(wire.encode(message) for message in messages)
        if not data or self._input is None or self._input.is_closing():
            return
        self._input.write(data)
        if self._input.get_write_buffer_size() > MAX_BACKLOG:
            _log.error("the engine does not read what it is told: it is killed")
            self.kill()

    def kill(self) -> None:
        """End the process at once (SIGKILL: one that hangs heeds nothing else)."""
        if self._transport is not None and self._transport.get_returncode() is None:
            self.killed = True
            self._transport.kill()

    def tick(self) -> None:
        """To be called once a second."""
        self._complaints.tick()

    # --- what asyncio calls ---

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # asyncio promises these types; uvloop keeps the promise without deriving from them.
        self._transport = cast("asyncio.SubprocessTransport", transport)
        self._input = cast("asyncio.WriteTransport", self._transport.get_pipe_transport(0))

    def pipe_data_received(self, fd: int, data: bytes) -> None:
        if fd == 2:
            self._complaints.feed(data)
            return
        self._buffer += data
        try:
            lines = list(wire.lines(self._buffer))
        except ValueError:
            _log.exception("the engine's pipe is out of step: it is killed")
            self.kill()
            return
        messages = [message for line in lines if (message := self._read(line)) is not None]
        if messages:
            self._heard(messages)

    def connection_lost(self, exc: Exception | None) -> None:
        code = self._transport.get_returncode() if self._transport else None
        self._complaints.feed(b"\n")
        if self._transport:
            self._transport.close()
        if not self.exited.done():
            self.exited.set_result(-1 if code is None else code)

    def _read(self, line: bytes) -> wire.FromEngine | None:
        try:
            return wire.decode_from_engine(line)
        except ValueError as error:  # msgspec.DecodeError, or UnicodeDecodeError for bytes that are no UTF-8
            if self.bad_lines == 0:
                _log.warning("a line of the engine cannot be read and is left out, as any further ones are: %s", error)
            self.bad_lines += 1
            return None


async def spawn(command: Sequence[str], heard: Callable[[list[wire.FromEngine]], None]) -> EngineProcess:
    """Start an engine. `heard` is called with all messages of one read. Raises OSError if it cannot be run."""
    loop = asyncio.get_running_loop()
    # In a session of its own, Ctrl-C on the terminal does not reach it: we end it in good order. If we die ourselves,
    # its stdin ends, and so does it.
    _, process = await loop.subprocess_exec(lambda: EngineProcess(heard), *command, start_new_session=True)
    return process
