"""Carry out examinations one after the other, and print each step as it is done."""

import sys
from collections.abc import Callable, Iterable
from contextlib import aclosing

import msgspec

from callboard.assembly.doctor import Examination
from callboard.switches.examining import Step

__all__ = ["Finding", "examine"]


class Finding(msgspec.Struct, frozen=True):
    """What was found of one switch."""

    switch: str
    kind: str
    ok: bool
    """Whether all is well."""
    steps: list[Step]


async def examine(examinations: Iterable[Examination], write: Callable[[str], None]) -> list[Finding]:
    """What was found of each; `write` takes the lines for people."""
    return [await _examine(one, write) for one in examinations]


async def _examine(examination: Examination, write: Callable[[str], None]) -> Finding:
    write(f"{examination.switch} ({examination.kind})\n")
    steps: list[Step] = []
    async with aclosing(examination.steps()) as done:
        async for step in done:
            steps.append(step)
            write(_lines(step))
            sys.stdout.flush()
    return Finding(examination.switch, examination.kind, all(step.ok for step in steps), steps)


def _lines(step: Step) -> str:
    """A step in a line, and the fix below it. What a switch says may hold anything."""
    line = f"  {'✓' if step.ok else '✗'} {step.name:<12}{_printable(step.found)}\n"
    fix = "".join(f"      {_printable(part)}\n" for part in step.fix.splitlines())
    return line + fix


def _printable(text: str) -> str:
    return "".join(char if char.isprintable() else "?" for char in text)
