"""Who brings the messages: written down first, then sent, each webhook by a worker of its own."""

import asyncio
import contextlib
import logging
import random
import time
from collections.abc import AsyncIterator, Iterator
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
    forget_strays,
    last_number,
    last_told,
    list_deliveries,
    revive_deliveries,
    waiting_deliveries,
    what_it_says,
)
from callboard.storage.errors import StorageError
from callboard.webhooks.book import PAUSE, Book, Write
from callboard.webhooks.formats import test_message
from callboard.webhooks.memory import LASTING, Memory, remembered
from callboard.webhooks.own import is_own
from callboard.webhooks.sender import Attempt, Sender
from callboard.webhooks.settings import WebhooksSettings
from callboard.webhooks.signing import headers
from callboard.webhooks.steady import Steady
from callboard.webhooks.worker import Worker

__all__ = ["Courier"]

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
        self._clock = Steady()
        """When it is time for something."""
        self._workers: dict[str, Worker] = {}
        self._book = Book(database, settings, self._written, lambda: tuple(one.id for one in desk.webhooks.all()))
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
        """Take a message for a webhook, at once; returns its id. It is written a moment later, by `write`.

        One that there is no room for costs next to nothing: there may be a hundred thousand of them.
        """
        if not self._book.has_room(listener.webhook.id):
            self._give_up(listener.webhook.id)
            return ""
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
            next_at=self._clock(),
        )
        self._book.add(delivery, write)
        return delivery.message

    def memory(self) -> Memory:
        """What receivers were told last. Raises `StorageError`."""
        return remembered(last_told(self._database, LASTING))

    @asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """Deliver within the block; at its end what was told is on disk, and goes on at the next start."""
        forget_strays(self._database)
        for delivery in waiting_deliveries(self._database):
            self._worker(delivery.webhook).queue.put(self._as_it_is_due(delivery))
        keeper = asyncio.create_task(self._book.keep(), name="webhooks")
        try:
            for worker in self._workers.values():
                worker.wake()
            yield
        finally:
            self._stopping = True
            await asyncio.gather(*(worker.stop() for worker in self._workers.values()))
            await self._sender.close()
            self._book.stop()
            await keeper

    # --- the outbox --------------------------------------------------------------------------------------------------

    def traffic(self, webhook: str) -> Traffic:
        """How a webhook fares."""
        worker = self._workers.get(webhook)
        listener = self._listeners.get(webhook, time.time())
        return Traffic(
            waiting=self._book.fresh(webhook) + (len(worker.queue) if worker else 0),
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
            room = max(0, self._settings.queue - len(self._worker(webhook).queue))
            again = revive_deliveries(self._database, webhook, message, room, self._clock())
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
            self._book.forget(name)
        for webhook in change.puts:
            before = self._desk.webhooks.get(webhook.id)
            elsewhere = before is not None and (before.url, before.active) != (webhook.url, webhook.active)
            asyncio.get_running_loop().call_soon(self._turn_to, webhook.id, elsewhere)

    def _turn_to(self, name: str, elsewhere: bool) -> None:
        """What a webhook follows begins now, and what waits for it may go: at once, if it goes to another place."""
        self._listeners.get(name, time.time())
        if name in self._workers:
            if elsewhere:
                self._workers[name].hurry()
            self._workers[name].wake()

    def _worker(self, webhook: str) -> Worker:
        worker = self._workers.get(webhook)
        if worker is None:
            on = partial(self._is_on, webhook)
            worker = self._workers[webhook] = Worker(self._settings.at_once, on, self._attempt, self._clock)
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
            return self._book.note(replace(delivery, state=DeliveryState.DEAD, words=f"not sent: {why}"))
        try:
            said = await asyncio.to_thread(what_it_says, self._database, delivery.number)
        except StorageError as error:
            _log.warning("A message of webhook %s cannot be read, which is tried again: %s", delivery.webhook, error)
            return replace(delivery, next_at=self._clock() + PAUSE)
        if said is None:
            words = "not sent: it is not kept any more"
            return self._book.note(replace(delivery, state=DeliveryState.DEAD, words=words))
        webhook = listener.webhook
        attempt = await self._send(webhook, delivery, *said, begun)
        tried = replace(
            delivery,
            attempts=delivery.attempts + 1,
            tried_at=begun,
            status=attempt.status,
            words=attempt.words,
            took=round(time.time() - begun, 3),
        )
        self._last[delivery.webhook] = tried
        return self._book.note(self._judged(webhook, tried, attempt))

    async def _send(self, webhook: Webhook, delivery: Delivery, text: str, content_type: str, now: float) -> Attempt:
        secrets = tuple(one.text for one in webhook.secrets if one.until is None or now < one.until)
        body = text.encode()
        given = {
            "Content-Type": content_type,
            "User-Agent": "Callboard",
            **headers(secrets, delivery.message, now, body),
        }
        fault_of = partial(self._fault_of, delivery)
        try:
            return await self._sender.send(webhook.login, webhook.url, given, body, fault_of)
        except Exception as error:  # noqa: BLE001  logged, and tried again as any
            # A message that is tried no more would hold up all that comes after it for the same call.
            _log.exception("A defect in sending a message of webhook %s", webhook.id)
            return Attempt(None, f"not sent: a defect of Callboard ({type(error).__name__}), which the log tells of")

    def _fault_of(self, delivery: Delivery, address: str) -> str | None:
        """The last look before the connection: to find the address can take seconds."""
        listener = self._listeners.get(delivery.webhook, time.time())
        if listener is None or listener.principal is None or not listener.may_have(delivery):
            return "its login may not see this any more"
        operator = listener.principal.customer == ROOT
        fault = address_fault(address, self._desk.webhooks.allowed, operator=operator)
        if fault is None and not operator and is_own(address) and not self._desk.webhooks.allowed.contains(address):
            return f"{address} is an address of this server, where only the operator's webhooks may point"
        return fault

    def _judged(self, webhook: Webhook, tried: Delivery, attempt: Attempt) -> Delivery:
        """Arrived, given up, or to be sent again."""
        if attempt.arrived:
            return replace(tried, state=DeliveryState.DELIVERED)
        if attempt.status == 410:
            self._switch_off(webhook)
            return replace(tried, state=DeliveryState.DEAD)
        retries = self._settings.retries
        if tried.attempts > len(retries):
            return replace(tried, state=DeliveryState.DEAD)
        # Jitter is no secret.
        pause = retries[tried.attempts - 1] * random.uniform(0.9, 1.1)  # noqa: S311
        if attempt.wait:
            self._worker(tried.webhook).rest(self._clock() + attempt.wait)
        return replace(tried, next_at=self._clock() + max(pause, attempt.wait))

    def _switch_off(self, asked: Webhook) -> None:
        """Unless it was turned to another place while this one was asked."""
        webhook, name = self._desk.webhooks.get(asked.id), asked.id
        if webhook is not None and webhook.active and webhook.url == asked.url:
            words = "the receiver answered 410: it wants no more"
            try:
                self._desk.webhooks.put(replace(webhook, active=False, why_off=words))
            except StorageError as error:
                _log.error("Webhook %s could not be switched off, though %s: %s", name, words, error)
            else:
                _log.warning("Webhook %s was switched off: %s", name, words)

    def _written(self, delivery: Delivery) -> None:
        """A message is on disk, and may go. At the stop it waits there."""
        if self._stopping or self._desk.webhooks.get(delivery.webhook) is None:
            return
        worker = self._worker(delivery.webhook)
        if len(worker.queue) >= self._settings.queue:
            self._give_up_oldest(worker, delivery.webhook)
        worker.queue.put(delivery)
        worker.wake()

    def _give_up_oldest(self, worker: Worker, name: str) -> None:
        oldest = worker.queue.drop_oldest()
        if oldest is not None:
            self._book.note(replace(oldest, state=DeliveryState.DEAD, words="not sent: too many messages waited"))
            self._give_up(name)

    def _give_up(self, name: str) -> None:
        if name not in self._given_up:
            _log.error("Webhook %s is behind by %d messages: the oldest are given up", name, self._settings.queue)
        self._given_up[name] = self._given_up.get(name, 0) + 1

    def _as_it_is_due(self, delivery: Delivery) -> Delivery:
        """A message that waited while the server was down; one from the future is from before the clock was set."""
        now = self._clock()
        return replace(delivery, next_at=now) if max(delivery.at, delivery.tried_at or 0.0) > now else delivery


@contextlib.contextmanager
def _readable() -> Iterator[None]:
    try:
        yield
    except StorageError as error:
        raise Unavailable(f"what webhooks told cannot be read: {error}") from error
