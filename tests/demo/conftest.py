"""Phones of the demo, talking to each other directly over loopback."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack

import pytest

from callboard.demo.phone import Phone
from callboard.demo.transactions import Timers

FAST = Timers(t1=0.05, t2=0.2)
"""Retransmissions ten times as fast as on a real network; the other side is given up after 3.2 s."""

DEADLINE = 30.0

PhoneMaker = Callable[..., Awaitable[Phone]]


@pytest.fixture
async def phone() -> AsyncIterator[PhoneMaker]:
    """Makes open phones with fast timers; closes them at the end."""
    async with AsyncExitStack() as opened:

        async def make(user: str = "100", server: str = "127.0.0.1:9", **options: object) -> Phone:
            new = Phone(user, server=server, **{"timers": FAST, **options})  # type: ignore[arg-type]
            return await opened.enter_async_context(new)

        yield make


@pytest.fixture
async def holds() -> Callable[[Callable[[], object]], Awaitable[None]]:
    """Waits for a condition, with a deadline."""

    async def wait(condition: Callable[[], object]) -> None:
        async with asyncio.timeout(DEADLINE):
            while not condition():  # noqa: ASYNC110 - the condition has no event to wait for
                await asyncio.sleep(0.01)

    return wait
