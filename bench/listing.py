"""Long listings: how near they come to copying memory and to the loopback device, and who waits for them meanwhile.

    python -m bench.listing                       10,000 calls, then 100,000
    python -m bench.listing --calls 1000000

Every format is asked for by the operator, who sees all calls as they are, over a table in which a third of the calls
has come and gone. The best of some rounds counts, and the median stands beside it. What needs no socket is measured in
time of the processor, so that others on the machine count less. `plain` is the same rows written one by one; `memcpy`
copies the same bytes to memory that is there already; `TCP` sends them through a bare socket.
"""

import argparse
import asyncio
import gc
import json
import os
import random
import signal
import socket
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import count
from typing import NamedTuple

import numpy as np
from argon2 import PasswordHasher
from msgspec.structs import replace

from bench.table import BEGIN, beginning, directory, ending
from callboard.access.access import Access
from callboard.access.claims import NamedClaim
from callboard.access.entries import sealing
from callboard.access.passwords import make_login
from callboard.access.rights import Role
from callboard.access.settings import AccessSettings
from callboard.api import rows as api
from callboard.api.api import Api
from callboard.calls.commands import CommandId
from callboard.calls.state import LIVE
from callboard.dialects.enswitch import fields as enswitch
from callboard.dialects.enswitch.dialect import EnswitchDialect
from callboard.dialects.mor import fields as mor
from callboard.dialects.mor.dialect import MorDialect
from callboard.dialects.mor.settings import MorSettings
from callboard.dialects.ozeki import documents as ozeki
from callboard.dialects.ozeki.dialect import OzekiDialect
from callboard.dialects.ozeki.profiles import V10, XE
from callboard.dialects.sippy import fields as sippy
from callboard.dialects.sippy.dialect import SippyDialect
from callboard.dialects.sippy.settings import SippySettings
from callboard.directory.placement import place
from callboard.http.routing import Router
from callboard.http.server import HttpServer
from callboard.http.settings import HttpSettings
from callboard.operations.desk import Desk
from callboard.operations.ledger import Ledger
from callboard.operations.list_calls import LIST_CALLS, ListCalls
from callboard.table.filters import Filter
from callboard.table.layout import Layout, plain_row
from callboard.table.numbering import Numbering
from callboard.table.table import Table

LOGIN, PASSWORD = "bench", "a password of the bench"
SAMPLE = 2_000
"""Calls of which the plain rows are timed."""
CHUNK = 1 << 18


class Nobody:
    """A switchboard without switches."""

    def send(self, command: object, answered: object = None) -> str | None:
        """Refuse."""
        return "no switch"


