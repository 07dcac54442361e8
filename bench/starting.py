"""Until somebody has what they asked for: the help of the command line, and a server that answers.

    python -m bench.starting

Python compiles a module once and keeps the result: pip does so when it installs, else the first start does. A start is
measured with all that compiled, and with nothing but Python's own library, as in an image whose installer did not
compile and whose processes must not write.
"""

import asyncio
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

import callboard
from bench.figures import Figure, Section
from bench.report import section_text
from bench.serving import serving

__all__ = ["keep_pythons_own", "measure"]

HELP_GOAL, READY_GOAL = 150.0, 1.5
"""Milliseconds, and seconds."""

Environment = Mapping[str, str]


def measure(helps: int = 7, starts: int = 5) -> Section:
    """Each so many times, compiled and not, in turn: what else the machine does meets both alike."""
    with tempfile.TemporaryDirectory() as folder:
        environments = _environments(Path(folder))
        helped = [[_helped(each) for each in environments] for _ in range(helps)]
        ready = [[asyncio.run(_ready(each)) for each in environments] for _ in range(starts)]
    figures = [
        figure
        for number, (key, words) in enumerate((("", ""), ("/uncompiled", ", nothing compiled")))
        for figure in (
            _figure(f"start/help{key}", f"callboard --help{words}", "ms", [each[number] for each in helped], HELP_GOAL),
            _figure(f"start/ready{key}", f"a server, ready{words}", "s", [each[number] for each in ready], READY_GOAL),
        )
    ]
    about = (
        "From the start of the process until the help is there, or until a server with a new database answers. "
        "*Nothing compiled*: Python compiles Callboard, and all that it needs beside Python itself, at every start."
    )
    return Section(key="start", title="Starting", about=about, figures=tuple(figures))


def _figure(name: str, title: str, unit: str, samples: list[float], goal: float) -> Figure:
    return Figure(name=name, title=title, unit=unit, samples=tuple(samples), best=True, goal=goal)


def _environments(folder: Path) -> tuple[Environment, Environment]:
    """Of processes that find everything compiled, and of such that find Python's own library compiled alone."""
    compiled, bare = folder / "compiled", folder / "bare"
    writing = {"PYTHONPYCACHEPREFIX": str(compiled), "PYTHONDONTWRITEBYTECODE": ""}
    _helped(writing)
    asyncio.run(_ready(writing))
    keep_pythons_own(compiled, bare)
    return writing, {"PYTHONPYCACHEPREFIX": str(bare), "PYTHONDONTWRITEBYTECODE": "1"}


def keep_pythons_own(compiled: Path, bare: Path) -> None:
    """Copy a folder of compiled modules, Callboard's and those of installed packages left out."""
    shutil.copytree(compiled, bare)
    for sources in (Path(sysconfig.get_path("purelib")), Path(callboard.__file__).parent):
        shutil.rmtree(bare / sources.relative_to("/"), ignore_errors=True)


def _helped(environment: Environment) -> float:
    """Milliseconds."""
    began = time.perf_counter()
    command = [sys.executable, "-m", "callboard", "--help"]
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True, env=os.environ | environment)
    return 1000 * (time.perf_counter() - began)


async def _ready(environment: Environment) -> float:
    """Seconds."""
    with tempfile.TemporaryDirectory() as folder:
        document = {"customers": [{"id": 1, "name": "Root"}]}
        async with serving(Path(folder), document, "", environment=environment) as served:
            return served.took


if __name__ == "__main__":
    print(section_text(measure()))
