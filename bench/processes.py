"""What a process on this machine takes: time of the processors, and memory (Linux's /proc)."""

import time
from pathlib import Path

__all__ = ["busy", "family", "resident"]

_SCHEDULED = 2
"""The sort of a process's clocks that counts all its time (CPUCLOCK_SCHED)."""


def busy(pid: int) -> float:
    """Seconds of processor time so far of all its threads, those that are over included, to the nanosecond.

    A process has a clock of its own (clock_getcpuclockid(3)), whose number is made of the process's as the kernel does.
    """
    return time.clock_gettime(~pid << 3 | _SCHEDULED)


def resident(pid: int) -> float:
    """Megabytes of memory that it has now."""
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:")) * 1024 / 1e6


def family(pid: int) -> tuple[int, ...]:
    """A process and all that it has started, and those that they have."""
    children = [
        int(child)
        for task in Path(f"/proc/{pid}/task").iterdir()
        for child in (task / "children").read_text(encoding="ascii").split()
    ]
    return (pid, *(each for child in children for each in family(child)))
