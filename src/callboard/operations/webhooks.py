"""Webhooks: have one made, see those there are and what they sent, change and test them, and send again."""

import base64
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
from msgspec.structs import asdict, replace

from callboard.access.rights import Principal, Right
from callboard.calls.refusals import Conflict, Forbidden, InvalidArgument, Mistaken, NotFound
from callboard.directory.addresses import AddressSet, read_host
from callboard.directory.mistakes import name_fault, text_fault
from callboard.directory.records import ROOT
from callboard.operations.desk import Desk
from callboard.operations.happenings import CALL_HAPPENINGS, NEEDED, SYSTEM_WIDE, Happening
from callboard.operations.list_calls import wanted_of
from callboard.operations.listeners import listing_of
from callboard.operations.operation import Operation
from callboard.operations.subscriptions import (
    Delivery,
    DeliveryState,
    Format,
    Limit,
    Secret,
    Webhook,
    WhichCalls,
)
from callboard.operations.targets import address_fault, host_of, url_fault

__all__ = [
    "CHANGE_WEBHOOK",
    "CREATE_WEBHOOK",
    "LIST_DELIVERIES",
    "LIST_WEBHOOKS",
    "REMOVE_WEBHOOK",
    "REPLAY_WEBHOOK",
    "ROTATE_SECRET",
    "SHOW_WEBHOOK",
    "TEST_WEBHOOK",
]

MOST_PER_LOGIN = 20
"""Webhooks of one login."""
MOST_LIMITS = 100
"""Limits of one webhook."""
LONGEST_PAGE = 1_000
OVERLAP = 86_400.0
"""Seconds for which the secret before goes on signing beside a new one."""
MOST_SECRETS = 5
"""Secrets of one webhook that sign at the same time."""
_SECRET_BYTES = 32


class WantedWebhook(msgspec.Struct, frozen=True, kw_only=True):
    """What a webhook is to be."""

    name: str = ""
    url: str
    format: Format = "json"
    events: tuple[Happening, ...]
    filter: Mapping[str, Any] = {}
    """Which calls, in the words of whoever asks; kept to be shown."""
    calls: WhichCalls = WhichCalls()
    limits: tuple[Limit, ...] = ()
    active: bool = True


class ListWebhooks(msgspec.Struct, frozen=True, kw_only=True):
    """All that the principal sees."""


class WebhookName(msgspec.Struct, frozen=True, kw_only=True):
    """Which one: its id."""

    id: str


class ChangeWebhook(msgspec.Struct, frozen=True, kw_only=True):
    """Which one, and what is to be different about it; None stays as it is."""

    id: str
    name: str | None = None
    url: str | None = None
    format: Format | None = None
    events: tuple[Happening, ...] | None = None
    filter: Mapping[str, Any] | None = None
    calls: WhichCalls | None = None
    limits: tuple[Limit, ...] | None = None
    active: bool | None = None


class ListDeliveries(msgspec.Struct, frozen=True, kw_only=True):
    """Which deliveries of a webhook, the newest first."""

    id: str
    state: DeliveryState | None = None
    before: int | None = None
    """The number of the last one of the page before."""
    limit: int = 100


class Replay(msgspec.Struct, frozen=True, kw_only=True):
    """Which dead messages of a webhook."""

    id: str
    message: str | None = None
    """None: all of them."""


def _seen(desk: Desk, principal: Principal, name: str) -> Webhook:
    webhook = desk.webhooks.get(name)
    if webhook is None or not _sees(desk, principal, webhook):
        raise NotFound(f"webhook {name[:40]!r} not found")
    return webhook


def _sees(desk: Desk, principal: Principal, webhook: Webhook) -> bool:
    """One's own; with the right to others', those of logins of one's subtree."""
    if webhook.login == principal.login:
        return True
    if Right.WEBHOOKS_ALL not in principal.rights:
        return False
    login = desk.access.login(webhook.login)
    return login is not None and desk.directory.is_within(login.customer, principal.customer)


# --- what is taken ---------------------------------------------------------------------------------------------------


def _check(desk: Desk, principal: Principal, wanted: WantedWebhook) -> None:
    """Raises InvalidArgument, naming the member, NotFound or Forbidden for what cannot be had."""
    fault = text_fault(wanted.name) or (name_fault(wanted.name) if wanted.name else "")
    if fault:
        raise InvalidArgument(f"name {fault}", "name")
    _check_url(desk.webhooks.allowed, principal, wanted.url)
    _check_events(principal, wanted)
    wanted_of(desk, principal, listing_of(wanted.calls))
    if len(wanted.limits) > MOST_LIMITS:
        raise InvalidArgument(f"limits: {len(wanted.limits)} are given, {MOST_LIMITS} is the most", "limits")
    for limit in wanted.limits:
        _check_limit(desk, principal, limit)


def _check_url(allowed: AddressSet, principal: Principal, url: str) -> None:
    """An address that is written out is judged at once; a name is looked up when something is sent."""
    fault = url_fault(url)
    if fault:
        raise InvalidArgument(f"url {fault}", "url")
    host = host_of(url)
    try:
        read_host(host)
    except ValueError:
        return
    fault = address_fault(host, allowed, operator=principal.customer == ROOT)
    if fault:
        raise InvalidArgument(f"url: {fault}", "url")


