"""Webhooks as they are kept, the register of them, and the port to those who deliver."""

from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from typing import Any, Literal, Protocol

import msgspec

from callboard.calls.refusals import Unavailable
from callboard.directory.addresses import AddressSet
from callboard.operations.happenings import Happening
from callboard.table.questions.filters import EVERYTHING, Filter

__all__ = [
    "Delivery",
    "DeliveryState",
    "Format",
    "Limit",
    "NoOutbox",
    "Outbox",
    "Secret",
    "Traffic",
    "Webhook",
    "WebhookChange",
    "Webhooks",
    "WhichCalls",
]

Format = Literal["json", "ozeki"]


class WhichCalls(msgspec.Struct, frozen=True, kw_only=True):
    """Of which calls is told, of those that the login sees."""

    customers: frozenset[int] | None = None
    """None: the login's own."""
    recursive: bool = True
    """Whether those of customers below are among them."""
    where: Filter = EVERYTHING


class Limit(msgspec.Struct, frozen=True, kw_only=True):
    """How many calls at once somebody is to have at most, as far as who is told is concerned. It ends no call."""

    of: Literal["customer", "account", "vendor", "connection"]
    """Of a customer the calls that it and those below it own are counted."""
    id: int
    calls: int


class Secret(msgspec.Struct, frozen=True, kw_only=True):
    """What a webhook signs with."""

    text: str
    """`whsec_` and Base64, as the receiver has it."""
    until: float | None = None
    """Unix seconds until which it goes on signing beside a newer one; None: it is the newest."""

    def __repr__(self) -> str:
        return "Secret()"


class Webhook(msgspec.Struct, frozen=True, kw_only=True):
    """Where somebody is told what, and in whose right. Times are Unix seconds."""

    id: str
    name: str
    login: str
    """Whose it is: it tells what this login may see, as it may see it."""
    address: str
    """From where it was asked for: a login that may come from certain addresses only keeps to them."""
    token: str
    """The token with which it was made, if it was: it tells no more than that may see, and no longer."""
    url: str
    format: Format
    events: tuple[Happening, ...]
    filter: Mapping[str, Any]
    """Which calls, in the words in which it was asked for."""
    calls: WhichCalls
    """The same as it is understood."""
    limits: tuple[Limit, ...]
    active: bool
    why_off: str
    """Why it is switched off, where it was not by hand."""
    secrets: tuple[Secret, ...]
    """The newest first."""
    created_at: float


class WebhookChange(msgspec.Struct, frozen=True, kw_only=True):
    """What one change of the webhooks did, for whoever keeps them."""

    puts: tuple[Webhook, ...] = ()
    removes: tuple[str, ...] = ()
    """Ids."""


_NONE = AddressSet()


class Webhooks:
    """All webhooks in memory. A change is told to the watchers first: if one raises, nothing was changed."""

    def __init__(self, webhooks: Iterable[Webhook] = (), allowed: AddressSet = _NONE) -> None:
        self._webhooks = {webhook.id: webhook for webhook in webhooks}
        self.allowed = allowed
        """The networks that every webhook may point to, whatever they are."""
        self._watchers: list[Callable[[WebhookChange], None]] = []
        self.changes = 0
        """Grows with each change."""

    def all(self) -> tuple[Webhook, ...]:
        """Every webhook, the oldest first."""
        return tuple(sorted(self._webhooks.values(), key=lambda webhook: (webhook.created_at, webhook.id)))

    def get(self, name: str) -> Webhook | None:
        """The webhook with this id."""
        return self._webhooks.get(name)

    def of(self, login: str) -> tuple[Webhook, ...]:
        """The webhooks of a login."""
        return tuple(webhook for webhook in self.all() if webhook.login == login)

    def put(self, webhook: Webhook) -> None:
        """Add a webhook, or change it."""
        self._tell(WebhookChange(puts=(webhook,)))
        self._webhooks[webhook.id] = webhook
        self.changes += 1

    def remove(self, name: str) -> None:
        """Remove a webhook, if it is there."""
        if name in self._webhooks:
            self._tell(WebhookChange(removes=(name,)))
            del self._webhooks[name]
            self.changes += 1

    def watch(self, callback: Callable[[WebhookChange], None]) -> None:
        """Call back before each change."""
        self._watchers.append(callback)

    def _tell(self, change: WebhookChange) -> None:
        for callback in self._watchers:
            callback(change)


# --- deliveries ------------------------------------------------------------------------------------------------------


class DeliveryState(StrEnum):
    """How far a delivery is."""

    WAITING = "waiting"
    """It is sent as soon as its turn comes, or again when it is time."""
    DELIVERED = "delivered"
    DEAD = "dead"
    """It was given up. It can be sent again by hand."""


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """One message to one webhook, without what it says, and what came of the last attempt. Times are Unix seconds."""

    number: int
    """Grows from one to the next: the order in which things happened."""
    webhook: str
    message: str
    """The message's own id, the same for each attempt, so that a receiver knows what it has."""
    event: Happening
    about: str
    """What it is about, such as a call: of one thing, each message waits for the one before it."""
    at: float
    """When it happened."""
    sight: str
    """How its reader stood when it was written (see `Listener.sight`)."""
    parties: tuple[int, ...]
    """The customers whose call it is about."""
    next_at: float
    """When it is sent, or sent again."""
    state: DeliveryState = DeliveryState.WAITING
    attempts: int = 0
    tried_at: float | None = None
    status: int | None = None
    """What the receiver answered the last time; None if it did not."""
    words: str = ""
    """Why it is not there, for people."""
    took: float | None = None
    """Seconds that the last attempt took."""


class Traffic(msgspec.Struct, frozen=True, kw_only=True):
    """How a webhook fares."""

    waiting: int = 0
    given_up: int = 0
    """Messages that were given up because too many waited, since the server's start."""
    last: Delivery | None = None
    """The last attempt since the server's start."""
    stands: str = ""
    """Why nothing is told at present, for people; "" if it is."""


class Outbox(Protocol):
    """The port to those who deliver."""

    def traffic(self, webhook: str) -> Traffic:
        """How a webhook fares."""
        ...

    def test(self, webhook: Webhook, now: float) -> str:
        """Send a message that says nothing; returns the message's id. Raises `Unavailable`."""
        ...

    def deliveries(
        self, webhook: str, state: DeliveryState | None, before: int | None, limit: int
    ) -> tuple[Delivery, ...]:
        """The newest deliveries with a smaller number than `before`. It waits for the disk. Raises `Unavailable`."""
        ...

    def replay(self, webhook: str, message: str | None, now: float) -> int:
        """Have dead messages sent again, all or one; returns how many these are. Raises `Unavailable`."""
        ...


class NoOutbox:
    """Where nothing is delivered."""

    def traffic(self, webhook: str) -> Traffic:
        """Nothing waits."""
        return Traffic()

    def test(self, webhook: Webhook, now: float) -> str:
        """Nobody would send it."""
        raise Unavailable("webhooks are not delivered here: start the server with its settings")

    def deliveries(
        self, webhook: str, state: DeliveryState | None, before: int | None, limit: int
    ) -> tuple[Delivery, ...]:
        """There are none."""
        return ()

    def replay(self, webhook: str, message: str | None, now: float) -> int:
        """There are none."""
        return 0
