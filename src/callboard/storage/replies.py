"""Replies to requests that may be sent again with their key: kept for a day, also over a restart."""

from typing import Any

import msgspec
from sqlalchemy import ColumnClause, ColumnElement, Connection, Integer, delete, insert, literal_column, select, update

from callboard.http.values import Reply
from callboard.storage.database import Database
from callboard.storage.schema import replies

__all__ = ["KEEP", "MOST", "KeptReplies", "KeptReply", "ReplyName"]

KEEP = 86_400.0
"""Seconds for which a reply is kept."""
MOST = 10_000
"""Replies that are kept at most; the oldest go first."""

kept = replies.c
_ORDER: ColumnClause[int] = literal_column("replies.rowid", Integer)
"""In which they came."""


class ReplyName(msgspec.Struct, frozen=True):
    """Which reply: who asked, at which customer they stood, and the key that they gave."""

    login: str
    customer: int
    key: str


class KeptReply(msgspec.Struct, frozen=True):
    """What was sent with a key, in short, and what was answered; None while it is not known."""

    sent: bytes
    reply: Reply | None = None


class KeptReplies:
    """The replies in a database. Every method waits for the disk, may be called from any thread, and raises
    `StorageError` where the database cannot be used.
    """

    def __init__(self, database: Database, most: int = MOST) -> None:
        self._database = database
        self._most = most

    def claim(self, name: ReplyName, sent: bytes, now: float) -> KeptReply | None:
        """What is kept under a name. None if there is nothing: then it is written down that this was asked for."""
        with self._database.change() as connection:
            connection.execute(delete(replies).where(kept.at <= now - KEEP))
            row = connection.execute(select(replies).where(_named(name))).mappings().first()
            if row is not None:
                return KeptReply(row["sent"], _reply(dict(row)))
            self._make_room(connection)
            connection.execute(insert(replies).values(**msgspec.structs.asdict(name), sent=sent, at=now))
        return None

    def keep(self, name: ReplyName, reply: Reply) -> None:
        """Write the reply down to what was claimed."""
        said = {"status": reply.status, "content_type": reply.content_type, "headers": reply.headers}
        with self._database.change(durable=False) as connection:
            connection.execute(update(replies).where(_named(name)).values(**said, body=reply.body))

    def drop(self, name: ReplyName) -> None:
        """Forget what was claimed: nothing was done."""
        with self._database.change(durable=False) as connection:
            connection.execute(delete(replies).where(_named(name)))

    def _make_room(self, connection: Connection) -> None:
        """The oldest of too many go; one more comes."""
        surplus = select(_ORDER).select_from(replies).order_by(_ORDER.desc()).offset(self._most - 1).limit(1)
        connection.execute(delete(replies).where(surplus.scalar_subquery() >= _ORDER))


def _named(name: ReplyName) -> ColumnElement[bool]:
    return (kept.login == name.login) & (kept.customer == name.customer) & (kept.key == name.key)


def _reply(row: dict[str, Any]) -> Reply | None:
    if row["status"] is None:
        return None
    headers = tuple((header, value) for header, value in row["headers"])
    return Reply(status=row["status"], content_type=row["content_type"], headers=headers, body=row["body"])
