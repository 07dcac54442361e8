"""A clock that nobody sets: what is due in a minute is due in a minute, whatever the machine's clock is set to."""

import time

__all__ = ["Steady"]


class Steady:
    """Unix seconds at the start of the process, and since then those that went by.

    It says when a message is due. What others compare with their own clocks, as a signature's time, is read off the
    machine's.
    """

    def __init__(self) -> None:
        self._began = time.time() - time.monotonic()

    def __call__(self) -> float:
        """Now, in Unix seconds."""
        return self._began + time.monotonic()
