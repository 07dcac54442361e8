"""Coroutines begun without a task end as they would have with one."""

import asyncio

import pytest

from callboard.http.begun import Done, begin


async def _added(one: int, *others: "asyncio.Future[int]") -> int:
    for other in others:
        one += await other
        await asyncio.sleep(0)
    return one


def test_what_waits_for_nothing_is_done_without_a_loop() -> None:
    assert begin(_added(3)) == Done(3)


def test_what_it_raises_comes_out() -> None:
    async def fails() -> None:
        raise LookupError("nothing")

    with pytest.raises(LookupError, match="nothing"):
        begin(fails())


async def test_the_rest_is_for_a_task() -> None:
    loop = asyncio.get_running_loop()
    first: asyncio.Future[int] = loop.create_future()
    second: asyncio.Future[int] = loop.create_future()
    rest = begin(_added(1, first, second))
    assert not isinstance(rest, Done)
    task = asyncio.create_task(rest)
    loop.call_soon(first.set_result, 10)
    loop.call_later(0.01, second.set_result, 100)
    assert await task == 111


async def test_errors_and_cancellation_reach_it() -> None:
    seen: list[type[BaseException]] = []
    failed = asyncio.Event()

    async def tells(future: "asyncio.Future[int]") -> str:
        for _ in range(2):
            try:
                await future
            except (LookupError, asyncio.CancelledError) as error:
                seen.append(type(error))
                failed.set()
                future = asyncio.get_running_loop().create_future()
        return "went on"

    failing: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    rest = begin(tells(failing))
    assert not isinstance(rest, Done)
    task = asyncio.create_task(rest)
    failing.set_exception(LookupError())
    await failed.wait()
    task.cancel()
    assert await task == "went on"
    assert seen == [LookupError, asyncio.CancelledError]
