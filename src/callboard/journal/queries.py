"""Reading the journal: pages, newest first, that cost the same however long the journal is and however far back.

Further conditions make a page cost more: what lies between its entries is read too.
"""

from collections.abc import Collection, Iterable
from functools import cache
from itertools import product
from math import inf
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Connection, Select, bindparam, select, tuple_

from callboard.journal.shelves import Shelf
from callboard.operations.past import LONGEST_PAGE, Cursor, Page, Span
from callboard.storage.database import Database

__all__ = ["Condition", "entry_of", "merged", "page"]

_NEWEST = Cursor(inf, 0)
_OLDEST = Cursor(-inf, 0)
_ALWAYS = Span()

Entry = TypeVar("Entry")

Condition = ColumnElement[bool]


def page(
    database: Database,
    shelf: Shelf[Entry],
    before: Cursor | None,
    limit: int,
    owners: Collection[int | str] | None,
    span: Span = _ALWAYS,
    where: tuple[Condition, ...] = (),
) -> Page[Entry]:
    """The newest entries that are older than `before`, of these owners (None: of all). Raises `StorageError`.

    `limit` is brought between 1 and `LONGEST_PAGE`.
    """
    limit = max(1, min(limit, LONGEST_PAGE))
    first = _first(shelf, before, span)
    last = _OLDEST if span.since is None else Cursor(span.since, shelf.lowest)
    with database.view() as connection:
        places = _places(connection, shelf, (first, last), limit + 1, owners, where)
        entries = _entries(connection, shelf, places[:limit])
    return Page(entries, places[limit - 1] if len(places) > limit else None)


def entry_of(database: Database, shelf: Shelf[Entry], key: int | str) -> Entry | None:
    """The entry with this key. Raises `StorageError`."""
    with database.view() as connection:
        wanted = select(shelf.table).where(shelf.column(shelf.key) == key)
        row = connection.execute(wanted).mappings().first()
    return None if row is None else shelf.entry(dict(row))


def merged(pages: Iterable[tuple[list[tuple[Cursor, Entry]], bool]], limit: int) -> Page[Entry]:
    """One page of several kinds of entries with their places; the flags say of which kind there are more."""
    found: list[tuple[Cursor, Entry]] = []
    more = False
    for entries, further in pages:
        found += entries
        more |= further
    found.sort(key=lambda one: one[0], reverse=True)
    more |= len(found) > limit
    found = found[:limit]
    return Page(tuple(entry for _, entry in found), found[-1][0] if more and found else None)


def _first(shelf: Shelf[Any], before: Cursor | None, span: Span) -> Cursor:
    """The place before which the page begins."""
    before = before or _NEWEST
    return before if span.until is None or before.at < span.until else Cursor(span.until, shelf.lowest)


def _places(
    connection: Connection,
    shelf: Shelf[Entry],
    bounds: tuple[Cursor, Cursor],
    limit: int,
    owners: Collection[int | str] | None,
    where: tuple[Condition, ...],
) -> list[Cursor]:
    """The newest places in bounds: merged from each owner's own newest, since that is what the index is for."""
    before, last = bounds
    if owners is None:
        return _run(connection, _of_all(shelf).where(*where), before, last, limit)
    best: list[Cursor] = []
    for column, owner in product(shelf.owners, owners):
        # What is older than the last of a full page cannot come onto it.
        floor = best[-1] if len(best) == limit else last
        found = _run(connection, _of_one(shelf, column).where(*where), before, floor, limit, owner)
        if found:
            best = sorted({*best, *found}, reverse=True)[:limit]
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
def _of_one(shelf: Shelf[Any], column: str) -> Select[float, int | str]:
    return _of_all(shelf).where(shelf.column(column) == bindparam("owner"))


def _entries(connection: Connection, shelf: Shelf[Entry], places: list[Cursor]) -> tuple[Entry, ...]:
    time, key = shelf.column(shelf.time), shelf.column(shelf.key)
    wanted = select(shelf.table).where(key.in_([place.key for place in places]))
    rows = connection.execute(wanted.order_by(time.desc(), key.desc())).mappings()
    return tuple(shelf.entry(dict(row)) for row in rows)
