"""Streams: how soon what a switch tells is seen by clients of the stream, and what it costs the server.

    python -m bench.streams                            1,000 clients, each of a customer of its own; 3,000 events/s
    python -m bench.streams --customers 100            ten clients of each of a hundred customers
    python -m bench.streams --watchers 50              and 50 that see everything
    python -m bench.streams --rate 20 --seconds 20 --websocket

The clients read real sockets in a process of their own. A new call's set-up time is the moment at which it was told, so
that a client knows how late it learns of it; clients wait for their batches, so the rate bounds what to expect. What
the table takes for the same events without clients is measured first, and is no part of what a message costs.
"""

import argparse
import asyncio
import gc
import itertools
import os
import random
import re
import resource
import statistics
import sys
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from functools import partial

import msgspec
import uvloop

from bench.table import SWITCH, directory
from callboard.access.access import Access
from callboard.access.entries import sealing
from callboard.access.logins import Login
from callboard.access.rights import Right, Role
from callboard.access.settings import AccessSettings
from callboard.access.tokens import Token, write_token
from callboard.api.api import Api
from callboard.calls.commands import CommandId
from callboard.calls.events import Event, LegAnswered, LegEnded, LegRinging, LegSeen
from callboard.calls.legs import Facts, Leg, LegId, Side
from callboard.directory.placement import place
from callboard.http.routing import Router
from callboard.http.server import HttpServer
from callboard.http.settings import HttpSettings
from callboard.operations.desk import Desk
from callboard.operations.ledger import Ledger
from callboard.table.store.numbering import Numbering
from callboard.table.table import Table

TICK = 0.01
TOGETHER = 500
"""Calls whose lives go on at the same time."""

CUSTOMERS = 1_000
_FEWEST = 8
"""The first customers have a tenth of all below them, and are nobody's in the measurement."""

_ENTERED = re.compile(rb'"kind":"enter"[^}]*?"started_at":"([^"]+)"')


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """What is measured."""

    clients: int = 1_000
    customers: int = 1_000
    """Of how many customers the clients are."""
    watchers: int = 0
    """Clients beside them that see everything."""
    websocket: bool = False
    events: int = 3_000
    """A second."""
    rate: float = 20.0
    """Batches a second that each client asks for."""
    seconds: float = 10.0
    calls: int = 10_000
    """That are up to begin with."""


class Streamed(msgspec.Struct, frozen=True, kw_only=True):
    """What was measured."""

    options: Options
    events: float
    """Told, a second."""
    messages: float
    """Sent to all clients together, a second."""
    megabytes: float
    """A second."""
    seen: int
    """New calls that clients learned of."""
    late_p50: float
    """Seconds from a new call's set-up until a client has it."""
    late_p99: float
    late_worst: float
    busy: float
    """Of one core that the server took."""
    table_busy: float
    """Of one core that it took for the same events without any client."""

    @property
    def microseconds(self) -> float:
        """Of processor time for a message to one client."""
        return 1e6 * (self.busy - self.table_busy) / max(self.messages, 1.0)


class Spent(msgspec.Struct, frozen=True):
    """A span of the server's work."""

    events: float
    """A second."""
    busy: float
    """Of one core."""
    seconds: float


class Nobody:
    """A switchboard without switches."""

    def send(self, command: object, answered: object = None) -> str | None:
        """Refuse."""
        return "no switch"


def build(options: Options) -> tuple[Desk, list[str]]:
    """A desk over the directory of the table's bench, and a token for each client."""
    who = directory()
    access = Access(who, AccessSettings(), os.urandom(32))
    numbers = itertools.count(1, 10_000)
    table = Table(partial(place, who), Numbering(0, lambda size: next(numbers)), time.time_ns())
    ids = itertools.count()
    ledger = Ledger(lambda: CommandId(f"c-{next(ids)}"))
    desk = Desk(directory=who, access=access, table=table, ledger=ledger, switchboard=Nobody())
    owners = [2 + (_FEWEST + index % options.customers) % (CUSTOMERS - 1) for index in range(options.clients)]
    owners += [1] * options.watchers
    return desk, [token_of(access, index, customer) for index, customer in enumerate(owners)]


