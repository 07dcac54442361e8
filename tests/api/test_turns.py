"""Turns: what takes long does not come twice in one round of the loop."""

import asyncio
from functools import partial

import pytest

from callboard.api import turns
from callboard.api.turns import soon, turn


async def test_one_in_each_round_of_the_loop_in_the_order_in_which_they_came() -> None:
    rounds = 0
    taken: list[tuple[str, int]] = []

    async def work(name: str) -> None:
        for _ in range(3):
            await turn()
            taken.append((name, rounds))

    workers = [asyncio.create_task(work(name)) for name in "abc"]
    while not all(worker.done() for worker in workers):
        rounds += 1
        await asyncio.sleep(0)
    assert [name for name, _ in taken] == list("aabcabcbc")
    assert len({number for _, number in taken}) == 9


async def test_who_is_gone_before_its_turn_keeps_nobody_waiting() -> None:
    done: list[str] = []

    async def work(name: str) -> None:
        await turn()
        done.append(name)

    first, second, third = (asyncio.create_task(work(name)) for name in "abc")
    await asyncio.sleep(0)
    second.cancel()
    async with asyncio.timeout(10):
        await asyncio.wait((first, second, third))
        await turn()
    assert done == ["a", "c"]


async def test_small_pieces_are_done_in_their_order_and_let_others_have_their_turn(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(turns, "SPAN", 0.0)
    done: list[str] = []
    for name in "ab":
        soon(partial(done.append, name))
    soon(partial(done.append, "x")).cancel()
    soon(partial(done.append, "c"))
    assert done == []
    for count in range(4):
        assert len(done) <= count
        await asyncio.sleep(0)
        soon(partial(done.append, "later"))
    async with asyncio.timeout(10):
        while done.count("later") < 4:  # noqa: ASYNC110  nobody tells of it
            await asyncio.sleep(0)
    assert done == [*"abc", *["later"] * 4]


async def test_a_piece_that_fails_holds_up_nobody() -> None:
    failures: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: failures.append(context["exception"]))
    done = asyncio.Event()

    def fail() -> None:
        raise ValueError("not this one")

    soon(fail)
    soon(done.set)
    async with asyncio.timeout(10):
        await done.wait()
    assert [str(failure) for failure in failures] == ["not this one"]
