"""Who brings the messages: written down first, then sent, each webhook by a worker of its own."""

import asyncio
import contextlib
import logging
import random
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from functools import partial

from msgspec.structs import replace

from callboard.calls.refusals import Unavailable
from callboard.directory.records import ROOT
from callboard.operations.desk import Desk
from callboard.operations.happenings import Happening
from callboard.operations.listeners import Listener, Listeners
from callboard.operations.subscriptions import Delivery, DeliveryState, Traffic, Webhook, WebhookChange
from callboard.operations.targets import address_fault
from callboard.storage.database import Database
from callboard.storage.deliveries import (
    Letter,
    dead_deliveries,
    forget_strays,
    last_number,
    list_deliveries,
    save_deliveries,
    trim,
    waiting_deliveries,
    what_it_says,
)
from callboard.storage.errors import RowError, StorageError
from callboard.webhooks.formats import Message, test_message
from callboard.webhooks.sender import Attempt, Sender
from callboard.webhooks.settings import WebhooksSettings
from callboard.webhooks.signing import headers
from callboard.webhooks.worker import Worker

__all__ = ["Courier"]

GATHER = 0.05
"""Seconds during which messages are gathered for one transaction. A process that is killed loses what is younger."""
BATCH = 500
"""Messages to a transaction."""
PAUSE = 1.0
"""Seconds until a write that failed is tried again."""
TIDY_EVERY = 60.0

Write = Callable[[], Message]
"""Writes a message down. It is called off the event path, in a thread."""

_log = logging.getLogger(__name__)