def token_of(access: Access, index: int, customer: int) -> str:
    """A login at a customer, and a token of it."""
    access.put(Login(name=f"client-{index}", role=Role.ADMIN, customer=customer))
    written = write_token(os.urandom)
    token = Token(
        id=written.id,
        login=f"client-{index}",
        name="bench",
        digest=written.digest,
        rights=frozenset(Right),
        created_at=time.time(),
        expires_at=None,
    )
    access.tokens.put(token)
    return written.text


class Traffic:
    """Calls that come, ring, are answered and end, at a steady pace."""

    def __init__(self, desk: Desk) -> None:
        self._table = desk.table
        self._accounts = [account.id for account in desk.directory.accounts()]
        self._dice = random.Random(1)
        self._names = itertools.count()

    def fill(self, calls: int) -> None:
        """So many calls are up to begin with, and stay."""
        for _ in range(calls):
            for event in self._life(time.time())[:-2]:
                self._table.accept(event, time.time())

    def _life(self, at: float) -> list[Event]:
        name = f"s{next(self._names)}"
        caller, callee = LegId(SWITCH, f"{name}a"), LegId(SWITCH, f"{name}b")
        facts = Facts(account=self._dice.choice(self._accounts))
        number = f"4420{self._dice.randrange(10**8):08}"
        came = Leg(id=caller, call=name, side=Side.CALLER, number=number, dialed=number, facts=facts, started_at=at)
        out = Leg(id=callee, call=name, side=Side.CALLEE, number=number, facts=Facts(connection=1), started_at=at)
        return [
            LegSeen(at, came),
            LegSeen(at, out),
            LegRinging(callee, at),
            LegAnswered(callee, at),
            LegAnswered(caller, at),
            LegEnded(callee, at),
            LegEnded(caller, at),
        ]

    async def run(self, events: int, seconds: float) -> int:
        """Tell so many events a second; how many there were."""
        begin, told = time.monotonic(), 0
        lives: list[Iterator[Event]] = []
        while (passed := time.monotonic() - begin) < seconds:
            while told < passed * events:
                self._tell_one(lives)
                told += 1
            await asyncio.sleep(TICK)
        return told

    def _tell_one(self, lives: list[Iterator[Event]]) -> None:
        """A new call, or what comes next in the life of one of those that came last."""
        now = time.time()
        index = self._dice.randrange(TOGETHER)
        if index >= len(lives):
            lives.append(iter(self._life(now)))
            index = len(lives) - 1
        event = next(lives[index], None)
        if event is None:
            lives[index] = iter(self._life(now))
            event = next(lives[index])
        self._table.accept(event, now)


@asynccontextmanager
async def served(desk: Desk) -> AsyncIterator[str]:
    """The API on a port of loopback."""
    api = Api(desk, sealing(sip_realm="sip", http_realm="bench"), tuple)
    router = Router()
    for path in api.paths:
        router.add(path, api.answer)
    server = HttpServer(router.answer, HttpSettings(listen=("127.0.0.1:0",), connections=10_000, stop_grace=1.0))
    await server.start()
    sweeper = asyncio.create_task(sweep(desk))
    try:
        yield server.addresses[0]
    finally:
        sweeper.cancel()
        await server.stop()


async def sweep(desk: Desk) -> None:
    """What the server does once a second."""
    while True:
        await asyncio.sleep(1.0)
        desk.table.sweep(time.time())
        desk.feeds.sweep(time.time())


# --- the clients, in a process of their own --------------------------------------------------------------------------


class Seen:
    """What all clients saw together."""

    def __init__(self) -> None:
        self.late: list[float] = []
        """By how many seconds they learned of each new call."""
        self.size = 0
        self.messages = 0

    def take(self, data: bytes) -> None:
        """Some bytes that came."""
        now = time.time()
        self.size += len(data)
        self.messages += data.count(b'{"type":"changes"')
        self.late.extend(now - datetime.fromisoformat(text.decode()).timestamp() for text in _ENTERED.findall(data))


async def read(host: str, port: int, head: bytes, ready: asyncio.Semaphore, seen: Seen) -> None:
    """One client."""
    reader, writer = await asyncio.open_connection(host, port, limit=2**26)
    writer.write(head)
    await reader.readuntil(b'{"type":"ready"')
    ready.release()
    while data := await reader.read(2**20):
        seen.take(data)


