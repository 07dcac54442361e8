"""Lag: how long from the byte of a switch until a client sees it, in a list, in a call's own page and in a stream.

    python -m bench.lag                       100,000 calls up, 3,000 events/s
    python -m bench.lag --calls 10000 --seconds 5
    python -m bench.lag --lists               and whole lists are fetched all the time

An Asterisk that is none tells over a real manager connection of calls that come, ring, are answered and end; the
server is `callboard serve`, in a process of its own. One of the calls is put on hold and fetched back again and again:
a client that asks for the list of its account as fast as it can, one that asks for the call, and one that follows a
stream note when they see it, each over a connection of its own.
"""

import argparse
import asyncio
import random
import statistics
import tempfile
import time
from base64 import b64encode
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import msgspec
import uvloop

from bench.replayed import ACCOUNTS, CONNECTIONS, document
from bench.serving import LOGIN, PASSWORD, Served, serving

TICK = 0.005
LIVES = 1_000
"""Calls of the traffic that are up at once."""
PATIENCE = 60.0
"""Seconds after which a change counts as missed. On a machine with far more work than processors the switch, which is
played here, and the clients wait for seconds: everybody is late then, and nobody misses anything.
"""
_LINK = """
[switches.asterisk.pbx]
port = {}
secret = "s"
answer_timeout = 100.0
list_interval = 600.0
"""
_OBSERVERS = ("list", "call", "stream")

_FIELDS = (
    "Privilege: call,all\r\nTimestamp: %.6f\r\nSystemName: bench\r\nChannel: PJSIP/%s-%08x\r\nChannelState: %d\r\n"
    "ChannelStateDesc: x\r\nCallerIDNum: %s\r\nCallerIDName: <unknown>\r\nConnectedLineNum: <unknown>\r\n"
    "ConnectedLineName: <unknown>\r\nLanguage: en\r\nAccountCode: \r\nContext: bench\r\nExten: %s\r\nPriority: 1\r\n"
    "Uniqueid: bench-%d.%d\r\nLinkedid: bench-%d.%d\r\n"
)
"""What the recordings in `tests/wire/asterisk-22.10.1` have in every event about a channel."""
_BEGAN = 1_700_000_000
_ANSWERS = {
    "Challenge": "Response: Success\r\nChallenge: 471134\r\n",
    "Login": "Response: Success\r\nMessage: Authentication accepted\r\n",
    "CoreStatus": (
        "Response: Success\r\nCoreStartupDate: 2026-11-21\r\nCoreStartupTime: 07:14:52\r\nCoreCurrentCalls: 1\r\n"
    ),
    "CoreSettings": "Response: Success\r\nAsteriskVersion: 22.10.1\r\n",
    "Ping": "Response: Success\r\nPing: Pong\r\n",
}


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """What is measured."""

    calls: int = 100_000
    """That are up all the time."""
    events: int = 3_000
    """Of others, a second."""
    seconds: float = 20.0
    lists: bool = False
    """Whether whole lists are fetched meanwhile, one after the other."""


class Lag(msgspec.Struct, frozen=True):
    """Seconds from the moment that a switch tells something until one of the clients has it."""

    count: int
    p50: float
    p99: float
    worst: float


class Lagged(msgspec.Struct, frozen=True, kw_only=True):
    """What was measured."""

    options: Options
    events: float
    """Told, a second."""
    list: Lag
    """As seen by one that lists the calls of an account again and again."""
    call: Lag
    """By one that asks for the call."""
    stream: Lag
    """By one that follows a stream of server-sent events."""
    busy: float
    """Of one core that the server took."""
    lists: int
    """Whole lists that were fetched meanwhile."""


class Channel(msgspec.Struct):
    """One leg."""

    number: int
    call: int
    endpoint: str
    callee: str
    state: int = 4

    def fields(self) -> str:
        """Its part of an event."""
        number, call = self.number, self.call
        who = (time.time(), self.endpoint, number, self.state, self.endpoint, self.callee)
        return _FIELDS % (*who, _BEGAN, number, _BEGAN, call)


