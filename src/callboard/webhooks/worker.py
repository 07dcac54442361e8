"""The worker of one webhook: it sends what is due, several at a time, and nobody else waits for it."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

from callboard.operations.subscriptions import Delivery, DeliveryState
from callboard.webhooks.queue import Queue

__all__ = ["Worker"]


class Worker:
    """Works off its queue while there is anything in it and the webhook is on."""

    def __init__(
        self,
        at_once: int,
        is_on: Callable[[], bool],
        attempt: Callable[[Delivery], Awaitable[Delivery | None]],
        clock: Callable[[], float],
    ) -> None:
        """`attempt` sends a message and returns it as it stands then; None if it was not its time after all.

        `clock` is that by which messages are due.
        """
        self.queue = Queue()
        self._at_once = at_once
        self._is_on = is_on
        self._attempt = attempt
        self._clock = clock
        self._awake = asyncio.Event()
        self._rests_until = 0.0
        self._task: asyncio.Task[None] | None = None
        self._attempts: set[asyncio.Task[None]] = set()

    def wake(self) -> None:
        """There may be something to do."""
        self._awake.set()
        if self._task is None:
            self._task = asyncio.create_task(self._work(), name="webhook")

    def rest(self, until: float) -> None:
        """Send nothing until then, by the clock."""
        self._rests_until = max(self._rests_until, until)

    def hurry(self) -> None:
        """Wait no longer for what was to be sent again later: who was to be waited for is not asked any more."""
        self._rests_until = 0.0
        self.queue.hurry(self._clock())

    def end(self) -> None:
        """Stop at once, from within the loop."""
        for task in (self._task, *self._attempts):
            if task is not None:
                task.cancel()

    async def stop(self) -> None:
        """Stop; what is on the way is left there, and counts as not sent."""
        self.end()
        tasks = [task for task in (self._task, *self._attempts) if task is not None]
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _work(self) -> None:
        while True:
            self._awake.clear()
            while (delivery := self._next()) is not None:
                task = asyncio.create_task(self._see_to(delivery), name="attempt")
                self._attempts.add(task)
                task.add_done_callback(self._ended)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._pause()):
                    await self._awake.wait()

    def _next(self) -> Delivery | None:
        now = self._clock()
        if len(self._attempts) >= self._at_once or now < self._rests_until or not self._is_on():
            return None
        return self.queue.take(now)

    def _pause(self) -> float | None:
        """Seconds until something is due; None if only a call can tell."""
        at = self.queue.next_at()
        if at is None or len(self._attempts) >= self._at_once or not self._is_on():
            return None
        return max(0.0, max(at, self._rests_until) - self._clock())

    async def _see_to(self, delivery: Delivery) -> None:
        after = await self._attempt(delivery)
        if after is None or after.state is DeliveryState.WAITING:
            self.queue.again(delivery if after is None else after)
        else:
            self.queue.done(after)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._attempts.discard(task)
        self._awake.set()
