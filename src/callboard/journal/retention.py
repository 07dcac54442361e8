"""What becomes of old entries, and of those that a crash left open."""

from typing import Any

from sqlalchemy import delete, select, update

from callboard.calls.commands import Outcome
from callboard.journal.shelves import AUDIT, CALLS, COMMANDS, Shelf
from callboard.storage import schema
from callboard.storage.database import Database

__all__ = ["CHUNK", "prune_some", "settle_commands"]

CHUNK = 1_000
"""Entries deleted in one transaction: few enough that nobody waits long behind it."""


def prune_some(database: Database, before: float) -> int:
    """Delete up to `CHUNK` entries of each kind that are older than `before`; returns how many it were."""
    return sum(_prune(database, shelf, before) for shelf in (CALLS, COMMANDS, AUDIT))


def settle_commands(database: Database, now: float) -> int:
    """Give every command without an outcome the outcome unknown, for its proof can no longer come; returns how many.

    To be called before the first command of a new life of the process.
    """
    commands = schema.commands
    settled = update(commands).where(commands.c.outcome == Outcome.PENDING.name.lower())
    values = {
        "outcome": Outcome.UNKNOWN.name.lower(),
        "outcome_at": now,
        "words": "Callboard stopped before the outcome was known",
    }
    with database.change() as connection:
        return connection.execute(settled.values(values)).rowcount


def _prune(database: Database, shelf: Shelf[Any], before: float) -> int:
    time, key = shelf.column(shelf.time), shelf.column(shelf.key)
    old = select(key).where(time < before).order_by(time).limit(CHUNK)
    with database.change(durable=False) as connection:
        return connection.execute(delete(shelf.table).where(key.in_(old))).rowcount