class Pbx:
    """An Asterisk's manager interface: it knows which channels are up, and tells of what happens to them."""

    def __init__(self) -> None:
        self.up: dict[int, Channel] = {}
        self.port = 0
        self._dice = random.Random(7)
        self._numbers = 0
        self._lives: deque[Iterator[str]] = deque()
        self._listeners: set[asyncio.StreamWriter] = set()

    def begin(self, endpoint: str, state: int, call: int | None = None) -> Channel:
        """A new channel, of a call of its own or of a known one."""
        self._numbers += 1
        callee = f"4420{self._dice.randrange(10**8):08}"
        channel = Channel(self._numbers, call or self._numbers, endpoint, callee, state)
        self.up[channel.number] = channel
        return channel

    def fill(self, calls: int) -> None:
        """So many calls are up, each of one leg, and stay. The last account has none of them."""
        for _ in range(calls):
            self.begin(f"u{self._dice.randrange(1, ACCOUNTS)}", 6)

    def tell(self, text: str) -> None:
        """Send something of its own accord."""
        for writer in self._listeners:
            writer.write(text.encode())

    def hang_up(self) -> None:
        """Have whoever listens connect again, and ask for the list of all that is up now."""
        for writer in self._listeners:
            writer.close()
        self._listeners.clear()

    async def run(self, rate: int, seconds: float) -> int:
        """Tell so many events a second; how many there were."""
        begin, told = time.monotonic(), 0
        while (passed := time.monotonic() - begin) < seconds:
            lines = [self._next() for _ in range(min(int(passed * rate) - told, rate))]
            told += sum(text.count("Event: ") for text in lines)
            self.tell("".join(lines))
            await asyncio.sleep(TICK)
        return told

    def _next(self) -> str:
        """What comes next in the life of the call that waited longest, or of a new one."""
        if len(self._lives) < LIVES:
            self._lives.append(self._life())
        life = self._lives.popleft()
        event = next(life, None)
        if event is None:
            life = self._life()
            event = next(life)
        self._lives.append(life)
        return event

    def _life(self) -> Iterator[str]:
        caller = self.begin(f"u{self._dice.randrange(1, ACCOUNTS)}", 4)
        yield f"Event: Newchannel\r\n{caller.fields()}\r\n"
        callee = self.begin(f"trunk {self._dice.randint(1, CONNECTIONS)}", 0, caller.number)
        yield f"Event: Newchannel\r\n{callee.fields()}\r\n"
        for channel, state in ((callee, 5), (callee, 6), (caller, 6)):
            channel.state = state
            yield f"Event: Newstate\r\n{channel.fields()}\r\n"
        yield "".join(map(self._end, (callee, caller)))

    def _end(self, channel: Channel) -> str:
        """Both legs of a call hang up within a moment: one that did not would have the list asked for."""
        del self.up[channel.number]
        return f"Event: Hangup\r\n{channel.fields()}Cause: 16\r\nCause-txt: Normal Clearing\r\n\r\n"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Someone logs in, listens and asks."""
        self._listeners.add(writer)
        writer.write(b"Asterisk Call Manager/11.0.0\r\n")
        try:
            while True:
                asked = (await reader.readuntil(b"\r\n\r\n")).decode()
                fields = dict(line.split(": ", 1) for line in asked.split("\r\n") if ": " in line)
                await self._answer(fields["Action"], f"ActionID: {fields['ActionID']}\r\n", writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            self._listeners.discard(writer)

    async def _answer(self, action: str, name: str, writer: asyncio.StreamWriter) -> None:
        if action in _ANSWERS:
            writer.write(f"{_ANSWERS[action]}{name}\r\n".encode())
            return
        item = "CoreShowChannel" if action == "CoreShowChannels" else action
        writer.write(f"Response: Success\r\n{name}EventList: start\r\n\r\n".encode())
        channels = tuple(self.up.values())
        for channel in channels:
            writer.write(f"Event: {item}\r\n{name}{channel.fields()}Duration: 00:00:03\r\n\r\n".encode())
        end = f"Event: {action}Complete\r\n{name}EventList: Complete\r\nListItems: {len(channels)}\r\n\r\n"
        writer.write(end.encode())
        await writer.drain()


@asynccontextmanager
async def listening(pbx: Pbx) -> AsyncIterator[None]:
    """It listens on a free port of loopback as long as the block lasts."""
    server = await asyncio.start_server(pbx.serve, "127.0.0.1", 0)
    pbx.port = server.sockets[0].getsockname()[1]
    try:
        yield
    finally:
        server.close()


# --- who watches -----------------------------------------------------------------------------------------------------


class Watchers:
    """What each has seen of the call that is put on hold."""

    def __init__(self, served: Served) -> None:
        self._port = served.port
        self._auth = b64encode(f"{LOGIN}:{PASSWORD}".encode()).decode()
        self._wanted = b""
        self._told_at = 0.0
        self._unseen: set[str] = set()
        self._all_seen = asyncio.Event()
        self._had: dict[str, bytes] = {}
        """The end of what each had last."""
        self.lags: dict[str, list[float]] = {name: [] for name in _OBSERVERS}
        self.lists = 0

    async def see(self, tell: Callable[[], None], wanted: bytes) -> None:
        """Have something told, and wait until everybody has seen it.

        Raises TimeoutError, which says who did not, how long the others took, and what each had last.
        """
        self._wanted, self._unseen = wanted, set(_OBSERVERS)
        self._all_seen.clear()
        self._told_at = time.perf_counter()
        tell()
        try:
            await asyncio.wait_for(self._all_seen.wait(), PATIENCE)
        except TimeoutError:
            lags = ", ".join(f"{name} {self.lags[name][-1]:.3f} s" for name in _OBSERVERS if name not in self._unseen)
            had = "; ".join(f"{name} had {data.decode(errors='replace')}" for name, data in self._had.items())
            missed = f"{wanted.decode()} was not seen by {', '.join(self._unseen)} within {PATIENCE:g} s"
            raise TimeoutError(f"{missed}; seen by {lags or 'nobody'}. {had}") from None

    def _note(self, name: str, data: bytes) -> None:
        self._had[name] = data[-500:]
        if name in self._unseen and self._wanted in data:
            self.lags[name].append(time.perf_counter() - self._told_at)
            self._unseen.discard(name)
            if not self._unseen:
                self._all_seen.set()

    async def ask(self, path: str, name: str = "") -> None:
        """Ask for the same again and again, each time when the answer before is there."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port, limit=2**20)
        while True:
            data = await self._exchange(reader, writer, path)
            if name:
                self._note(name, data)
                await asyncio.sleep(0.0005)
            else:
                self.lists += 1

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, path: str) -> bytes:
        writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Basic {self._auth}\r\n\r\n".encode())
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        if b" 200 " not in head:
            raise RuntimeError(f"{path} was answered with {head.decode()}")
        if b"content-length: " in head:
            return await reader.readexactly(int(head.partition(b"content-length: ")[2].partition(b"\r\n")[0]))
        while (size := int(await reader.readuntil(b"\r\n"), 16)) > 0:
            await reader.readexactly(size + 2)
        await reader.readexactly(2)
        return b""

    async def follow(self, path: str) -> None:
        """Follow a stream."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port, limit=2**20)
        writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Basic {self._auth}\r\n\r\n".encode())
        while line := await reader.readline():
            if line.startswith(b"data: "):
                self._note("stream", line)
        raise ConnectionError("the stream was cut")

    async def number_of(self, path: str) -> str:
        """The id of the first call of a list, as soon as there is one. Raises TimeoutError if none comes."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        async with asyncio.timeout(100.0):
            while not (calls := msgspec.json.decode(await self._exchange(reader, writer, path))["calls"]):  # noqa: ASYNC110  no event here tells of it
                await asyncio.sleep(0.1)
        writer.close()
        return str(calls[0]["id"])


