"""Long work in steps, between which others have their turn. There is no clock here: what a step holds was measured."""

from collections.abc import Generator, Iterable

__all__ = ["AS_KNOWN", "CHANGED", "LEFT", "STEP", "Steps", "drain", "paced"]

AS_KNOWN = 1
"""What it costs to look at a leg that is as it was known: somewhat less than a microsecond."""
CHANGED = 25
"""What it costs to work a call out anew and to tell who watches."""
LEFT = 10
"""What it costs to let a row leave, and to tell who watches."""
STEP = 2_000
"""What one step may cost: about 2 ms, and 5 on a machine that is busy."""


Steps = Generator[None, None, None]
"""Work that pauses after each of its steps."""


def paced(work: Iterable[int]) -> Steps:
    """Do work whose every piece says what it cost, and pause whenever so much is done as makes a step."""
    spent = 0
    for cost in work:
        spent += cost
        if spent >= STEP:
            spent = 0
            yield


def drain(steps: Steps) -> None:
    """Do it all at once."""
    for _ in steps:
        pass
