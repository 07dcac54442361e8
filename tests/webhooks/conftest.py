"""Webhooks that are really sent: a core with its database on disk, and a receiver that judges each signature."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

import msgspec
import pytest
from aiohttp import web
from msgspec.structs import replace
from standardwebhooks.webhooks import Webhook as Judge
from standardwebhooks.webhooks import WebhookVerificationError

from callboard.access.rights import Principal
from callboard.assembly.announcing import keep_webhooks
from callboard.config.settings import Config
from callboard.operations.happenings import NEEDED, Happening
from callboard.operations.subscriptions import Delivery, DeliveryState, Webhook
from callboard.operations.webhooks import CREATE_WEBHOOK, WantedWebhook
from callboard.storage.database import Database, open_database
from callboard.storage.rows import change_webhooks, load_webhooks
from callboard.webhooks.settings import WebhooksSettings
from tests.house import House

FORM = "application/x-www-form-urlencoded"
ALL_OF_CALLS = tuple(event for event in NEEDED if event.startswith("call."))

QUICK = WebhooksSettings(allowed_targets=("127.0.0.0/8",), timeout=10.0, retries=(0.05,) * 6)


class Got(NamedTuple):
    """A message that came, with a good signature."""

    id: str
    type: str
    data: Any


Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


async def fine(request: web.Request) -> web.StreamResponse:
    """It arrived."""
    return web.Response(status=204)


class Receiver:
    """An HTTP server that takes webhooks. `answer` says how; what it does not answer with 2xx did not arrive."""

    def __init__(self) -> None:
        self.secret = ""
        """What the messages must be signed with; empty: nobody looks."""
        self.answer: Answer = fine
        self.got: list[Got] = []
        self.forms: list[dict[str, str]] = []
        self.refused: list[str] = []
        """The ids of messages that were not taken."""
        self.wrong: list[str] = []
        """What is wrong with messages that came."""
        self.url = ""
        self._came = asyncio.Condition()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """One message."""
        body = await request.read()
        try:
            response = await self.answer(request)
        finally:
            async with self._came:
                self._came.notify_all()
        async with self._came:
            if 200 <= response.status < 300:
                self._take(request, body)
            else:
                self.refused.append(request.headers["webhook-id"])
            self._came.notify_all()
        return response

    def _take(self, request: web.Request, body: bytes) -> None:
        if self.secret:
            try:
                Judge(self.secret).verify(body, dict(request.headers))
            except WebhookVerificationError as error:
                self.wrong.append(repr(error))
            except ValueError:
                assert request.content_type == FORM, "the judge reads JSON, once it has found the signature good"
        if request.content_type == FORM:
            self.forms.append(dict(parse_qsl(body.decode(), keep_blank_values=True)))
        else:
            document = msgspec.json.decode(body)
            self.got.append(Got(request.headers["webhook-id"], document["type"], document["data"]))

    async def until(self, holds: Callable[[], bool], seconds: float = 15.0) -> None:
        """Wait until something holds that the messages decide."""
        async with asyncio.timeout(seconds), self._came:
            await self._came.wait_for(holds)

    def types(self, call: int) -> list[str]:
        """What came of one call, in order."""
        return [got.type for got in self.got if got.data.get("call", {}).get("id") == str(call)]


@asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    """A receiver that listens on loopback."""
    receiver = Receiver()
    app = web.Application()
    app.router.add_post("/{path:.*}", receiver.handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    receiver.url = f"http://{host}:{port}/calls"
    try:
        yield receiver
    finally:
        await runner.cleanup()


class Post:
    """A core that lives on the same database from one life to the next."""

    def __init__(self, path: Path, settings: WebhooksSettings = QUICK) -> None:
        self.path = path
        self.settings = settings
        self.house = House()
        self.database: Database

    @asynccontextmanager
    async def life(self, first_number: int = 960) -> AsyncIterator[House]:
        """A start, and a stop at the end of the block."""
        config = replace(Config(), webhooks=self.settings)
        self.house = House(first_number)
        desk = self.house.desk
        with open_database(self.path) as database:
            self.database = database
            for webhook in load_webhooks(database):
                desk.webhooks.put(webhook)
            desk.webhooks.allowed = type(desk.webhooks.allowed)(self.settings.allowed_targets)
            desk.webhooks.watch(lambda change: change_webhooks(database, change.puts, change.removes))
            async with keep_webhooks(desk, database, config):
                yield self.house

    def principal(self, name: str = "root") -> Principal:
        """One of the house's logins, signed in."""
        login = self.house.access.login(name)
        assert login is not None
        rights = self.house.access.rights_of(login)
        return Principal(login=name, role=login.role, customer=login.customer, rights=rights, address="127.0.0.1")

    def made(
        self, receiver: Receiver, name: str = "root", events: tuple[Happening, ...] = ALL_OF_CALLS, **more: Any
    ) -> Webhook:
        """A new webhook to a receiver, which from then on looks at the signatures."""
        wanted = WantedWebhook(url=receiver.url, events=events, **more)
        webhook = self.house.desk.perform(CREATE_WEBHOOK, self.principal(name), wanted, self.house.now)
        receiver.secret = webhook.secrets[0].text
        return webhook

    def deliveries(self, webhook: Webhook, state: DeliveryState | None = None) -> tuple[Delivery, ...]:
        """What stands on disk, the newest first."""
        return self.house.desk.outbox.deliveries(webhook.id, state, None, 1_000)

    async def until(self, holds: Callable[[], bool], seconds: float = 15.0) -> None:
        """Wait until something holds that nobody tells of."""
        async with asyncio.timeout(seconds):
            while not holds():  # noqa: ASYNC110  what is waited for has no event of its own
                await asyncio.sleep(0.02)


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """A receiver that takes everything."""
    async with receiving() as receiver:
        yield receiver
        assert receiver.wrong == []


@pytest.fixture
def post(tmp_path: Path) -> Post:
    """A core with its database."""
    return Post(tmp_path / "callboard.db")
