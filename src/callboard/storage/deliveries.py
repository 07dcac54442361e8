"""What webhooks are to tell, did tell and gave up: kept in the order in which it happened."""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import msgspec
from msgspec.structs import replace
from sqlalchemy import Connection, Select, bindparam, delete, func, select, update

from callboard.operations.subscriptions import Delivery, DeliveryState
from callboard.storage.database import Database
from callboard.storage.schema import deliveries, webhooks
from callboard.storage.statements import upsert

__all__ = [
    "Letter",
    "Told",
    "forget_strays",
    "last_number",
    "last_told",
    "list_deliveries",
    "revive_deliveries",
    "save_deliveries",
    "trim",
    "waiting_deliveries",
    "what_it_says",
]

kept = deliveries.c
_SAVE = upsert(deliveries)
_FATE = ("state", "attempts", "tried_at", "next_at", "status", "words", "took")
"""The columns that change once a message is written."""
_NOTE = update(deliveries).where(kept.number == bindparam("of")).values({name: bindparam(name) for name in _FATE})


class Letter(NamedTuple):
    """A delivery together with what it says."""

    delivery: Delivery
    body: str
    content_type: str


class Told(NamedTuple):
    """What a webhook was told about something."""

    webhook: str
    event: str
    about: str
    body: str


def save_deliveries(database: Database, letters: Iterable[Letter], settled: Iterable[Delivery]) -> None:
    """Save new messages, and what came of others, in one step. Raises `StorageError`."""
    rows = [msgspec.to_builtins(one.delivery) | {"body": one.body, "content_type": one.content_type} for one in letters]
    fates = [{"of": one.number} | {name: msgspec.to_builtins(getattr(one, name)) for name in _FATE} for one in settled]
    with database.change(durable=False) as connection:
        if rows:
            connection.execute(_SAVE, rows)
        if fates:
            connection.execute(_NOTE, fates)


def what_it_says(database: Database, number: int) -> tuple[str, str] | None:
    """The body of a message and its type; None if there is none of this number. Raises `StorageError`."""
    with database.view() as connection:
        found = connection.execute(select(kept.body, kept.content_type).where(kept.number == number)).first()
    return None if found is None else (found[0], found[1])


def last_number(database: Database) -> int:
    """The greatest number that was given; 0 if none was. Raises `StorageError`."""
    with database.view() as connection:
        return connection.execute(select(func.max(kept.number))).scalar() or 0


def forget_strays(database: Database) -> None:
    """Delete what was still being written down when its webhook was removed. Raises `StorageError`."""
    with database.change(durable=False) as connection:
        connection.execute(delete(deliveries).where(kept.webhook.not_in(select(webhooks.c.id))))


def waiting_deliveries(database: Database) -> tuple[Delivery, ...]:
    """All that are to be sent, in order. Raises `StorageError`."""
    with database.view() as connection:
        found = select(deliveries).where(kept.state == DeliveryState.WAITING.value).order_by(kept.number)
        return tuple(_read(connection, found))


def last_told(database: Database, events: Iterable[str]) -> tuple[Told, ...]:
    """The last message of each webhook about each thing, of these kinds. Raises `StorageError`."""
    newest = select(func.max(kept.number)).where(kept.event.in_([*events])).group_by(kept.webhook, kept.about)
    found = select(kept.webhook, kept.event, kept.about, kept.body).where(kept.number.in_(newest))
    with database.view() as connection:
        return tuple(Told(*row) for row in connection.execute(found))


def revive_deliveries(
    database: Database, webhook: str, message: str | None, most: int, now: float
) -> tuple[Delivery, ...]:
    """Have those of a webhook that were given up wait again, the oldest first, or one of them; returns them in order.

    Raises `StorageError`.
    """
    dead = (kept.webhook == webhook) & (kept.state == DeliveryState.DEAD.value)
    if message is not None:
        dead &= kept.message == message
    with database.change(durable=False) as connection:
        found = tuple(_read(connection, select(deliveries).where(dead).order_by(kept.number).limit(most)))
        if found:
            again = update(deliveries).where(dead, kept.number <= found[-1].number)
            connection.execute(again.values(state=DeliveryState.WAITING.value, attempts=0, next_at=now, words=""))
    return tuple(replace(one, state=DeliveryState.WAITING, attempts=0, next_at=now, words="") for one in found)


def list_deliveries(
    database: Database, webhook: str, state: DeliveryState | None, before: int | None, limit: int
) -> tuple[Delivery, ...]:
    """The newest of a webhook with a smaller number than `before`. Raises `StorageError`."""
    found = select(deliveries).where(kept.webhook == webhook).order_by(kept.number.desc()).limit(limit)
    if state is not None:
        found = found.where(kept.state == state.value)
    if before is not None:
        found = found.where(kept.number < before)
    with database.view() as connection:
        return tuple(_read(connection, found))


def trim(database: Database, webhook: str, state: DeliveryState, keep: int, lasting: Iterable[str] = ()) -> int:
    """Delete all but the newest of a webhook in this state; returns how many went. Raises `StorageError`.

    The last message about each thing stays where it is of one of the `lasting` kinds, however old it is.
    """
    last = select(func.max(kept.number)).where(kept.webhook == webhook, kept.event.in_([*lasting])).group_by(kept.about)
    mine = (kept.webhook == webhook) & (kept.state == state.value)
    with database.change(durable=False) as connection:
        oldest = select(kept.number).where(mine).order_by(kept.number.desc()).offset(keep).limit(1)
        number = connection.execute(oldest).scalar()
        if number is None:
            return 0
        return connection.execute(
            delete(deliveries).where(mine, kept.number <= number, kept.number.not_in(last))
        ).rowcount


def _read(connection: Connection, found: Select[Any]) -> Iterator[Delivery]:
    names = Delivery.__struct_fields__
    rows = connection.execute(found.with_only_columns(*(kept[name] for name in names))).all()
    return (msgspec.convert(dict(zip(names, row, strict=True)), Delivery) for row in rows)
