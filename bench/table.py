"""Events a second through the table alone: decoded events in, rows, columns and counters kept, watchers told.

    python -m bench.table                 100,000 calls up while as many come and go
    python -m bench.table --calls 10000

The mix is a call's whole life as a switch tells it: two legs seen, rung, answered and ended, one call in ten held and
resumed, over a directory of 1,000 customers and 5,000 accounts. Each life is folded while the others stay up.
"""

import argparse
import gc
import random
import statistics
import time
from collections.abc import Iterator

import msgspec

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
from callboard.directory.directory import Directory
from callboard.directory.placement import Placer
from callboard.directory.records import Account, Connection, Customer, Record, Vendor
from callboard.table.changes import Change
from callboard.table.numbering import Numbering
from callboard.table.table import Table

SWITCH = "pbx"
BEGIN = 1_800_000_000.0
_CUSTOMERS, _ACCOUNTS, _VENDORS, _CONNECTIONS = 1000, 5000, 50, 200


class Result(msgspec.Struct, frozen=True):
    """What one run measured."""

    calls: int
    events: int
    rates: tuple[float, ...]
    """Events a second of processor time, each round."""

    @property
    def rate(self) -> float:
        """The median of the rounds."""
        return statistics.median(self.rates)


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
    return Directory(records, (), ())


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


def run(calls: int, rounds: int) -> Result:
    """Fill the table, then measure rounds in which a tenth of the calls end and as many begin."""
    numbers = iter(range(1, 2**40, 10_000))
    table = Table(Placer(directory()), Numbering(0, lambda size: next(numbers)), 1)
    seen: list[int] = [0]

    def watch(change: Change) -> None:
        seen[0] += 1

    table.watch(watch)
    dice = random.Random(7)
    for name in range(calls):
        for event in beginning(name, BEGIN, dice):
            table.accept(event, BEGIN)
    gc.collect()
    gc.freeze()
    rates, count = [], 0
    step = max(1, calls // 10)
    for turn in range(rounds):
        now = BEGIN + 60.0 + 10 * turn
        oldest = turn * step
        events = [event for name in range(oldest, oldest + step) for event in ending(name, now)]
        events += [
            event for name in range(calls + oldest, calls + oldest + step) for event in beginning(name, now, dice)
        ]
        begin = time.process_time()
        for event in events:
            table.accept(event, now)
        table.sweep(now)
        rates.append(len(events) / (time.process_time() - begin))
        count += len(events)
    return Result(calls, count, tuple(rates))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=100_000, help="calls that are up (default: 100000)")
    parser.add_argument("--rounds", type=int, default=5, help="rounds that are measured (default: 5)")
    options = parser.parse_args()
    result = run(options.calls, options.rounds)
    print(f"{result.calls:,} calls up, {result.events:,} events: {result.rate:,.0f} a second of processor time")
    print(f"({min(result.rates):,.0f} to {max(result.rates):,.0f} in {len(result.rates)} rounds)")


if __name__ == "__main__":
    main()