def head_of(path: str, token: str) -> bytes:
    """A request for a stream; for a WebSocket with its handshake (RFC 6455 section 4.1)."""
    upgrade = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n" if "/ws" in path else ""
    key = "Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n" if upgrade else ""
    return f"GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n{upgrade}{key}\r\n".encode()


async def clients(address: str, path: str, tokens: Sequence[str]) -> None:
    """Follow until standard input ends, then print what was measured."""
    host, _, port = address.rpartition(":")
    ready, seen = asyncio.Semaphore(0), Seen()
    tasks = [asyncio.create_task(read(host, int(port), head_of(path, token), ready, seen)) for token in tokens]
    for _ in tasks:
        await ready.acquire()
    await asyncio.sleep(0.5)
    seen.__init__()  # type: ignore[misc]
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    for task in tasks:
        task.cancel()
    print(msgspec.json.encode([seen.late, seen.size, seen.messages]).decode())


async def spend(traffic: Traffic, options: Options) -> Spent:
    """Let calls come and go for as long as the options say."""
    before, begin = resource.getrusage(resource.RUSAGE_SELF), time.monotonic()
    told = await traffic.run(options.events, options.seconds)
    after, took = resource.getrusage(resource.RUSAGE_SELF), time.monotonic() - begin
    busy = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Spent(told / took, busy / took, took)


async def run(options: Options) -> Streamed:
    """Serve, have the clients follow, and let calls come and go."""
    desk, tokens = build(options)
    traffic = Traffic(desk)
    traffic.fill(options.calls)
    gc.collect()
    gc.freeze()
    async with served(desk) as address:
        alone = await spend(traffic, options)
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bench.streams", "--address", address, "--rate", str(options.rate)),
            *(("--websocket",) if options.websocket else ()),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=2**28,
        )
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write("".join(f"{token}\n" for token in tokens).encode() + b"\n")
        await process.stdout.readline()
        spent = await spend(traffic, options)
        await asyncio.sleep(1.0)
        process.stdin.write(b"\n")
        answer = await process.stdout.readline()
        await process.wait()
    late, size, messages = msgspec.json.decode(answer, type=tuple[list[float], int, int])
    quantiles = statistics.quantiles(late, n=100) if len(late) > 1 else [0.0] * 99
    return Streamed(
        options=options,
        events=spent.events,
        messages=messages / spent.seconds,
        megabytes=size / spent.seconds / 1e6,
        seen=len(late),
        late_p50=quantiles[49],
        late_p99=quantiles[98],
        late_worst=max(late, default=0.0),
        busy=spent.busy,
        table_busy=alone.busy,
    )


def measure(options: Options) -> Streamed:
    """One run, on the loop that the server has."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(run(options))


def report(found: Streamed) -> None:
    """A few lines for people."""
    options = found.options
    print(
        f"{options.clients} {'WebSockets' if options.websocket else 'clients'} of {options.customers} customers and "
        f"{options.watchers} of everything, {options.rate:g} batches/s, {options.calls} calls up:\n"
        f"{found.events:,.0f} events/s, {found.messages:,.0f} messages/s, {found.megabytes:.1f} MB/s; "
        f"{found.seen:,} new calls seen, late by {1000 * found.late_p50:.0f} ms (median), "
        f"{1000 * found.late_p99:.0f} ms (p99), {1000 * found.late_worst:.0f} ms (most);\n"
        f"server busy {100 * found.busy:.0f} % of a core, {100 * found.table_busy:.0f} % without clients: "
        f"{found.microseconds:.0f} us a message"
    )


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    usual = Options()
    for name in ("clients", "customers", "watchers", "events", "calls"):
        parser.add_argument(f"--{name}", type=int, default=getattr(usual, name))
    for name in ("rate", "seconds"):
        parser.add_argument(f"--{name}", type=float, default=getattr(usual, name))
    parser.add_argument("--websocket", action="store_true")
    parser.add_argument("--address", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.address:
        tokens = list(itertools.takewhile(bool, (line.strip() for line in sys.stdin)))
        path = f"/v1/{'ws' if given.websocket else 'stream'}?rate={given.rate}"
        asyncio.run(clients(given.address, path, tokens))
    else:
        report(measure(Options(**{name: value for name, value in vars(given).items() if name != "address"})))


if __name__ == "__main__":
    main()
