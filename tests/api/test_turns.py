"""Turns: what takes long does not come twice in one round of the loop."""

import asyncio

from callboard.api.turns import turn


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