class Courier:
    """Takes messages, keeps them until they have arrived or are given up, and is the desk's `Outbox`.

    A message is sent only once it is on disk, and what came of it is written down soon after: a process that dies may
    send one twice, under the same id, and loses what happened in the last moments only.
    """

    def __init__(self, desk: Desk, listeners: Listeners, database: Database, settings: WebhooksSettings) -> None:
        self._desk = desk
        self._listeners = listeners
        self._database = database
        self._settings = settings
        self._sender = Sender(settings.timeout, time.time)
        self._number = last_number(database)
        self._workers: dict[str, Worker] = {}
        self._fresh: list[tuple[Delivery, Write]] = []
        """Not on disk yet."""
        self._settled: dict[int, Delivery] = {}
        """The last state of each delivery that changed since it was written down."""
        self._news = asyncio.Event()
        self._given_up: dict[str, int] = {}
        self._last: dict[str, Delivery] = {}
        self._stopping = False
        desk.webhooks.watch(self._changed)

    # --- what is told ------------------------------------------------------------------------------------------------

    def tell(
        self,
        listener: Listener,
        event: Happening,
        about: str,
        write: Write,
        at: float,
        parties: tuple[int, ...] = (),
    ) -> str:
        """Take a message for a webhook, at once; returns its id. It is written a moment later, by `write`."""
        self._number += 1
        delivery = Delivery(
            number=self._number,
            webhook=listener.webhook.id,
            message=f"msg_{self._desk.entropy(12).hex()}",
            event=event,
            about=about,
            at=at,
            sight=listener.sight,
            parties=parties,
            next_at=at,
        )
        self._fresh.append((delivery, write))
        self._news.set()
        return delivery.message

    @asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """Deliver within the block; at its end what was told is on disk, and goes on at the next start."""
        forget_strays(self._database)
        for delivery in waiting_deliveries(self._database):
            self._worker(delivery.webhook).queue.put(delivery)
        keeper = asyncio.create_task(self._keep(), name="webhooks")
        try:
            for worker in self._workers.values():
                worker.wake()
            yield
        finally:
            await asyncio.gather(*(worker.stop() for worker in self._workers.values()))
            await self._sender.close()
            self._stopping = True
            self._news.set()
            await keeper

    # --- the outbox --------------------------------------------------------------------------------------------------

    def traffic(self, webhook: str) -> Traffic:
        """How a webhook fares."""
        worker = self._workers.get(webhook)
        fresh = sum(delivery.webhook == webhook for delivery, _ in self._fresh)
        listener = self._listeners.get(webhook, time.time())
        return Traffic(
            waiting=fresh + (len(worker.queue) if worker else 0),
            given_up=self._given_up.get(webhook, 0),
            last=self._last.get(webhook),
            stands=listener.stands if listener else "",
        )

    def test(self, webhook: Webhook, now: float) -> str:
        """Send a message that says nothing."""
        listener = self._listeners.get(webhook.id, now)
        if listener is None or listener.principal is None:
            raise Unavailable(f"{webhook.id} tells nothing at present: {listener.stands if listener else 'it is off'}")
        about = f"test {self._number + 1}"
        return self.tell(listener, Happening.TEST, about, partial(test_message, webhook.format, webhook.id, now), now)

    def deliveries(
        self, webhook: str, state: DeliveryState | None, before: int | None, limit: int
    ) -> tuple[Delivery, ...]:
        """The newest deliveries with a smaller number than `before`, as they were last written down."""
        with _readable():
            return list_deliveries(self._database, webhook, state, before, limit)

    def replay(self, webhook: str, message: str | None, now: float) -> int:
        """Have dead messages sent again, all or one, in their order."""
        with _readable():
            dead = dead_deliveries(self._database, webhook, message)
            again = [
                replace(one, state=DeliveryState.WAITING, attempts=0, next_at=now, words="")
                for one in dead
                if one.number not in self._settled
            ]
            room = max(0, self._settings.queue - len(self._worker(webhook).queue))
            again = again[:room]
            save_deliveries(self._database, (), again)
        for delivery in again:
            self._worker(webhook).queue.put(delivery)
        self._worker(webhook).wake()
        return len(again)

    # --- workers -----------------------------------------------------------------------------------------------------

    def _changed(self, change: WebhookChange) -> None:
        """A webhook that was changed may go on; of one that was removed nothing is sent any more."""
        for name in change.removes:
            worker = self._workers.pop(name, None)
            if worker is not None:
                worker.end()
            self._last.pop(name, None)
            self._given_up.pop(name, None)
            self._fresh = [draft for draft in self._fresh if draft[0].webhook != name]
            self._settled = {key: one for key, one in self._settled.items() if one.webhook != name}
        for webhook in change.puts:
            asyncio.get_running_loop().call_soon(self._turn_to, webhook.id)

    def _turn_to(self, name: str) -> None:
        """What a webhook follows begins now, and what waits for it may go."""
        self._listeners.get(name, time.time())
        if name in self._workers:
            self._workers[name].wake()

    def _worker(self, webhook: str) -> Worker:
        worker = self._workers.get(webhook)
        if worker is None:
            on = partial(self._is_on, webhook)
            worker = self._workers[webhook] = Worker(self._settings.at_once, on, self._attempt)
        return worker

    def _is_on(self, name: str) -> bool:
        webhook = self._desk.webhooks.get(name)
        return webhook is not None and webhook.active

    async def _attempt(self, delivery: Delivery) -> Delivery | None:
        """Send a message, and say what is to become of it; None if its webhook was switched off meanwhile."""
        begun, listener = time.time(), self._listeners.get(delivery.webhook, time.time())
        if listener is None:
            return None
        if not listener.may_have(delivery):
            why = listener.stands or "what its login may see, or how, changed since this was written"
            return self._note(replace(delivery, state=DeliveryState.DEAD, words=f"not sent: {why}"))
        try:
            said = await asyncio.to_thread(what_it_says, self._database, delivery.number)
        except StorageError as error:
            _log.warning("A message of webhook %s cannot be read, which is tried again: %s", delivery.webhook, error)
            return replace(delivery, next_at=begun + PAUSE)
        if said is None:
            return self._note(replace(delivery, state=DeliveryState.DEAD, words="not sent: it is not kept any more"))
        attempt = await self._send(listener.webhook, delivery.message, *said, begun)
        tried = replace(
            delivery,
            attempts=delivery.attempts + 1,
            tried_at=begun,
            status=attempt.status,
            words=attempt.words,
            took=round(time.time() - begun, 3),
        )
        self._last[delivery.webhook] = tried
        return self._note(self._judged(tried, attempt))

    async def _send(self, webhook: Webhook, message: str, text: str, content_type: str, now: float) -> Attempt:
        secrets = tuple(one.text for one in webhook.secrets if one.until is None or now < one.until)
        body = text.encode()
        given = {
            "Content-Type": content_type,
            "User-Agent": "Callboard",
            **headers(secrets, message, now, body),
        }
        return await self._sender.send(webhook.url, given, body, partial(self._fault_of, webhook.login))

    def _fault_of(self, name: str, address: str) -> str | None:
        login = self._desk.access.login(name)
        operator = login is not None and login.customer == ROOT
        return address_fault(address, self._desk.webhooks.allowed, operator=operator)

    def _judged(self, tried: Delivery, attempt: Attempt) -> Delivery:
        """Arrived, given up, or to be sent again."""
        if attempt.arrived:
            return replace(tried, state=DeliveryState.DELIVERED)
        if attempt.status == 410:
            self._switch_off(tried.webhook)
            return replace(tried, state=DeliveryState.DEAD)
        retries = self._settings.retries
        if tried.attempts > len(retries):
            return replace(tried, state=DeliveryState.DEAD)
        # Jitter is no secret.
        pause = retries[tried.attempts - 1] * random.uniform(0.9, 1.1)  # noqa: S311
        if attempt.wait:
            self._worker(tried.webhook).rest(time.time() + attempt.wait)
        return replace(tried, next_at=time.time() + max(pause, attempt.wait))

    def _switch_off(self, name: str) -> None:
        webhook = self._desk.webhooks.get(name)
        if webhook is not None and webhook.active:
            words = "the receiver answered 410: it wants no more"
            try:
                self._desk.webhooks.put(replace(webhook, active=False, why_off=words))
            except StorageError as error:
                _log.error("Webhook %s could not be switched off, though %s: %s", name, words, error)
            else:
                _log.warning("Webhook %s was switched off: %s", name, words)

    def _note(self, delivery: Delivery) -> Delivery:
        self._settled[delivery.number] = delivery
        self._news.set()
        return delivery

    # --- the disk ----------------------------------------------------------------------------------------------------

    async def _keep(self) -> None:
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
                await asyncio.to_thread(self._tidy, self._desk.webhooks.all())
                tidy_at = time.monotonic() + TIDY_EVERY
        if not await self._flushed():
            _log.error("Webhooks lost %d messages that could not be written down", len(self._fresh))

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
            self._bound_fresh()
            raise
        for delivery in written:
            if self._desk.webhooks.get(delivery.webhook) is not None:
                self._take_in(delivery)

    def _save(self, fresh: list[tuple[Delivery, Write]], settled: dict[int, Delivery]) -> list[Delivery]:
        """Write messages, and put them and what changed on disk; returns the new ones. In a thread."""
        letters = [Letter(delivery, *write()) for delivery, write in fresh]
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

    def _bound_fresh(self) -> None:
        """While nothing can be written, so many wait in memory and the oldest are lost."""
        lost = len(self._fresh) - self._settings.queue
        if lost > 0:
            del self._fresh[:lost]
            _log.error("Webhooks lost %d messages that could not be written down", lost)

    def _take_in(self, delivery: Delivery) -> None:
        worker = self._worker(delivery.webhook)
        if len(worker.queue) >= self._settings.queue:
            self._give_up_oldest(worker, delivery.webhook)
        worker.queue.put(delivery)
        worker.wake()

    def _give_up_oldest(self, worker: Worker, name: str) -> None:
        oldest = worker.queue.drop_oldest()
        if oldest is not None:
            self._note(replace(oldest, state=DeliveryState.DEAD, words="not sent: too many messages waited"))
            if name not in self._given_up:
                _log.error("Webhook %s is behind by %d messages: the oldest are given up", name, self._settings.queue)
            self._given_up[name] = self._given_up.get(name, 0) + 1

    def _tidy(self, webhooks: tuple[Webhook, ...]) -> None:
        """Delete what is too old. In a thread."""
        try:
            for webhook in webhooks:
                self._trim(webhook.id)
        except StorageError as error:
            _log.warning("Old messages of webhooks could not be deleted, which is tried again later: %s", error)

    def _trim(self, webhook: str) -> None:
        trim(self._database, webhook, DeliveryState.DELIVERED, self._settings.keep_delivered)
        gone = trim(self._database, webhook, DeliveryState.DEAD, self._settings.keep_dead)
        if gone:
            _log.error("Webhook %s: the oldest %d messages that were given up are deleted", webhook, gone)


@contextlib.contextmanager
def _readable() -> Iterator[None]:
    try:
        yield
    except StorageError as error:
        raise Unavailable(f"what webhooks told cannot be read: {error}") from error
