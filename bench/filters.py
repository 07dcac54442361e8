"""Questions about a few of very many calls: filters, the longest and the shortest, pages, counts.

    python -m bench.filters --calls 1000000

What is timed is the server's work from the gate to the last byte of the answer, rights and rendering included, without
a socket. Before each question some calls come and go, so that nothing is asked of a table that stands still. Time of
the processor, so that others on the machine count less. `plain` is the same question as most would write it, a loop
over the calls, timed in turn over some of them and reckoned up to all.
"""

import argparse
import asyncio
import random
import statistics
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from heapq import nlargest, nsmallest
from itertools import count

import msgspec

from bench.figures import Better, Figure, Section
from bench.listing import NOW, full_desk
from bench.report import section_text
from bench.serving import LOGIN
from bench.table import BEGIN, beginning, ending
from callboard.access.claims import NamedClaim
from callboard.access.entries import sealing
from callboard.access.rights import Principal
from callboard.api.resources import calls as calls_resource
from callboard.api.resources import stats as stats_resource
from callboard.api.route import Asked, Route
from callboard.calls.legs import Call
from callboard.calls.state import LIVE
from callboard.directory.directory import Directory
from callboard.http.values import Request
from callboard.operations.call_stats import CALL_STATS, CallStats
from callboard.operations.desk import Desk

__all__ = ["NOW", "Question", "measure", "questions"]

SAMPLE = 20_000
"""Calls of which the plain answer is timed."""
PAGE = 100
TURNOVER = 10
"""Calls that come, and calls that go, before each question: some 120 events."""
ASKED = 20
"""Times that each question is asked in a round."""
LIST, STATS = {100_000: 2.0, 1_000_000: 8.0}, {100_000: 1.0, 1_000_000: 5.0}
"""Milliseconds, by how many calls are up."""


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """Something that is asked again and again."""

    name: str
    title: str
    ask: Callable[[], Awaitable[bytes]]
    plain: Callable[[list[Call]], object]
    """The same of these calls, without rights and rendering."""
    goals: dict[int, float]


# --- what is asked ---------------------------------------------------------------------------------------------------


async def questions(desk: Desk) -> tuple[Question, ...]:
    """All of them, of a desk."""
    root = _principal(desk, LOGIN)
    customer, known = _hundredth(desk)
    longest = Question(
        name="longest",
        title=f"the {PAGE} longest",
        ask=_rest(desk, root, _CALLS, f"sort=-duration&limit={PAGE}"),
        plain=lambda calls: nlargest(PAGE, calls, key=_duration),
        goals=LIST,
    )
    shortest = Question(
        name="shortest",
        title=f"the {PAGE} shortest",
        ask=_rest(desk, root, _CALLS, f"sort=duration&limit={PAGE}"),
        plain=lambda calls: nsmallest(PAGE, calls, key=_duration),
        goals=LIST,
    )
    return (
        *_lists(desk, root, customer, known),
        longest,
        shortest,
        await _paged(desk, root),
        *_counts(desk, root, customer, known),
    )


def _lists(desk: Desk, root: Principal, customer: Principal, known: frozenset[int]) -> Iterator[Question]:
    yield Question(
        name="customer",
        title=f"a customer's hundredth of the calls, a page of {PAGE}",
        ask=_rest(desk, customer, _CALLS, f"limit={PAGE}"),
        plain=lambda calls: [call for call in calls if _is_partys(call, known)][:PAGE],
        goals=LIST,
    )
    yield Question(
        name="prefix",
        title=f"a prefix of the callee, a page of {PAGE}",
        ask=_rest(desk, root, _CALLS, f"callee_prefix=4912&limit={PAGE}"),
        plain=lambda calls: [call for call in calls if call.callee.startswith("4912")][:PAGE],
        goals=LIST,
    )


async def _paged(desk: Desk, root: Principal) -> Question:
    """Far into the list, where one comes by cursors."""
    first = await _rest(desk, root, _CALLS, "limit=1000&sort=-started_at")()
    cursor = msgspec.json.decode(first)["next"]
    return Question(
        name="page",
        title=f"a later page of {PAGE}",
        ask=_rest(desk, root, _CALLS, f"limit={PAGE}&sort=-started_at&cursor={cursor}"),
        plain=lambda calls: nlargest(PAGE, calls, key=_started),
        goals=LIST,
    )


def _counts(desk: Desk, root: Principal, customer: Principal, known: frozenset[int]) -> Iterator[Question]:
    def tallied(calls: list[Call]) -> object:
        return Counter((call.placement.account, call.connected) for call in calls)

    async def own() -> bytes:
        return msgspec.json.encode(desk.perform(CALL_STATS, customer, CallStats(), NOW))

    yield Question(
        name="stats/own",
        title="a customer's accounts, as Sippy's clients ask for them",
        ask=own,
        plain=lambda calls: tallied([call for call in calls if call.placement.customer == customer.customer]),
        goals=STATS,
    )
    yield Question(
        name="stats/account",
        title=f"REST, statistics by account, the {PAGE} largest",
        ask=_rest(desk, root, _STATS, f"by=account&limit={PAGE}"),
        plain=tallied,
        goals=STATS,
    )
    yield Question(
        name="stats/accounts",
        title=f"REST, statistics by account, all {len(desk.directory.accounts()):,}",
        ask=_rest(desk, root, _STATS, "by=account"),
        plain=tallied,
        goals=STATS,
    )
    yield Question(
        name="stats/vendor",
        title="REST, statistics by vendor",
        ask=_rest(desk, root, _STATS, "by=vendor"),
        plain=lambda calls: Counter((call.placement.vendor, call.connected) for call in calls),
        goals=STATS,
    )
    yield Question(
        name="stats/narrowed",
        title="REST, statistics by account of a customer's hundredth",
        ask=_rest(desk, customer, _STATS, "by=account"),
        plain=lambda calls: tallied([call for call in calls if _is_partys(call, known)]),
        goals={},
    )


