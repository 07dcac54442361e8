"""Our own mistakes: each is logged once with its traceback and told once, however often a packet provokes it."""

import logging
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from callboard.switches.b2bua import wire

__all__ = ["Faults"]

log = logging.getLogger("callboard.engine")

_MAX_KINDS = 200
"""So many different faults are told; later ones are only counted."""


class Faults:
    """What went wrong inside the engine itself. `count` is how often."""

    def __init__(self, tell: Callable[[wire.FromEngine], None]) -> None:
        self._tell = tell
        self._kinds: set[tuple[type, str, int | None]] = set()
        self.count = 0

    @contextmanager
    def contained(self, what: str) -> Iterator[None]:
        """A fault inside the block is reported and goes no further: one packet must not stop all calls."""
        try:
            yield
        except Exception as error:
            if self._is_new(error):
                log.exception("fault while handling %s", what)
                self._tell(wire.Trouble(text=f"a fault inside the SIP engine while handling {what}: {error!r}"))

    def _is_new(self, error: Exception) -> bool:
        self.count += 1
        last = traceback.extract_tb(error.__traceback__)[-1]
        kind = (type(error), last.filename, last.lineno)
        new = kind not in self._kinds and len(self._kinds) < _MAX_KINDS
        if new:
            self._kinds.add(kind)
        return new
