"""The journal: ended calls, commands and all else that was done, kept for as long as the settings say."""

import logging
import time
from collections.abc import Callable

import msgspec

from callboard.calls.legs import Call
from callboard.journal.entries import ended_call
from callboard.journal.lanes import Lane
from callboard.journal.retention import CHUNK, prune_some, settle_commands, stop_batches
from callboard.journal.settings import JournalSettings
from callboard.journal.shelves import AUDIT, BATCHES, CALLS, COMMANDS
from callboard.journal.writer import Writer
from callboard.operations.batches import BatchEntry
from callboard.operations.ledger import CommandRecord
from callboard.operations.past import AuditEntry
from callboard.storage.database import Database
from callboard.storage.errors import StorageError

__all__ = ["Journal", "JournalHealth"]

DAY = 86_400.0
PRUNE_EVERY = 3_600.0

logger = logging.getLogger(__name__)


class JournalHealth(msgspec.Struct, frozen=True):
    """How the journal fares. The counts are since the start of the process."""

    running: bool
    waiting: int
    """Entries recorded and not yet written."""
    written: int
    dropped: int
    """Entries lost because the queue was full while the database could not be written, or after the stop."""
    rejected: int
    """Entries lost because the database does not take their values."""
    failing_since: float | None
    """Since when writing fails, Unix seconds; None if the last attempt went well."""
    words: str
    """Why it fails, for people."""


class Journal:
    """Ended calls, commands and the audit. To record one takes microseconds and never raises; a thread writes them.

    A process that dies loses the last half second. While the database cannot be written, entries wait in memory and
    writing is tried again and again; `health` tells. `clock` gives Unix seconds.
    """

    def __init__(
        self, database: Database, settings: JournalSettings | None = None, clock: Callable[[], float] = time.time
    ) -> None:
        self.database = database
        self._settings = settings or JournalSettings()
        self._clock = clock
        self._calls = Lane(CALLS, self._settings.queue)
        self._commands = Lane(COMMANDS, self._settings.queue)
        self._audit = Lane(AUDIT, self._settings.queue)
        self._batches = Lane(BATCHES, self._settings.queue)
        self._prune_at = 0.0
        # Who did what goes first: it is short and matters most.
        self._lanes = (self._commands, self._batches, self._audit, self._calls)
        self._writer = Writer(database, self._lanes, self._keep_tidy, clock)

    def start(self) -> None:
        """Begin to write. Commands that an earlier life left pending become unknown, and batches that it left under way
        are stopped. Raises `StorageError`.
        """
        left = settle_commands(self.database, self._clock())
        if left:
            logger.warning("%d commands of the last run have no proven outcome; the journal has them as unknown", left)
        stopped = stop_batches(self.database)
        if stopped:
            logger.warning("%d batches were under way when Callboard stopped; they do not go on", stopped)
        self._writer.start()

    def stop(self, patience: float = 5.0) -> None:
        """Write what waits, and end. What cannot be written for `patience` seconds is dropped, counted and logged."""
        self._writer.stop(patience)

    def record_call(self, call: Call) -> None:
        """Keep an ended call. Recorded again, it replaces what was kept."""
        self._calls.put(ended_call(call, self._clock()))
        self._writer.wake()

    def record_command(self, record: CommandRecord) -> None:
        """Keep a command: once when it is asked for, and once more with its outcome."""
        self._commands.put(record)
        self._writer.wake()

    def begin_batch(self, entry: BatchEntry) -> None:
        """Keep a batch that begins, at once: there are few, and none is to be forgotten. Never raises."""
        try:
            self._batches.write_now(self.database, entry)
        except StorageError as error:
            logger.warning("The batch %s begins and could not be written down: %s", entry.id, error)

    def record_batch(self, entry: BatchEntry) -> None:
        """Keep how far a batch is."""
        self._batches.put(entry)
        self._writer.wake()

    def record_deed(self, entry: AuditEntry) -> None:
        """Keep what was done that is no command to a switch."""
        self._audit.put(entry)
        self._writer.wake()

    def health(self) -> JournalHealth:
        """How the journal fares."""
        return JournalHealth(
            running=self._writer.running,
            waiting=sum(lane.waiting for lane in self._lanes),
            written=sum(lane.written for lane in self._lanes),
            dropped=sum(lane.dropped for lane in self._lanes),
            rejected=sum(lane.rejected for lane in self._lanes),
            failing_since=self._writer.failing_since,
            words=self._writer.words,
        )

    def prune(self, before: float) -> int:
        """Delete what is older than `before`, Unix seconds; returns how many entries it were. Raises `StorageError`."""
        total = 0
        while some := prune_some(self.database, before):
            total += some
        return total

    def _keep_tidy(self) -> float:
        """Delete one chunk of what is too old, if it is time; returns the seconds until it is time again."""
        now = self._clock()
        if now >= self._prune_at:
            self._prune_at = now if self._prune_chunk(now) else now + PRUNE_EVERY
        return min(self._prune_at - now, PRUNE_EVERY)

    def _prune_chunk(self, now: float) -> bool:
        """Delete one chunk of what is too old, and say whether there may be more."""
        days = self._settings.keep_days
        if days == 0:
            return False
        try:
            return prune_some(self.database, now - days * DAY) >= CHUNK
        except StorageError as error:
            logger.warning("Old entries of the journal could not be deleted, which is tried again later: %s", error)
            return False
