"""Long listings over HTTP: how near they come to the loopback device, and who waits for them meanwhile.

    python -m bench.sending                       10,000 calls, then 100,000
    python -m bench.sending --calls 1000000 --events 20000

The server is a process of its own, and so is who asks for one call every two milliseconds. The best of some rounds
counts, and the median stands beside it. `TCP` sends as many bytes through a bare socket.
"""

import argparse
import asyncio
import json
import os
import random
import signal
import socket
import statistics
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import count, islice
from typing import NamedTuple

import msgspec
import uvloop

from bench.listing import LOGIN, NOW, PASSWORD, Times, full_desk, timed
from bench.processes import busy
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

CHUNK = 1 << 18
TICK = 0.005
"""Seconds between two lots of events."""
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


LOGGED_IN = f"auth_username={LOGIN}&auth_password={PASSWORD}".replace(" ", "%20")
_CALL = "<?xml version='1.0'?><methodCall><methodName>listAllCalls</methodName><params><param><value><struct><member>\
<name>i_customer</name><value><int>1</int></value></member></struct></value></param></params></methodCall>"
BASIC = "Authorization: Basic YmVuY2g6YSBwYXNzd29yZCBvZiB0aGUgYmVuY2g=\r\n"


def get(target: str, headers: str = "") -> bytes:
    return f"GET {target} HTTP/1.1\r\nHost: bench\r\n{headers}\r\n".encode()


LISTS = {
    "Ozeki v10": get(f"/api?Username={LOGIN}&Password={PASSWORD.replace(' ', '%20')}&command=ListActiveCalls"),
    "Sippy": f"POST /xmlapi/xmlapi HTTP/1.1\r\nHost: bench\r\nContent-Length: {len(_CALL)}\r\n\r\n{_CALL}".encode(),
    "MOR": get(f"/billing/api/active_calls_get?u={LOGIN}").replace(b"GET", b"POST", 1),
    "Enswitch": get(f"/api/json/calls/active/list/?{LOGGED_IN}&customer=system"),
    "REST, NDJSON": get("/v1/calls?format=ndjson", BASIC),
}


class Fetched(NamedTuple):
    """One answer."""

    first: float
    """Milliseconds to its first byte."""
    whole: float
    """To its last."""
    size: int
    start: bytes


def fetch(connection: socket.socket, request: bytes, buffer: bytearray) -> Fetched:
    """Ask and read to the end of the chunks, or of the length that is told."""
    view = memoryview(buffer)
    begin = time.perf_counter()
    connection.sendall(request)
    size = connection.recv_into(buffer)
    first = time.perf_counter()
    start = bytes(view[: min(size, 2000)])
    head, _, rest = start.partition(b"\r\n\r\n")
    length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
    tail = bytes(view[max(0, size - 5) : size])
    wanted = len(head) + 4 + int(length) if length else None
    while size < wanted if wanted is not None else tail != b"0\r\n\r\n":
        got = connection.recv_into(buffer)
        if not got:
            raise ConnectionError(f"cut after {size} bytes: {start[:200]!r}")
        size += got
        tail = (tail + bytes(view[max(0, got - 5) : got]))[-5:]
    return Fetched(1000 * (first - begin), 1000 * (time.perf_counter() - begin), size, rest)


def poll(port: int, small: bytes, pipe: int) -> None:
    """Ask for something small every two milliseconds and tell how long it took."""
    with socket.create_connection(("127.0.0.1", port)) as connection:
        buffer = bytearray(1 << 20)
        while True:
            os.write(pipe, b"%d\n" % round(1000 * fetch(connection, small, buffer).whole))
            time.sleep(0.002)


def loopback(size: int) -> Times:
    """How long a bare socket takes for so many bytes."""
    listener = socket.create_server(("127.0.0.1", 0))

    def give(pipe: int) -> None:
        connection, _ = listener.accept()
        block = bytes(CHUNK)
        while connection.recv(1):
            for _ in range(size // CHUNK):
                connection.sendall(block)

    with child(give), socket.create_connection(listener.getsockname()) as connection, listener:
        buffer = bytearray(1 << 20)

        def get() -> None:
            connection.sendall(b"x")
            left = size // CHUNK * CHUNK
            while left:
                left -= connection.recv_into(buffer)

        return timed(get, 15, time.perf_counter)


class Sent(msgspec.Struct, frozen=True, kw_only=True):
    """A listing of all calls over HTTP to another process. Milliseconds."""

    format: str
    size: int
    """Bytes."""
    first: float
    """To the first byte, at best."""
    best: float
    median: float
    busy: float
    """Processor time of the server for one, in the middle."""
    tcp: float
    """A bare socket's best for as many bytes."""
    small: tuple[float, ...]
    """What one call took that was asked for meanwhile, each time, the quickest first."""
    lag: float
    """p99 from when an event was due to when it was in the table, meanwhile; 0 without events."""

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
        return tuple(_sent(port, process, name, request, one, rounds, seconds) for name, request in LISTS.items())


def _sent(port: int, process: int, name: str, request: bytes, one: bytes, rounds: int, seconds: float) -> Sent:
    with socket.create_connection(("127.0.0.1", port)) as connection:
        buffer = bytearray(1 << 20)
        fetch(connection, request, buffer)
        fetch(connection, get(LAG), buffer)
        spent = busy(process)
        alone = [fetch(connection, request, buffer) for _ in range(rounds)]
        spent = 1000 * (busy(process) - spent) / rounds
        with child(partial(poll, port, one)) as polled:
            until = time.monotonic() + seconds
            while time.monotonic() < until:
                fetch(connection, request, buffer)
            small = sorted(int(each) / 1000 for each in os.read(polled, 1 << 16).split(b"\n")[:-1])
        lag = float(fetch(connection, get(LAG), buffer).start)
    whole = [each.whole for each in alone]
    return Sent(
        format=name,
        size=alone[0].size,
        first=min(each.first for each in alone),
        best=min(whole),
        median=statistics.median(whole),
        busy=spent,
        tcp=loopback(alone[0].size).best,
        small=tuple(small),
        lag=lag,
    )


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
            f"| {each.format} | {each.size / 1e6:.1f} | {each.first:.1f} | {each.best:.1f} | {each.median:.1f} "
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