def _check_events(principal: Principal, wanted: WantedWebhook) -> None:
    if not wanted.events:
        raise InvalidArgument("events: name one at least", "events")
    for event in wanted.events:
        if event not in NEEDED:
            raise InvalidArgument(f"events: {event.value} is sent with `test`, and not asked for", "events")
        if event in SYSTEM_WIDE and principal.customer != ROOT:
            raise Forbidden(f"{event.value} is about the whole system: it is for logins of the operator")
        if NEEDED[event] not in principal.rights:
            raise Forbidden(f"{principal.login} does not have {NEEDED[event].value}, so leave {event.value} out")
    mistakes = tuple(_mistakes(wanted))
    if mistakes:
        raise Mistaken(mistakes)


def _mistakes(wanted: WantedWebhook) -> Iterator[str]:
    """What does not go together."""
    strange = [event.value for event in wanted.events if event not in CALL_HAPPENINGS]
    if wanted.format == "ozeki" and strange:
        yield f"events: the format ozeki has no notification for {', '.join(strange)}"
    if Happening.LIMIT_PASSED in wanted.events and not wanted.limits:
        yield "limits: limit.passed needs some, such as one of a customer"


def _check_limit(desk: Desk, principal: Principal, limit: Limit) -> None:
    """Customers and accounts must be in one's subtree; vendors and connections are counted by one's own calls."""
    if limit.calls < 1:
        raise InvalidArgument(f"limits: {limit.calls} calls are no limit: give 1 at least", "limits")
    if limit.of == "customer":
        desk.scope(principal, limit.id)
        return
    directory = desk.directory
    account = directory.account(limit.id) if limit.of == "account" else None
    if limit.of == "account" and (account is None or not directory.is_within(account.customer, principal.customer)):
        raise NotFound(f"account {limit.id} not found")


def _secret(desk: Desk) -> Secret:
    """As Standard Webhooks has them: 24 to 64 bytes in Base64 behind `whsec_`."""
    return Secret(text=f"whsec_{base64.b64encode(desk.entropy(_SECRET_BYTES)).decode()}")


# --- the operations --------------------------------------------------------------------------------------------------


def _list_webhooks(desk: Desk, principal: Principal, arguments: ListWebhooks, now: float) -> tuple[Webhook, ...]:
    return tuple(webhook for webhook in desk.webhooks.all() if _sees(desk, principal, webhook))


def _show_webhook(desk: Desk, principal: Principal, arguments: WebhookName, now: float) -> Webhook:
    return _seen(desk, principal, arguments.id)


def _fields(wanted: WantedWebhook) -> dict[str, Any]:
    """What was asked for, nothing of it twice."""
    once = {name: tuple(dict.fromkeys(getattr(wanted, name))) for name in ("events", "limits")}
    return asdict(wanted) | once


def _create_webhook(desk: Desk, principal: Principal, arguments: WantedWebhook, now: float) -> Webhook:
    _check(desk, principal, arguments)
    if len(desk.webhooks.of(principal.login)) >= MOST_PER_LOGIN:
        raise Conflict(f"{principal.login} has {MOST_PER_LOGIN} webhooks, which is the most: remove one first")
    webhook = Webhook(
        id=f"wh-{desk.entropy(6).hex()}",
        login=principal.login,
        address=principal.address,
        token=principal.token,
        why_off="",
        secrets=(_secret(desk),),
        created_at=now,
        **_fields(arguments),
    )
    desk.webhooks.put(webhook)
    return webhook


def _change_webhook(desk: Desk, principal: Principal, arguments: ChangeWebhook, now: float) -> Webhook:
    """By its owner alone. From then on it tells in the right, and as long as the token, with which it was changed."""
    webhook = _seen(desk, principal, arguments.id)
    if webhook.login != principal.login:
        raise Forbidden(f"{webhook.id} is {webhook.login}'s: others may look at it, test and remove it")
    given = {name: value for name, value in asdict(arguments).items() if name != "id" and value is not None}
    kept = {name: getattr(webhook, name) for name in WantedWebhook.__struct_fields__}
    wanted = WantedWebhook(**kept | given)
    _check(desk, principal, wanted)
    changed = replace(webhook, **_fields(wanted), address=principal.address, token=principal.token)
    changed = replace(changed, why_off="" if wanted.active else webhook.why_off)
    desk.webhooks.put(changed)
    return changed


def _remove_webhook(desk: Desk, principal: Principal, arguments: WebhookName, now: float) -> Webhook:
    webhook = _seen(desk, principal, arguments.id)
    desk.webhooks.remove(webhook.id)
    return webhook


