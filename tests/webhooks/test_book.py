"""While the disk cannot be written to, nothing is reordered, and what came of a message last is what is kept."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from msgspec.structs import replace

from callboard.operations.subscriptions import Delivery, DeliveryState
from callboard.storage.database import Database, open_database
from callboard.storage.deliveries import Letter, list_deliveries, save_deliveries
from callboard.storage.errors import StorageError
from callboard.webhooks import book as book_module
from callboard.webhooks.book import Book
from callboard.webhooks.formats import Message
from callboard.webhooks.settings import WebhooksSettings
from tests.webhooks.test_queue import message


class Disk:
    """Writes as long as it can."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.full = False
        self.failing = asyncio.Event()
        self.go = threading.Event()
        """Set once a write that fails may do so."""
        self.written: list[int] = []
        self._loop = asyncio.get_running_loop()

    def save(self, database: Database, letters: Iterable[Letter], settled: Iterable[Delivery]) -> None:
        """In a thread."""
        if self.full:
            self._loop.call_soon_threadsafe(self.failing.set)
            self.go.wait(15)
            raise StorageError("the disk is full")
        save_deliveries(database, letters, settled)


@asynccontextmanager
async def keeping(disk: Disk, settings: WebhooksSettings) -> AsyncIterator[Book]:
    """A book that is kept within the block, and at its end written down."""
    book = Book(disk.database, settings, lambda delivery: disk.written.append(delivery.number), lambda: ("wh-1",))
    keeper = asyncio.create_task(book.keep())
    try:
        yield book
    finally:
        book.stop()
        await keeper


@pytest.fixture
async def disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Disk]:
    monkeypatch.setattr(book_module, "PAUSE", 0.01)
    with open_database(tmp_path / "callboard.db") as database:
        disk = Disk(database)
        monkeypatch.setattr(book_module, "save_deliveries", disk.save)
        yield disk


def write() -> Message:
    return Message("{}", "application/json")


async def _until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(15):
        while not holds():  # noqa: ASYNC110  what is waited for has no event of its own
            await asyncio.sleep(0.01)


async def test_what_could_not_be_written_is_in_its_order_and_as_it_came_out_last(disk: Disk) -> None:
    async with keeping(disk, WebhooksSettings()) as book:
        book.add(message(1), write)
        await _until(lambda: disk.written == [1])
        disk.full = True
        book.note(replace(message(1), attempts=1))
        book.add(message(2), write)
        await asyncio.wait_for(disk.failing.wait(), 10)
        book.note(replace(message(1), attempts=2, state=DeliveryState.DELIVERED))
        book.add(message(3), write)
        disk.full = False
        disk.go.set()
    assert disk.written == [1, 2, 3]
    kept = list_deliveries(disk.database, "wh-1", None, None, 10)
    assert [(one.number, one.attempts) for one in kept] == [(3, 0), (2, 0), (1, 2)]


async def test_what_waits_for_the_disk_is_bounded_and_the_oldest_go(
    disk: Disk, caplog: pytest.LogCaptureFixture
) -> None:
    disk.full = True
    async with keeping(disk, WebhooksSettings(queue=10)) as book:
        for number in range(1, 16):
            book.add(message(number), write)
        disk.go.set()
        await _until(lambda: "Webhooks lost 5 messages" in caplog.text)
        assert book.fresh("wh-1") == 10
        disk.full = False
    assert disk.written == [*range(6, 16)]
