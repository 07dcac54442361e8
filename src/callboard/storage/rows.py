"""The directory, the logins and the webhooks as rows: a value's fields are its columns, and lists are JSON text."""

from collections.abc import Iterable
from typing import TypeVar

import msgspec
import sqlalchemy
from sqlalchemy import Table, delete, select, update

from callboard.access.logins import Login
from callboard.access.tokens import Token
from callboard.directory.records import (
    DID,
    Account,
    Connection,
    Customer,
    Destination,
    Device,
    Machine,
    Record,
    Vendor,
)
from callboard.operations.subscriptions import Webhook
from callboard.storage import schema
from callboard.storage.database import Database
from callboard.storage.errors import StorageError
from callboard.storage.statements import upsert

__all__ = [
    "TABLES",
    "change_directory",
    "change_logins",
    "change_tokens",
    "change_webhooks",
    "load_directory",
    "load_logins",
    "load_tokens",
    "load_webhooks",
    "note_token_use",
    "remove_login",
    "save_logins",
]

Value = TypeVar("Value", bound=msgspec.Struct)

TABLES: dict[type[Record], Table] = {
    Customer: schema.customers,
    Account: schema.accounts,
    Device: schema.devices,
    Vendor: schema.vendors,
    Connection: schema.connections,
    DID: schema.dids,
    Machine: schema.machines,
}
"""The table of each kind of record."""

_MEND = "Correct it, or put back a backup."


def load_directory(database: Database) -> tuple[tuple[Record, ...], tuple[Destination, ...]]:
    """Every record, kind by kind in the order of `TABLES` and by id, and the operator's own destinations by prefix.

    Raises `StorageError`, naming the row, if one was spoiled by hand.
    """
    with database.view() as connection:
        records = [record for kind, table in TABLES.items() for record in _load(connection, kind, table)]
        return tuple(records), _load(connection, Destination, schema.destinations)


def change_directory(
    database: Database,
    puts: Iterable[Record] = (),
    removes: Iterable[tuple[type[Record], int]] = (),
    destinations: Iterable[Destination] | None = None,
) -> None:
    """Save and remove records in one step, and have `destinations`, if given, instead of those kept.

    A record that is there under the same id is replaced. Raises `RowError` if a reference would break.
    """
    with database.change() as connection:
        _put(connection, puts)
        for kind, number in removes:
            table = TABLES[kind]
            connection.execute(delete(table).where(table.c.id == number))
        if destinations is not None:
            connection.execute(delete(schema.destinations))
            _save(connection, schema.destinations, destinations)


def load_logins(database: Database) -> tuple[Login, ...]:
    """Every login by name. Raises `StorageError`, naming the row, if one was spoiled by hand."""
    with database.view() as connection:
        return _load(connection, Login, schema.logins)


def change_logins(database: Database, puts: Iterable[Login] = (), removes: Iterable[str] = ()) -> None:
    """Save logins, and remove others by name, in one step. One that is there under the same name is replaced."""
    with database.change() as connection:
        _save(connection, schema.logins, puts)
        for name in removes:
            connection.execute(delete(schema.logins).where(schema.logins.c.name == name))


def load_tokens(database: Database) -> tuple[Token, ...]:
    """Every token by id. Raises `StorageError`, naming the row, if one was spoiled by hand."""
    with database.view() as connection:
        return _load(connection, Token, schema.tokens)


def change_tokens(database: Database, puts: Iterable[Token] = (), removes: Iterable[str] = ()) -> None:
    """Save tokens, and remove others by id, in one step. One that is there under the same id is replaced."""
    with database.change() as connection:
        _save(connection, schema.tokens, puts)
        for name in removes:
            connection.execute(delete(schema.tokens).where(schema.tokens.c.id == name))


def load_webhooks(database: Database) -> tuple[Webhook, ...]:
    """Every webhook by id. Raises `StorageError`, naming the row, if one was spoiled by hand."""
    with database.view() as connection:
        return _load(connection, Webhook, schema.webhooks)


def change_webhooks(database: Database, puts: Iterable[Webhook] = (), removes: Iterable[str] = ()) -> None:
    """Save webhooks, and remove others by id with all that they were to tell, in one step."""
    with database.change() as connection:
        _save(connection, schema.webhooks, puts)
        for name in removes:
            connection.execute(delete(schema.webhooks).where(schema.webhooks.c.id == name))
            connection.execute(delete(schema.deliveries).where(schema.deliveries.c.webhook == name))


def note_token_use(database: Database, tokens: Iterable[Token]) -> None:
    """Save when these tokens were last used. One that is not there (any more) is passed over."""
    with database.change(durable=False) as connection:
        for token in tokens:
            used = update(schema.tokens).where(schema.tokens.c.id == token.id)
            connection.execute(used.values(last_used_at=token.last_used_at))


def save_logins(database: Database, *logins: Login) -> None:
    """Add logins; one that is there under the same name is replaced. All of them or, on an error, none."""
    change_logins(database, logins)


def remove_login(database: Database, name: str) -> None:
    """Remove a login, if it is there."""
    change_logins(database, removes=(name,))


def _put(connection: sqlalchemy.Connection, records: Iterable[Record]) -> None:
    by_kind: dict[type[Record], list[Record]] = {}
    for record in records:
        by_kind.setdefault(type(record), []).append(record)
    for kind, some in by_kind.items():
        _save(connection, TABLES[kind], some)


def _save(connection: sqlalchemy.Connection, table: Table, values: Iterable[msgspec.Struct]) -> None:
    rows = [msgspec.to_builtins(value, order="deterministic") for value in values]
    if rows:
        connection.execute(upsert(table), rows)


def _load(connection: sqlalchemy.Connection, kind: type[Value], table: Table) -> tuple[Value, ...]:
    names = kind.__struct_fields__
    statement = select(*(table.c[name] for name in names)).order_by(*table.primary_key.columns)
    try:
        rows = connection.execute(statement).all()
    except msgspec.DecodeError as error:
        raise StorageError(f"Table {table.name} has a list that is not JSON: {error}. {_MEND}") from error
    return tuple(_value(kind, table, dict(zip(names, row, strict=True))) for row in rows)


def _value(kind: type[Value], table: Table, row: dict[str, object]) -> Value:
    try:
        return msgspec.convert(row, kind)
    except msgspec.ValidationError as error:
        key = next(iter(table.primary_key.columns)).name
        raise StorageError(
            f"The row of table {table.name} with {key} {row[key]!r} cannot be read: {error}. {_MEND}"
        ) from error
