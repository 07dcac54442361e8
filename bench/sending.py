"""Long listings over HTTP: how near they come to the loopback device, and who waits for them meanwhile.

    python -m bench.sending                       10,000 calls, then 100,000
    python -m bench.sending --calls 1000000 --events 20000

The server is a process of its own, and so is who asks for one call every five milliseconds. The best of some rounds
counts, and the median stands beside it. `TCP` sends as many bytes through a bare socket.
"""

import argparse
import asyncio
import json
import os
import random
import select
import signal
import socket
import statistics
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import count, islice

import msgspec
import uvloop

from bench.asking import BASIC, FORMATS, Format
from bench.fetching import Fetched, exchange, get
from bench.limits import loopback
from bench.listing import NOW, full_desk
from bench.processes import busy, resident
from bench.table import beginning, ending
from callboard.access.entries import sealing
from callboard.api.api import Api
from callboard.calls.events import Event
from callboard.dialects.enswitch.dialect import EnswitchDialect
from callboard.dialects.mor.dialect import MorDialect
from callboard.dialects.mor.settings import MorSettings
from callboard.dialects.ozeki.dialect import OzekiDialect
from callboard.dialects.sippy.dialect import SippyDialect
from callboard.dialects.sippy.settings import SippySettings
from callboard.http.routing import Router
from callboard.http.server import HttpServer
from callboard.http.settings import HttpSettings
from callboard.http.values import Reply, Request
from callboard.operations.desk import Desk

__all__ = ["Sent", "measure"]

TICK = 0.005
"""Seconds between two lots of events."""
EVERY = 0.005
"""Seconds from one small question to the next."""
MOST = 1000
"""Events in a lot, however many are due."""
LAG = "/lag"


@contextmanager
def child(run: Callable[[int], object]) -> Iterator[int]:
    """A process that does this with the writing end of a pipe, of which the reading end comes out."""
    reading, writing = os.pipe()
    process = os.fork()
    if not process:
        try:
            run(writing)
        finally:
            os._exit(0)
    os.close(writing)
    try:
        yield reading
    finally:
        os.kill(process, signal.SIGKILL)
        os.waitpid(process, 0)
        os.close(reading)


async def serve(desk: Desk, pipe: int, events: int = 0) -> None:
    """Answer until killed, with so many events a second coming in; the port is told through the pipe."""
    router = Router()
    trusting = SippySettings(trusted_addresses=("127.0.0.1",))
    fronts = (
        Api(desk, sealing(sip_realm="sip", http_realm="Callboard"), lambda: ()),
        EnswitchDialect(desk),
        OzekiDialect(desk),
        SippyDialect(desk, trusting),
        MorDialect(desk, MorSettings(check_hash=False)),
    )
    for front in fronts:
        for path in front.paths:
            router.add(path, front.answer)
    feeder = Feeder(desk, events)
    router.add(LAG, feeder.answer)
    server = HttpServer(router.answer, HttpSettings(listen=("127.0.0.1:0",), connections=2000))
    await server.start()
    os.write(pipe, server.addresses[0].rpartition(":")[2].encode())
    await feeder.run()


class Feeder:
    """Brings events to a table at a steady rate: calls that come, and others that end and leave."""

    def __init__(self, desk: Desk, rate: int) -> None:
        self._table = desk.table
        self._rate = rate
        self._lags: list[float] = []

    async def run(self) -> None:
        """Forever."""
        if not self._rate:
            await asyncio.Event().wait()
        events, begin, done = self._events(), time.perf_counter(), 0
        for turn in count():
            await asyncio.sleep(TICK)
            due = min(round((time.perf_counter() - begin) * self._rate), done + MOST)
            oldest = begin + done / self._rate
            for event in islice(events, due - done):
                self._table.accept(event, NOW)
            done = due
            if not turn % 100:
                self._table.sweep(NOW + 3600)
            self._lags.append(time.perf_counter() - oldest)

    def _events(self) -> Iterator[Event]:
        dice, up = random.Random(11), deque[int]()
        for name in count(1 << 32):
            yield from beginning(name, NOW - 5.0, dice)
            up.append(name)
            if len(up) > 1000:
                yield from ending(up.popleft(), NOW)

    async def answer(self, request: Request) -> Reply:
        """The lag since the last time, p99, in milliseconds."""
        lags, self._lags = sorted(self._lags), []
        return Reply(body=b"%f" % (1000 * lags[int(0.99 * len(lags))] if lags else 0.0))


@contextmanager
def served(desk: Desk, events: int = 0) -> Iterator[tuple[int, int]]:
    """A server of this desk in a process of its own: its port and its process's id."""

    def run(pipe: int) -> None:
        os.write(pipe, b"%d " % os.getpid())
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(serve(desk, pipe, events))

    with child(run) as told:
        words = b""
        while not words.partition(b" ")[2]:
            words += os.read(told, 100)
        process, port = map(int, words.split())
        yield port, process


