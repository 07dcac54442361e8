"""Webhooks: other programs are told what happens."""

import asyncio
from collections.abc import Mapping
from http import HTTPStatus
from typing import TypeVar

import msgspec
from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from callboard.api.calls_query import CallFilters, chosen
from callboard.api.fields import timestamp
from callboard.api.parameters import read_body, read_query
from callboard.api.route import JSON, Asked, Route, answer_json
from callboard.api.webhook_shapes import (
    CallsFollowed,
    DeliveriesQuery,
    DeliveryPage,
    LimitWanted,
    MessageTaken,
    NewSecret,
    NewWebhookView,
    Replayed,
    ReplayWanted,
    WebhookChanges,
    WebhookList,
    WebhookView,
    WebhookWanted,
)
from callboard.http.values import Reply
from callboard.operations.subscriptions import Delivery, DeliveryState, Limit, Webhook, WhichCalls
from callboard.operations.targets import host_of
from callboard.operations.webhooks import (
    CHANGE_WEBHOOK,
    CREATE_WEBHOOK,
    LIST_DELIVERIES,
    LIST_WEBHOOKS,
    REMOVE_WEBHOOK,
    REPLAY_WEBHOOK,
    ROTATE_SECRET,
    SHOW_WEBHOOK,
    TEST_WEBHOOK,
    ChangeWebhook,
    ListDeliveries,
    ListWebhooks,
    Replay,
    WantedWebhook,
    WebhookName,
)

__all__ = ["ROUTES"]

V = TypeVar("V")

_SECRET = ("Cache-Control", "no-store")


# --- what comes in ---------------------------------------------------------------------------------------------------


def _wanted(body: WebhookWanted) -> WantedWebhook:
    return WantedWebhook(
        name=body.name,
        url=body.url,
        format=body.format,
        events=body.events,
        filter=msgspec.to_builtins(body.filter),
        calls=_calls(body.filter),
        limits=_limits(body.limits),
        active=body.active,
    )


def _calls(followed: CallsFollowed) -> WhichCalls:
    given = chosen(CallFilters(**msgspec.structs.asdict(followed)))
    customers = frozenset(followed.customer) or None
    return WhichCalls(customers=customers, recursive=followed.recursive, where=replace(given.where, states=None))


def _limits(limits: tuple[LimitWanted, ...]) -> tuple[Limit, ...]:
    return tuple(Limit(of=limit.of, id=limit.id, calls=limit.calls) for limit in limits)


def _changes(name: str, body: WebhookChanges) -> ChangeWebhook:
    followed, limits = body.filter, body.limits
    return ChangeWebhook(
        id=name,
        name=_given(body.name),
        url=_given(body.url),
        format=_given(body.format),
        events=_given(body.events),
        filter=None if followed is UNSET else msgspec.to_builtins(followed),
        calls=None if followed is UNSET else _calls(followed),
        limits=None if limits is UNSET else _limits(limits),
        active=_given(body.active),
    )


def _given(value: V | UnsetType) -> V | None:
    return None if value is UNSET else value


# --- what goes out ---------------------------------------------------------------------------------------------------


def _view(asked: Asked, webhook: Webhook) -> Mapping[str, object]:
    traffic = asked.desk.outbox.traffic(webhook.id)
    own = webhook.login == asked.principal.login
    last = traffic.last
    return {
        "id": webhook.id,
        "name": webhook.name,
        "login": webhook.login,
        "url": webhook.url if own else f"{webhook.url.partition(':')[0]}://{host_of(webhook.url)}/",
        "format": webhook.format,
        "events": [event.value for event in webhook.events],
        "filter": webhook.filter,
        "limits": webhook.limits,
        "active": webhook.active,
        "why_off": webhook.why_off,
        "stands": traffic.stands,
        "waiting": traffic.waiting,
        "given_up": traffic.given_up,
        "last": None if last is None else _last(last),
        "created_at": timestamp(webhook.created_at),
    }


def _last(delivery: Delivery) -> Mapping[str, object]:
    return {
        "at": timestamp(delivery.tried_at),
        "event": delivery.event.value,
        "status": delivery.status,
        "words": delivery.words,
    }


def _delivery_view(delivery: Delivery) -> Mapping[str, object]:
    waits = delivery.state is DeliveryState.WAITING
    return {
        "message": delivery.message,
        "event": delivery.event.value,
        "about": delivery.about,
        "at": timestamp(delivery.at),
        "state": delivery.state.value,
        "attempts": delivery.attempts,
        "tried_at": timestamp(delivery.tried_at),
        "next_at": timestamp(delivery.next_at) if waits else None,
        "status": delivery.status,
        "words": delivery.words,
        "took": delivery.took,
    }


# --- the endpoints ---------------------------------------------------------------------------------------------------


async def _list_webhooks(asked: Asked) -> Reply:
    webhooks = asked.desk.perform(LIST_WEBHOOKS, asked.principal, ListWebhooks(), asked.request.at)
    return answer_json({"webhooks": [_view(asked, webhook) for webhook in webhooks]})


