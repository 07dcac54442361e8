"""Turns: of what takes long, one piece in each round of the loop, so that all that is small is done in between."""

import asyncio
from collections import deque
from weakref import WeakKeyDictionary

__all__ = ["turn"]


class _Turns:
    """Those who wait for theirs, in the order in which they came."""

    def __init__(self) -> None:
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._taken = False

    async def take(self) -> None:
        loop = asyncio.get_running_loop()
        if self._taken:
            mine = loop.create_future()
            self._waiting.append(mine)
            await mine
        else:
            self._taken = True
            loop.call_soon(self._pass_on)

    def _pass_on(self) -> None:
        while self._waiting:
            next_one = self._waiting.popleft()
            if not next_one.done():  # it may have been cancelled meanwhile
                next_one.set_result(None)
                asyncio.get_running_loop().call_soon(self._pass_on)
                return
        self._taken = False


_TURNS: WeakKeyDictionary[asyncio.AbstractEventLoop, _Turns] = WeakKeyDictionary()


async def turn() -> None:
    """Wait for one's turn. What is done then should take a few milliseconds at most."""
    await _TURNS.setdefault(asyncio.get_running_loop(), _Turns()).take()
