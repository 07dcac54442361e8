"""A copy of the server's list, kept by the messages of a stream. No sockets and no clock: messages in, news out."""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Literal

import msgspec

from callboard.client.answers import Call
from callboard.client.messages import Begin, Change, Changes, Heartbeat, Message, Ready, Resumed, Rows
from callboard.client.problems import NotUnderstood

__all__ = ["Mirror", "News"]


class News(msgspec.Struct, frozen=True, kw_only=True):
    """Something that the copy has taken in, or that the link is lost."""

    kind: Literal["snapshot", "changes", "heartbeat", "resumed", "lost"]
    at: datetime | None = None
    """The server's clock; None where the message has none."""
    changes: tuple[Change, ...] = ()
    why: str = ""
    """Of a snapshot, why there is one; of a lost link, why it is lost."""


class Mirror:
    """The copy. A snapshot is put in its place once it is whole, so it is at any time what the server listed once."""

    def __init__(self) -> None:
        self._calls: dict[str, Call] = {}
        self._coming: dict[str, Call] = {}
        self._begin: Begin | None = None
        self.revision = ""
        """Up to where the copy has everything."""
        self.since = ""
        """From where the stream can go on; empty: it must begin anew."""

    @property
    def calls(self) -> Mapping[str, Call]:
        """Every call by its id, in the order in which the stream told of them."""
        return MappingProxyType(self._calls)

    def take(self, message: Message) -> News | None:
        """Take a message in; None if there is nothing to tell yet. Raises `NotUnderstood` for one that does not fit."""
        match message:
            case Begin():
                self._begin, self._coming, self.since = message, {}, ""
            case Rows():
                self._coming.update((call.id, call) for call in message.calls)
            case Ready():
                return self._ready(message)
            case Changes():
                return self._changes(message)
            case Heartbeat():
                self._reached(message.revision)
                return News(kind="heartbeat", at=message.at)
            case Resumed():
                self._reached(message.revision)
                return News(kind="resumed")
        return None

    def _ready(self, message: Ready) -> News:
        begin, self._begin = self._begin, None
        if begin is None or len(self._coming) != begin.total:
            raise NotUnderstood("the stream's snapshot is not whole")
        self._calls, self._coming = self._coming, {}
        self._reached(message.revision)
        return News(kind="snapshot", at=begin.at, why=begin.why)

    def _changes(self, message: Changes) -> News:
        for change in message.changes:
            if change.kind == "leave":
                self._calls.pop(change.id, None)
            else:
                self._calls[change.id] = change.call
        self._reached(message.revision)
        return News(kind="changes", at=message.at, changes=message.changes)

    def _reached(self, revision: str) -> None:
        self.revision = self.since = revision
