"""Webhooks, bound to the house: what they tell is written as those write it who show it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from callboard.api.fields import call_view, command_view
from callboard.config.settings import Config
from callboard.dialects.ozeki.notifications import notification
from callboard.dialects.zones import zone_named
from callboard.operations.desk import Desk
from callboard.operations.listeners import Listeners
from callboard.storage.database import Database
from callboard.webhooks.announcer import announcing
from callboard.webhooks.courier import Courier
from callboard.webhooks.formats import Pens

__all__ = ["keep_webhooks"]


@asynccontextmanager
async def keep_webhooks(desk: Desk, database: Database, config: Config) -> AsyncIterator[None]:
    """Other programs are told what happens; at the end what was told and did not arrive yet is on disk."""
    zone = zone_named(config.dialects.ozeki.time_zone)
    pens = Pens(call=call_view, command=command_view, notification=partial(notification, zone=zone))
    listeners = Listeners(desk)
    courier = Courier(desk, listeners, database, config.webhooks)
    desk.outbox = courier
    async with courier.working(), announcing(desk, listeners, courier, pens):
        yield