async def _show_webhook(asked: Asked) -> Reply:
    name = WebhookName(id=asked.name)
    return answer_json(_view(asked, asked.desk.perform(SHOW_WEBHOOK, asked.principal, name, asked.request.at)))


async def _create_webhook(asked: Asked) -> Reply:
    """201 with the secret, which is shown this once."""
    asked.desk.check(CREATE_WEBHOOK, asked.principal)
    body: WebhookWanted = read_body(asked.request, WebhookWanted)
    made: Webhook = asked.desk.perform(CREATE_WEBHOOK, asked.principal, _wanted(body), asked.request.at)
    content = {**_view(asked, made), "secret": made.secrets[0].text}
    return answer_json(content, HTTPStatus.CREATED, _SECRET, ("Location", f"/v1/webhooks/{made.id}"))


async def _change_webhook(asked: Asked) -> Reply:
    """What waits to be told goes to the new address; switched off, it waits until the webhook is on again."""
    asked.desk.check(CHANGE_WEBHOOK, asked.principal)
    arguments = _changes(asked.name, read_body(asked.request, WebhookChanges))
    return answer_json(_view(asked, asked.desk.perform(CHANGE_WEBHOOK, asked.principal, arguments, asked.request.at)))


async def _remove_webhook(asked: Asked) -> Reply:
    """What it was still to tell goes with it."""
    asked.desk.perform(REMOVE_WEBHOOK, asked.principal, WebhookName(id=asked.name), asked.request.at)
    return Reply(status=HTTPStatus.NO_CONTENT)


async def _rotate_secret(asked: Asked) -> Reply:
    name = WebhookName(id=asked.name)
    webhook: Webhook = asked.desk.perform(ROTATE_SECRET, asked.principal, name, asked.request.at)
    return answer_json({"secret": webhook.secrets[0].text}, HTTPStatus.OK, _SECRET)


async def _test_webhook(asked: Asked) -> Reply:
    name = WebhookName(id=asked.name)
    message = asked.desk.perform(TEST_WEBHOOK, asked.principal, name, asked.request.at)
    return answer_json({"message": message}, HTTPStatus.ACCEPTED)


async def _list_deliveries(asked: Asked) -> Reply:
    """A page; it may wait for the disk, hence the thread."""
    asked.desk.check(LIST_DELIVERIES, asked.principal)
    query = read_query(asked.request, DeliveriesQuery)
    arguments = ListDeliveries(
        id=asked.name,
        state=None if query.state is None else DeliveryState(query.state),
        before=None if query.cursor is None else int(query.cursor),
        limit=query.limit,
    )
    found = await asyncio.to_thread(asked.desk.perform, LIST_DELIVERIES, asked.principal, arguments, asked.request.at)
    following = str(found[-1].number) if len(found) == query.limit else None
    return answer_json({"next": following, "deliveries": [_delivery_view(one) for one in found]})


async def _replay_webhook(asked: Asked) -> Reply:
    asked.desk.check(REPLAY_WEBHOOK, asked.principal)
    body: ReplayWanted = read_body(asked.request, ReplayWanted)
    arguments = Replay(id=asked.name, message=body.message)
    count = asked.desk.perform(REPLAY_WEBHOOK, asked.principal, arguments, asked.request.at)
    return answer_json({"count": count}, HTTPStatus.ACCEPTED)


ROUTES = (
    Route(method="GET", path="/webhooks", operation=LIST_WEBHOOKS, endpoint=_list_webhooks,
          gives={JSON: WebhookList}),
    Route(method="POST", path="/webhooks", operation=CREATE_WEBHOOK, endpoint=_create_webhook,
          takes={JSON: WebhookWanted}, gives={JSON: NewWebhookView}, status=201, once=True),
    Route(method="GET", path="/webhooks/{id}", operation=SHOW_WEBHOOK, endpoint=_show_webhook,
          gives={JSON: WebhookView}),
    Route(method="PATCH", path="/webhooks/{id}", operation=CHANGE_WEBHOOK, endpoint=_change_webhook,
          takes={JSON: WebhookChanges}, gives={JSON: WebhookView}),
    Route(method="DELETE", path="/webhooks/{id}", operation=REMOVE_WEBHOOK, endpoint=_remove_webhook, status=204),
    Route(method="POST", path="/webhooks/{id}/secret", operation=ROTATE_SECRET, endpoint=_rotate_secret,
          gives={JSON: NewSecret}, once=True),
    Route(method="POST", path="/webhooks/{id}/test", operation=TEST_WEBHOOK, endpoint=_test_webhook,
          gives={JSON: MessageTaken}, status=202, once=True),
    Route(method="GET", path="/webhooks/{id}/deliveries", operation=LIST_DELIVERIES, endpoint=_list_deliveries,
          query=DeliveriesQuery, gives={JSON: DeliveryPage}, example="state=dead"),
    Route(method="POST", path="/webhooks/{id}/replay", operation=REPLAY_WEBHOOK, endpoint=_replay_webhook,
          takes={JSON: ReplayWanted}, gives={JSON: Replayed}, status=202, once=True),
)  # fmt: skip
