"""The parts of a run, one after the other, each in a process of its own: `python -m bench.parts NAME [--full]`.

Each gives sections of the report, as JSON. What one leaves in memory, or in the collector's way, meets no other.
"""

import argparse
import asyncio
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence

import msgspec

from bench import (
    answers,
    asterisk,
    filters,
    ingest,
    lag,
    limits,
    peers,
    rendering,
    starting,
    streams,
    switch,
    table,
    whole,
)
from bench.figures import Better, Figure, Section
from tests.conformance.sipp import INSTALL as SIPP_INSTALL
from tests.conformance.sipp import SIPP
from tests.rig.asterisk import ASTERISK
from tests.rig.asterisk import INSTALL as ASTERISK_INSTALL

__all__ = ["FULL_ONLY", "PARTS"]

Part = Callable[[bool], Section]

_STEPS = 200_000
_SWITCHES = {"asterisk": ("raw AMI", 40_000.0), "freeswitch": ("raw ESL, JSON", 60_000.0)}
"""How each switch's bytes are called, and how many events a second are wanted of them."""


class _Step:
    """The least that a program in Python does: what the watched rates are measured by."""

    def __init__(self) -> None:
        self.last = 0

    def take(self, seen: dict[int, int], number: int) -> None:
        seen[number & 1023] = self.last = number


def step() -> float:
    """Seconds of the processor for one such step, here and now."""
    taker, seen = _Step(), dict[int, int]()
    began = time.process_time()
    for number in range(_STEPS):
        taker.take(seen, number)
    return (time.process_time() - began) / _STEPS


def _limits(full: bool) -> Section:
    return limits.measure()


def _table(full: bool) -> Section:
    """Decoded events, with all that the server does for each; and what a call takes of memory."""
    calls, before = (100_000 if full else 20_000), step()
    alone, watched = table.measure(calls, 5), table.measure(calls, 5, watched=True)
    steps = before, step()
    goal = 300_000.0 if full else None
    figures = [
        *_rates("table/alone", f"decoded events into the table, {calls:,} calls up", alone.rates, steps, goal),
        *_rates("table/watched", "the same with all that watches it in the server", watched.rates, steps, None),
    ]
    memory = table.measure_memory(calls)
    title, needed = f"memory for each of {calls:,} calls", (memory.bytes_a_call / 1000,)
    figures.append(Figure(name="table/memory", title=title, unit="KB", samples=needed, goal=2.0))
    if full:
        figures += _aged(calls, goal), _growth()
    about = (
        "The whole life of calls, as decoded events: placement, columns, counters, rows marked, a watcher told. Each "
        "round a tenth of the calls end and as many begin. Time of the processor."
    )
    return Section(key="table", title="Events into the table", about=about, figures=tuple(figures))


def _aged(calls: int, goal: float | None) -> Figure:
    """The same where calls have come and gone for a while: what belongs to one lies scattered in memory."""
    title = "the same, after all calls were replaced four times"
    rates = table.measure(calls, 5, before=40).rates
    return Figure(name="table/aged", title=title, unit="/s", samples=rates, better=Better.HIGHER, goal=goal)


def _growth() -> Figure:
    """Whether calls that are gone leave something: the end against what it was after the beginning."""
    grown = table.measure_growth(1_000_000)
    before, after = (statistics.median(part) for part in (grown.megabytes[2:5], grown.megabytes[-3:]))
    title = f"growth of memory while {grown.through:,} calls go through"
    return Figure(name="table/growth", title=title, unit="%", samples=(100 * (after / before - 1),), goal=3.0)


def _ingest(full: bool) -> Section:
    """Raw bytes."""
    up = 100_000 if full else 20_000
    figures: list[Figure] = []
    for name in ingest.SWITCHES:
        title, goal = _SWITCHES.get(name, (name, None))
        before = step()
        found = ingest.measure(name, up=up)
        figures += _rates(f"ingest/{name}", f"{title}, {up:,} calls up", found.rates, (before, step()), goal)
    about = (
        "Bytes as a real switch sent them, for calls of their own, through codec, translator and table. Messages of "
        "the switch, a second of the processor."
    )
    return Section(key="ingest", title="From the bytes of a switch", about=about, figures=tuple(figures))


