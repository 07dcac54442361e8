"""Statements that more than one room needs."""

from collections.abc import Mapping, Sequence
from functools import cache
from itertools import chain
from operator import itemgetter
from typing import Any, Final

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.sqlite import Insert, insert

__all__ = ["GROUP", "upsert", "upsert_many"]

GROUP: Final = 100
"""Rows to a statement."""


@cache
def upsert(table: Table) -> Insert:
    """Add rows; one that is there under the same key is replaced. Execute it with a list of rows."""
    return _replacing(table, insert(table))


def upsert_many(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """The same for many whole rows of a table that holds texts and numbers alone.

    The driver lets other threads go on with each row that it is given by itself, and has to wait for its turn then: a
    thread beside a loop that is always busy gets some hundred turns a second. So a group of rows is one statement.
    """
    grouped = len(rows) - len(rows) % GROUP
    values_of = itemgetter(*table.columns.keys())
    for begin in range(0, grouped, GROUP):
        values = chain.from_iterable(map(values_of, rows[begin : begin + GROUP]))
        connection.exec_driver_sql(_upsert_group(table), tuple(values))
    if grouped < len(rows):
        connection.execute(upsert(table), rows[grouped:])


@cache
def _upsert_group(table: Table) -> str:
    """SQL with a place for each value of a group, row by row, in the order of the columns.

    It is made of that for one row: to have SQLAlchemy write it takes 60 ms of the processor, all of which a busy loop
    beside it waits several times over, a turn at a time.
    """
    one = str(upsert(table).compile(dialect=sqlite.dialect()))
    row = f"({', '.join('?' * len(table.columns))})"
    before, after = one.split(row)
    return before + ", ".join([row] * GROUP) + after


def _replacing(table: Table, statement: Insert) -> Insert:
    fresh = {column.name: statement.excluded[column.name] for column in table.columns if not column.primary_key}
    return statement.on_conflict_do_update(index_elements=table.primary_key.columns, set_=fresh)
