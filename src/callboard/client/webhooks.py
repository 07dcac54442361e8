"""Webhooks: the server tells other programs what happens. `docs/how-to/webhooks.md` says how to receive them."""

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from datetime import datetime
from types import NoneType
from typing import Any, Literal

import msgspec

from callboard.client.ask import Ask, place
from callboard.client.asks import LONGEST_PAGE
from callboard.client.queries import CallFilters, members, query
from callboard.client.sections import Asks, AsyncAsks

__all__ = [
    "AsyncWebhooks",
    "Delivery",
    "DeliveryPage",
    "LastAttempt",
    "Limit",
    "NewSecret",
    "NewWebhook",
    "Webhook",
    "Webhooks",
    "change_webhook",
    "create_webhook",
    "deliveries",
    "remove_webhook",
    "replay_webhook",
    "rotate_secret",
    "test_webhook",
    "webhook",
    "webhooks",
]


class Limit(msgspec.Struct, frozen=True, kw_only=True):
    """How many calls at once somebody is to have at most; to pass it is told, as `limit.passed`."""

    of: str
    """`customer`, `account`, `vendor` or `connection`."""
    id: int
    calls: int


class LastAttempt(msgspec.Struct, frozen=True, kw_only=True):
    """What came of the last attempt."""

    at: datetime | None
    event: str
    status: int | None
    """What the receiver answered; None: nothing."""
    words: str
    """Why it went wrong; empty: it went well."""


class Webhook(msgspec.Struct, frozen=True, kw_only=True):
    """A webhook and how it fares, without its secret."""

    id: str
    name: str
    login: str
    url: str
    format: str
    events: tuple[str, ...]
    filter: Mapping[str, Any]
    limits: tuple[Limit, ...]
    active: bool
    why_off: str
    stands: str
    """Why it tells nothing, or not all, at present; empty: it does."""
    waiting: int
    given_up: int
    last: LastAttempt | None
    created_at: datetime | None


class NewSecret(msgspec.Struct, frozen=True):
    """A secret with which messages are signed. It is never shown again."""

    secret: str

    def __repr__(self) -> str:
        """Without the secret itself."""
        return "NewSecret()"


class NewWebhook(Webhook, frozen=True, kw_only=True):
    """A webhook that was just made."""

    secret: str
    """What its messages are signed with. It is never shown again."""

    def __repr__(self) -> str:
        """Without the secret, which is nobody's to read in a log."""
        return f"NewWebhook(id={self.id!r}, name={self.name!r})"


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """A message, and what came of the last attempt."""

    message: str
    event: str
    about: str
    at: datetime | None
    state: str
    """`waiting`, `delivered` or `dead`."""
    attempts: int
    tried_at: datetime | None
    next_at: datetime | None
    status: int | None
    words: str
    took: float | None


class DeliveryPage(msgspec.Struct, frozen=True):
    """Messages, the newest first."""

    next: str | None
    deliveries: tuple[Delivery, ...]


class _List(msgspec.Struct, frozen=True):
    webhooks: tuple[Webhook, ...]


class _Message(msgspec.Struct, frozen=True):
    message: str


class _Count(msgspec.Struct, frozen=True):
    count: int


# --- the questions ---------------------------------------------------------------------------------------------------

Fields = Mapping[str, object]


def webhooks() -> Ask[_List]:
    """Those that one may see."""
    return Ask(method="GET", route="/webhooks", gives=_List)


def webhook(name: str) -> Ask[Webhook]:
    """One."""
    return Ask(method="GET", route="/webhooks/{id}", path=f"/webhooks/{place(name)}", gives=Webhook)


def create_webhook(fields: Fields) -> Ask[NewWebhook]:
    """Make one."""
    return Ask(method="POST", route="/webhooks", gives=NewWebhook, body=_document(fields), once=True)


def change_webhook(name: str, fields: Fields) -> Ask[Webhook]:
    """Change some fields."""
    path = f"/webhooks/{place(name)}"
    return Ask(method="PATCH", route="/webhooks/{id}", path=path, gives=Webhook, body=_document(fields))


def _document(fields: Fields) -> bytes:
    """A filter's values stand in lists."""
    shown = {name: value for name, value in fields.items() if value is not None}
    if isinstance(where := shown.get("filter"), Mapping):
        plain = members(where)
        shown["filter"] = {name: value if isinstance(value, list | bool) else [value] for name, value in plain.items()}
    return msgspec.json.encode(shown)


def remove_webhook(name: str) -> Ask[None]:
    """Remove it."""
    return Ask(method="DELETE", route="/webhooks/{id}", path=f"/webhooks/{place(name)}", gives=NoneType)


def rotate_secret(name: str) -> Ask[NewSecret]:
    """Have a new secret made."""
    path = f"/webhooks/{place(name)}/secret"
    return Ask(method="POST", route="/webhooks/{id}/secret", path=path, gives=NewSecret, once=True)


