"""Reading the journal: pages, newest first, that cost the same however long the journal is and however far back."""

from collections.abc import Collection
from functools import cache
from math import inf
from typing import Any, TypeVar

from sqlalchemy import Connection, Select, bindparam, select, tuple_

from callboard.journal.entries import Cursor, Page
from callboard.journal.shelves import Shelf
from callboard.storage.database import Database

__all__ = ["MOST", "page"]

MOST = 1_000
"""The longest page."""

_NEWEST = Cursor(inf, 0)
_OLDEST = Cursor(-inf, 0)

Entry = TypeVar("Entry")


def page(
    database: Database, shelf: Shelf[Entry], before: Cursor | None, limit: int, owners: Collection[int | str] | None
) -> Page[Entry]:
    """The newest entries that are older than `before`, of these owners (None: of all). Raises `StorageError`.

    `limit` is brought between 1 and `MOST`.
    """
    limit = max(1, min(limit, MOST))
    with database.view() as connection:
        places = _places(connection, shelf, before or _NEWEST, limit + 1, owners)
        entries = _entries(connection, shelf, places[:limit])
    return Page(entries, places[limit - 1] if len(places) > limit else None)


def _places(
    connection: Connection, shelf: Shelf[Entry], before: Cursor, limit: int, owners: Collection[int | str] | None
) -> list[Cursor]:
    """The newest places before `before`: merged from each owner's own newest, since that is what the index is for."""
    if owners is None:
        return _run(connection, _of_all(shelf), before, _OLDEST, limit)
    best: list[Cursor] = []
    for owner in owners:
        # What is older than the last of a full page cannot come onto it.
        floor = best[-1] if len(best) == limit else _OLDEST
        found = _run(connection, _of_one(shelf), before, floor, limit, owner)
        if found:
            best = sorted(best + found, reverse=True)[:limit]
    return best


def _run(
    connection: Connection,
    statement: Select[float, int | str],
    before: Cursor,
    floor: Cursor,
    limit: int,
    owner: int | str | None = None,
) -> list[Cursor]:
    bounds = {"at": before.at, "key": before.key, "floor_at": floor.at, "floor_key": floor.key}
    rows = connection.execute(statement, {**bounds, "limit": limit, "owner": owner})
    return [Cursor(at, key) for at, key in rows]


@cache
def _of_all(shelf: Shelf[Any]) -> Select[float, int | str]:
    time, key = shelf.column(shelf.time), shelf.column(shelf.key)
    place = tuple_(time, key)
    return (
        select(time, key)
        .where(place < tuple_(bindparam("at"), bindparam("key")))
        .where(place > tuple_(bindparam("floor_at"), bindparam("floor_key")))
        .order_by(time.desc(), key.desc())
        .limit(bindparam("limit"))
    )


@cache
def _of_one(shelf: Shelf[Any]) -> Select[float, int | str]:
    return _of_all(shelf).where(shelf.column(shelf.owner) == bindparam("owner"))


def _entries(connection: Connection, shelf: Shelf[Entry], places: list[Cursor]) -> tuple[Entry, ...]:
    time, key = shelf.column(shelf.time), shelf.column(shelf.key)
    wanted = select(shelf.table).where(key.in_([place.key for place in places]))
    rows = connection.execute(wanted.order_by(time.desc(), key.desc())).mappings()
    return tuple(shelf.entry(dict(row)) for row in rows)
