"""Figures of what was tried, printed at the end of a run."""

from collections import Counter
from collections.abc import Callable, Iterator

import pytest

__all__ = ["Figures"]


class Figures(Counter[str]):
    """How often what was tried and seen."""

    of = ""
    seed = 0
    slowest = 0.0
    """Seconds that the table took longest to be right after a link was back."""

    def __str__(self) -> str:
        told = ("faults", "calls", "legs compared", "ghosts", "lost calls", "wrong states", "commands")
        counts = ", ".join(f"{self[what]} {what}" for what in told)
        missing = self["ends that only a list told"]
        return (
            f"{self.of}: {counts}; {missing} ends that only a list told; right again after {self.slowest:.2f} s at the "
            f"latest; FAULT_SEED={self.seed}"
        )


@pytest.fixture
def figures(record_property: Callable[[str, object], None]) -> Iterator[Figures]:
    """Of one test."""
    counted = Figures()
    yield counted
    if counted.of:
        record_property("faults", str(counted))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what the tests counted, those of other processes included."""
    for reports in terminalreporter.stats.values():
        for report in reports:
            for name, words in getattr(report, "user_properties", ()):
                if name == "faults" and report.when == "teardown":
                    terminalreporter.write_line(f"faults: {words}")
