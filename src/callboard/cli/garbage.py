"""When a server looks for garbage that refers to itself: not while it starts, and never among what it began with."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["loading", "settle"]


@contextmanager
def loading() -> Iterator[None]:
    """While a program is loaded next to nothing becomes garbage, and what was loaded stays to the end: not to look at
    it, then or later, makes the start a sixth shorter.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
        gc.freeze()
    finally:
        if was_enabled:
            gc.enable()


def settle() -> None:
    """The server is up: what there is stays to the end, and is never looked at again.

    The table's list of calls is part of it. To look at everything takes 60 ms of the processor with 200,000 calls up,
    during which nothing else is done; at all but what was there at the start, less than 1 ms.
    """
    gc.collect()
    gc.freeze()
