"""Coroutines that are begun where they are asked for: most answers are there without anything being waited for, and
need no task of their own.
"""

from collections.abc import Coroutine, Generator
from types import coroutine
from typing import Any, Generic, NamedTuple, TypeVar

__all__ = ["Done", "begin"]

T = TypeVar("T")


class Done(NamedTuple, Generic[T]):
    """What came of a coroutine that waited for nothing."""

    result: T


def begin(work: Coroutine[Any, Any, T]) -> Done[T] | Coroutine[Any, Any, T]:
    """Run it up to the first thing that it waits for: its result, or the rest of it, which is for a task.

    Up to there it has no task (`asyncio.current_task`), and so cannot use `asyncio.timeout`. Raises what it raises.
    """
    try:
        awaited = work.send(None)
    except StopIteration as done:
        return Done(done.value)
    return _rest(work, awaited)


async def _rest(work: Coroutine[Any, Any, T], awaited: Any) -> T:
    return await _resumed(work, awaited)


@coroutine
def _resumed(work: Coroutine[Any, Any, T], awaited: Any) -> Generator[Any, Any, T]:
    """Waits for what the coroutine waits for, beginning with what it waits for already."""
    try:
        while True:
            try:
                sent = yield awaited
            except GeneratorExit:
                work.close()
                raise
            except BaseException as error:  # noqa: BLE001  it is the coroutine's to catch
                awaited = work.throw(error)
            else:
                awaited = work.send(sent)
    except StopIteration as done:
        result: T = done.value
        return result
