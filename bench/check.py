"""Whether it became slower: the watched ratios of a run against those that are kept in `baseline.json`."""

from collections.abc import Mapping
from pathlib import Path

import msgspec

from bench.figures import each, words
from bench.report import Report

__all__ = ["BASELINE", "SLACK", "baseline_of", "complaints", "read"]

BASELINE = Path(__file__).with_name("baseline.json")
SLACK = 0.30
"""The part by which a ratio may be worse."""


def read(file: Path = BASELINE) -> dict[str, float]:
    """Ratios by name."""
    return msgspec.json.decode(file.read_bytes(), type=dict[str, float])


def baseline_of(report: Report) -> dict[str, float]:
    """What is kept of a run."""
    figures = each(report.sections)
    return {name: float(f"{figure.value:.3g}") for name, figure in sorted(figures.items()) if figure.watched}


def complaints(report: Report, baseline: Mapping[str, float], slack: float = SLACK) -> dict[str, str]:
    """A line for each ratio, by its name, that is worse by more than `slack`, or that the run or the baseline lacks;
    none: all is well.
    """
    figures = each(report.sections)
    lines = {
        name: f"{name}: watched, but the baseline does not have it: keep it with --keep"
        for name, figure in figures.items()
        if figure.watched and name not in baseline
    }
    for name, before in baseline.items():
        figure = figures.get(name)
        if figure is None:
            lines[name] = f"{name}: not measured, though the baseline has it ({_why(report, name)})"
        elif (worse := figure.worse_than(before)) > slack:
            unit = figure.unit
            lines[name] = f"{name}: {words(figure.value, unit)}, was {words(before, unit)}: {worse:.0%} worse"
    return lines


def _why(report: Report, name: str) -> str:
    """Why a section has no figures, if it says so."""
    key = name.partition("/")[0]
    return next((section.skipped for section in report.sections if section.key == key and section.skipped), "no reason")
