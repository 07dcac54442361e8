"""Events a second through the table alone: decoded events in, rows, columns and counters kept, watchers told.

    python -m bench.table                  100,000 calls up while as many come and go
    python -m bench.table --calls 10000
    python -m bench.table --before 40      after all calls were replaced four times
    python -m bench.table --watched        with all who watch the table in a server
    python -m bench.table --memory 1000000 bytes a call, of so many in a process of their own
    python -m bench.table --churn 1000000  the memory while so many calls come and go

The mix is a call's whole life as a switch tells it: two legs seen, rung, answered and ended, one call in ten held and
resumed, over a directory of 1,000 customers and 5,000 accounts and the destinations of the world. A thousand calls at a
time go through their lives side by side, while the others stay up.
"""

import argparse
import asyncio
import gc
import random
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import chain, zip_longest
from pathlib import Path

import msgspec

from callboard.assembly.house import open_house
from callboard.calls.causes import Cause, Reason
from callboard.calls.events import (
    Event,
    LegAnswered,
    LegDialing,
    LegEnded,
    LegHeld,
    LegResumed,
    LegRinging,
    LegRouting,
    LegSeen,
)
from callboard.calls.legs import Facts, Leg, LegId, Side
from callboard.config.settings import Config
from callboard.directory.directory import Directory
from callboard.directory.placement import Placer
from callboard.directory.records import Account, Connection, Customer, Record, Vendor
from callboard.table.changes import Change
from callboard.table.store.numbering import Numbering
from callboard.table.table import Table

SWITCH = "pbx"
BEGIN = 1_800_000_000.0
_CUSTOMERS, _ACCOUNTS, _VENDORS, _CONNECTIONS = 1000, 5000, 50, 200


_TOGETHER = 1000
"""Calls that go through their lives side by side."""


class Result(msgspec.Struct, frozen=True):
    """What one run measured."""

    calls: int
    """Up meanwhile."""
    events: int
    rates: tuple[float, ...]
    """Events a second of processor time, each round."""
    watched: bool = False
    """With all who watch the table in a server."""

    @property
    def rate(self) -> float:
        """The median of the rounds."""
        return statistics.median(self.rates)


class Memory(msgspec.Struct, frozen=True):
    """What calls take in memory that are up, two legs each."""

    calls: int
    bytes_a_call: float
    megabytes: float
    """All of the process."""


class Growth(msgspec.Struct, frozen=True):
    """The memory of a process through which calls go."""

    up: int
    through: int
    megabytes: tuple[float, ...]
    """After each tenth of the calls."""


