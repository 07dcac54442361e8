"""Long listings: how near they come to copying memory.

    python -m bench.listing                       10,000 calls, then 100,000
    python -m bench.listing --calls 1000000

Every format is asked for by the operator, who sees all calls as they are, over a table in which a third of the calls
has come and gone. The best of some rounds counts, and the median stands beside it, in time of the processor, so that
others on the machine count less. `plain` is the same rows written one by one; `memcpy` copies the same bytes to memory
that is there already.
"""

import argparse
import gc
import json
import os
import random
import statistics
import time
from collections.abc import Callable
from functools import partial
from itertools import count
from typing import NamedTuple

import msgspec
import numpy as np
from argon2 import PasswordHasher
from msgspec.structs import replace

from bench.serving import LOGIN, PASSWORD
from bench.table import BEGIN, beginning, directory, ending
from callboard.access.access import Access
from callboard.access.claims import NamedClaim
from callboard.access.passwords import make_login
from callboard.access.rights import Role
from callboard.access.settings import AccessSettings
from callboard.api import rows as api
from callboard.calls.commands import CommandId
from callboard.calls.state import LIVE
from callboard.dialects.enswitch import fields as enswitch
from callboard.dialects.mor import fields as mor
from callboard.dialects.ozeki import documents as ozeki
from callboard.dialects.ozeki.profiles import V10, XE
from callboard.dialects.sippy import fields as sippy
from callboard.directory.placement import place
from callboard.directory.records import ROOT
from callboard.operations.desk import Desk
from callboard.operations.ledger import Ledger
from callboard.operations.list_calls import LIST_CALLS, ListCalls
from callboard.table.questions.filters import Filter
from callboard.table.questions.selection import Selection
from callboard.table.store.numbering import Numbering
from callboard.table.table import Table
from callboard.table.written.arena import Arena
from callboard.table.written.layout import Layout, plain_row

__all__ = ["NOW", "Rendered", "Times", "full_desk", "measure", "timed"]

NOW = BEGIN + 60.25
SAMPLE = 2_000
"""Calls of which the plain rows are timed."""


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
    admin = replace(make_login(LOGIN, Role.ADMIN, ROOT, PASSWORD), password_hash=cheap)
    of_customers = (replace(admin, name=f"{LOGIN}-{each.id}", customer=each.id) for each in who.customers())
    access.put(admin, *of_customers)
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


class Rendered(msgspec.Struct, frozen=True, kw_only=True):
    """A listing of all calls without a socket. Milliseconds of processor time."""

    format: str
    calls: int
    size: int
    """Bytes."""
    first: float
    """When no row is kept yet."""
    best: float
    median: float
    memcpy: float
    """To copy as many bytes to memory that is there already."""
    plain: float
    """To write every row by itself, reckoned up from some."""

    @property
    def share(self) -> float:
        """Of the speed of `memcpy`, at most 1."""
        return self.memcpy / self.best

    @property
    def times(self) -> float:
        """As fast as plain rows."""
        return self.plain / self.best


def measure(desk: Desk, rounds: int = 25) -> tuple[Rendered, ...]:
    """Every format, as the operator sees all calls of a desk."""
    calls = _everything(desk)
    return tuple(
        _rendered(name, desk.table.arena(layout), layout, calls, rounds) for name, layout in formats(desk).items()
    )


def _everything(desk: Desk) -> Selection:
    principal = desk.access.sign_in(NamedClaim(LOGIN, "127.0.0.1"), BEGIN)
    return desk.perform(LIST_CALLS, principal, ListCalls(as_party=True, where=Filter(states=LIVE)), NOW).calls


def _rendered(name: str, arena: Arena, layout: Layout, calls: Selection, rounds: int) -> Rendered:
    begin = time.process_time()
    size = sum(map(len, arena.blocks(calls, NOW)))
    first = 1000 * (time.process_time() - begin)
    copied = timed(lambda: [None for _ in arena.blocks(calls, NOW)], rounds)
    copy = timed(partial(np.copyto, np.empty(size, np.uint8), np.ones(size, np.uint8)), rounds)
    some = calls[:SAMPLE]
    plain = timed(lambda: [plain_row(layout, call, NOW) for call in some], 3)
    return Rendered(
        format=name,
        calls=len(calls),
        size=size,
        first=first,
        best=copied.best,
        median=copied.median,
        memcpy=copy.best,
        plain=plain.best * len(calls) / len(some),
    )


def show(desk: Desk) -> None:
    """Print a line for each format."""
    choosing = timed(lambda: _everything(desk))
    print(
        f"\n{len(desk.table):,} calls; to choose and sort them takes {choosing.best:.2f} ms ({choosing.median:.2f})\n"
    )
    print("| format | bytes a row | first time, ms | ms | median | memcpy, ms | of memcpy | plain, ms | times plain |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    for each in measure(desk):
        print(
            f"| {each.format} | {each.size / each.calls:.0f} | {each.first:.0f} | {each.best:.2f} | {each.median:.2f} "
            f"| {each.memcpy:.2f} | {each.share:.0%} | {each.plain:.0f} | {each.times:.0f} |"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, nargs="+", default=[10_000, 100_000], help="calls that are up")
    options = parser.parse_args()
    print(json.dumps({"load": os.getloadavg(), "processors": os.cpu_count()}))
    for calls in options.calls:
        show(full_desk(calls))


if __name__ == "__main__":
    main()
