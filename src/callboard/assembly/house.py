"""The core, bound to its storage: what every server has, whatever switches it listens to and fronts it answers at."""

import asyncio
import secrets
import time
from collections.abc import AsyncIterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import msgspec

from callboard.access.access import Access, LoginChange
from callboard.access.claims import PasswordClaim, TokenClaim
from callboard.access.entries import sealing
from callboard.access.rights import Principal
from callboard.access.tokens import TokenChange
from callboard.assembly.announcing import keep_webhooks
from callboard.assembly.links import Links
from callboard.assembly.watchers import (
    keep_batches,
    keep_commands,
    keep_counting,
    keep_journal,
    keep_loads,
    keep_sweeping,
    keep_token_use,
)
from callboard.calls.commands import CommandId
from callboard.config.settings import Config
from callboard.directory.addresses import AddressSet
from callboard.directory.directory import Directory, DirectoryChange
from callboard.directory.document import Sealing
from callboard.directory.placement import Placer
from callboard.journal.journal import Journal
from callboard.journal.past import KeptPast
from callboard.metrics.counting import Counting
from callboard.operations.desk import Desk
from callboard.operations.ledger import Ledger
from callboard.operations.subscriptions import WebhookChange, Webhooks
from callboard.storage.database import Database, open_database
from callboard.storage.installation import installation_secret, reserve_numbers
from callboard.storage.lock import alone
from callboard.storage.rows import (
    change_directory,
    change_logins,
    change_tokens,
    change_webhooks,
    load_directory,
    load_logins,
    load_tokens,
    load_webhooks,
)
from callboard.switches.clock import OurClock
from callboard.switches.telling import Telling
from callboard.table.store.numbering import Numbering
from callboard.table.table import Table

__all__ = ["House", "open_house"]

VERIFIERS = 2
"""Passwords that are verified at once."""


class House(msgspec.Struct, frozen=True, kw_only=True):
    """What the switches and the fronts are bound to."""

    config: Config
    desk: Desk
    database: Database
    journal: Journal
    links: Links
    counting: Counting
    telling: Telling
    """The way from the links to the table."""

    @property
    def sealing(self) -> Sealing:
        """What makes verifiers of the plain passwords in a directory."""
        return sealing(sip_realm=self.config.switches.b2bua.realm, http_realm=self.config.access.realm)


@asynccontextmanager
async def open_house(config: Config, path: Path | None) -> AsyncIterator[House]:
    """Open the database and build the core over it, with all who watch it; at the end they finish their work."""
    with alone(path), open_database(path) as database, ThreadPoolExecutor(VERIFIERS, "verify") as verifiers:
        numbering = Numbering(config.node.index, partial(reserve_numbers, database))
        numbering.replenish()
        links = Links()
        journal = Journal(database, config.journal)
        desk = _core(config, journal, numbering, verifiers, links)
        telling = Telling(desk.table, OurClock())
        counting = Counting(desk, config.metrics)
        async with AsyncExitStack() as watchers:
            await watchers.enter_async_context(keep_commands(desk))
            await watchers.enter_async_context(keep_loads(desk))
            await watchers.enter_async_context(keep_journal(desk, journal))
            await watchers.enter_async_context(keep_counting(desk, journal, counting))
            await watchers.enter_async_context(keep_token_use(desk.access, database))
            await watchers.enter_async_context(keep_webhooks(desk, database, config))
            await watchers.enter_async_context(keep_batches(desk))
            await watchers.enter_async_context(keep_sweeping(desk, numbering, telling))
            yield House(
                config=config,
                desk=desk,
                database=database,
                journal=journal,
                links=links,
                counting=counting,
                telling=telling,
            )


def _core(config: Config, journal: Journal, numbering: Numbering, verifiers: Executor, links: Links) -> Desk:
    database = journal.database
    directory = Directory(*load_directory(database))
    directory.watch(partial(_keep_directory, database))
    access = Access(
        directory, config.access, installation_secret(database), load_logins(database), load_tokens(database)
    )
    access.watch(partial(_keep_logins, database))
    access.tokens.watch(partial(_keep_tokens, database))
    webhooks = Webhooks(load_webhooks(database), AddressSet(config.webhooks.allowed_targets))
    webhooks.watch(partial(_keep_webhooks, database))
    table = Table(Placer(directory), numbering, epoch=time.time_ns(), settings=config.table)
    return Desk(
        directory=directory,
        access=access,
        table=table,
        ledger=Ledger(_new_command_id),
        switchboard=links,
        sign_in=partial(_sign_in, verifiers, access),
        switches=links.facts,
        day=_local_day,
        past=KeptPast(database),
        audit=journal.record_deed,
        webhooks=webhooks,
        batch_book=journal,
    )


def _local_day(at: float) -> int:
    return datetime.fromtimestamp(at, UTC).astimezone().toordinal()


def _keep_directory(database: Database, change: DirectoryChange) -> None:
    change_directory(database, change.puts, change.removes, change.destinations)


def _keep_logins(database: Database, change: LoginChange) -> None:
    change_logins(database, change.puts, change.removes)


def _keep_tokens(database: Database, change: TokenChange) -> None:
    change_tokens(database, change.puts, change.removes)


def _keep_webhooks(database: Database, change: WebhookChange) -> None:
    change_webhooks(database, change.puts, change.removes)


async def _sign_in(verifiers: Executor, access: Access, claim: PasswordClaim | TokenClaim, now: float) -> Principal:
    """To verify a password that was not seen lately takes 0.1 s, hence the threads, and few of them: however many
    passwords are tried, the rest of the server has the processor too.
    """
    if isinstance(claim, TokenClaim):
        return access.sign_in(claim, now)
    known = access.recall(claim, now)
    if known is not None:
        return known
    return await asyncio.get_running_loop().run_in_executor(verifiers, access.sign_in, claim, now)


def _new_command_id() -> CommandId:
    return CommandId(f"c-{secrets.token_hex(8)}")
