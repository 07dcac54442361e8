"""Who watches the table and works beside it: each a block that `house.open_house` enters, and leaves at the end."""

import asyncio
import contextlib
import logging
import secrets
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from callboard.access.access import Access, FailedSignIn
from callboard.access.tokens import Token
from callboard.journal.journal import Journal
from callboard.metrics.counting import Counting
from callboard.metrics.pulse import feel_pulse
from callboard.metrics.readings import QueueFigures
from callboard.operations.audit import FailedSignIns
from callboard.operations.desk import Desk
from callboard.operations.loads import STEP
from callboard.storage.database import Database
from callboard.storage.errors import StorageError
from callboard.storage.rows import note_token_use
from callboard.switches.telling import Telling
from callboard.table.changes import Change, Kind
from callboard.table.store.numbering import Numbering

__all__ = [
    "keep_batches",
    "keep_commands",
    "keep_journal",
    "keep_loads",
    "keep_sweeping",
    "keep_token_use",
    "until_next_sample",
]

SWEEP_INTERVAL = 1.0
"""Seconds between two sweeps of what is over."""

BATCH_INTERVAL = 0.05
"""Seconds between two portions of a batch: 25 calls at the fastest."""

TOKEN_USE_INTERVAL = 60.0
"""Seconds after which it is written down at the latest that a token was used."""

_PAST_THE_MARK = 0.1

_log = logging.getLogger(__name__)


@asynccontextmanager
async def keep_commands(desk: Desk) -> AsyncIterator[None]:
    """Commands are settled by what the switches tell."""
    unwatch = desk.table.watch(lambda change: desk.ledger.observe(change, time.time()), {Kind.CHANGED, Kind.ENDED})
    try:
        yield
    finally:
        unwatch()


@asynccontextmanager
async def keep_loads(desk: Desk) -> AsyncIterator[None]:
    """Peaks follow every change, and every ten seconds it is noted how many calls there are."""
    unwatch = desk.table.watch(lambda change: desk.loads.observe(change, time.time()))
    sampler = asyncio.create_task(_sample(desk), name="sample")
    try:
        yield
    finally:
        unwatch()
        sampler.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await sampler


async def _sample(desk: Desk) -> None:
    while True:
        desk.loads.sample(time.time())
        await asyncio.sleep(until_next_sample(time.time()))


def until_next_sample(now: float) -> float:
    """Seconds to a little past the next mark: timers may fire a millisecond early, and would hit a mark many times."""
    return (now // STEP + 1) * STEP + _PAST_THE_MARK - now


@asynccontextmanager
async def keep_journal(desk: Desk, journal: Journal) -> AsyncIterator[None]:
    """Ended calls, commands and sign-ins that failed are written down; at the end all that was told is on disk."""
    failures = FailedSignIns(secrets.token_hex)
    desk.access.watch_failures(lambda failure: _record_failure(journal, failures, failure))
    unwatch_calls = desk.table.watch(partial(_record_call, journal), {Kind.ENDED})
    unwatch_commands = desk.ledger.watch(journal.record_command)
    journal.start()
    try:
        yield
    finally:
        unwatch_calls()
        unwatch_commands()
        await asyncio.to_thread(journal.stop)


def _record_call(journal: Journal, change: Change) -> None:
    journal.record_call(change.call)


def _record_failure(journal: Journal, failures: FailedSignIns, failure: FailedSignIn) -> None:
    entry = failures.entry(failure)
    if entry is not None:
        journal.record_deed(entry)


@asynccontextmanager
async def keep_counting(desk: Desk, journal: Journal, counting: Counting) -> AsyncIterator[None]:
    """Calls, commands and failed sign-ins are counted, and how late the loop is; each queue has a line here."""
    tallies = counting.tallies
    desk.access.watch_failures(tallies.sign_in_failed)
    unwatch_calls = desk.table.watch(tallies.observe, {Kind.BEGAN, Kind.CHANGED, Kind.ENDED})
    unwatch_commands = desk.ledger.watch(tallies.note_command)
    counting.add_queue("journal", partial(_journal_queue, journal))
    counting.add_queue("webhooks", partial(_webhooks_queue, desk))
    pulse = asyncio.create_task(feel_pulse(tallies.lag), name="pulse")
    try:
        yield
    finally:
        unwatch_calls()
        unwatch_commands()
        pulse.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await pulse


def _journal_queue(journal: Journal) -> QueueFigures:
    health = journal.health()
    lost = health.dropped + health.rejected
    return QueueFigures(waiting=health.waiting, dropped=lost, failing=health.failing_since is not None)


def _webhooks_queue(desk: Desk) -> QueueFigures:
    """Those of all webhooks together. That a receiver does not take its messages is no failure of ours."""
    traffic = [desk.outbox.traffic(webhook.id) for webhook in desk.webhooks.all()]
    return QueueFigures(waiting=sum(each.waiting for each in traffic), dropped=sum(each.given_up for each in traffic))


@asynccontextmanager
async def keep_token_use(access: Access, database: Database) -> AsyncIterator[None]:
    """When each token was last used is written down once a minute, and at the end."""
    keeper = asyncio.create_task(_keep_token_use(access, database), name="token use")
    try:
        yield
    finally:
        keeper.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await keeper
        _save_token_use(database, access.tokens.used())


async def _keep_token_use(access: Access, database: Database) -> None:
    while True:
        await asyncio.sleep(TOKEN_USE_INTERVAL)
        await asyncio.to_thread(_save_token_use, database, access.tokens.used())


def _save_token_use(database: Database, tokens: tuple[Token, ...]) -> None:
    """A token that was taken back meanwhile is not brought back."""
    try:
        note_token_use(database, tokens)
    except StorageError as error:
        _log.warning("When tokens were last used could not be written down: %s", error)


@asynccontextmanager
async def keep_sweeping(desk: Desk, numbering: Numbering, telling: Telling) -> AsyncIterator[None]:
    """Once a second: rows of ended calls leave, commands without proof are given up, numbers are kept in reserve, and
    it is looked whether the machine's clock was set.
    """
    sweeper = asyncio.create_task(_sweep(desk, numbering, telling), name="sweep")
    try:
        yield
    finally:
        sweeper.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await sweeper


async def _sweep(desk: Desk, numbering: Numbering, telling: Telling) -> None:
    while True:
        await asyncio.sleep(SWEEP_INTERVAL)
        telling.check()
        for _ in desk.table.sweep_in_steps(telling.clock.wall):
            await asyncio.sleep(0)
        now = time.time()
        for _ in desk.feeds.sweep_in_steps(now):
            await asyncio.sleep(0)
        desk.ledger.sweep(now)
        try:
            numbering.replenish()
        except StorageError as error:
            _log.error("No call numbers can be reserved, and soon no new call can be listed: %s", error)


@asynccontextmanager
async def keep_batches(desk: Desk) -> AsyncIterator[None]:
    """The calls of batches are ended as their turn comes."""
    worker = asyncio.create_task(_work_off(desk), name="batches")
    try:
        yield
    finally:
        worker.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await worker


async def _work_off(desk: Desk) -> None:
    while True:
        await asyncio.sleep(BATCH_INTERVAL)
        desk.batches.step(time.time())
