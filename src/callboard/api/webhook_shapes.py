"""The shapes of webhooks over REST: what comes in, and what goes out."""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, UnsetType

from callboard.api.calls_query import MOST_VALUES, DirectionWord, Id
from callboard.operations.happenings import NEEDED, Happening
from callboard.operations.subscriptions import Format
from callboard.operations.targets import LONGEST_URL, URL_PATTERN
from callboard.operations.webhooks import LONGEST_PAGE, MOST_LIMITS

__all__ = [
    "CallsFollowed",
    "DeliveriesQuery",
    "DeliveryPage",
    "DeliveryView",
    "LastAttempt",
    "LimitWanted",
    "MessageTaken",
    "NewSecret",
    "NewWebhookView",
    "ReplayWanted",
    "Replayed",
    "WebhookChanges",
    "WebhookList",
    "WebhookView",
    "WebhookWanted",
]

EventWord = Annotated[Happening, msgspec.Meta(extra_json_schema={"enum": [event.value for event in NEEDED]})]
Events = Annotated[tuple[EventWord, ...], msgspec.Meta(min_length=1, max_length=len(NEEDED))]
Url = Annotated[str, msgspec.Meta(max_length=LONGEST_URL, extra_json_schema={"pattern": URL_PATTERN})]
Name = Annotated[str, msgspec.Meta(max_length=200, extra_json_schema={"pattern": "^[A-Za-z0-9]*$"})]


Words = Annotated[
    tuple[Annotated[str, msgspec.Meta(min_length=1, max_length=200)], ...], msgspec.Meta(max_length=MOST_VALUES)
]
Ids = Annotated[tuple[Id, ...], msgspec.Meta(max_length=MOST_VALUES)]


class CallsFollowed(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Which calls: filters of `GET /v1/calls`, as lists. A call that matched once is followed to its end."""

    direction: tuple[DirectionWord, ...] = ()
    customer: Ids = ()
    recursive: bool = True
    account: Ids = ()
    device: Ids = ()
    vendor: Ids = ()
    connection: Ids = ()
    did: Ids = ()
    machine: Ids = ()
    switch: Words = ()
    country: Words = ()
    caller: Words = ()
    caller_prefix: Words = ()
    caller_contains: Words = ()
    caller_name: Words = ()
    caller_name_contains: Words = ()
    dialed: Words = ()
    dialed_prefix: Words = ()
    dialed_contains: Words = ()
    callee: Words = ()
    callee_prefix: Words = ()
    callee_contains: Words = ()


class LimitWanted(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How many calls at once somebody is to have at most. It ends no call: it tells."""

    of: Literal["customer", "account", "vendor", "connection"]
    """Of a customer the calls that it and those below it own are counted; of a vendor those that one may see."""
    id: Id
    calls: Annotated[int, msgspec.Meta(ge=1, le=2**31 - 1)]


Limits = Annotated[tuple[LimitWanted, ...], msgspec.Meta(max_length=MOST_LIMITS)]


class WebhookWanted(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The webhook that is to be made."""

    url: Url
    """Where messages are posted to: `https://` or `http://`, without a name or password in it."""
    events: Events
    """What is told."""
    name: Name = ""
    """What it is for."""
    format: Format = "json"
    """`ozeki`: forms with a NotificationName, for the events of calls."""
    filter: CallsFollowed = CallsFollowed()
    """Which calls are told of; left out, all that one sees."""
    limits: Limits = ()
    """For `limit.passed`."""
    active: bool = True


class WebhookChanges(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to be different. What is left out stays as it is; a list or a filter is given as a whole."""

    url: Url | UnsetType = UNSET
    events: Events | UnsetType = UNSET
    name: Name | UnsetType = UNSET
    format: Format | UnsetType = UNSET
    filter: CallsFollowed | UnsetType = UNSET
    limits: Limits | UnsetType = UNSET
    active: bool | UnsetType = UNSET


class LastAttempt(msgspec.Struct, frozen=True, kw_only=True):
    """What came of the last attempt since the server's start."""

    at: str | None
    event: str
    status: int | None
    """What the receiver answered; null: nothing."""
    words: str
    """Why it went wrong; empty: it went well."""


class WebhookView(msgspec.Struct, frozen=True, kw_only=True):
    """A webhook and how it fares, without its secret. Times are RFC 3339."""

    id: str
    name: str
    login: str
    """In whose right it tells, and as who it sees."""
    url: str
    """Of another's webhook the host alone: the rest may be a secret."""
    format: Format
    events: tuple[str, ...]
    filter: dict[str, Any]
    limits: tuple[LimitWanted, ...]
    active: bool
    why_off: str
    """Why it was switched off, where nobody did that by hand."""
    stands: str
    """Why it tells nothing, or not all, at present; empty: it does."""
    waiting: int
    """Messages that are not there yet."""
    given_up: int
    """Messages that were given up since the server's start because too many waited."""
    last: LastAttempt | None
    created_at: str | None


class NewWebhookView(WebhookView, frozen=True, kw_only=True):
    """A webhook that was just made."""

    secret: str
    """What its messages are signed with. It is never shown again."""


class NewSecret(msgspec.Struct, frozen=True, kw_only=True):
    """A new secret."""

    secret: str
    """Signs from now on; the one before signs beside it for a day. It is never shown again."""


class WebhookList(msgspec.Struct, frozen=True, kw_only=True):
    """Webhooks, the oldest first."""

    webhooks: tuple[WebhookView, ...]


class MessageTaken(msgspec.Struct, frozen=True, kw_only=True):
    """It is on its way; the deliveries tell what comes of it."""

    message: str


class ReplayWanted(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which dead messages are to be sent again."""

    message: Annotated[str, msgspec.Meta(min_length=1, max_length=100)] | None = None
    """Left out: all of them."""


class Replayed(msgspec.Struct, frozen=True, kw_only=True):
    """They wait again."""

    count: int


class DeliveriesQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Which messages, the newest first."""

    state: Literal["waiting", "delivered", "dead"] | None = None
    limit: Annotated[int, msgspec.Meta(ge=1, le=LONGEST_PAGE)] = 100
    cursor: Annotated[str, msgspec.Meta(pattern="^[0-9]{1,18}$")] | None = None
    """The `next` of the page before."""


class DeliveryView(msgspec.Struct, frozen=True, kw_only=True):
    """A message and what came of the last attempt."""

    message: str
    """Its id, as the receiver gets it in `webhook-id`."""
    event: str
    about: str
    """Such as `call 960`: of one thing each message waits for the one before it."""
    at: str | None
    state: str
    attempts: int
    tried_at: str | None
    next_at: str | None
    """When it is sent again; null: it is not."""
    status: int | None
    words: str
    took: float | None
    """Seconds."""


class DeliveryPage(msgspec.Struct, frozen=True, kw_only=True):
    """Messages, the newest first, as they were last written down: a moment ago."""

    next: str | None
    """The cursor of the next page; null if there is none."""
    deliveries: tuple[DeliveryView, ...]
