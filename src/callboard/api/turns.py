"""Turns: what takes long, or is much at once, is done piece by piece, so that all that is small is done in between."""

import asyncio
from collections import deque
from collections.abc import Callable
from time import perf_counter
from weakref import WeakKeyDictionary

__all__ = ["SPAN", "Piece", "soon", "turn"]

SPAN = 0.004
"""Seconds for which small pieces are done before what else there is to do has its turn."""


class Piece:
    """Something small that is to be done soon, unless it is cancelled before."""

    def __init__(self, work: Callable[[], None]) -> None:
        self._work: Callable[[], None] | None = work

    def cancel(self) -> None:
        """Let it be."""
        self._work = None

    def do(self) -> None:
        """Do it, once."""
        work, self._work = self._work, None
        if work is not None:
            work()


class _Turns:
    """What waits for its turn on one loop, in the order in which it came."""

    def __init__(self) -> None:
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._taken = False
        self._pieces: deque[Piece] = deque()
        self._busy = False

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

    def add(self, piece: Piece) -> None:
        self._pieces.append(piece)
        if not self._busy:
            self._busy = True
            asyncio.get_running_loop().call_soon(self._do_some)

    def _do_some(self) -> None:
        until = perf_counter() + SPAN
        try:
            self._pieces.popleft().do()
            while self._pieces and perf_counter() < until:
                self._pieces.popleft().do()
        finally:
            self._busy = bool(self._pieces)
            if self._busy:
                asyncio.get_running_loop().call_soon(self._do_some)


_TURNS: WeakKeyDictionary[asyncio.AbstractEventLoop, _Turns] = WeakKeyDictionary()


def _turns() -> _Turns:
    return _TURNS.setdefault(asyncio.get_running_loop(), _Turns())


async def turn() -> None:
    """Wait for one's turn: one in each round of the loop. What is done then should take a few milliseconds at most."""
    await _turns().take()


def soon(work: Callable[[], None]) -> Piece:
    """Have something small done soon: as much of it in a round of the loop as fits into `SPAN`."""
    piece = Piece(work)
    _turns().add(piece)
    return piece