def _rotate_secret(desk: Desk, principal: Principal, arguments: WebhookName, now: float) -> Webhook:
    """The secrets before sign beside the new one for a day, so that a receiver can change over without a loss.

    All of them: who asks again because the answer got lost has a receiver that knows the one before the one before.
    """
    webhook = _seen(desk, principal, arguments.id)
    if webhook.login != principal.login:
        raise Forbidden(f"{webhook.id} is {webhook.login}'s, and so is its secret")
    newest, *older = webhook.secrets
    before = (replace(newest, until=now + OVERLAP), *(one for one in older if one.until is None or now < one.until))
    changed = replace(webhook, secrets=(_secret(desk), *before)[:MOST_SECRETS])
    desk.webhooks.put(changed)
    return changed


def _test_webhook(desk: Desk, principal: Principal, arguments: WebhookName, now: float) -> str:
    webhook = _seen(desk, principal, arguments.id)
    if not webhook.active:
        raise Conflict(f"{webhook.id} is switched off: switch it on first")
    return desk.outbox.test(webhook, now)


def _list_deliveries(desk: Desk, principal: Principal, arguments: ListDeliveries, now: float) -> tuple[Delivery, ...]:
    """What they say is its owner's to read, as it was written; others see that they are there."""
    webhook = _seen(desk, principal, arguments.id)
    limit = max(1, min(arguments.limit, LONGEST_PAGE))
    return desk.outbox.deliveries(webhook.id, arguments.state, arguments.before, limit)


def _replay_webhook(desk: Desk, principal: Principal, arguments: Replay, now: float) -> int:
    webhook = _seen(desk, principal, arguments.id)
    count = desk.outbox.replay(webhook.id, arguments.message, now)
    if arguments.message is not None and not count:
        raise NotFound(f"message {arguments.message[:80]!r} not found among the dead ones of {webhook.id}")
    return count


_EXAMPLE = WantedWebhook(url="https://example.com/calls", events=(Happening.CALL_ANSWERED, Happening.CALL_ENDED))

LIST_WEBHOOKS = Operation(
    name="webhooks.list",
    summary="List one's own webhooks and, with the right webhooks.all, those of every login of one's subtree.",
    right=Right.WEBHOOKS_OWN,
    arguments=ListWebhooks,
    example=ListWebhooks(),
    run=_list_webhooks,
)

SHOW_WEBHOOK = Operation(
    name="webhooks.show",
    summary="Show a webhook, and how it fares.",
    right=Right.WEBHOOKS_OWN,
    arguments=WebhookName,
    example=WebhookName(id="wh-0123456789ab"),
    run=_show_webhook,
)

CREATE_WEBHOOK = Operation(
    name="webhooks.create",
    summary="Have a program told what happens; its secret is shown this once.",
    right=Right.WEBHOOKS_OWN,
    arguments=WantedWebhook,
    example=_EXAMPLE,
    run=_create_webhook,
    audited=lambda wanted: f"webhook {wanted.name!r} to {host_of(wanted.url)[:200]}",
)

CHANGE_WEBHOOK = Operation(
    name="webhooks.change",
    summary="Change one's webhook: where it points, what it tells, whether it is on.",
    right=Right.WEBHOOKS_OWN,
    arguments=ChangeWebhook,
    example=ChangeWebhook(id="wh-0123456789ab", active=False),
    run=_change_webhook,
    audited=lambda change: f"webhook {change.id}{f' to {host_of(change.url)[:200]}' if change.url else ''}",
)

REMOVE_WEBHOOK = Operation(
    name="webhooks.remove",
    summary="Remove a webhook, with all that it was still to tell.",
    right=Right.WEBHOOKS_OWN,
    arguments=WebhookName,
    example=WebhookName(id="wh-0123456789ab"),
    run=_remove_webhook,
    audited=lambda wanted: f"webhook {wanted.id}",
)

ROTATE_SECRET = Operation(
    name="webhooks.rotate_secret",
    summary="Give one's webhook a new secret; the one before signs beside it for a day.",
    right=Right.WEBHOOKS_OWN,
    arguments=WebhookName,
    example=WebhookName(id="wh-0123456789ab"),
    run=_rotate_secret,
    audited=lambda wanted: f"webhook {wanted.id}",
)

TEST_WEBHOOK = Operation(
    name="webhooks.test",
    summary="Send a webhook a message that says nothing, to see whether it arrives.",
    right=Right.WEBHOOKS_OWN,
    arguments=WebhookName,
    example=WebhookName(id="wh-0123456789ab"),
    run=_test_webhook,
)

LIST_DELIVERIES = Operation(
    name="webhooks.deliveries",
    summary="List what a webhook sent, is to send, or gave up, the newest first.",
    right=Right.WEBHOOKS_OWN,
    arguments=ListDeliveries,
    example=ListDeliveries(id="wh-0123456789ab", state=DeliveryState.DEAD),
    run=_list_deliveries,
)

REPLAY_WEBHOOK = Operation(
    name="webhooks.replay",
    summary="Send dead messages of a webhook again, all or one.",
    right=Right.WEBHOOKS_OWN,
    arguments=Replay,
    example=Replay(id="wh-0123456789ab"),
    run=_replay_webhook,
    audited=lambda wanted: f"webhook {wanted.id}",
)
