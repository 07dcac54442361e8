"""What an installation has once: its secret, and the call numbers that it used up."""

import secrets

from sqlalchemy import select
from sqlalchemy.dialects.sqlite import insert

from callboard.storage import schema
from callboard.storage.database import Database

__all__ = ["installation_secret", "reserve_numbers"]

SECRET_BYTES = 32

_CALLS = "call numbers"
_SECRET = "installation"  # noqa: S105  a row's name


def reserve_numbers(database: Database, count: int) -> int:
    """The first of `count` call numbers in a row, from 1 up, that nobody was ever given and nobody will be again.

    They are on disk as used when this returns: a process that dies takes the rest of its block with it.
    """
    if count < 1:
        raise ValueError("at least one number is to be reserved")
    counters = schema.counters
    with database.change() as connection:
        first: int = connection.scalar(select(counters.c.next).where(counters.c.name == _CALLS)) or 1
        row = insert(counters).values(name=_CALLS, next=first + count)
        connection.execute(row.on_conflict_do_update(index_elements=["name"], set_={"next": first + count}))
    return first


def installation_secret(database: Database) -> bytes:
    """32 random bytes, made on first use and the same ever after: they key nonces and short-lived proofs."""
    kept = schema.secrets
    with database.change() as connection:
        fresh = insert(kept).values(name=_SECRET, value=secrets.token_bytes(SECRET_BYTES))
        connection.execute(fresh.on_conflict_do_nothing())
        value: bytes = connection.execute(select(kept.c.value).where(kept.c.name == _SECRET)).scalar_one()
    return value