def _duration(call: Call) -> float:
    return call.duration(NOW)


def _started(call: Call) -> float:
    return call.started_at


def _is_partys(call: Call, customers: frozenset[int]) -> bool:
    return call.placement.customer in customers or call.placement.callee_customer in customers


def _principal(desk: Desk, login: str) -> Principal:
    return desk.access.sign_in(NamedClaim(login, "127.0.0.1"), BEGIN)


def _hundredth(desk: Desk) -> tuple[Principal, frozenset[int]]:
    """A customer with a hundredth of all customers below it, itself included."""
    directory: Directory = desk.directory
    wanted = len(directory.customers()) / 100
    found = min((one.id for one in directory.customers()), key=lambda one: abs(len(directory.subtree(one)) - wanted))
    return _principal(desk, f"{LOGIN}-{found}"), directory.subtree(found)


def _route(routes: tuple[Route, ...], path: str) -> Route:
    return next(route for route in routes if route.path == path)


_CALLS = _route(calls_resource.ROUTES, "/calls")
_STATS = _route(stats_resource.ROUTES, "/stats")


def _rest(desk: Desk, principal: Principal, route: Route, query: str) -> Callable[[], Awaitable[bytes]]:
    request = Request(method="GET", path=f"/v1{route.path}", query=query.encode(), headers={}, at=NOW)
    asked = Asked(desk, principal, request, sealing(sip_realm="sip", http_realm="Callboard"), "")

    async def ask() -> bytes:
        reply = await route.endpoint(asked)
        if reply.status != 200:
            raise RuntimeError(f"{query}: answered {reply.status}")
        return reply.body if isinstance(reply.body, bytes) else b"".join(map(bytes, reply.body))

    return ask


# --- measuring -------------------------------------------------------------------------------------------------------


class _Turnover:
    """Some calls come, and as many go that came a while ago."""

    def __init__(self, desk: Desk) -> None:
        self._table = desk.table
        self._dice = random.Random(11)
        self._names = count(10_000_000)
        self._up: list[int] = []

    def go_on(self) -> None:
        for name in [next(self._names) for _ in range(TURNOVER)]:
            self._up.append(name)
            for event in beginning(name, NOW - 20.0, self._dice):
                self._table.accept(event, NOW)
        while len(self._up) > 10 * TURNOVER:
            for event in ending(self._up.pop(0), NOW):
                self._table.accept(event, NOW)
        self._table.sweep(NOW + 3600)


class _Taken(msgspec.Struct):
    """Milliseconds."""

    ours: list[float]
    plain: list[float]
    """Of a loop over all calls."""


async def _measured(desk: Desk, asked: tuple[Question, ...], rounds: int) -> list[_Taken]:
    turnover = _Turnover(desk)
    live = [call for call in desk.table.calls() if call.state in LIVE]
    some, scale = live[:SAMPLE], len(live) / min(SAMPLE, len(live))
    taken = [_Taken([], []) for _ in asked]
    for question in asked:
        await question.ask()  # what is kept from then on is made
    for _ in range(rounds):
        for question, kept in zip(asked, taken, strict=True):
            for _ in range(ASKED):
                turnover.go_on()
                began = time.thread_time()
                await question.ask()
                kept.ours.append(1000 * (time.thread_time() - began))
            began = time.thread_time()
            question.plain(some)
            kept.plain.append(1000 * scale * (time.thread_time() - began))
    return taken


def _figures(calls: int, question: Question, taken: _Taken) -> Iterator[Figure]:
    size = f"{calls // 1_000_000}m" if calls >= 1_000_000 else f"{calls // 1000}k"
    name, title = f"filters/{size}/{question.name}", f"{calls:,} calls: {question.title}"
    sorted_ = sorted(taken.ours)
    p99 = sorted_[int(0.99 * (len(sorted_) - 1))]
    yield Figure(name=f"{name}/p50", title=f"{title}: p50", unit="ms", samples=(statistics.median(sorted_),))
    yield Figure(name=f"{name}/p99", title=f"{title}: p99", unit="ms", samples=(p99,), goal=question.goals.get(calls))
    yield Figure(
        name=f"{name}/times",
        title=f"{title}: times a loop over the calls",
        unit="×",
        samples=(min(taken.plain) / min(taken.ours),),
        better=Better.HIGHER,
        watched=calls < 1_000_000,
    )


async def _part(calls: int, rounds: int) -> tuple[Figure, ...]:
    desk = full_desk(calls)
    asked = await questions(desk)
    found = zip(asked, await _measured(desk, asked, rounds), strict=True)
    return tuple(figure for question, taken in found for figure in _figures(calls, question, taken))


def measure(sizes: tuple[int, ...] = (100_000,), rounds: int = 9) -> Section:
    """The section of the report."""
    figures = [figure for calls in sizes for figure in asyncio.run(_part(calls, rounds))]
    about = (
        f"From the gate to the last byte, rights and JSON included, without a socket; each question asked "
        f"{rounds * ASKED} times, some {12 * TURNOVER} events before each. Time of the processor. *A loop over the "
        "calls* is plain Python that checks no rights and writes nothing: the best of its times by the best of ours."
    )
    return Section(key="filters", title="A few of very many calls", about=about, figures=tuple(figures))


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, nargs="+", default=[100_000], help="calls that are up (default: 100000)")
    parser.add_argument("--rounds", type=int, default=9, help=f"rounds of {ASKED} questions each (default: 9)")
    given = parser.parse_args()
    print(section_text(measure(tuple(given.calls), given.rounds)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