def test_webhook(name: str) -> Ask[_Message]:
    """Have a message sent."""
    path = f"/webhooks/{place(name)}/test"
    return Ask(method="POST", route="/webhooks/{id}/test", path=path, gives=_Message, once=True)


def deliveries(name: str, state: str | None, limit: int | None, cursor: str | None) -> Ask[DeliveryPage]:
    """A page of its messages."""
    return Ask(
        method="GET",
        route="/webhooks/{id}/deliveries",
        path=f"/webhooks/{place(name)}/deliveries",
        gives=DeliveryPage,
        query=query({"state": state, "limit": limit, "cursor": cursor}),
    )


def replay_webhook(name: str, message: str | None) -> Ask[_Count]:
    """Send dead messages again."""
    body = msgspec.json.encode({} if message is None else {"message": message})
    path = f"/webhooks/{place(name)}/replay"
    return Ask(method="POST", route="/webhooks/{id}/replay", path=path, gives=_Count, body=body, once=True)


# --- both clients ----------------------------------------------------------------------------------------------------

State = Literal["waiting", "delivered", "dead"]


class Webhooks:
    """/v1/webhooks."""

    def __init__(self, client: Asks) -> None:
        self._client = client

    def list(self) -> tuple[Webhook, ...]:
        """Those that one may see, the oldest first."""
        return self._client.ask(webhooks()).webhooks

    def show(self, name: str) -> Webhook:
        """One, and how it fares."""
        return self._client.ask(webhook(name))

    def create(
        self,
        url: str,
        events: Sequence[str],
        *,
        where: CallFilters | None = None,
        **fields: object,
    ) -> NewWebhook:
        """Make one; `events` such as `["call.answered"]`. Its secret is shown this once.

        `where` says of which calls it tells; `name`, `format`, `limits` and `active` can be given too.
        """
        return self._client.ask(create_webhook({"url": url, "events": events, "filter": where, **fields}))

    def change(self, name: str, **fields: object) -> Webhook:
        """Change these fields; a list or a filter is given as a whole."""
        return self._client.ask(change_webhook(name, fields))

    def remove(self, name: str) -> None:
        """Remove it, with what it was still to tell."""
        self._client.ask(remove_webhook(name))

    def rotate_secret(self, name: str) -> NewSecret:
        """A new secret; the one before signs beside it for a day."""
        return self._client.ask(rotate_secret(name))

    def test(self, name: str) -> str:
        """Have a message sent now, and tell its id."""
        return self._client.ask(test_webhook(name)).message

    def deliveries(self, name: str, *, state: State | None = None, page: int = LONGEST_PAGE) -> Iterator[Delivery]:
        """Its messages, the newest first, page by page."""
        cursor: str | None = None
        while True:
            found = self._client.ask(deliveries(name, state, page, cursor))
            yield from found.deliveries
            cursor = found.next
            if cursor is None:
                return

    def replay(self, name: str, *, message: str | None = None) -> int:
        """Send a dead message again, or all of them; how many."""
        return self._client.ask(replay_webhook(name, message)).count


class AsyncWebhooks:
    """The same with `await` and `async for`."""

    def __init__(self, client: AsyncAsks) -> None:
        self._client = client

    async def list(self) -> tuple[Webhook, ...]:
        """Those that one may see, the oldest first."""
        return (await self._client.ask(webhooks())).webhooks

    async def show(self, name: str) -> Webhook:
        """One, and how it fares."""
        return await self._client.ask(webhook(name))

    async def create(
        self,
        url: str,
        events: Sequence[str],
        *,
        where: CallFilters | None = None,
        **fields: object,
    ) -> NewWebhook:
        """Make one; `events` such as `["call.answered"]`. Its secret is shown this once.

        `where` says of which calls it tells; `name`, `format`, `limits` and `active` can be given too.
        """
        return await self._client.ask(create_webhook({"url": url, "events": events, "filter": where, **fields}))

    async def change(self, name: str, **fields: object) -> Webhook:
        """Change these fields; a list or a filter is given as a whole."""
        return await self._client.ask(change_webhook(name, fields))

    async def remove(self, name: str) -> None:
        """Remove it, with what it was still to tell."""
        await self._client.ask(remove_webhook(name))

    async def rotate_secret(self, name: str) -> NewSecret:
        """A new secret; the one before signs beside it for a day."""
        return await self._client.ask(rotate_secret(name))

    async def test(self, name: str) -> str:
        """Have a message sent now, and tell its id."""
        return (await self._client.ask(test_webhook(name))).message

    async def deliveries(
        self, name: str, *, state: State | None = None, page: int = LONGEST_PAGE
    ) -> AsyncIterator[Delivery]:
        """Its messages, the newest first, page by page."""
        cursor: str | None = None
        while True:
            found = await self._client.ask(deliveries(name, state, page, cursor))
            for delivery in found.deliveries:
                yield delivery
            cursor = found.next
            if cursor is None:
                return

    async def replay(self, name: str, *, message: str | None = None) -> int:
        """Send a dead message again, or all of them; how many."""
        return (await self._client.ask(replay_webhook(name, message))).count
