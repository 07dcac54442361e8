"""Statements that more than one room needs."""

from sqlalchemy import Table
from sqlalchemy.dialects.sqlite import Insert, insert

__all__ = ["upsert"]


def upsert(table: Table) -> Insert:
    """Add rows; one that is there under the same key is replaced. Execute it with a list of rows."""
    statement = insert(table)
    fresh = {column.name: statement.excluded[column.name] for column in table.columns if not column.primary_key}
    return statement.on_conflict_do_update(index_elements=table.primary_key.columns, set_=fresh)