def full_desk(calls: int) -> Desk:
    """A desk with so many calls, up to a third of which took the places of others."""
    who, numbers, ids, dice = directory(), count(1, 10_000), count(), random.Random(7)
    table = Table(partial(place, who), Numbering(0, lambda size: next(numbers)), 1)
    names = list(range(calls))
    for name in range(calls + calls // 3):
        at = BEGIN - 600 + 450 * name / calls
        if name >= calls:
            index = dice.randrange(calls)
            for event in ending(names[index], BEGIN):
                table.accept(event, BEGIN)
            table.sweep(BEGIN + 3600)
            names[index] = name
        for event in beginning(name, at, dice):
            table.accept(event, BEGIN)
    access = Access(who, AccessSettings(), os.urandom(32))
    cheap = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
    access.put(replace(make_login(LOGIN, Role.ADMIN, 1, PASSWORD), password_hash=cheap))
    ledger = Ledger(lambda: CommandId(f"c-{next(ids)}"))
    gc.collect()
    gc.freeze()
    return Desk(directory=who, access=access, table=table, ledger=ledger, switchboard=Nobody())


class Times(NamedTuple):
    """Milliseconds."""

    best: float
    median: float


def timed(run: Callable[[], object], rounds: int = 25, clock: Callable[[], float] = time.process_time) -> Times:
    """How long it takes."""
    found = []
    for _ in range(rounds):
        begin = clock()
        run()
        found.append(1000 * (clock() - begin))
    return Times(min(found), statistics.median(found))


# --- rendering -------------------------------------------------------------------------------------------------------


def formats(desk: Desk) -> dict[str, Layout]:
    """Every format that is copied."""
    return {
        "Ozeki v10": ozeki.layout(V10, None),
        "Ozeki XE": ozeki.layout(XE, None),
        "Sippy": sippy.LAYOUT,
        "MOR": mor.layout(mor.View(desk.directory, None)),
        "Enswitch": enswitch.layout(enswitch.FIELDS, False),
        "REST": api.layout(api.EVERY_FIELD, b","),
    }


def render(desk: Desk) -> None:
    """Print a line for each format."""
    principal = desk.access.sign_in(NamedClaim(LOGIN, "127.0.0.1"), BEGIN)
    everything = ListCalls(as_party=True, where=Filter(states=LIVE))
    now = BEGIN + 60.25
    choosing = timed(lambda: desk.perform(LIST_CALLS, principal, everything, now))
    calls = desk.perform(LIST_CALLS, principal, everything, now).calls
    print(f"\n{len(calls):,} calls; to choose and sort them takes {choosing.best:.2f} ms ({choosing.median:.2f})\n")
    print("| format | bytes a row | first time, ms | ms | median | memcpy, ms | of memcpy | plain, ms | times plain |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    for name, layout in formats(desk).items():
        arena = desk.table.arena(layout)
        begin = time.process_time()
        size = sum(map(len, arena.blocks(calls, now)))
        first = 1000 * (time.process_time() - begin)
        copied = timed(lambda arena=arena: [None for _ in arena.blocks(calls, now)])  # type: ignore[misc]
        copy = timed(partial(np.copyto, np.empty(size, np.uint8), np.ones(size, np.uint8)))
        some = calls[:SAMPLE]
        plain = timed(lambda layout=layout, some=some: [plain_row(layout, call, now) for call in some], 3)  # type: ignore[misc]
        whole = plain.best * len(calls) / len(some)
        print(
            f"| {name} | {size / len(calls):.0f} | {first:.0f} | {copied.best:.2f} | {copied.median:.2f} "
            f"| {copy.best:.2f} | {copy.best / copied.best:.0%} | {whole:.0f} | {whole / copied.best:.0f} |"
        )


# --- over HTTP -------------------------------------------------------------------------------------------------------


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


async def serve(desk: Desk, pipe: int) -> None:
    """Answer until killed; the port is told through the pipe."""
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
    server = HttpServer(router, HttpSettings(listen=("127.0.0.1:0",)))
    await server.start()
    os.write(pipe, server.addresses[0].rpartition(":")[2].encode())
    await asyncio.Event().wait()


_LOGGED_IN = f"auth_username={LOGIN}&auth_password={PASSWORD}".replace(" ", "%20")
_CALL = "<?xml version='1.0'?><methodCall><methodName>listAllCalls</methodName><params><param><value><struct><member>\
<name>i_customer</name><value><int>1</int></value></member></struct></value></param></params></methodCall>"
_BASIC = "Authorization: Basic YmVuY2g6YSBwYXNzd29yZCBvZiB0aGUgYmVuY2g=\r\n"


def _get(target: str, headers: str = "") -> bytes:
    return f"GET {target} HTTP/1.1\r\nHost: bench\r\n{headers}\r\n".encode()


LISTS = {
    "Ozeki v10": _get(f"/api?Username={LOGIN}&Password={PASSWORD.replace(' ', '%20')}&command=ListActiveCalls"),
    "Sippy": f"POST /xmlapi/xmlapi HTTP/1.1\r\nHost: bench\r\nContent-Length: {len(_CALL)}\r\n\r\n{_CALL}".encode(),
    "MOR": _get(f"/billing/api/active_calls_get?u={LOGIN}").replace(b"GET", b"POST", 1),
    "Enswitch": _get(f"/api/json/calls/active/list/?{_LOGGED_IN}&customer=system"),
    "REST, NDJSON": _get("/v1/calls?format=ndjson", _BASIC),
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


def over_http(desk: Desk) -> None:
    """Print a line for each format, asked for over a socket of its own, alone and while somebody looks at one call."""
    print("\n| format | MB | first byte, ms | whole, ms | median | TCP, ms | of TCP | one call meanwhile: p99, worst |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    with child(lambda pipe: asyncio.run(serve(desk, pipe))) as told:
        port = int(os.read(told, 10))
        one = _get(f"/v1/calls/{desk.table.calls()[0].number}", _BASIC)
        for name, request in LISTS.items():
            with socket.create_connection(("127.0.0.1", port)) as connection:
                buffer = bytearray(1 << 20)
                fetch(connection, request, buffer)
                alone = [fetch(connection, request, buffer) for _ in range(15)]
                with child(partial(poll, port, one)) as polled:
                    until = time.monotonic() + 1.0
                    while time.monotonic() < until:
                        fetch(connection, request, buffer)
                    small = sorted(int(each) / 1000 for each in os.read(polled, 1 << 16).split(b"\n")[:-1])
            size = alone[0].size
            tcp, whole = loopback(size), [each.whole for each in alone]
            p99 = small[int(len(small) * 0.99)]
            print(
                f"| {name} | {size / 1e6:.1f} | {min(each.first for each in alone):.1f} | {min(whole):.1f} "
                f"| {statistics.median(whole):.1f} | {tcp.best:.1f} | {tcp.best / min(whole):.0%} "
                f"| {p99:.1f} and {small[-1]:.1f} of {len(small)} |"
            )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, nargs="+", default=[10_000, 100_000], help="calls that are up")
    parser.add_argument("--no-http", action="store_true", help="leave out what goes through sockets")
    options = parser.parse_args()
    print(json.dumps({"load": os.getloadavg(), "processors": os.cpu_count()}))
    for calls in options.calls:
        desk = full_desk(calls)
        render(desk)
        if not options.no_http:
            over_http(desk)


if __name__ == "__main__":
    main()
