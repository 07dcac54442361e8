"""Whole lists over HTTP: each format from a real server, as many bytes from a bare socket, the same rows from Litestar.

    python -m bench.whole                  10,000 calls
    python -m bench.whole --calls 100000

The server is `callboard serve` in a process of its own, linked to a switch, and answers a client in another process. A
bare socket is asked for as many bytes in turn with it. Litestar answers from another process with a plain program's
rows of the same calls (`bench.plain`).
"""

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import NamedTuple

import msgspec

from bench.asking import FORMATS, Format
from bench.fetching import Fetched, ask, get
from bench.figures import Better, Figure, Section
from bench.limits import loopback
from bench.plain.records import read
from bench.plain.server import CALLS, PORT
from bench.processes import busy
from bench.replayed import Proxy, document, proxying
from bench.report import section_text
from bench.serving import Served, kamailio_section, serving

__all__ = ["measure"]

HUNDRED_THOUSAND = 100_000
"""Calls for which the goals in milliseconds are set."""
WHOLE = {"sippy": 120.0}
"""Milliseconds for a hundred thousand rows; 80 for the others."""


class Rounds(NamedTuple):
    """What was seen of one way to ask, round by round. Milliseconds."""

    answers: list[Fetched]
    cpu: list[float]
    socket: list[float]
    """A bare socket for as many bytes."""


async def measure(calls: int = 10_000, rounds: int = 9) -> Section:
    """The section of the report."""
    began = time.monotonic()
    figures: list[Figure] = []
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        served = await stack.enter_async_context(_full_server(folder, calls))
        seen = {form.name: await asyncio.to_thread(_in_turn, served, form, rounds) for form in FORMATS}
        for form in FORMATS:
            figures += _figures(form, seen[form.name], calls)
        port, pid = await stack.enter_async_context(_litestar(folder, served))
        plain = await asyncio.to_thread(_rounds, lambda: ask(port, get("/calls")), pid, max(2, rounds // 3))
        figures += _beside(seen["rest"], plain)
    about = (
        f"{calls:,} calls in a server of its own process, {rounds} times in turn with a bare socket for as many bytes; "
        "a new connection each time. *CPU* is that of the server."
    )
    title = f"Whole lists over HTTP, {calls:,} calls"
    return Section(key="whole", title=title, about=about, figures=tuple(figures), seconds=time.monotonic() - began)


@asynccontextmanager
async def _full_server(folder: Path, calls: int) -> AsyncIterator[Served]:
    """With so many calls up."""
    proxy = Proxy(talk=3600.0)
    async with proxying(proxy):
        section = kamailio_section(proxy.events, proxy.rpc, "list_interval = 3600\n")
        async with serving(folder, document(), section) as served:
            await proxy.fill(calls)
            await served.has(calls)
            yield served


def _in_turn(served: Served, form: Format, rounds: int) -> Rounds:
    question = form.question
    size = ask(served.port, question).size  # the first writes the rows
    with loopback(size) as move:
        return _rounds(lambda: ask(served.port, question), served.pid, rounds, move)


def _rounds(once: Callable[[], Fetched], pid: int, rounds: int, move: Callable[[], float] | None = None) -> Rounds:
    seen = Rounds([], [], [])
    for _ in range(rounds):
        before = busy(pid)
        seen.answers.append(once())
        time.sleep(0.02)  # what a server does after its answer is its time as well
        seen.cpu.append(1000 * (busy(pid) - before))
        if move is not None:
            seen.socket.append(move())
    return seen


def _figures(form: Format, seen: Rounds, calls: int) -> list[Figure]:
    name, many = f"whole/{form.name}", calls >= HUNDRED_THOUSAND
    wall, megabytes = tuple(each.whole for each in seen.answers), seen.answers[0].size / 1e6
    share = 100 * min(seen.socket) / min(wall)
    title = f"{form.title}, {megabytes:.1f} MB"
    return [
        Figure(
            name=f"{name}/ms",
            title=f"{title}: whole list",
            unit="ms",
            samples=wall,
            best=True,
            goal=WHOLE.get(form.name, 80.0) if many else None,
        ),
        Figure(
            name=f"{name}/first",
            title=f"{title}: first byte",
            unit="ms",
            samples=tuple(each.first for each in seen.answers),
            goal=5.0,
        ),
        Figure(
            name=f"{name}/of-socket",
            title=f"{title}: of a bare socket's speed",
            unit="%",
            samples=(share,),
            better=Better.HIGHER,
            goal=60.0 if many else None,
        ),
        Figure(name=f"{name}/cpu", title=f"{title}: CPU", unit="ms", samples=tuple(seen.cpu), best=True),
    ]


def _beside(ours: Rounds, plain: Rounds) -> list[Figure]:
    """REST and Litestar."""
    walls = [tuple(each.whole for each in seen.answers) for seen in (ours, plain)]
    return [
        Figure(name="whole/litestar/ms", title="Litestar: whole list", unit="ms", samples=walls[1], best=True),
        Figure(name="whole/litestar/cpu", title="Litestar: CPU", unit="ms", samples=tuple(plain.cpu), best=True),
        Figure(
            name="whole/litestar/times",
            title="Litestar: times our time",
            unit="×",
            samples=(min(walls[1]) / min(walls[0]),),
            better=Better.HIGHER,
        ),
        Figure(
            name="whole/litestar/cpu-times",
            title="Litestar: times our CPU",
            unit="×",
            samples=(min(plain.cpu) / min(ours.cpu),),
            better=Better.HIGHER,
        ),
    ]


@asynccontextmanager
async def _litestar(folder: Path, served: Served) -> AsyncIterator[tuple[int, int]]:
    """A plain program with the same calls: its port, and its process."""
    async with served.client() as client:
        lines = (await client.get("/v1/calls", params={"format": "ndjson"})).content.splitlines()
    records = [read(msgspec.json.decode(line)) for line in lines]
    await asyncio.to_thread((folder / CALLS).write_bytes, msgspec.json.encode(records))
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "bench.plain.server", str(folder))
    try:
        deadline = time.monotonic() + 60
        while not (folder / PORT).exists() or not (folder / PORT).read_text(encoding="ascii"):
            if time.monotonic() > deadline:
                raise TimeoutError("Litestar did not start")
            await asyncio.sleep(0.05)
        yield int((folder / PORT).read_text(encoding="ascii")), process.pid
    finally:
        process.kill()
        await process.wait()


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=10_000)
    print(section_text(asyncio.run(measure(parser.parse_args().calls))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
