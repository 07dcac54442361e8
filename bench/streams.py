"""Streams: how soon what a switch tells is seen by clients of the stream, and what it costs the server.

    python -m bench.streams                            1,000 clients, each of a customer of its own; 3,000 events/s
    python -m bench.streams --watchers 50              and 50 that see everything
    python -m bench.streams --rate 20 --seconds 20

The clients read real sockets in a process of their own. A new call's set-up time is the moment at which it was told, so
that a client knows how late it learns of it; clients wait for their batches, so the rate bounds what to expect.
"""

import argparse
import asyncio
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
from callboard.table.numbering import Numbering
from callboard.table.table import Table

TICK = 0.01
TOGETHER = 500
"""Calls whose lives go on at the same time."""

_ENTERED = re.compile(rb'"kind":"enter"[^}]*?"started_at":"([^"]+)"')


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """What is measured."""

    clients: int
    watchers: int
    events: int
    rate: float
    seconds: float
    calls: int


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
    customers = [customer.id for customer in who.customers() if who.accounts_of(customer.id)]
    owners = [customers[index % len(customers)] for index in range(options.clients)] + [1] * options.watchers
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
    server = HttpServer(router, HttpSettings(listen=("127.0.0.1:0",), connections=10_000, stop_grace=1.0))
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


async def read(host: str, port: int, path: str, token: str, ready: asyncio.Semaphore, seen: Seen) -> None:
    """One client."""
    reader, writer = await asyncio.open_connection(host, port, limit=2**26)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\r\n".encode())
    await reader.readuntil(b"event: ready")
    ready.release()
    while data := await reader.read(2**20):
        now = time.time()
        seen.size += len(data)
        seen.late.extend(now - datetime.fromisoformat(text.decode()).timestamp() for text in _ENTERED.findall(data))


async def clients(address: str, path: str, tokens: Sequence[str]) -> None:
    """Follow until standard input ends, then print what was measured."""
    host, _, port = address.rpartition(":")
    ready, seen = asyncio.Semaphore(0), Seen()
    tasks = [asyncio.create_task(read(host, int(port), path, token, ready, seen)) for token in tokens]
    for _ in tasks:
        await ready.acquire()
    seen.late.clear()
    seen.size = 0
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    for task in tasks:
        task.cancel()
    print(msgspec.json.encode([seen.late, seen.size]).decode())


async def measure(options: Options) -> None:
    """Serve, have the clients follow, and let calls come and go."""
    desk, tokens = build(options)
    traffic = Traffic(desk)
    traffic.fill(options.calls)
    async with served(desk) as address:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bench.streams", "--address", address, "--rate", str(options.rate)),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=2**28,
        )
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write("".join(f"{token}\n" for token in tokens).encode() + b"\n")
        await process.stdout.readline()
        before, begin = resource.getrusage(resource.RUSAGE_SELF), time.monotonic()
        told = await traffic.run(options.events, options.seconds)
        after, took = resource.getrusage(resource.RUSAGE_SELF), time.monotonic() - begin
        await asyncio.sleep(1.0)
        process.stdin.write(b"\n")
        late, size = msgspec.json.decode(await process.stdout.readline(), type=tuple[list[float], int])
        await process.wait()
    report(options, told, took, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, late, size)


def report(options: Options, told: int, took: float, busy: float, late: list[float], size: int) -> None:
    """One line for people."""
    quantiles = statistics.quantiles(late, n=100) if len(late) > 1 else [0.0] * 99
    print(
        f"{options.clients} clients of one customer each and {options.watchers} of everything, "
        f"{options.rate:g} batches/s, {options.calls} calls up: {told / took:,.0f} events/s, "
        f"{len(late):,} new calls seen, {size / took / 1e6:.1f} MB/s; late by {1000 * quantiles[49]:.0f} ms (median), "
        f"{1000 * quantiles[98]:.0f} ms (p99), {1000 * max(late):.0f} ms (most); "
        f"server busy {100 * busy / took:.0f} % of a core"
    )


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clients", type=int, default=1000)
    parser.add_argument("--watchers", type=int, default=0)
    parser.add_argument("--events", type=int, default=3000)
    parser.add_argument("--rate", type=float, default=20.0)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--calls", type=int, default=10_000)
    parser.add_argument("--address", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.address:
        tokens = list(itertools.takewhile(bool, (line.strip() for line in sys.stdin)))
        asyncio.run(clients(given.address, f"/v1/stream?rate={given.rate}", tokens))
    else:
        wanted = {name: value for name, value in vars(given).items() if name != "address"}
        asyncio.run(measure(Options(**wanted)))


if __name__ == "__main__":
    main()
