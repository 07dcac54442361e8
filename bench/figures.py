"""What is measured: figures with samples and goals, in sections, and the ratios that are watched from day to day."""

import statistics
from collections.abc import Iterable, Sequence
from enum import StrEnum

import msgspec

__all__ = ["Better", "Figure", "Section", "each", "ratio", "words"]


class Better(StrEnum):
    """Which way a figure is to move."""

    LOWER = "lower"
    HIGHER = "higher"


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was measured, some times over."""

    name: str
    """Unique in a report, and the same from run to run: `list/rest/whole`."""
    title: str
    """For people."""
    unit: str
    """`ms`, `events/s`, `KB`; of a ratio `×`, of a share `%`."""
    samples: tuple[float, ...]
    better: Better = Better.LOWER
    goal: float | None = None
    best: bool = False
    """Judged by its best sample, not the median: where what disturbs it can only make it worse."""
    watched: bool = False
    """A ratio that hardly differs from machine to machine, and with what else runs on one: the check compares it."""

    def __post_init__(self) -> None:
        """Raises ValueError for a figure that was never measured."""
        if not self.samples:
            raise ValueError(f"{self.name} has no samples")

    @property
    def median(self) -> float:
        return statistics.median(self.samples)

    @property
    def value(self) -> float:
        """What counts against the goal and the baseline."""
        if not self.best:
            return self.median
        return max(self.samples) if self.better is Better.HIGHER else min(self.samples)

    @property
    def met(self) -> bool | None:
        """Whether the goal was reached; None without one."""
        if self.goal is None:
            return None
        return self.value >= self.goal if self.better is Better.HIGHER else self.value <= self.goal

    def worse_than(self, before: float) -> float:
        """By which part it is worse than it was: 0.5 is half as bad again, below 0 it is better."""
        if self.better is Better.HIGHER:
            return before / self.value - 1 if self.value > 0 else float("inf")
        return self.value / before - 1 if before > 0 else 0.0


class Section(msgspec.Struct, frozen=True, kw_only=True):
    """Figures that belong together."""

    key: str
    """What its place in the documentation is called."""
    title: str
    about: str = ""
    """How it was measured, for people."""
    figures: tuple[Figure, ...] = ()
    skipped: str = ""
    """Why nothing was measured."""
    failed: bool = False
    """Whether it was to be measured and could not be."""
    seconds: float = 0.0
    """How long it took."""


def ratio(ours: Sequence[float], theirs: Sequence[float]) -> tuple[float, ...]:
    """How many times `ours` is in `theirs`, round by round where there are as many, else by the medians."""
    if len(ours) == len(theirs):
        return tuple(b / a for a, b in zip(ours, theirs, strict=True))
    return (statistics.median(theirs) / statistics.median(ours),)


def words(number: float, unit: str = "") -> str:
    """A number for people, with three digits that count."""
    size = abs(number)
    text = f"{number:,.0f}" if size >= 100 else f"{number:.1f}" if size >= 10 else f"{number:.3g}"
    return f"{text} {unit}".strip() if unit not in ("×", "%") else f"{text}{unit}"


def each(sections: Iterable[Section]) -> dict[str, Figure]:
    """All figures by name. Raises ValueError for a name that two have."""
    found: dict[str, Figure] = {}
    for section in sections:
        for figure in section.figures:
            if figure.name in found:
                raise ValueError(f"two figures are called {figure.name}")
            found[figure.name] = figure
    return found
