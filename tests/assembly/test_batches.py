"""Batches go on by themselves while the server runs."""

import asyncio

from callboard.access.rights import Principal, Right, Role
from callboard.assembly.watchers import keep_batches
from callboard.operations.batches import BatchState
from callboard.operations.disconnect_matching import DISCONNECT_MATCHING, DisconnectMatching
from callboard.operations.list_calls import ListCalls
from tests.house import House

OPERATOR = Principal(login="root", role=Role.ADMIN, customer=1, rights=frozenset(Right))


async def test_a_batch_is_worked_off() -> None:
    house = House()
    house.obeys = True
    for _ in range(30):
        house.call()
    arguments = DisconnectMatching(which=ListCalls(), count=30, rate=500.0)
    async with keep_batches(house.desk), asyncio.timeout(10):
        begun = house.desk.perform(DISCONNECT_MATCHING, OPERATOR, arguments, house.now)
        # What is waited for has no event of its own.
        while (batch := house.desk.batches.find(begun.id)) and batch.state is not BatchState.DONE:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    assert len(house.sent) == 30
