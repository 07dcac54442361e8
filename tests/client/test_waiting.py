"""An outcome is waited for as long as there is none, and not for ever."""

from collections.abc import Iterator
from datetime import UTC, datetime

import msgspec
import pytest

from callboard.client import AsyncClient, Batch, Client, Command

PENDING = Command(
    id="command-1",
    operation="calls.disconnect",
    call="960",
    switch="b2bua",
    login="root",
    address="127.0.0.1",
    asked_at=datetime(2026, 1, 2, tzinfo=UTC),
    outcome="pending",
    outcome_at=None,
    words="",
)
RUNNING = Batch(
    batch="batch-1",
    state="running",
    login="root",
    asked_at=None,
    rate=1.0,
    count=1,
    waiting=1,
    left=0,
    outcomes={},
    commands=(),
)


def commands() -> Iterator[Command]:
    yield from (PENDING, PENDING, msgspec.structs.replace(PENDING, outcome="done"))


def batches() -> Iterator[Batch]:
    yield from (RUNNING, RUNNING, msgspec.structs.replace(RUNNING, state="done"))


class Slow(Client):
    """Its switch takes its time."""

    def command(self, name: str) -> Command:
        return next(self.outcomes)

    def batch(self, name: str) -> Batch:
        return next(self.progress)

    outcomes: Iterator[Command]
    progress: Iterator[Batch]


class AsyncSlow(AsyncClient):
    """The same."""

    async def command(self, name: str) -> Command:
        return next(self.outcomes)

    async def batch(self, name: str) -> Batch:
        return next(self.progress)

    outcomes: Iterator[Command]
    progress: Iterator[Batch]


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody rests between two looks."""
    for module in ("client", "async_client"):
        monkeypatch.setattr(f"callboard.client.{module}.POLL", 0.0)


@pytest.mark.parametrize(("patience", "outcome"), [(60.0, "done"), (-1.0, "pending")])
async def test_a_command(patience: float, outcome: str) -> None:
    with Slow("http://127.0.0.1") as client:
        client.outcomes = commands()
        assert client.wait("command-1", patience=patience).outcome == outcome
    async with AsyncSlow("http://127.0.0.1") as other:
        other.outcomes = commands()
        assert (await other.wait("command-1", patience=patience)).outcome == outcome


async def test_a_batch() -> None:
    with Slow("http://127.0.0.1") as client:
        client.progress = batches()
        assert [batch.state for batch in client.follow_batch("batch-1")] == ["running", "running", "done"]
    async with AsyncSlow("http://127.0.0.1") as other:
        other.progress = batches()
        assert [batch.state async for batch in other.follow_batch("batch-1")] == ["running", "running", "done"]
