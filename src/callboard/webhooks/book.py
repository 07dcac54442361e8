"""The book in which messages are written down before they are sent, and what came of each soon after."""

import asyncio
import contextlib
import logging
import time
from collections import Counter
from collections.abc import Callable

from callboard.operations.subscriptions import Delivery, DeliveryState
from callboard.storage.database import Database
from callboard.storage.deliveries import Letter, save_deliveries, trim
from callboard.storage.errors import RowError, StorageError
from callboard.webhooks.formats import Message
from callboard.webhooks.memory import LASTING
from callboard.webhooks.settings import WebhooksSettings

__all__ = ["Book", "Write"]

GATHER = 0.05
"""Seconds during which messages are gathered for one transaction. A process that is killed loses what is younger."""
BATCH = 500
"""Messages to a transaction."""
PAUSE = 1.0
"""Seconds until a write that failed is tried again."""
TIDY_EVERY = 60.0
LEAST = 1_000
"""Messages of one webhook that can be gathered at least, however few may wait for it."""

Write = Callable[[], Message]
"""Writes a message down. It is called off the event path, in a thread."""

_log = logging.getLogger(__name__)


class Book:
    """Gathers what is new and what changed, and puts it on disk. Its methods belong to the event loop's thread."""

    def __init__(
        self,
        database: Database,
        settings: WebhooksSettings,
        written: Callable[[Delivery], None],
        webhooks: Callable[[], tuple[str, ...]],
    ) -> None:
        """`written` is told of each new message once it is on disk; `webhooks` names those whose messages are kept."""
        self._database = database
        self._settings = settings
        self._written = written
        self._webhooks = webhooks
        self._fresh: list[tuple[Delivery, Write]] = []
        """Not on disk yet, and not about to be."""
        self._fresh_of: Counter[str] = Counter()
        """How many are not on disk yet, by webhook."""
        self._settled: dict[int, Delivery] = {}
        """The last state of each delivery that changed since it was written down."""
        self._news = asyncio.Event()
        self._stopping = False

    def add(self, delivery: Delivery, write: Write) -> bool:
        """Take a new message, to be written down by `write` in a moment; False where its webhook has too many."""
        if not self.has_room(delivery.webhook):
            return False
        self._fresh.append((delivery, write))
        self._fresh_of[delivery.webhook] += 1
        self._news.set()
        return True

    def has_room(self, webhook: str) -> bool:
        """Whether another message of a webhook would be taken."""
        return self._fresh_of[webhook] < max(LEAST, self._settings.queue)

    def note(self, delivery: Delivery) -> Delivery:
        """Something came of a message."""
        self._settled[delivery.number] = delivery
        self._news.set()
        return delivery

    def fresh(self, webhook: str) -> int:
        """How many messages of a webhook are not on disk yet."""
        return self._fresh_of[webhook]

    def forget(self, webhook: str) -> None:
        """The webhook is gone, and nothing of it is to be written any more."""
        self._fresh = [draft for draft in self._fresh if draft[0].webhook != webhook]
        self._fresh_of.pop(webhook, None)
        self._settled = {key: one for key, one in self._settled.items() if one.webhook != webhook}

    def stop(self) -> None:
        """Have `keep` write down what there is and end."""
        self._stopping = True
        self._news.set()

    async def keep(self) -> None:
        """Write down what there is, and now and then delete what is too old, until the stop; then once more."""
        tidy_at = time.monotonic() + TIDY_EVERY
        while not self._stopping:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(max(0.0, tidy_at - time.monotonic())):
                    await self._news.wait()
            self._news.clear()
            await asyncio.sleep(GATHER)
            if not await self._flushed():
                self._news.set()
                await asyncio.sleep(PAUSE)
            if time.monotonic() >= tidy_at:
                await asyncio.to_thread(self._tidy, self._webhooks())
                tidy_at = time.monotonic() + TIDY_EVERY
        if not await self._flushed():
            _log.error("Webhooks lost %d messages that could not be written down", len(self._fresh))

    # --- writing -----------------------------------------------------------------------------------------------------

    async def _flushed(self) -> bool:
        try:
            await self._flush()
        except StorageError as error:
            _log.error("What webhooks are to tell cannot be written down, and waits in memory: %s", error)
            return False
        return True

    async def _flush(self) -> None:
        """Write down what is new and what changed, then let what is new go. Raises `StorageError`."""
        while self._fresh or self._settled:
            await self._flush_some()

    async def _flush_some(self) -> None:
        fresh, self._fresh = self._fresh[:BATCH], self._fresh[BATCH:]
        settled, self._settled = self._settled, {}
        try:
            written = await asyncio.to_thread(self._save, fresh, settled)
        except StorageError:
            self._fresh = fresh + self._fresh
            self._settled = settled | self._settled
            self._bound()
            raise
        self._count_off(fresh)
        for delivery in written:
            self._written(delivery)

    def _count_off(self, drafts: list[tuple[Delivery, Write]]) -> None:
        """These are on disk, or lost. Of a webhook that is gone nothing is counted any more."""
        for delivery, _ in drafts:
            if self._fresh_of[delivery.webhook] <= 1:
                del self._fresh_of[delivery.webhook]
            else:
                self._fresh_of[delivery.webhook] -= 1

    def _bound(self) -> None:
        """While nothing can be written, so many wait in memory and the oldest are lost."""
        lost = len(self._fresh) - self._settings.queue
        if lost > 0:
            self._count_off(self._fresh[:lost])
            del self._fresh[:lost]
            _log.error("Webhooks lost %d messages that could not be written down", lost)

    def _save(self, fresh: list[tuple[Delivery, Write]], settled: dict[int, Delivery]) -> list[Delivery]:
        """Write messages, and put them and what changed on disk; returns the new ones. In a thread."""
        letters = [letter for draft in fresh if (letter := _letter(*draft)) is not None]
        try:
            save_deliveries(self._database, letters, settled.values())
        except RowError:
            # One that cannot be stored must not keep the others.
            save_deliveries(self._database, (), settled.values())
            letters = [letter for letter in letters if self._saved(letter)]
        return [letter.delivery for letter in letters]

    def _saved(self, letter: Letter) -> bool:
        try:
            save_deliveries(self._database, [letter], ())
        except RowError as error:
            _log.error("A message of webhook %s is lost, for it cannot be stored: %s", letter.delivery.webhook, error)
            return False
        return True

    # --- what is too old ---------------------------------------------------------------------------------------------

    def _tidy(self, webhooks: tuple[str, ...]) -> None:
        """Delete what is too old. In a thread."""
        try:
            for webhook in webhooks:
                self._trim(webhook)
        except StorageError as error:
            _log.warning("Old messages of webhooks could not be deleted, which is tried again later: %s", error)

    def _trim(self, webhook: str) -> None:
        trim(self._database, webhook, DeliveryState.DELIVERED, self._settings.keep_delivered, LASTING)
        gone = trim(self._database, webhook, DeliveryState.DEAD, self._settings.keep_dead, LASTING)
        if gone:
            _log.error("Webhook %s: the oldest %d messages that were given up are deleted", webhook, gone)


def _letter(delivery: Delivery, write: Write) -> Letter | None:
    """The message in writing. One that cannot be written, such as of a call from the year 40,000, keeps no other."""
    try:
        return Letter(delivery, *write())
    except (ArithmeticError, LookupError, OSError, TypeError, ValueError) as error:
        _log.error("A message of webhook %s is lost, for it cannot be written: %s", delivery.webhook, error)
        return None
