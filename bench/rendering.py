"""Rows beside rows: a listing of ours and the same one as most would write it, of the same calls, in one process.

    python -m bench.rendering --calls 100000

Time of the processor, in turn, so that what else the machine does meets both alike. Ours is what is left to do when a
client asks for the list again: rows of calls that did not change are copied. The plain one is timed over some of the
calls and reckoned up to all, in which it is no slower: it keeps nothing.
"""

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from itertools import count
from typing import NamedTuple

import numpy as np

from bench.figures import Better, Figure, Section, ratio
from bench.listing import full_desk
from bench.plain.listings import LISTINGS, Listing
from bench.plain.records import PlainCall, record
from bench.report import section_text
from bench.serving import LOGIN
from bench.table import BEGIN
from callboard.access.claims import NamedClaim
from callboard.api import rows as api
from callboard.calls.state import LIVE
from callboard.dialects.enswitch import fields as enswitch
from callboard.dialects.mor import fields as mor
from callboard.dialects.ozeki import documents as ozeki
from callboard.dialects.ozeki.profiles import V10
from callboard.dialects.sippy import fields as sippy
from callboard.operations.desk import Desk
from callboard.operations.list_calls import LIST_CALLS, ListCalls
from callboard.table.questions.filters import Filter
from callboard.table.written.layout import Layout

__all__ = ["layouts", "measure"]

NOW = BEGIN + 60.25
SAMPLE = 2_000
"""Calls of which the plain listing is timed."""
HUNDRED_THOUSAND = 100_000
"""Calls for which the share of copying is wanted: fewer are copied in the processor's cache, several times as fast."""
TIMES = 30.0
"""How many times the plain one's speed is wanted."""


class Times(NamedTuple):
    """Milliseconds of the processor for all calls, round by round."""

    ours: tuple[float, ...]
    plain: tuple[float, ...]
    copying: tuple[float, ...]
    """As many bytes, copied to memory that is there already."""
    size: int
    """Bytes of our listing."""


def layouts(desk: Desk) -> dict[str, Layout]:
    """Each format's row, by the names of `bench.asking`."""
    return {
        "rest": api.layout(api.EVERY_FIELD, b","),
        "enswitch": enswitch.layout(enswitch.FIELDS, False),
        "ozeki": ozeki.layout(V10, None),
        "mor": mor.layout(mor.View(desk.directory, None)),
        "sippy": sippy.LAYOUT,
    }


def measure(calls: int = 10_000, rounds: int = 9) -> Section:
    """The section of the report."""
    began = time.monotonic()
    desk = full_desk(calls)
    some = [record(call, desk.directory) for call in desk.table.calls()[:SAMPLE]]
    figures: list[Figure] = []
    for listing in LISTINGS:
        figures += _figures(listing, _in_turn(desk, listing, some, rounds), many=calls >= HUNDRED_THOUSAND)
    about = (
        f"{calls:,} calls, a third of which took the places of others, as the operator sees them, {rounds} rounds in "
        "turn, each a second later; time of the processor. *plain* is a dataclass a call, a dict a row, and the named "
        "library. Ratios are of what was measured in the same round."
    )
    return Section(
        key="rows",
        title=f"A listing, and the same as most would write it, {calls:,} calls",
        about=about,
        figures=tuple(figures),
        seconds=time.monotonic() - began,
    )


def _in_turn(desk: Desk, listing: Listing, some: Sequence[PlainCall], rounds: int) -> Times:
    principal = desk.access.sign_in(NamedClaim(LOGIN, "127.0.0.1"), BEGIN)
    found = desk.perform(LIST_CALLS, principal, ListCalls(as_party=True, where=Filter(states=LIVE)), NOW).calls
    arena = desk.table.arena(layouts(desk)[listing.format])
    size = sum(map(len, arena.blocks(found, NOW)))  # the first time they are written
    source, target = np.ones(size, np.uint8), np.empty(size, np.uint8)
    scale = len(found) / len(some)
    moments = count(1)
    works: tuple[Callable[[], object], ...] = (
        lambda: [None for _ in arena.blocks(found, NOW + next(moments))],
        lambda: listing.write(some),
        lambda: np.copyto(target, source),
    )
    taken = [[_timed(work) for work in works] for _ in range(rounds + 1)][1:]
    ours, plain, copying = zip(*taken, strict=True)
    return Times(ours, tuple(scale * each for each in plain), copying, size)


def _timed(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return 1000 * (time.process_time() - began)


def _figures(listing: Listing, times: Times, *, many: bool) -> list[Figure]:
    name, library = listing.format, listing.library
    return [
        Figure(name=f"rows/{name}/ms", title=f"{name}: ours", unit="ms", samples=times.ours, best=True),
        Figure(name=f"rows/{name}/plain", title=f"{name}: {library}", unit="ms", samples=times.plain, best=True),
        Figure(
            name=f"rows/{name}/times",
            title=f"{name}: times {library}",
            unit="×",
            samples=ratio(times.ours, times.plain),
            better=Better.HIGHER,
            goal=TIMES,
            watched=True,
        ),
        Figure(
            name=f"rows/{name}/of-copying",
            title=f"{name}: of copying the same bytes ({times.size / 1e6:.1f} MB)",
            unit="%",
            samples=tuple(100 * each for each in ratio(times.ours, times.copying)),
            better=Better.HIGHER,
            goal=35.0 if many else None,
        ),
    ]


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=100_000)
    print(section_text(measure(parser.parse_args().calls)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
