"""One run as one report: JSON for programs, Markdown for people, and the tables of the documentation."""

import re
from collections.abc import Sequence
from pathlib import Path

import msgspec

from bench.figures import Figure, Section, words
from bench.machine import Machine

__all__ = ["Report", "markdown", "rewritten", "section_text", "write"]

_MET = {True: "yes", False: "**no**", None: ""}
_HEAD = "| what | value | least … most | runs | goal | met |\n| --- | --- | --- | --- | --- | --- |"
_COUNTED = "| part | goals | met |\n| --- | --- | --- |"
_PLACE = re.compile(r"(<!-- bench: ([a-z-]+) -->\n).*?(<!-- /bench -->)", re.DOTALL)


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """All that a run measured."""

    machine: Machine
    full: bool
    seconds: float
    sections: tuple[Section, ...]
    earlier: tuple[str, ...] = ()
    """The keys of those that were measured in another run."""


def write(report: Report, folder: Path) -> None:
    """Write `report.json` and `report.md` into a folder, which is made if it is not there."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "report.json").write_bytes(msgspec.json.format(msgspec.json.encode(report), indent=1))
    (folder / "report.md").write_text(markdown(report), encoding="utf-8")


def markdown(report: Report) -> str:
    """The whole report for people."""
    parts = ["# Callboard's benchmark", _conditions(report), _balance(report.sections)]
    parts += [f"## {section.title}\n\n{section_text(section)}" for section in report.sections]
    return "\n\n".join(parts) + "\n"


def rewritten(text: str, report: Report) -> str:
    """A page of the documentation with what stands between its marks written anew from a report.

    A mark is `<!-- bench: KEY -->` to `<!-- /bench -->`, with the key of a section, `machine` or `balance`. A part that
    was skipped says so there: figures of another day beside today's would be taken for today's.
    """
    known = {section.key: section_text(section) for section in report.sections}
    known |= {"machine": _conditions(report), "balance": _balance(report.sections)}

    def written(found: re.Match[str]) -> str:
        return f"{found[1]}\n{known[found[2]]}\n\n{found[3]}" if found[2] in known else found[0]

    return _PLACE.sub(written, text)


def _conditions(report: Report) -> str:
    machine = report.machine
    versions = ", ".join(f"{name} {number}" for name, number in machine.versions.items())
    run = "full" if report.full else "quick"
    earlier = f" Measured before, each in a run of its own: {', '.join(report.earlier)}." if report.earlier else ""
    return (
        f"{machine.cores} cores of {machine.processor}, {machine.memory_gb:g} GB, {machine.kernel}, {machine.python}; "
        f"{versions}; commit {machine.commit or 'unknown'}. Measured {machine.at}, the {run} run, in "
        f"{report.seconds:.0f} s; load average before it {machine.load[0]:.1f}. Server, clients and whatever else runs "
        f"share the machine.{earlier}"
    )


def _balance(sections: Sequence[Section]) -> str:
    """How many goals were met, which were not, and what was not measured."""
    judged = [figure for section in sections for figure in section.figures if figure.goal is not None]
    missed = [figure for figure in judged if not figure.met]
    skipped = [section for section in sections if section.skipped]
    parts = f"; {len(skipped)} of {len(sections)} parts not measured" if skipped else ""
    lines = [f"{len(judged) - len(missed)} of {len(judged)} goals met{parts}.", "", _COUNTED]
    lines += [_counted(section) for section in sections if any(figure.goal is not None for figure in section.figures)]
    if missed:
        lines += ["", "Not met:", ""]
        lines += [f"- {figure.title}: {words(figure.value, figure.unit)}, goal {_goal(figure)}" for figure in missed]
    if skipped:
        lines += ["", "Not measured:", "", *(f"- {section.title}: {section.skipped}" for section in skipped)]
    return "\n".join(lines)


def _counted(section: Section) -> str:
    met = [figure.met for figure in section.figures if figure.goal is not None]
    return f"| {section.title} | {len(met)} | {'all' if all(met) else sum(map(bool, met))} |"


def section_text(section: Section) -> str:
    """A section's table, with how it was measured."""
    if section.skipped:
        return f"Not measured: {section.skipped}"
    table = "\n".join([_HEAD, *map(_row, section.figures)])
    return f"{section.about}\n\n{table}" if section.about else table


def _row(figure: Figure) -> str:
    spread = f"{words(min(figure.samples))} … {words(max(figure.samples))}" if len(figure.samples) > 1 else ""
    value = words(figure.value, figure.unit) + (" (best)" if figure.best else "")
    return f"| {figure.title} | {value} | {spread} | {len(figure.samples)} | {_goal(figure)} | {_MET[figure.met]} |"


def _goal(figure: Figure) -> str:
    if figure.goal is None:
        return ""
    return f"{'≥' if figure.better == 'higher' else '≤'} {words(figure.goal, figure.unit)}"
