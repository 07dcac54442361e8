"""A network between a link and its switch, whose weather a play makes: whole messages over TCP, datagrams over UDP.

Only what the switch tells unasked is doubled, turned about and dropped: an answer that never comes is what a stall and
a cut are for.
"""

import asyncio
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from random import Random

import msgspec

__all__ = ["AMI", "ESL", "FAIR", "HTTP", "NETSTRINGS", "Protocol", "TcpProxy", "UdpProxy", "Weather"]

_CHUNK = 65_536
_HEAD_END = re.compile(rb"\r?\n\r?\n")
_LENGTH = re.compile(rb"^content-length: *(\d+)", re.IGNORECASE | re.MULTILINE)


class Weather(msgspec.Struct, frozen=True, kw_only=True):
    """What becomes of what the switch sends."""

    delay: float = 0.0
    """Seconds that each message is under way, at most."""
    doubled: bool = False
    """Each event comes twice."""
    turned: bool = False
    """Each event lets the next one pass."""
    dropped: float = 0.0
    """The share of events that get lost."""
    ahead: int = 0
    """Whole seconds by which the switch's clock is ahead of the true time, in all that it says."""


FAIR = Weather()


class Protocol(msgspec.Struct, frozen=True):
    """How a switch's messages are told apart on a wire."""

    take: Callable[[bytearray], bytes | None]
    """The first whole message of a buffer, which is taken out of it."""
    is_event: Callable[[bytes], bool]
    times: re.Pattern[bytes]
    """Where a message has a time: Unix seconds, as the second group."""


def _take_ami(buffer: bytearray) -> bytes | None:
    return _cut(buffer, buffer.find(b"\r\n\r\n") + 4) if b"\r\n\r\n" in buffer else None


def _take_netstring(buffer: bytearray) -> bytes | None:
    digits, colon, rest = bytes(buffer).partition(b":")
    whole = colon and len(rest) > int(digits)
    return _cut(buffer, len(digits) + 1 + int(digits) + 1) if whole else None


def _take_headed(buffer: bytearray) -> bytes | None:
    """A head and, where it tells of one, a body: ESL's frames and HTTP's answers."""
    end = _HEAD_END.search(buffer)
    if end is None:
        return None
    length = _LENGTH.search(buffer[: end.start()])
    size = end.end() + (int(length[1]) if length else 0)
    return _cut(buffer, size) if len(buffer) >= size else None


def _cut(buffer: bytearray, size: int) -> bytes:
    message = bytes(buffer[:size])
    del buffer[:size]
    return message


AMI = Protocol(
    _take_ami,
    lambda message: message.startswith(b"Event:") and b"ActionID:" not in message,
    re.compile(rb"(Timestamp: )(\d+)"),
)
NETSTRINGS = Protocol(_take_netstring, lambda message: True, re.compile(rb'("ts":)(\d+)'))
HTTP = Protocol(_take_headed, lambda message: False, re.compile(rb'("(?:init_ts|start_ts)":)([1-9]\d+)'))
_OF_CHANNEL = rb'"(?:Event-Date-Timestamp|Caller-Channel-[A-Za-z-]*Time|created_epoch)":"'
ESL = Protocol(
    _take_headed,
    lambda message: b"text/event-json" in message[:100],
    # A channel's times, and the answer to what time it is.
    re.compile(rb"(" + _OF_CHANNEL + rb"|api/response\nContent-Length: 16\n\n)([1-9]\d{9})"),
)