def _rates(
    name: str, title: str, rates: Sequence[float], steps: Sequence[float], goal: float | None
) -> tuple[Figure, ...]:
    """A rate, and how it compares with plain Python on the same machine at the same time."""
    plain = 1000 * statistics.mean(steps)
    return (
        Figure(name=name, title=title, unit="/s", samples=tuple(rates), better=Better.HIGHER, goal=goal),
        Figure(
            name=f"{name}/per-step",
            title=f"{title}: in the time of 1,000 steps of plain Python",
            unit="",
            samples=tuple(rate * plain for rate in rates),
            better=Better.HIGHER,
            watched=True,
        ),
    )


def _start(full: bool) -> Section:
    return starting.measure()


def _rows(full: bool) -> Section:
    return rendering.measure(100_000 if full else 10_000)


def _whole(full: bool) -> Section:
    return asyncio.run(whole.measure(100_000 if full else 10_000))


def _filters(full: bool) -> Section:
    return filters.measure((100_000, 1_000_000) if full else (100_000,), 5)


def _requests(full: bool) -> Section:
    calls, rounds, seconds = (100_000, 5, 2.0) if full else (10_000, 3, 0.5)
    return answers.small(calls, rounds, seconds)


def _meanwhile(full: bool) -> Section:
    return answers.meanwhile(100_000 if full else 10_000, 3_000, 5.0 if full else 1.0)


def _million(full: bool) -> Section:
    return answers.million()


def _streams(full: bool) -> Section:
    """From a new call to those who follow."""
    options = streams.Options(clients=1_000, seconds=20.0 if full else 6.0, calls=100_000 if full else 10_000)
    found = streams.measure(options)
    late = _Late("streams", f"a new call, to each of {options.clients:,} SSE clients", 100.0)
    figures = (
        *late.figures(found.late_p50, found.late_p99, found.late_worst),
        Figure(name="streams/busy", title="server", unit="% of a core", samples=(100 * found.busy,)),
        Figure(
            name="streams/message",
            title="server, for each message to a client",
            unit="µs",
            samples=(1e6 * (found.busy - found.table_busy) / found.messages,),
        ),
    )
    about = (
        f"{options.calls:,} calls up, {found.events:,.0f} events a second, {options.clients:,} clients, each "
        f"asking for {options.rate:g} batches a second of one customer's calls; {found.messages:,.0f} messages a "
        f"second, {found.seen:,} times a new call was seen."
    )
    return Section(key="streams", title="Streams", about=about, figures=figures)


def _lag(full: bool) -> Section:
    """From a switch's bytes to somebody's eyes."""
    figures: list[Figure] = []
    for lists in (False, True):
        options = lag.Options(calls=100_000 if full else 20_000, seconds=20.0 if full else 5.0, lists=lists)
        found = lag.measure(options)
        prefix, beside = ("lag/lists", ", whole lists going out") if lists else ("lag/alone", "")
        goal = 100.0 if lists else 10.0
        for name, title in (("list", "in a list"), ("call", "as one call"), ("stream", "by SSE")):
            lags: lag.Lag = getattr(found, name)
            late = _Late(f"{prefix}/{name}", f"seen {title}{beside}", goal if name != "stream" else 100.0)
            figures += late.figures(lags.p50, lags.p99, lags.worst)
    about = f"{options.calls:,} calls up, {options.events:,} events a second from a switch's socket."
    return Section(key="lag", title="From a switch's event to a client", about=about, figures=tuple(figures))


class _Late(msgspec.Struct, frozen=True):
    """A distribution of delays. The goal, in milliseconds, is for the 99th percentile."""

    name: str
    title: str
    goal: float

    def figures(self, p50: float, p99: float, worst: float) -> Iterator[Figure]:
        """Of seconds."""
        for name, value, goal in (("p50", p50, None), ("p99", min(p99, worst), self.goal), ("worst", worst, None)):
            title = f"{self.title}: {name}"
            yield Figure(name=f"{self.name}/{name}", title=title, unit="ms", samples=(1000 * value,), goal=goal)


