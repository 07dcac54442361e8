"""Where it was measured: the machine, what else it did, and the versions."""

import os
import platform
import subprocess
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import msgspec

__all__ = ["Machine", "examine"]

_PACKAGES = ("callboard", "msgspec", "numpy", "uvloop", "httptools", "litestar", "uvicorn", "lxml", "orjson")


class Machine(msgspec.Struct, frozen=True, kw_only=True):
    """What a figure depends on."""

    at: str
    """Time of day, UTC."""
    processor: str
    cores: int
    memory_gb: float
    kernel: str
    python: str
    versions: dict[str, str]
    commit: str
    load: tuple[float, float, float]
    """Load averages of 1, 5 and 15 minutes before the first measurement."""


def examine() -> Machine:
    """This machine, now."""
    return Machine(
        at=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        processor=_field(Path("/proc/cpuinfo"), "model name") or platform.processor() or platform.machine(),
        cores=len(os.sched_getaffinity(0)),
        memory_gb=round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        kernel=f"{platform.system()} {platform.release()}",
        python=f"{platform.python_implementation()} {platform.python_version()}",
        versions=_versions(),
        commit=_commit(),
        load=os.getloadavg(),
    )


def _field(file: Path, name: str) -> str:
    """The first value of a file of `name: value` lines."""
    if not file.exists():
        return ""
    lines = (line.partition(":") for line in file.read_text(encoding="utf-8").splitlines())
    return next((value.strip() for key, _, value in lines if key.strip() == name), "")


def _versions() -> dict[str, str]:
    found = {}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def _commit() -> str:
    """What is measured, as the repository knows it; empty outside of one."""
    command = ("git", "-C", str(Path(__file__).parent), "describe", "--always", "--dirty")
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""
