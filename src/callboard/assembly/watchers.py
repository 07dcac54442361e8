"""Who watches the table and works beside it: each a block that `house.open_house` enters, and leaves at the end."""

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from callboard.journal.journal import Journal
from callboard.journal.settings import JournalSettings
from callboard.operations.desk import Desk
from callboard.storage.database import Database
from callboard.storage.errors import StorageError
from callboard.table.changes import Change, Kind
from callboard.table.numbering import Numbering

__all__ = ["keep_commands", "keep_journal", "keep_sweeping"]

SWEEP_INTERVAL = 1.0
"""Seconds between two sweeps of what is over."""

_log = logging.getLogger(__name__)


@asynccontextmanager
async def keep_commands(desk: Desk) -> AsyncIterator[None]:
    """Commands are settled by what the switches tell."""
    unwatch = desk.table.watch(lambda change: desk.ledger.observe(change, time.time()))
    try:
        yield
    finally:
        unwatch()


@asynccontextmanager
async def keep_journal(desk: Desk, database: Database, settings: JournalSettings) -> AsyncIterator[Journal]:
    """Ended calls and commands are written down; at the end everything that was told is on disk."""
    journal = Journal(database, settings)
    unwatch_calls = desk.table.watch(partial(_record_call, journal))
    unwatch_commands = desk.ledger.watch(journal.record_command)
    journal.start()
    try:
        yield journal
    finally:
        unwatch_calls()
        unwatch_commands()
        await asyncio.to_thread(journal.stop)


def _record_call(journal: Journal, change: Change) -> None:
    if change.kind is Kind.ENDED:
        journal.record_call(change.call)


@asynccontextmanager
async def keep_sweeping(desk: Desk, numbering: Numbering) -> AsyncIterator[None]:
    """Once a second: rows of ended calls leave, commands without proof are given up, numbers are kept in reserve."""
    sweeper = asyncio.create_task(_sweep(desk, numbering), name="sweep")
    try:
        yield
    finally:
        sweeper.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await sweeper


async def _sweep(desk: Desk, numbering: Numbering) -> None:
    while True:
        await asyncio.sleep(SWEEP_INTERVAL)
        now = time.time()
        desk.table.sweep(now)
        desk.ledger.sweep(now)
        try:
            numbering.replenish()
        except StorageError as error:
            _log.error("No call numbers can be reserved, and soon no new call can be listed: %s", error)