def _peers(full: bool) -> Section:
    return asyncio.run(peers.measure(peers.FULL if full else peers.QUICK))


def _switch(full: bool) -> Section:
    """Calls through the embedded switch."""
    if not SIPP:
        return Section(key="switch", title="Calls through the embedded switch", skipped=SIPP_INSTALL)
    figures: list[Figure] = []
    for load in switch.LOADS:
        found = asyncio.run(switch.measure(load, 30))
        name = f"switch/{'digest' if load.digest else 'address'}"
        wrong, least = float(found.wrong), 0.95 * load.at_once
        figures += (
            Figure(
                name=f"{name}/wrong", title=f"{load.name}: failed, or left over", unit="", samples=(wrong,), goal=0.0
            ),
            Figure(
                name=f"{name}/rate",
                title=f"{load.name}: calls a second, of {load.rate} asked for",
                unit="/s",
                samples=(found.rate,),
                better=Better.HIGHER,
            ),
            Figure(
                name=f"{name}/peak",
                title=f"{load.name}: up at once",
                unit="",
                samples=(float(found.peak),),
                better=Better.HIGHER,
                goal=least,
            ),
            Figure(name=f"{name}/list", title=f"{load.name}: listAllCalls", unit="ms", samples=(found.list_ms,)),
            Figure(name=f"{name}/server", title=f"{load.name}: server", unit="%", samples=(100 * found.server_cpu,)),
            Figure(name=f"{name}/engine", title=f"{load.name}: engine", unit="%", samples=(100 * found.engine_cpu,)),
        )
    about = (
        "SIPp calls, Callboard switches, SIPp answers; each call lasts 15 seconds, and new ones come in for 30. The "
        "whole list is asked for once a second, by Python's own XML-RPC client. *server* and *engine* are shares of a "
        "core."
    )
    return Section(key="switch", title="Calls through the embedded switch", about=about, figures=tuple(figures))


def _watched(full: bool) -> Section:
    """What it costs an Asterisk to be watched."""
    title = "An Asterisk that is watched"
    if not (SIPP and ASTERISK):
        return Section(key="watched", title=title, skipped=ASTERISK_INSTALL if SIPP else SIPP_INSTALL)
    seconds = 10
    spans, watched, up = asyncio.run(asterisk.measure(1_000, seconds))
    lags = sorted(watched.lags)
    late = _Late("watched/lag", "an event of Asterisk's, to the table", 10.0)
    figures = (
        *(
            Figure(name=f"watched/{n}", title=f"Asterisk, {span.name}", unit="%", samples=(100 * span.switch_cpu,))
            for n, span in enumerate(spans)
        ),
        Figure(name="watched/ours", title="Callboard, watching", unit="%", samples=(100 * spans[1].our_cpu,)),
        *late.figures(statistics.median(lags), lags[int(0.99 * (len(lags) - 1))], lags[-1]),
    )
    traffic = f"{watched.came / seconds:.0f} new ones and {watched.went / seconds:.0f} ends a second"
    about = f"{up:,} calls up on a real Asterisk, {traffic} while it was watched, by SIPp. Shares of a core."
    return Section(key="watched", title=title, about=about, figures=figures)


PARTS: dict[str, Part] = {
    "limits": _limits,
    "table": _table,
    "ingest": _ingest,
    "start": _start,
    "rows": _rows,
    "whole": _whole,
    "filters": _filters,
    "requests": _requests,
    "meanwhile": _meanwhile,
    "streams": _streams,
    "lag": _lag,
    "peers": _peers,
    "million": _million,
    "switch": _switch,
    "watched": _watched,
}
FULL_ONLY = frozenset({"million", "switch", "watched"})


def main() -> int:
    """Measure one part and print its section as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", choices=PARTS)
    parser.add_argument("--full", action="store_true")
    given = parser.parse_args()
    sys.stdout.buffer.write(msgspec.json.encode(PARTS[given.name](given.full)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
