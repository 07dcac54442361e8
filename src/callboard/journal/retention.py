"""What becomes of old entries, and of those that a crash left open."""

from typing import Any

from sqlalchemy import case, delete, select, update

from callboard.calls.commands import Outcome
from callboard.journal.shelves import AUDIT, BATCHES, CALLS, COMMANDS, Shelf
from callboard.operations.batches import BatchState
from callboard.storage import schema
from callboard.storage.database import Database

__all__ = ["CHUNK", "prune_some", "settle_commands", "stop_batches"]

CHUNK = 1_000
"""Entries deleted in one transaction: few enough that nobody waits long behind it."""


def prune_some(database: Database, before: float) -> int:
    """Delete up to `CHUNK` entries of each kind that are older than `before`; returns how many it were."""
    return sum(_prune(database, shelf, before) for shelf in (CALLS, COMMANDS, BATCHES, AUDIT))


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


def stop_batches(database: Database) -> int:
    """Have every batch that was under way be stopped, for nothing goes on with it; returns how many it were.

    To be called before the first batch of a new life of the process.
    """
    batches = schema.batches
    words = "Callboard was restarted while it ran: the calls whose turn had not come stay up"
    values = {
        "state": BatchState.STOPPED.value,
        "words": case((batches.c.words == "", words), else_=batches.c.words),
    }
    with database.change() as connection:
        running = update(batches).where(batches.c.state == BatchState.RUNNING.value)
        return connection.execute(running.values(values)).rowcount


def _prune(database: Database, shelf: Shelf[Any], before: float) -> int:
    time, key = shelf.column(shelf.time), shelf.column(shelf.key)
    old = select(key).where(time < before).order_by(time).limit(CHUNK)
    with database.change(durable=False) as connection:
        return connection.execute(delete(shelf.table).where(key.in_(old))).rowcount
