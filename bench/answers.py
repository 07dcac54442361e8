"""What clients wait for, as parts of the report: small requests, what goes on beside long lists, a million calls."""

from collections.abc import Iterator, Sequence

from bench import requests, sending
from bench.figures import Better, Figure, Section
from bench.listing import full_desk

__all__ = ["meanwhile", "million", "small"]

SLOW, FAST = 12_000.0, 20_000.0
"""Answers a second wanted of REST, and of the vendors' formats."""


def small(calls: int, rounds: int, seconds: float) -> Section:
    """Small questions, over and over."""
    figures: list[Figure] = []
    for found in requests.measure(calls, rounds, seconds):
        figures += _answered(found)
    about = (
        f"{calls:,} calls up. One worker, {requests.CONNECTIONS} connections that are kept, each asking for the same "
        "again as soon as it has its answer; the client is a process of its own on the same machine. A customer has "
        f"{requests.ROWS} calls. With HTTP Digest each question differs from the last."
    )
    return Section(key="requests", title="Small requests", about=about, figures=tuple(figures))


def _answered(found: requests.Requests) -> Iterator[Figure]:
    name, title = f"requests/{found.name}", found.title
    goal = SLOW if found.name.startswith("rest") else None if found.name.endswith("digest") else FAST
    yield Figure(name=name, title=title, unit="/s", samples=found.rates, better=Better.HIGHER, goal=goal)
    yield Figure(name=f"{name}/cpu", title=f"{title}: CPU", unit="µs", samples=found.busy)
    yield Figure(name=f"{name}/p99", title=f"{title}: p99", unit="ms", samples=(found.p99,))


def meanwhile(calls: int, events: int, seconds: float) -> Section:
    """What one call, and the events, wait for while somebody is sent all calls."""
    figures: list[Figure] = []
    for sent in sending.measure(full_desk(calls), events, rounds=5, seconds=seconds):
        figures += _waiting("meanwhile", sent)
    about = (
        f"{calls:,} calls up, {events:,} events a second coming in. One client is sent all calls, again and again; "
        f"another asks for one call every {1000 * sending.EVERY:g} milliseconds, and where waiting kept it from that, "
        "counts from when it should have. Lateness of events is from when one was due to when it was in the "
        "table."
    )
    return Section(key="meanwhile", title="While long lists are sent", about=about, figures=tuple(figures))


def million(calls: int = 1_000_000, events: int = 20_000, rounds: int = 5, seconds: float = 5.0) -> Section:
    """All of it with a million calls."""
    figures: list[Figure] = []
    for sent in sending.measure(full_desk(calls), events, rounds, seconds):
        title = f"{sent.title}, {sent.size / 1e6:.0f} MB: whole list"
        name = f"million/{sent.name}/ms"
        figures.append(Figure(name=name, title=title, unit="ms", samples=sent.wholes, best=True, goal=1000.0))
        figures.append(
            Figure(name=f"million/{sent.name}/first", title=f"{sent.title}: first byte", unit="ms", samples=sent.firsts)
        )
        figures += _waiting("million", sent)
    up, needed = float(sent.up), sent.memory / 1000
    figures += [
        Figure(
            name="million/up", title="up in one process", unit="calls", samples=(up,), better=Better.HIGHER, goal=1e6
        ),
        Figure(name="million/memory", title="its memory, with rows of all formats", unit="GB", samples=(needed,)),
    ]
    about = f"{calls:,} calls in one process, {events:,} events a second coming in all the while."
    return Section(key="million", title="A million calls", about=about, figures=tuple(figures))


def _waiting(part: str, sent: sending.Sent) -> Sequence[Figure]:
    name = f"{part}/{sent.name}"
    return (
        Figure(name=f"{name}/p99", title=f"{sent.title}: one call, p99", unit="ms", samples=(sent.p99,), goal=5.0),
        Figure(
            name=f"{name}/worst",
            title=f"{sent.title}: one call, worst of {len(sent.small):,}",
            unit="ms",
            samples=(sent.small[-1],),
            goal=20.0,
        ),
        Figure(name=f"{name}/late", title=f"{sent.title}: events, p99", unit="ms", samples=(sent.lag,), goal=100.0),
    )
