"""The benchmark: one run, one report, in Markdown and JSON.

    python -m bench                     quick: less than five minutes
    python -m bench --full              with a hundred thousand calls, and all that there is
    python -m bench --only rows whole   some parts
    python -m bench --check             exit code 1 if a watched ratio is worse than in bench/baseline.json, twice
    python -m bench --full --docs       write the figures into docs/explanation/speed.md
    python -m bench --full --only peers --with bench-report/report.json --docs
                                        one part again, the others as they were in that report

What needs SIPp or a real switch is skipped without them, and told. A part that fails is tried once more, takes no other
with it, and makes the exit code 1.
"""

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import IO

import msgspec

from bench.check import BASELINE, baseline_of, complaints, read
from bench.figures import Section
from bench.machine import examine
from bench.parts import FULL_ONLY, PARTS
from bench.report import Report, markdown, rewritten, write
from bench.soaked import Soaked, section_of

PAGE = Path("docs/explanation/speed.md")
LONGEST = 1800.0
"""Seconds that a part may take."""
TRACE = 30
"""Lines that are shown of what a part that failed wrote."""
GRACE = 30.0
"""Seconds in which one that took longer may end what it has started."""


def main() -> int:
    """Measure, write and judge."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--full", action="store_true", help="everything, at full size")
    parser.add_argument("--only", nargs="+", choices=PARTS, metavar="PART", help=f"of {', '.join(PARTS)}")
    parser.add_argument("--out", type=Path, default=Path("bench-report"), help="folder of the report (bench-report)")
    parser.add_argument("--soak", type=Path, help="what a soak wrote with --out, to stand in the report")
    parser.add_argument("--with", type=Path, dest="earlier", help="a report.json, for the parts that are not run now")
    parser.add_argument("--docs", action="store_true", help=f"write the figures into {PAGE}")
    parser.add_argument("--check", action="store_true", help="compare the watched ratios with the baseline")
    parser.add_argument("--keep", action="store_true", help="keep the watched ratios as the baseline")
    given = parser.parse_args()
    if given.docs and not (given.full and (given.earlier or not given.only)):
        parser.error("--docs writes a whole report: give --full, and with --only also --with an earlier report")
    # What is given is read before hours are spent on what is measured.
    known = _earlier(given.earlier) + _soaked(given.soak)
    names = given.only or [name for name in PARTS if given.full or name not in FULL_ONLY]
    report = _run(names, given.full, known)
    write(report, given.out)
    print(markdown(report))
    if given.docs:
        PAGE.write_text(rewritten(PAGE.read_text(encoding="utf-8"), report), encoding="utf-8")
    if given.keep:
        kept = dict(sorted({**read(), **baseline_of(report)}.items()))
        BASELINE.write_bytes(msgspec.json.format(msgspec.json.encode(kept)) + b"\n")
    return max(_told(report), _judge(report, given.full) if given.check else 0)


def _earlier(file: Path | None) -> tuple[Section, ...]:
    """The parts of an earlier report."""
    return () if file is None else msgspec.json.decode(file.read_bytes(), type=Report).sections


def _soaked(file: Path | None) -> tuple[Section, ...]:
    return () if file is None else (section_of(msgspec.json.decode(file.read_bytes(), type=Soaked)),)


def _run(names: list[str], full: bool, known: tuple[Section, ...]) -> Report:
    """Measure these parts, and take what is known of others."""
    machine, began = examine(), time.monotonic()
    measured = {name: _part(name, full) for name in names}
    sections = {section.key: section for section in known} | measured
    order = [key for key in (*PARTS, "soak") if key in sections]
    return Report(
        machine=machine,
        full=full,
        seconds=time.monotonic() - began,
        sections=tuple(sections[key] for key in order),
        earlier=tuple(key for key in order if key not in measured),
    )


def _part(name: str, full: bool) -> Section:
    """One part, in a process of its own. What fails is tried again: a port may be taken, a switch may not start."""
    print(f"{name} ...", file=sys.stderr, end=" ", flush=True)
    began = time.monotonic()
    section = _measured(name, full)
    if section.failed:
        print(f"{section.skipped}; once more ...", file=sys.stderr, end=" ", flush=True)
        section = _measured(name, full)
    seconds = time.monotonic() - began
    print(f"{seconds:.0f} s", file=sys.stderr)
    return msgspec.structs.replace(section, seconds=seconds)


def _measured(name: str, full: bool) -> Section:
    """What it printed; a section that says why, if it failed."""
    command = [sys.executable, "-m", "bench.parts", name, *(["--full"] if full else [])]
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(command, stdout=out, stderr=errors, start_new_session=True)
        try:
            code = process.wait(LONGEST)
        except subprocess.TimeoutExpired:
            return _failure(name, f"it took more than {LONGEST:.0f} s")
        finally:
            _end(process)
        try:
            return msgspec.json.decode(_lines(out)[-1], type=Section)
        except (msgspec.DecodeError, IndexError):
            words = [line.decode(errors="replace") for line in _lines(errors)[-TRACE:]]
            print("", *words, sep="\n", file=sys.stderr)
            return _failure(name, words[-1] if words else f"exit code {code}")


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a part with all that it has started: it is asked to do so itself, and what is left then is killed."""
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(GRACE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def _lines(file: IO[bytes]) -> list[bytes]:
    file.seek(0)
    return [line for line in file.read().splitlines() if line.strip()]


def _failure(name: str, why: str) -> Section:
    return Section(key=name, title=name, skipped=f"it failed: {why}", failed=True)


def _told(report: Report) -> int:
    """1 if a part failed, which is told."""
    failed = [section for section in report.sections if section.failed]
    for section in failed:
        print(f"{section.key}: {section.skipped}", file=sys.stderr)
    return 1 if failed else 0


def _judge(report: Report, full: bool) -> int:
    """1 if something became worse. What a busy moment of the machine may have slowed down is measured once more."""
    found = _worse(report)
    measured = {section.key for section in report.sections if not (section.failed or section.skipped)}
    doubted = sorted(measured & {_part_of(name) for name in found})
    if doubted:
        print(*found.values(), "Measured once more:", sep="\n", file=sys.stderr)
        again = _worse(_run(doubted, full, ()))
        found = {name: line for name, line in found.items() if name in again or _part_of(name) not in doubted}
    print(*found.values(), sep="\n", end="\n" if found else "", file=sys.stderr)
    print("Slower than the baseline." if found else "No watched ratio is worse than the baseline.", file=sys.stderr)
    return 1 if found else 0


def _worse(report: Report) -> dict[str, str]:
    parts = {section.key for section in report.sections}
    return complaints(report, {name: value for name, value in read().items() if _part_of(name) in parts})


def _part_of(name: str) -> str:
    return name.partition("/")[0]


if __name__ == "__main__":
    sys.exit(main())
