"""What a soak is asked to do, what was seen on the way, and how it stands in the report."""

import statistics
from collections.abc import Sequence

import msgspec

from bench.figures import Better, Figure, Section

__all__ = ["Plan", "Soaked", "growth", "section_of"]

_ENOUGH = 0.95
"""The share of the calls asked for that is to come."""
_WARM, _WARM_SHARE = 150.0, 0.2
"""When memory is expected to stand still: after so many seconds, for the table remembers for two minutes who is gone,
and after such a share of the time.
"""


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What is done. Times are seconds."""

    seconds: float
    rate: float
    """New calls a second, and as many ends."""
    talk: float = 8.0
    streams: int = 50
    checks: int = 6
    list_pause: float = 1.0
    """Between two whole lists, each in the next format."""
    kill_pause: float = 1.0
    look_pause: float = 0.1
    patience: float = 300.0
    """For the table to become what the switch has, once it pauses: of what was not told it hears by the next list only,
    which a busy server takes ten times as long to ask for as the last one took.
    """


class Soaked(msgspec.Struct, kw_only=True):
    """What was seen on the way."""

    plan: Plan
    complaints: list[str] = []
    memory: list[tuple[float, float]] = []
    """Seconds since the beginning, megabytes."""
    looks: list[float] = []
    """Milliseconds that one call took to be shown."""
    lists: dict[str, list[float]] = {}
    """Seconds that each whole list took, by format."""
    outcomes: dict[str, int] = {}
    checks: int = 0
    begun: int = 0
    ended: int = 0
    up: int = 0
    """Calls up at the last check."""
    busy: float = 0.0
    """Seconds of processor time of the server while calls came in."""
    generator: float = 0.0
    """Of who lets calls come and go, lists and ends them."""
    followers: float = 0.0
    """Of the streams' clients."""
    held_up: float = 0.0
    """Seconds that the generator waited for the server to read what was told."""
    seconds: float = 0.0
    """That calls came in."""
    cuts: int = 0


def growth(memory: Sequence[tuple[float, float]]) -> float | None:
    """Per cent by which memory is more at the end than after the warm-up; both are medians of a tenth of the time.

    None where the time was too short to tell.
    """
    total = memory[-1][0]
    span = 0.1 * total
    if total < 2 * _WARM:
        return None
    warm = max(_WARM, _WARM_SHARE * total)
    first = [size for at, size in memory if warm <= at <= warm + span]
    last = [size for at, size in memory if at >= total - span]
    return 100 * (statistics.median(last) / statistics.median(first) - 1)


def section_of(seen: Soaked) -> Section:
    """As a part of the report."""
    plan, pace = seen.plan, seen.begun / seen.seconds
    about = (
        f"{plan.seconds / 60:.0f} minutes, {plan.rate:g} calls a second asked for; {seen.begun:,} came and "
        f"{seen.ended:,} ended; {sum(seen.outcomes.values())} commands to end one; {plan.streams} streams, cut "
        f"{seen.cuts} times; {sum(map(len, seen.lists.values()))} whole lists; {seen.checks} checks of everything."
    )
    figures = [
        Figure(
            name="soak/complaints",
            title="ghosts, lost calls, counters and copies that differ",
            unit="",
            samples=(float(len(seen.complaints)),),
            goal=0.0,
        ),
        Figure(
            name="soak/rate",
            title="calls that came",
            unit="calls/s",
            samples=(pace,),
            better=Better.HIGHER,
            goal=_ENOUGH * plan.rate,
        ),
        _figure("unknown", "commands without proof in time", "", float(seen.outcomes.get("unknown", 0))),
        _figure("up", "calls up at the end", "calls", float(seen.up)),
        _figure("memory", "the server's memory", "MB", *(size for _, size in seen.memory)),
        _figure("busy", "the server's time", "% of a core", 100 * seen.busy / seen.seconds),
        _figure("generator", "the generator's time", "% of a core", 100 * seen.generator / seen.seconds),
        _figure("followers", "the streams' clients' time", "% of a core", 100 * seen.followers / seen.seconds),
        _figure("held-up", "the generator, waiting for the server to read", "%", 100 * seen.held_up / seen.seconds),
        _figure("look", "a page of ten meanwhile", "ms", *seen.looks),
        *(_figure(f"list/{name}", f"whole list meanwhile, {name}", "s", *times) for name, times in seen.lists.items()),
    ]
    if (more := growth(seen.memory)) is not None:
        title = "growth of the server's memory after the warm-up"
        figures.append(Figure(name="soak/growth", title=title, unit="%", samples=(more,), goal=5.0))
    return Section(key="soak", title="The soak", about=about, figures=tuple(figures), seconds=seen.seconds)


def _figure(name: str, title: str, unit: str, *samples: float) -> Figure:
    return Figure(name=f"soak/{name}", title=title, unit=unit, samples=samples)