def poll(port: int, small: bytes, pipe: int) -> None:
    """Ask for something small at a steady pace, and tell how long it took, in microseconds.

    Who waits for an answer cannot ask the next question in time: that one counts from when it was due, so that a stall
    meets as many questions as it would have met had all come from others.
    """
    with socket.create_connection(("127.0.0.1", port)) as connection:
        due = time.perf_counter()
        while True:
            if (early := due - time.perf_counter()) > 0:
                time.sleep(early)
                began = time.perf_counter()  # that this process woke late is not the server's doing
            else:
                began = due
            exchange(connection, small)
            os.write(pipe, b"%d\n" % round(1e6 * (time.perf_counter() - began)))
            due += EVERY


class Sent(msgspec.Struct, frozen=True, kw_only=True):
    """A listing of all calls over HTTP to another process. Milliseconds."""

    name: str
    """Of the format."""
    title: str
    size: int
    """Bytes."""
    firsts: tuple[float, ...]
    """To the first byte, each time."""
    wholes: tuple[float, ...]
    """To the last."""
    busy: float
    """Processor time of the server for one, and for the events that came in meanwhile."""
    tcp: float
    """A bare socket's best for as many bytes."""
    small: tuple[float, ...]
    """What one call took that was asked for meanwhile, each time, the quickest first."""
    lag: float
    """p99 from when an event was due to when it was in the table, meanwhile; 0 without events."""
    memory: float
    """Megabytes of the server."""
    up: int
    """Calls that it counts in the end."""

    @property
    def best(self) -> float:
        """To the last byte."""
        return min(self.wholes)

    @property
    def share(self) -> float:
        """Of the speed of a bare socket."""
        return self.tcp / self.best

    @property
    def p99(self) -> float:
        """Of one call meanwhile."""
        return self.small[int(len(self.small) * 0.99)]


def measure(desk: Desk, events: int = 0, rounds: int = 15, seconds: float = 1.0) -> tuple[Sent, ...]:
    """Each format over a socket of its own, alone and while somebody looks at one call; with so many events a second
    coming in all the while.
    """
    with served(desk, events) as (port, process):
        one = get(f"/v1/calls/{desk.table.calls()[0].number}", BASIC)
        return tuple(_sent(port, process, form, one, rounds, seconds) for form in FORMATS)


def _sent(port: int, process: int, form: Format, one: bytes, rounds: int, seconds: float) -> Sent:
    question = form.question
    with socket.create_connection(("127.0.0.1", port)) as connection:
        exchange(connection, question)  # the first writes the rows
        exchange(connection, get(LAG))
        spent = busy(process)
        alone = [exchange(connection, question) for _ in range(rounds)]
        spent = 1000 * (busy(process) - spent) / rounds
        with child(partial(poll, port, one)) as polled:
            until = time.monotonic() + seconds
            while time.monotonic() < until or not select.select([polled], [], [], 0)[0]:
                exchange(connection, question)
            small = sorted(int(each) / 1000 for each in os.read(polled, 1 << 16).split(b"\n")[:-1])
        lag = float(_body(exchange(connection, get(LAG))))
        up = msgspec.json.decode(_body(exchange(connection, get("/v1/stats", BASIC))))["total"]
    with loopback(alone[0].size) as move:
        tcp = min(move() for _ in range(15))
    return Sent(
        name=form.name,
        title=form.title,
        size=alone[0].size,
        firsts=tuple(each.first for each in alone),
        wholes=tuple(each.whole for each in alone),
        busy=spent,
        tcp=tcp,
        small=tuple(small),
        lag=lag,
        memory=resident(process),
        up=up,
    )


def _body(answer: Fetched) -> bytes:
    """Of a short one."""
    return answer.start.partition(b"\r\n\r\n")[2]


def show(desk: Desk, events: int) -> None:
    """Print a line for each format."""
    print(f"\n{events:,} events a second meanwhile\n")
    print(
        "| format | MB | first byte, ms | whole, ms | median | processor, ms | TCP, ms | of TCP "
        "| one call meanwhile: p99, worst | events, p99 |"
    )
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    for each in measure(desk, events):
        print(
            f"| {each.title} | {each.size / 1e6:.1f} | {min(each.firsts):.1f} | {each.best:.1f} "
            f"| {statistics.median(each.wholes):.1f} "
            f"| {each.busy:.1f} | {each.tcp:.1f} | {each.share:.0%} "
            f"| {each.p99:.1f} and {each.small[-1]:.1f} of {len(each.small)} | {each.lag:.1f} |"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, nargs="+", default=[10_000, 100_000], help="calls that are up")
    parser.add_argument("--events", type=int, default=0, help="events a second that come in while lists are sent")
    options = parser.parse_args()
    print(json.dumps({"load": os.getloadavg(), "processors": os.cpu_count()}))
    for calls in options.calls:
        show(full_desk(calls), options.events)


if __name__ == "__main__":
    main()