class TcpProxy:
    """Listens on a port of its own, and passes on what goes to and comes from the switch's."""

    def __init__(self, target: int, protocol: Protocol, random: Random) -> None:
        self.port = 0
        self.weather = FAIR
        self.refusing = False
        self._target = target
        self._protocol = protocol
        self._random = random
        self._halving = False
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Listen on a free port of loopback."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Break everything off, and let nobody in who is at the door already."""
        self.refusing = True
        self._flowing.set()
        if self._server is not None:
            self._server.close()
        self.cut()
        if self._tasks:
            await asyncio.wait(self._tasks)

    # --- what a play does --------------------------------------------------------------------------------------------

    def cut(self) -> None:
        """Break all connections."""
        for writer in self._writers:
            writer.transport.abort()

    def halve(self) -> None:
        """Let the next message come half, and break the connection then."""
        self._halving = True

    def stall(self) -> None:
        """Nothing comes through any more, and nobody is told why."""
        self._flowing.clear()

    def heal(self) -> None:
        """All is well again; what was stuck comes through."""
        self.weather, self.refusing, self._halving = FAIR, False, False
        self._flowing.set()

    # --- connections -------------------------------------------------------------------------------------------------

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self._writers.add(writer)
        try:
            with suppress(OSError):
                if not self.refusing:
                    await self._pass_on(reader, writer)
        finally:
            self._writers.discard(writer)
            self._tasks.discard(task)
            writer.close()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._target)
        self._writers.add(far_writer)
        there = asyncio.create_task(self._pump(reader, far_writer))
        back = asyncio.create_task(self._weathered(far_reader, writer))
        try:
            await asyncio.wait({there, back}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (there, back):
                task.cancel()
            await asyncio.gather(there, back, return_exceptions=True)
            self._writers.discard(far_writer)
            far_writer.close()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(_CHUNK):
            await self._flowing.wait()
            writer.write(data)

    async def _weathered(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        buffer = bytearray()
        held = b""
        while data := await reader.read(_CHUNK):
            buffer += data
            while (message := self._protocol.take(buffer)) is not None:
                await self._flowing.wait()
                if self._halving:
                    self._halving = False
                    writer.write(message[: len(message) // 2])
                    return
                if self.weather.turned and not held and self._protocol.is_event(message):
                    held = message
                    continue
                for part in (*self._fate(message), held):
                    writer.write(part)
                held = b""
                if self.weather.delay:
                    await asyncio.sleep(self.weather.delay * self._random.random())

    def _fate(self, message: bytes) -> Iterator[bytes]:
        weather = self.weather
        if weather.ahead:
            message = self._protocol.times.sub(
                lambda found: found[1] + b"%d" % (int(found[2]) + weather.ahead), message
            )
        event = self._protocol.is_event(message)
        if event and self._random.random() < weather.dropped:
            return
        yield message
        if event and weather.doubled:
            yield message


class UdpProxy(asyncio.DatagramProtocol):
    """Takes datagrams at a port of its own and passes them on, as the weather lets it.

    There is no connection to be cut or refused, and no datagram comes half.
    """

    def __init__(self, target: int, random: Random) -> None:
        self.port = 0
        self.weather = FAIR
        self.refusing = False
        self._target = ("127.0.0.1", target)
        self._random = random
        self._held: bytes | None = None
        self._stuck: list[bytes] | None = None
        self._transport: asyncio.DatagramTransport | None = None

    async def start(self) -> None:
        """Listen on a free port of loopback."""
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=("127.0.0.1", 0))
        self.port = self._transport.get_extra_info("sockname")[1]

    async def stop(self) -> None:
        """Listen no more."""
        if self._transport is not None:
            self._transport.close()

    def cut(self) -> None:
        """Nothing to cut."""

    def halve(self) -> None:
        """Nothing to halve."""

    def stall(self) -> None:
        """Nothing comes through any more."""
        self._stuck = []

    def heal(self) -> None:
        """All is well again; what was stuck comes through."""
        self.weather = FAIR
        stuck, self._stuck = self._stuck or (), None
        for data in stuck:
            self._send(data)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """A datagram came."""
        if self._stuck is not None:
            self._stuck.append(data)
        elif self._random.random() >= self.weather.dropped:
            self._pass(data)

    def _pass(self, data: bytes) -> None:
        if self.weather.turned and self._held is None:
            self._held = data
            return
        held, self._held = self._held, None
        for part in (data, data if self.weather.doubled else None, held):
            if part is not None:
                asyncio.get_running_loop().call_later(self.weather.delay * self._random.random(), self._send, part)

    def _send(self, data: bytes) -> None:
        if self._transport is not None:
            self._transport.sendto(data, self._target)
