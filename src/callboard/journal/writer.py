"""The journal's thread: it empties the lanes into the database, and does not give up while the process lives."""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

from callboard.journal.lanes import Lane
from callboard.storage.database import Database
from callboard.storage.errors import StorageError

__all__ = ["Writer"]

GATHER = 0.3
"""Seconds during which entries are gathered for one transaction; what is older than this and a write is kept."""
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 5.0
"""Seconds before a failed write is tried again: at first, and at most, doubling in between."""
SAY_EVERY = 60.0
"""Seconds between two lines in the log about the same trouble."""

logger = logging.getLogger(__name__)


class Writer:
    """Writes what the lanes hold, the first lane first. `chore` is other work on the database; it returns the seconds
    after which it wants to be called again.
    """

    def __init__(
        self,
        database: Database,
        lanes: Sequence[Lane[Any]],
        chore: Callable[[], float],
        clock: Callable[[], float],
    ) -> None:
        self.failing_since: float | None = None
        self.words = ""
        self._database = database
        self._lanes = lanes
        self._chore = chore
        self._clock = clock
        self._thread = threading.Thread(target=self._run, name="journal", daemon=True)
        self._arrived = threading.Event()
        self._stopping = threading.Event()
        self._hurry = threading.Event()
        self._lost = 0
        self._said: dict[str, float] = {}

    @property
    def running(self) -> bool:
        """Whether the thread works."""
        return self._thread.is_alive()

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def wake(self) -> None:
        """Say that there is something to write."""
        if not self._arrived.is_set():
            self._arrived.set()

    def stop(self, patience: float) -> None:
        """Write what waits, and end; drop what cannot be written for `patience` seconds."""
        self._stopping.set()
        self._arrived.set()
        if self._thread.is_alive():
            self._thread.join(patience)
            self._hurry.set()
            self._thread.join()
        for lane in self._lanes:
            lane.close()
        self._say_losses()

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._arrived.wait(self._chore())
            self._arrived.clear()
            self._stopping.wait(GATHER)
            self._drain()

    def _drain(self) -> None:
        pause = FIRST_PAUSE
        while not self._hurry.is_set():
            try:
                if not any(lane.write(self._database) for lane in self._lanes):
                    break
            except StorageError as error:
                self._fails(error)
                self._hurry.wait(pause)
                pause = min(2 * pause, LONGEST_PAUSE)
            else:
                self._works()
                pause = FIRST_PAUSE
            self._say_losses()

    def _fails(self, error: StorageError) -> None:
        self.words = str(error)
        if self.failing_since is None:
            self.failing_since = self._clock()
        if self._may_say("failing"):
            waiting = sum(lane.waiting for lane in self._lanes)
            logger.error("The journal cannot be written, %d entries wait in memory: %s", waiting, error)

    def _works(self) -> None:
        if self.failing_since is not None:
            logger.warning("The journal is written again, after %.0f s", self._clock() - self.failing_since)
            self.failing_since = None
            self.words = ""

    def _say_losses(self) -> None:
        lost = sum(lane.dropped + lane.rejected for lane in self._lanes)
        if lost > self._lost and self._may_say("losses"):
            logger.error("The journal lost %d entries since the last such line, %d in all", lost - self._lost, lost)
            self._lost = lost

    def _may_say(self, subject: str) -> bool:
        now = time.monotonic()
        if now - self._said.get(subject, now - SAY_EVERY) < SAY_EVERY:
            return False
        self._said[subject] = now
        return True
