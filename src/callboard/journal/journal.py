"""The journal: ended calls and commands, kept and found again."""

import logging
import time
from collections.abc import Callable, Collection

import msgspec

from callboard.calls.legs import Call
from callboard.journal.entries import Cursor, EndedCall, Page, ended_call
from callboard.journal.lanes import Lane
from callboard.journal.queries import page
from callboard.journal.retention import CHUNK, prune_some, settle_commands
from callboard.journal.settings import JournalSettings
from callboard.journal.shelves import CALLS, COMMANDS
from callboard.journal.writer import Writer
from callboard.operations.ledger import CommandRecord
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
    """Ended calls and commands. To record one takes microseconds and never raises; a thread writes them, in batches.

    A process that dies loses the last half second. While the database cannot be written, entries wait in memory and
    writing is tried again and again; `health` tells. `clock` gives Unix seconds.
    """

    def __init__(
        self, database: Database, settings: JournalSettings | None = None, clock: Callable[[], float] = time.time
    ) -> None:
        self._database = database
        self._settings = settings or JournalSettings()
        self._clock = clock
        self._calls = Lane(CALLS, self._settings.queue)
        self._commands = Lane(COMMANDS, self._settings.queue)
        self._prune_at = 0.0
        # The audit goes first: it is short and matters most.
        self._writer = Writer(database, (self._commands, self._calls), self._keep_tidy, clock)

    def start(self) -> None:
        """Begin to write. Commands that an earlier life left pending become unknown. Raises `StorageError`."""
        left = settle_commands(self._database, self._clock())
        if left:
            logger.warning("%d commands of the last run have no proven outcome; the journal has them as unknown", left)
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

    def health(self) -> JournalHealth:
        """How the journal fares."""
        lanes = (self._commands, self._calls)
        return JournalHealth(
            running=self._writer.running,
            waiting=sum(lane.waiting for lane in lanes),
            written=sum(lane.written for lane in lanes),
            dropped=sum(lane.dropped for lane in lanes),
            rejected=sum(lane.rejected for lane in lanes),
            failing_since=self._writer.failing_since,
            words=self._writer.words,
        )

    def calls(
        self, before: Cursor | None = None, limit: int = 100, customers: Collection[int] | None = None
    ) -> Page[EndedCall]:
        """Ended calls, newest first, at most `limit` (1 to 1,000); `before` is the last page's `next`.

        With `customers`, only calls that these own: a principal's subtree. Raises `StorageError`.
        """
        return page(self._database, CALLS, before, limit, customers)

    def commands(
        self, before: Cursor | None = None, limit: int = 100, logins: Collection[str] | None = None
    ) -> Page[CommandRecord]:
        """Commands, newest first, at most `limit` (1 to 1,000); `before` is the last page's `next`.

        With `logins`, only what these asked for: the logins in a principal's subtree. Raises `StorageError`.
        """
        return page(self._database, COMMANDS, before, limit, logins)

    def prune(self, before: float) -> int:
        """Delete what is older than `before`, Unix seconds; returns how many entries it were. Raises `StorageError`."""
        total = 0
        while some := prune_some(self._database, before):
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
            return prune_some(self._database, now - days * DAY) >= CHUNK
        except StorageError as error:
            logger.warning("Old entries of the journal could not be deleted, which is tried again later: %s", error)
            return False