def directory() -> Directory:
    """A tree of customers with accounts, and vendors with connections."""
    records: list[Record] = [Customer(id=1, name="Root")]
    records += [Customer(id=n, name=f"Customer {n}", parent=max(1, n // 10)) for n in range(2, _CUSTOMERS + 1)]
    records += [Account(id=n, customer=n % _CUSTOMERS + 1, sip_user=f"u{n}") for n in range(1, _ACCOUNTS + 1)]
    records += [Vendor(id=n, name=f"Vendor {n}") for n in range(1, _VENDORS + 1)]
    records += [
        Connection(id=n, vendor=n % _VENDORS + 1, name=f"trunk {n}", address=f"192.0.2.{n}:5060")
        for n in range(1, _CONNECTIONS + 1)
    ]
    return Directory(records)


def beginning(name: int, at: float, dice: random.Random) -> Iterator[Event]:
    """A call from its first message until it is answered (or held)."""
    account, connection = dice.randint(1, _ACCOUNTS), dice.randint(1, _CONNECTIONS)
    number = f"{dice.choice(('44', '33', '49', '1212', '639'))}{dice.randint(10**7, 10**8 - 1)}"
    caller, callee = LegId(SWITCH, f"{name}-a"), LegId(SWITCH, f"{name}-b")
    yield LegSeen(
        at,
        Leg(
            id=caller,
            call=str(name),
            side=Side.CALLER,
            number=f"u{account}",
            dialed=number,
            media="192.0.2.1",
            sip_call_id=f"{name}@192.0.2.1",
            channel=f"PJSIP/u{account}-{name:08x}",
            facts=Facts(endpoint=f"u{account}", context="from-customers"),
            started_at=at,
        ),
    )
    yield LegRouting(caller, at + 0.1)
    yield LegDialing(caller, at + 0.2)
    yield LegSeen(
        at + 0.3,
        Leg(
            id=callee,
            call=str(name),
            side=Side.CALLEE,
            number=number,
            channel=f"PJSIP/trunk{connection}-{name:08x}",
            facts=Facts(trunk=f"trunk {connection}", context="to-carriers"),
            started_at=at + 0.3,
        ),
    )
    yield LegDialing(callee, at + 0.3)
    yield LegRinging(callee, at + 1.0)
    yield LegRinging(caller, at + 1.0)
    yield LegAnswered(callee, at + 4.0)
    yield LegAnswered(caller, at + 4.0)
    if name % 10 == 0:
        yield LegHeld(caller, at + 20.0)
        yield LegResumed(caller, at + 30.0)


def ending(name: int, at: float) -> Iterator[Event]:
    """Its end, as told of both legs."""
    cause = Cause(Reason.NORMAL, 200)
    yield LegEnded(LegId(SWITCH, f"{name}-a"), at, cause)
    yield LegEnded(LegId(SWITCH, f"{name}-b"), at, cause)


def side_by_side(lives: Iterator[Iterator[Event]]) -> Iterator[Event]:
    """The first event of each life, then the second of each."""
    return (event for event in chain.from_iterable(zip_longest(*lives)) if event is not None)


def _begin(first: int, count: int, at: float, dice: random.Random) -> Iterator[Event]:
    for name in range(first, first + count, _TOGETHER):
        names = range(name, min(name + _TOGETHER, first + count))
        yield from side_by_side(beginning(name, at, dice) for name in names)


def _end(first: int, count: int, at: float) -> Iterator[Event]:
    for name in range(first, first + count, _TOGETHER):
        yield from side_by_side(ending(name, at) for name in range(name, min(name + _TOGETHER, first + count)))


def new_table(who: Directory) -> Table:
    """An empty table of a node."""
    numbers = iter(range(1, 2**40, 10_000))
    return Table(Placer(who), Numbering(0, lambda size: next(numbers)), 1)


def measure(calls: int = 100_000, rounds: int = 5, *, before: int = 0, watched: bool = False) -> Result:
    """Fill a table, then measure rounds in which a tenth of the calls end and as many begin.

    `before` so many others: a call's values lie side by side in memory in a table that was filled at once, and anywhere
    in one in which calls have come and gone.
    """
    if watched:
        return asyncio.run(_measure_watched(calls, rounds, before))
    table, seen = new_table(directory()), [0]

    def watch(change: Change) -> None:
        seen[0] += 1

    table.watch(watch)
    return Result(calls, *_rounds(table, calls, rounds, before))


async def _measure_watched(calls: int, rounds: int, before: int) -> Result:
    async with open_house(Config(), None) as house:
        house.desk.directory.replace(directory().records(), ())
        return Result(calls, *_rounds(house.desk.table, calls, rounds, before), watched=True)


def _rounds(table: Table, calls: int, rounds: int, before: int) -> tuple[int, tuple[float, ...]]:
    """How many events there were, and how many a second of this thread's time in each round."""
    dice = random.Random(7)
    for event in _begin(0, calls, BEGIN, dice):
        table.accept(event, BEGIN)
    gc.collect()
    gc.freeze()
    rates, count = [], 0
    step = max(1, calls // 10)
    for turn in range(before + rounds):
        now, oldest = BEGIN + 60.0 + 10 * turn, turn * step
        events = [*_end(oldest, step, now), *_begin(calls + oldest, step, now, dice)]
        begin = time.thread_time()
        for event in events:
            table.accept(event, now)
        table.sweep(now)
        if turn >= before:
            rates.append(len(events) / (time.thread_time() - begin))
            count += len(events)
    gc.unfreeze()
    return count, tuple(rates)


# --- memory ---


def measure_memory(calls: int = 100_000) -> Memory:
    """Have so many calls up in a process of their own, so that nothing else counts."""
    return msgspec.json.decode(_apart("--memory", calls), type=Memory)


def measure_growth(through: int = 1_000_000) -> Growth:
    """Have so many calls come and go in a process of their own, a tenth of them up at a time but 20,000 at most."""
    return msgspec.json.decode(_apart("--churn", through), type=Growth)


def _apart(option: str, calls: int) -> bytes:
    command = [sys.executable, "-m", "bench.table", option, str(calls), "--json"]
    return subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout


def _resident() -> int:
    """Bytes of memory that this process has now."""
    pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[1]
    return int(pages) * resource.getpagesize()


def _memory(calls: int) -> Memory:
    table, dice = new_table(directory()), random.Random(7)
    _fill(table, -_TOGETHER, _TOGETHER, dice)
    gc.collect()
    before = _resident()
    _fill(table, 0, calls, dice)
    gc.collect()
    after = _resident()
    if len(table) != calls + _TOGETHER:
        raise RuntimeError(f"{len(table)} calls are up, and {calls + _TOGETHER} should be")
    return Memory(calls, (after - before) / calls, after / 1e6)


def _fill(table: Table, first: int, count: int, dice: random.Random) -> None:
    for event in _begin(first, count, BEGIN, dice):
        table.accept(event, BEGIN)


def _growth(through: int) -> Growth:
    """Two hundred calls a second, so that tombstones come and go as well."""
    table, dice = new_table(directory()), random.Random(7)
    up = min(20_000, through // 10)
    _fill(table, 0, up, dice)
    megabytes: list[float] = []
    for name in range(0, through, _TOGETHER):
        now = BEGIN + name / 200.0
        for event in chain(_end(name, _TOGETHER, now), _begin(name + up, _TOGETHER, now, dice)):
            table.accept(event, now)
        table.sweep(now)
        if (name + _TOGETHER) * 10 // through > len(megabytes):
            megabytes.append(_resident() / 1e6)
    return Growth(up, through, tuple(megabytes))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=100_000, help="calls that are up (default: 100000)")
    parser.add_argument("--rounds", type=int, default=5, help="rounds that are measured (default: 5)")
    parser.add_argument("--before", type=int, default=0, help="rounds that go before them (default: 0)")
    parser.add_argument("--watched", action="store_true", help="with all who watch the table in a server")
    parser.add_argument("--memory", type=int, metavar="CALLS", help="bytes a call, of so many")
    parser.add_argument("--churn", type=int, metavar="CALLS", help="the memory while so many come and go")
    parser.add_argument("--json", action="store_true", help="for programs")
    options = parser.parse_args()
    if options.memory or options.churn:
        found = _memory(options.memory) if options.memory else _growth(options.churn)
        print(msgspec.json.encode(found).decode() if options.json else found)
        return
    result = measure(options.calls, options.rounds, before=options.before, watched=options.watched)
    print(f"{result.calls:,} calls up, {result.events:,} events: {result.rate:,.0f} a second of processor time")
    print(f"({min(result.rates):,.0f} to {max(result.rates):,.0f} in {len(result.rates)} rounds)")


if __name__ == "__main__":
    main()