async def hold_and_fetch(pbx: Pbx, probe: Channel, watchers: Watchers) -> None:
    """Put the call on hold and fetch it back, for ever."""
    dice = random.Random(3)
    while True:
        for event, wanted in (("Hold", b'"state":"held"'), ("Unhold", b'"state":"answered"')):
            text = f"Event: {event}\r\n{probe.fields()}\r\n"
            await watchers.see(lambda text=text: pbx.tell(text), wanted)  # type: ignore[misc]
            await asyncio.sleep(dice.uniform(0.01, 0.06))


async def run(options: Options, folder: Path) -> Lagged:
    """Serve, watch, and let calls come and go."""
    pbx = Pbx()
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(listening(pbx))
        served = await stack.enter_async_context(serving(folder, document(), _LINK.format(pbx.port)))
        watchers = Watchers(served)
        where = f"account={ACCOUNTS}&fields=id,state"
        pbx.fill(options.calls)
        probe = pbx.begin(f"u{ACCOUNTS}", 6)
        pbx.hang_up()
        number = await watchers.number_of(f"/v1/calls?{where}")
        async with asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(watchers.ask(f"/v1/calls?{where}", "list")),
                group.create_task(watchers.ask(f"/v1/calls/{number}", "call")),
                group.create_task(watchers.follow(f"/v1/stream?{where}&rate=50")),
            ]
            await pbx.run(options.events, 2.0)
            tasks.append(group.create_task(hold_and_fetch(pbx, probe, watchers)))
            if options.lists:
                tasks.append(group.create_task(watchers.ask("/v1/calls?format=ndjson")))
            before, begin = served.busy, time.monotonic()
            told = await pbx.run(options.events, options.seconds)
            busy, took = served.busy - before, time.monotonic() - begin
            for task in tasks:
                task.cancel()
    return Lagged(
        options=options,
        events=told / took,
        **{name: summed_up(lags) for name, lags in watchers.lags.items()},
        busy=busy / took,
        lists=watchers.lists,
    )


def summed_up(lags: list[float]) -> Lag:
    """The distribution of so many measurements."""
    quantiles = statistics.quantiles(lags, n=100) if len(lags) > 1 else [0.0] * 99
    return Lag(len(lags), quantiles[49], quantiles[98], max(lags, default=0.0))


def measure(options: Options) -> Lagged:
    """One run."""
    with tempfile.TemporaryDirectory() as folder, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(run(options, Path(folder)))


def report(found: Lagged) -> None:
    """A few lines for people."""
    options = found.options
    lists = f", {found.lists} whole lists fetched meanwhile" if options.lists else ""
    busy = f"server busy {100 * found.busy:.0f} % of a core"
    print(f"{options.calls:,} calls up, {found.events:,.0f} events/s{lists}; {busy}")
    for name in _OBSERVERS:
        lag: Lag = getattr(found, name)
        times = " / ".join(f"{1000 * value:.1f}" for value in (lag.p50, lag.p99, lag.worst))
        print(f"{name:8} {times} ms (median, p99, worst) of {lag.count}")


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    usual = Options()
    parser.add_argument("--calls", type=int, default=usual.calls)
    parser.add_argument("--events", type=int, default=usual.events)
    parser.add_argument("--seconds", type=float, default=usual.seconds)
    parser.add_argument("--lists", action="store_true")
    report(measure(Options(**vars(parser.parse_args()))))


if __name__ == "__main__":
    main()
