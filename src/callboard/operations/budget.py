"""A budget: what is written for several readers is kept for them, within so many bytes for all who write together."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from itertools import count
from weakref import finalize

__all__ = ["BESIDE", "MOST", "Budget", "Kept"]

MOST = 64_000_000
"""Bytes that are kept for all streams together."""

BESIDE = 1_000
"""Bytes that a text is counted for beside its own: what it is of is held along with it."""

_Texts = dict[Hashable, tuple[object, bytes]]


class Budget:
    """Counts the bytes of all. Where they are too many, those go of whoever was asked least lately, oldest first."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self.bytes = 0
        """What is kept at present."""
        self._numbers = count()
        self._all: OrderedDict[int, _Texts] = OrderedDict()
        """The texts of each that has any, whoever was asked for last at the end."""

    def open(self) -> "Kept":
        """A place for the texts of one writer, which go with it."""
        number = next(self._numbers)
        kept = Kept(self, number)
        finalize(kept, self._close, number).atexit = False
        return kept

    def find(self, number: int, key: Hashable) -> bytes | None:
        """A text that is kept."""
        texts = self._all.get(number)
        if texts is None:
            return None
        self._all.move_to_end(number)
        found = texts.get(key)
        return None if found is None else found[1]

    def put(self, number: int, key: Hashable, of: object, text: bytes) -> None:
        """Keep a text and what it is of, and let go of what is too much by that."""
        self._all.setdefault(number, {})[key] = of, text
        self._all.move_to_end(number)
        self.bytes += len(text) + BESIDE
        while self.bytes > self._most:
            self._drop_oldest()

    def _drop_oldest(self) -> None:
        number = next(iter(self._all))
        texts = self._all[number]
        _, text = texts.pop(next(iter(texts)))
        self.bytes -= len(text) + BESIDE
        if not texts:
            del self._all[number]

    def _close(self, number: int) -> None:
        for _, text in self._all.pop(number, {}).values():
            self.bytes -= len(text) + BESIDE


class Kept:
    """The texts of one writer."""

    def __init__(self, budget: Budget, number: int) -> None:
        self._budget = budget
        self._number = number

    def text(self, key: Hashable, of: object, write: Callable[[], bytes]) -> bytes:
        """The text under this key, written if it is not kept. `of` is held along with it: its id may be the key."""
        found = self._budget.find(self._number, key)
        if found is None:
            found = write()
            self._budget.put(self._number, key, of, found)
        return found
