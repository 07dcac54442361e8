"""The benchmark: one run, one report, in Markdown and JSON.

    python -m bench                     quick: less than five minutes
    python -m bench --full              with a hundred thousand calls, and all that there is
    python -m bench --only rows whole   some parts
    python -m bench --check             exit code 1 if a watched ratio is worse than in bench/baseline.json
    python -m bench --full --docs       write the figures into docs/explanation/speed.md

What needs SIPp or a real switch is skipped without them, and told.
"""

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path

import msgspec

from bench.check import BASELINE, baseline_of, complaints, read
from bench.figures import Section
from bench.machine import examine
from bench.parts import FULL_ONLY, PARTS
from bench.report import Report, markdown, rewritten, write
from bench.soak import Soaked, section_of

PAGE = Path("docs/explanation/speed.md")
LONGEST = 900.0
"""Seconds that a part may take."""


def main() -> int:
    """Measure, write and judge."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--full", action="store_true", help="everything, at full size")
    parser.add_argument("--only", nargs="+", choices=PARTS, metavar="PART", help=f"of {', '.join(PARTS)}")
    parser.add_argument("--out", type=Path, default=Path("bench-report"), help="folder of the report (bench-report)")
    parser.add_argument("--soak", type=Path, help="what a soak wrote with --out, to stand in the report")
    parser.add_argument("--docs", action="store_true", help=f"write the figures into {PAGE}")
    parser.add_argument("--check", action="store_true", help="compare the watched ratios with the baseline")
    parser.add_argument("--keep", action="store_true", help="keep the watched ratios as the baseline")
    given = parser.parse_args()
    report = _run(given.only or [name for name in PARTS if given.full or name not in FULL_ONLY], given.full, given.soak)
    write(report, given.out)
    print(markdown(report))
    if given.docs:
        PAGE.write_text(rewritten(PAGE.read_text(encoding="utf-8"), report), encoding="utf-8")
    if given.keep:
        kept = dict(sorted({**read(), **baseline_of(report)}.items()))
        BASELINE.write_bytes(msgspec.json.format(msgspec.json.encode(kept)) + b"\n")
    return _judge(report) if given.check else 0


def _run(names: list[str], full: bool, soak: Path | None) -> Report:
    machine, began = examine(), time.monotonic()
    sections = [_part(name, full) for name in names]
    if soak is not None:
        sections.append(section_of(msgspec.json.decode(soak.read_bytes(), type=Soaked)))
    return Report(machine=machine, full=full, seconds=time.monotonic() - began, sections=tuple(sections))


def _part(name: str, full: bool) -> Section:
    """One part, in a process of its own. What fails is no reason to lose the rest: the report says why."""
    print(f"{name} ...", file=sys.stderr, end=" ", flush=True)
    began = time.monotonic()
    command = [sys.executable, "-m", "bench.parts", name, *(["--full"] if full else [])]
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, timeout=LONGEST, check=True, env=os.environ)
        section = msgspec.json.decode(done.stdout.splitlines()[-1], type=Section)
    except (subprocess.SubprocessError, msgspec.DecodeError, IndexError) as error:
        section = Section(key=name, title=name, skipped=f"it failed: {error}")
    seconds = time.monotonic() - began
    print(f"{seconds:.0f} s", file=sys.stderr)
    return msgspec.structs.replace(section, seconds=seconds)


def _judge(report: Report) -> int:
    """1 if something became worse."""
    parts = {section.key for section in report.sections}
    found = complaints(report, {name: value for name, value in read().items() if name.partition("/")[0] in parts})
    for line in found:
        print(line, file=sys.stderr)
    print("Slower than the baseline." if found else "No watched ratio is worse than the baseline.", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
