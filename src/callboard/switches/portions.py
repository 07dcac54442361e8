"""What takes long with a list of a hundred thousand calls, by portions: in between the event loop has its turn."""

import asyncio
import re
from collections.abc import Callable, Generator, Iterable, Iterator
from typing import TypeVar

import msgspec

__all__ = ["PORTION", "Work", "at_once", "by_portions", "documents", "dropped", "each"]

PORTION = 200
"""Entries of a list that are worked on at a time, which takes one or two milliseconds."""

PIECE = 128 * 1024
"""Bytes of JSON that are read at a time, at least: some 200 entries."""
SEAMS = 100
"""Places at which it is tried to cut a piece off, at most. An entry may have objects of its own."""

_HEAD = 1_000
"""Bytes in which a list must begin to be cut into pieces."""

Item = TypeVar("Item")
Value = TypeVar("Value")
Work = Generator[None, None, Value]
"""Work that pauses after each portion, and what comes of it."""

_anything = msgspec.json.Decoder(msgspec.Raw)
_seam = re.compile(rb"\}\s*,\s*(?=\{)")


async def by_portions(work: Work[Value]) -> Value:
    """Do it while others have their turns."""
    while True:
        try:
            next(work)
        except StopIteration as done:
            found: Value = done.value
            return found
        await asyncio.sleep(0)


def at_once(work: Work[Value]) -> Value:
    """Do it without a pause."""
    while True:
        try:
            next(work)
        except StopIteration as done:
            found: Value = done.value
            return found


def each(items: Iterable[Item], do: Callable[[Item], None]) -> Work[None]:
    """Do something with each of them, a portion at a time."""
    for place, item in enumerate(items):
        do(item)
        if place % PORTION == 0:
            yield


def dropped(items: list[Item]) -> Work[None]:
    """Let go of a long list that nobody needs any more: to free a million texts takes long, too."""
    while items:
        del items[-PORTION:]
        yield


def documents(body: bytes, member: str) -> Iterator[bytes]:
    """A JSON object in which `member` is a long array of objects, as several that have a part of the array each.

    What stands before the array is in all of them, what stands after it in the last. An object that cannot be cut up
    comes as it is, and so does what is no JSON.
    """
    simple = rb'\s*"[^"\\]*"\s*:\s*(?:"[^"\\]*"|-?\d+|null)\s*,'
    head = re.compile(rb'\s*\{(?:%s)*\s*"%s"\s*:\s*\[' % (simple, member.encode())).match(body, 0, _HEAD)
    if head is None:
        yield body
        return
    start = head.end()
    while len(body) - start > PIECE:
        cut = next((cut for cut in _cuts(body, start) if _is_whole(head[0] + body[start : cut[0]] + b"]}")), None)
        if cut is None:
            break
        yield head[0] + body[start : cut[0]] + b"]}"
        start = cut[1]
    yield head[0] + body[start:]


def _cuts(body: bytes, start: int) -> Iterator[tuple[int, int]]:
    """Where an entry may end and the next begin."""
    for _, seam in zip(range(SEAMS), _seam.finditer(body, start + PIECE), strict=False):
        yield seam.start() + 1, seam.end()


def _is_whole(document: bytes) -> bool:
    """Whether all that was opened is closed: then the seam was one between two entries, and in no text and no entry."""
    try:
        _anything.decode(document)
    except (msgspec.DecodeError, RecursionError):
        return False
    return True
