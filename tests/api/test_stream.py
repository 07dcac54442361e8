"""Streams over real sockets, followed by clients that keep a copy of their own."""

import asyncio
import base64
import json
import shutil
import time
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from typing import Any

import aiohttp
import pytest
from msgspec.structs import replace

from callboard.access.claims import PasswordClaim
from callboard.access.entries import sealing
from callboard.access.settings import AccessSettings
from callboard.api import frames, rounds
from callboard.api.api import Api
from callboard.api.frames import Shape
from callboard.api.rows import EVERY_FIELD
from callboard.api.stream import Session, Wish
from callboard.calls.state import State
from callboard.directory.records import Customer
from callboard.http.routing import Router
from callboard.http.server import HttpServer
from callboard.http.settings import HttpSettings
from callboard.operations.list_calls import ListCalls
from callboard.operations.tokens import CREATE_TOKEN, CreateToken
from callboard.table.following import feeds
from tests.following import Copy, events
from tests.house import House

PATIENCE = 30.0
"""Seconds that a test waits for what must come, on a machine that may be busy."""

curl = pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl: apt-get install curl")


def auth(user: str = "root", **more: str) -> dict[str, str]:
    """The headers of a request by this login; by nobody if it is empty."""
    secret = base64.b64encode(f"{user}:demo-{user}".encode()).decode()
    return ({"Authorization": f"Basic {secret}"} if user else {}) | more


class Served:
    """The house behind a real server, and clients of it."""

    def __init__(self, house: House, server: HttpServer, session: aiohttp.ClientSession) -> None:
        self.house = house
        self.server = server
        self.session = session

    @property
    def url(self) -> str:
        return f"http://{self.server.addresses[0]}"

    @asynccontextmanager
    async def follow(self, query: str = "", user: str = "root", **headers: str) -> AsyncIterator["Client"]:
        """A client of /v1/stream."""
        url = f"{self.url}/v1/stream{query}"
        async with self.session.get(url, headers=auth(user, **headers)) as answer:
            assert answer.status == 200, await answer.text()
            client = Client(answer)
            try:
                yield client
            finally:
                await client.stop()

    async def listed(self, query: str = "", user: str = "root") -> dict[str, Any]:
        """What GET /v1/calls says: calls by id."""
        joint = "&" if query else "?"
        async with self.session.get(f"{self.url}/v1/calls{query}{joint}limit=1000", headers=auth(user)) as answer:
            assert answer.status == 200, await answer.text()
            return {call["id"]: call for call in (await answer.json())["calls"]}


class Client:
    """Reads a stream into a copy, in the background."""

    def __init__(self, answer: aiohttp.ClientResponse) -> None:
        self.copy = Copy()
        self.last_id = ""
        self.messages: list[dict[str, Any]] = []
        self.over = False
        self._news = asyncio.Condition()
        self._task = asyncio.create_task(self._read(answer))

    async def _read(self, answer: aiohttp.ClientResponse) -> None:
        async for message, name in events(answer):
            self.copy.take(message)
            self.last_id = self.last_id if name is None else name
            self.messages.append(message)
            async with self._news:
                self._news.notify_all()
        self.over = True
        async with self._news:
            self._news.notify_all()

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until it is so, for `PATIENCE` at most. Messages that came together may all have been taken by then."""
        async with asyncio.timeout(PATIENCE), self._news:
            await self._news.wait_for(lambda: self._task.done() or condition())
        if self._task.done():
            self._task.result()
        assert condition(), self.copy.seen

    async def stop(self) -> None:
        self._task.cancel()
        await asyncio.wait((self._task,))
        if not self._task.cancelled() and (failure := self._task.exception()):
            raise failure


@pytest.fixture
async def served() -> AsyncIterator[Served]:
    house = House()
    api = Api(house.desk, sealing(sip_realm="sip", http_realm="Callboard"), tuple)
    router = Router()
    for path in api.paths:
        router.add(path, api.answer)
    server = HttpServer(router.answer, HttpSettings(listen=("127.0.0.1:0",)))
    await server.start()
    async with aiohttp.ClientSession() as session:
        yield Served(house, server, session)
    await server.stop()


def same(copy: Copy, listed: dict[str, Any]) -> None:
    """Whether two pictures are of the same calls; lengths of time are of the moment."""
    moving = ("duration", "delay")
    assert {name: {k: v for k, v in call.items() if k not in moving} for name, call in copy.calls.items()} == {
        name: {k: v for k, v in call.items() if k not in moving} for name, call in listed.items()
    }


# --- what is told ---


async def test_a_snapshot_then_every_change(served: Served) -> None:
    first = served.house.call(State.RINGING)
    async with served.follow() as client:
        await client.until(lambda: client.copy.clock != "")
        assert client.copy.seen == ["begin new", "rows", "ready", "heartbeat"]
        same(client.copy, await served.listed())
        second = served.house.call(State.ANSWERED)
        await client.until(lambda: str(second.number) in client.copy.calls)
        same(client.copy, await served.listed())
        served.house.end(first.key)
        await client.until(lambda: str(first.number) not in client.copy.calls)
        assert client.copy.kinds[str(first.number)][-1] == "leave ended"
        gone = client.messages[-1]["changes"][-1]["call"]
        assert (gone["state"], gone["cause"]["reason"]) == ("ended", "disconnected")
        same(client.copy, await served.listed())


async def test_an_empty_table_is_ready_at_once(served: Served) -> None:
    async with served.follow() as client:
        await client.until(lambda: client.copy.clock != "")
        assert client.copy.seen == ["begin new", "ready", "heartbeat"]
        assert client.copy.revision == "1-0"


async def test_rows_come_in_blocks(served: Served) -> None:
    for _ in range(201):
        served.house.call(State.NEW)
    async with served.follow("?fields=id,state") as client:
        await client.until(lambda: client.copy.ready)
        assert client.copy.seen[:4] == ["begin new", "rows", "rows", "ready"]
        assert client.copy.calls["960"] == {"id": "960", "state": "new"}


async def test_at_rate_0_every_change_comes_by_itself(served: Served) -> None:
    async with served.follow("?rate=0") as client:
        await client.until(lambda: client.copy.clock != "")
        before = served.house.table.revision.number
        call = served.house.call(State.HELD)
        count = served.house.table.revision.number - before
        await client.until(lambda: client.copy.revision == f"1-{before + count}")
        changes = [message for message in client.messages if message["type"] == "changes"]
        assert [len(message["changes"]) for message in changes] == [1] * count
        assert [message["revision"] for message in changes] == [f"1-{before + n + 1}" for n in range(count)]
        assert client.copy.kinds[str(call.number)] == ["enter"] + ["update"] * (count - 1)


async def test_otherwise_only_the_last_state_of_each_call_in_a_batch(served: Served) -> None:
    async with served.follow("?rate=50") as client:
        await client.until(lambda: client.copy.clock != "")
        call = served.house.call(State.HELD)
        await client.until(lambda: str(call.number) in client.copy.calls)
        assert client.copy.kinds == {str(call.number): ["enter"]}
        assert client.copy.calls[str(call.number)]["state"] == "held"


async def test_a_call_enters_and_leaves_as_it_matches(served: Served) -> None:
    async with served.follow("?rate=0&state=ringing") as client:
        await client.until(lambda: client.copy.clock != "")
        call = served.house.call(State.ANSWERED)
        await client.until(lambda: client.copy.kinds.get(str(call.number), [""])[-1].startswith("leave"))
        assert client.copy.kinds[str(call.number)][0] == "enter"
        assert client.copy.kinds[str(call.number)][-1] == "leave no_longer_matches"


async def test_who_asks_for_ended_calls_sees_them_leave_the_table(served: Served) -> None:
    async with served.follow("?rate=0&state=ended") as client:
        await client.until(lambda: client.copy.clock != "")
        call = served.house.call(State.ENDED)
        await client.until(lambda: str(call.number) in client.copy.calls)
        served.house.table.sweep(served.house.now + 100)
        await client.until(lambda: str(call.number) not in client.copy.calls)
        assert client.copy.kinds[str(call.number)] == ["enter", "leave left"]


async def test_each_sees_what_is_its_own(served: Served) -> None:
    async with served.follow(user="acme") as acme, served.follow(user="globex") as globex:
        await acme.until(lambda: acme.copy.clock != "")
        await globex.until(lambda: globex.copy.clock != "")
        mine, others = served.house.call(account=5), served.house.call(account=7)
        await acme.until(lambda: bool(acme.copy.calls))
        await globex.until(lambda: bool(globex.copy.calls))
        assert set(acme.copy.calls) == {str(mine.number)}
        assert set(globex.copy.calls) == {str(others.number)}


async def test_heartbeats(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rounds, "HEARTBEAT", 0.05)
    async with served.follow() as client:
        await client.until(lambda: client.copy.seen.count("heartbeat") >= 3)
        served.house.call()
        await client.until(lambda: "changes" in client.copy.seen)
        told = client.copy.seen.index("changes")
        await client.until(lambda: "heartbeat" in client.copy.seen[told:])
        assert client.last_id == client.copy.revision == f"1-{served.house.table.revision.number}"


async def test_a_snapshot_that_takes_too_long_is_let_go_and_begun_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frames, "BLOCK", 2)
    monkeypatch.setattr(feeds, "SHOWN", 3)
    house = House()
    for _ in range(5):
        house.call(State.NEW)
    principal = house.access.sign_in(PasswordClaim("root", "demo-root", ""), house.now)
    wish = Wish(ListCalls(), Shape(EVERY_FIELD), 50.0)
    session = Session(house.desk, principal, wish, house.now, lambda messages: tuple(each.data for each in messages))
    copy = Copy()
    async with aclosing(session.blocks()) as some:
        async for blocks in some:
            for block in blocks:
                copy.take(json.loads(block))
            if len(copy.seen) == 2:
                for _ in range(4):
                    house.call(State.NEW)
                house.desk.feeds.sweep(house.now)
            if copy.seen[-1] == "heartbeat":
                break
    assert copy.seen[:4] == ["begin new", "rows", "behind", "begin behind"]
    assert (copy.ready, len(copy.calls)) == (True, 9)


MANY = ",".join(map(str, range(1, 10_001)))


@pytest.mark.parametrize("query", [f"account={MANY}", f"caller={'1' * 10_000}", f"caller_prefix={MANY}"])
async def test_filters_that_nobody_needs_are_refused(served: Served, query: str) -> None:
    for path in ("stream", "calls"):
        async with served.session.get(f"{served.url}/v1/{path}?{query}", headers=auth()) as answer:
            assert answer.status == 400, await answer.text()
    async with served.session.ws_connect(f"{served.url}/v1/ws", headers=auth()) as ws:
        name, _, value = query.partition("=")
        await ws.send_str(json.dumps({"type": "subscribe", name: value}))
        async for message in ws:
            last = json.loads(message.data)
        assert (last["type"], last.get("status")) == ("error", 400)
    assert served.house.desk.feeds.readers == 0


# --- coming back ---


async def test_who_comes_back_is_told_what_it_missed(served: Served) -> None:
    first, second = served.house.call(), served.house.call(account=5)
    async with served.follow("?rate=0") as client:
        await client.until(lambda: client.copy.clock != "")
    copy = client.copy
    served.house.end(first.key)
    third = served.house.call()
    async with served.follow("?rate=0", **{"Last-Event-ID": client.last_id}) as again:
        again.copy = copy
        await again.until(lambda: str(third.number) in copy.calls)
        await again.until(lambda: copy.revision == f"1-{served.house.table.revision.number}")
        assert again.messages[0] == {"type": "resumed", "revision": client.last_id}
        assert set(copy.calls) == {str(second.number), str(third.number)}
        same(copy, await served.listed())


async def test_a_list_can_be_followed_from_where_it_is(served: Served) -> None:
    served.house.call()
    async with served.session.get(f"{served.url}/v1/calls", headers=auth()) as answer:
        listing = await answer.json()
    call = served.house.call()
    async with served.follow(f"?since={listing['revision']}") as client:
        await client.until(lambda: bool(client.copy.calls))
        assert client.copy.seen[0] == "resumed"
        assert set(client.copy.calls) == {str(call.number)}


@pytest.mark.parametrize(
    ("since", "why"),
    [("2-5", "unknown_revision"), ("1-999999", "unknown_revision"), ("1-0", "resync")],
)
async def test_or_told_why_it_gets_a_snapshot(served: Served, since: str, why: str) -> None:
    served.house.call()
    served.house.desk.feeds.sweep(100.0)
    served.house.desk.feeds.sweep(200.0)
    served.house.desk.feeds.sweep(300.0)
    async with served.follow(f"?since={since}") as client:
        await client.until(lambda: client.copy.clock != "")
        assert client.copy.seen[0] == f"begin {why}"


async def test_in_the_middle_of_a_snapshot_nothing_can_be_resumed(served: Served) -> None:
    served.house.call()
    async with (
        served.session.get(f"{served.url}/v1/stream", headers=auth(**{"Last-Event-ID": "2-5"})) as answer,
    ):
        ids = []
        async for message, name in events(answer):
            ids.append((message["type"], name))
            if message["type"] == "heartbeat":
                break
    revision = f"1-{served.house.table.revision.number}"
    assert ids == [("begin", ""), ("rows", None), ("ready", revision), ("heartbeat", revision)]


# --- rights ---


async def test_a_login_that_goes_ends_its_stream(served: Served) -> None:
    served.house.call(account=5)
    async with served.follow(user="acme") as client:
        await client.until(lambda: client.copy.clock != "")
        served.house.access.remove("acme")
        await client.until(lambda: client.copy.seen[-1] == "error")
        assert client.messages[-1]["code"] == "unauthenticated"
        await client.until(lambda: client.over)


async def test_a_token_that_expires_ends_its_stream_though_nothing_happens(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The clock stands still until the stream is there, lest the token expire before."""
    desk, now = served.house.desk, time.time()
    monkeypatch.setattr(time, "time", lambda: now)
    owner = served.house.access.sign_in(PasswordClaim("root", "demo-root", ""), now)
    made = desk.perform(CREATE_TOKEN, replace(owner, expires_at=now + 0.5), CreateToken(name="x"), now)
    async with served.follow(user="", Authorization=f"Bearer {made.text}") as client:
        await client.until(lambda: client.copy.ready)
        monkeypatch.undo()
        await client.until(lambda: client.copy.seen[-1:] == ["error"])
        assert client.messages[-1]["code"] == "unauthenticated"


async def test_a_token_expires_by_the_clock_also_where_that_is_set(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rounds, "HEARTBEAT", 0.05)
    desk, now = served.house.desk, time.time
    owner = served.house.access.sign_in(PasswordClaim("root", "demo-root", ""), now())
    made = desk.perform(CREATE_TOKEN, replace(owner, expires_at=now() + 3600), CreateToken(name="x"), now())
    async with served.follow(user="", Authorization=f"Bearer {made.text}") as client:
        await client.until(lambda: client.copy.seen.count("heartbeat") > 2)
        monkeypatch.setattr(time, "time", lambda: now() + 7200)
        await client.until(lambda: client.copy.seen[-1:] == ["error"])
        assert client.messages[-1]["code"] == "unauthenticated"


async def test_a_login_that_moves_sees_what_is_there(served: Served) -> None:
    house = served.house
    mine, others = house.call(account=5), house.call(account=7)
    async with served.follow(user="acme") as client:
        await client.until(lambda: client.copy.clock != "")
        assert set(client.copy.calls) == {str(mine.number)}
        login = house.access.login("acme")
        assert login is not None
        house.access.put(replace(login, customer=4))
        await client.until(lambda: set(client.copy.calls) == {str(others.number)})
        assert "begin rights" in client.copy.seen


async def test_a_customer_that_moves_takes_its_calls_along(served: Served) -> None:
    house = served.house
    house.call(account=7)
    moving = house.call(account=5)
    async with served.follow(user="reseller") as client:
        await client.until(lambda: len(client.copy.calls) == 2)
        house.directory.put(Customer(id=3, name="Acme", parent=5))
        await client.until(lambda: len(client.copy.calls) == 1)
        assert client.copy.kinds[str(moving.number)] == ["leave no_longer_allowed"]
        house.directory.put(Customer(id=3, name="Acme", parent=2))
        await client.until(lambda: len(client.copy.calls) == 2)
        same(client.copy, await served.listed(user="reseller"))


async def test_after_a_change_of_rights_nothing_is_resumed(served: Served) -> None:
    async with served.follow(user="reseller") as client:
        await client.until(lambda: client.copy.clock != "")
    served.house.directory.put(Customer(id=3, name="Acme", parent=5))
    async with served.follow(f"?since={client.last_id}", user="reseller") as client:
        await client.until(lambda: client.copy.clock != "")
        assert client.copy.seen[0] == "begin rights"


# --- slow clients ---


async def test_a_slow_client_is_told_that_it_is_behind(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feeds, "LOG", 20)
    call = served.house.call()
    async with served.follow() as client:
        await client.until(lambda: client.copy.clock != "")
        for _ in range(10):
            served.house.call(State.ANSWERED)
        served.house.end(call.key)
        await client.until(lambda: "behind" in client.copy.seen)
        await client.until(lambda: client.copy.ready)
        assert "begin behind" in client.copy.seen
        same(client.copy, await served.listed())


async def test_who_wants_to_hear_of_it_seldom_is_not_behind(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feeds, "LOG", 20)
    monkeypatch.setattr(rounds, "GATHER", 0.01)
    async with served.follow("?rate=0.5") as client:
        await client.until(lambda: client.copy.clock != "")
        served.house.call()
        await client.until(lambda: "changes" in client.copy.seen)
        for _ in range(10):
            served.house.call(State.HELD)
            await asyncio.sleep(0.03)
        await client.until(lambda: len(client.copy.calls) == 11)
        assert client.copy.seen.count("changes") <= 3
        assert client.copy.seen.count("begin new") == 1
        assert "behind" not in client.copy.seen
        same(client.copy, await served.listed())


# --- WebSocket ---


async def receive(ws: aiohttp.ClientWebSocketResponse, copy: Copy, kind: str) -> dict[str, Any]:
    """The next message of this type; all before it are taken in."""
    async with asyncio.timeout(PATIENCE):
        while True:
            message: dict[str, Any] = json.loads(await ws.receive_str())
            copy.take(message)
            if message["type"] == kind:
                return message


async def test_the_same_over_a_websocket_and_another_wish_on_the_way(served: Served) -> None:
    first, second = served.house.call(account=5), served.house.call(account=7)
    async with served.session.ws_connect(f"{served.url}/v1/ws?fields=id,state", headers=auth()) as ws:
        copy = Copy()
        await receive(ws, copy, "heartbeat")
        assert copy.seen == ["begin new", "rows", "ready", "heartbeat"]
        assert copy.calls[str(first.number)] == {"id": str(first.number), "state": "answered"}
        await ws.send_json({"type": "subscribe", "account": 7, "state": ["answered", "held"], "rate": 50})
        assert (await receive(ws, copy, "begin"))["why"] == "new"
        await receive(ws, copy, "heartbeat")
        assert set(copy.calls) == {str(second.number)}
        assert served.house.desk.feeds.readers == 1, "what was wished for before is not followed any more"
        served.house.end(second.key)
        await receive(ws, copy, "changes")
        assert not copy.calls


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("hello", "malformed"),
        ('{"type":"hello"}', "malformed"),
        ('{"type":"subscribe","rate":1000}', "invalid_argument"),
        ('{"type":"subscribe","nothing":1}', "invalid_argument"),
        ('{"type":"subscribe","customer":99}', "customer_not_found"),
        ('{"type":"subscribe","state":{}}', "malformed"),
    ],
)
async def test_what_cannot_be_done_is_said_and_ends_it(served: Served, said: str, code: str) -> None:
    async with served.session.ws_connect(f"{served.url}/v1/ws", headers=auth("reseller")) as ws:
        copy = Copy()
        await receive(ws, copy, "heartbeat")
        await ws.send_str(said)
        assert (await receive(ws, copy, "error"))["code"] == code
        assert (await ws.receive()).type is aiohttp.WSMsgType.CLOSE


async def test_a_page_of_another_site_cannot_follow(served: Served) -> None:
    foreign = {"Origin": "https://elsewhere.example"}
    with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
        await served.session.ws_connect(f"{served.url}/v1/ws", headers=auth(**foreign))
    assert caught.value.status == 403
    async with served.session.get(f"{served.url}/v1/stream", headers=auth(**foreign)) as answer:
        assert answer.status == 403
    own = {"Origin": served.url}
    async with served.session.ws_connect(f"{served.url}/v1/ws", headers=auth(**own)) as ws:
        await receive(ws, Copy(), "ready")


# --- refusals, tickets, the end ---


@pytest.mark.parametrize(
    ("query", "user", "status", "code"),
    [
        ("", "", 401, "unauthenticated"),
        ("?rate=0.1", "root", 400, "invalid_argument"),
        ("?rate=51", "root", 400, "invalid_argument"),
        ("?rate=nan", "root", 400, "invalid_argument"),
        ("?rate=fast", "root", 400, "invalid_argument"),
        ("?fields=id,nothing", "root", 400, "invalid_argument"),
        ("?since=yesterday", "root", 400, "invalid_argument"),
        ("?customer=5", "reseller", 404, "customer_not_found"),
        ("?limit_of_nothing=1", "root", 400, "invalid_argument"),
        ("?ticket=none", "", 401, "wrong_credentials"),
    ],
)
async def test_what_is_wrong_is_said_before_the_stream_begins(
    served: Served, query: str, user: str, status: int, code: str
) -> None:
    for path in ("stream", "ws"):
        async with served.session.get(f"{served.url}/v1/{path}{query}", headers=auth(user)) as answer:
            assert answer.status == status
            assert json.loads(await answer.read())["code"] == code


async def test_a_ticket_lets_a_browser_follow_once(served: Served) -> None:
    async with served.session.post(f"{served.url}/v1/tickets", headers=auth("acme")) as answer:
        assert answer.status == 201
        assert answer.headers["Cache-Control"] == "no-store"
        ticket = (await answer.json())["ticket"]
    # Tickets age by the clock of the requests.
    async with served.follow(f"?ticket={ticket}", user="") as client:
        await client.until(lambda: client.copy.ready)
    async with served.session.get(f"{served.url}/v1/stream?ticket={ticket}") as again:
        assert again.status == 401
    async with served.session.get(f"{served.url}/v1/calls?ticket={ticket}") as elsewhere:
        assert elsewhere.status == 401


async def test_the_server_says_that_it_goes(served: Served) -> None:
    async with served.follow() as client:
        await client.until(lambda: client.copy.clock != "")
        stopping = asyncio.create_task(served.server.stop())
        await client.until(lambda: client.copy.seen[-1] == "error")
        assert client.messages[-1]["code"] == "going_away"
        await client.until(lambda: client.over)
        await stopping


async def test_one_login_leaves_connections_for_others(served: Served) -> None:
    served.house.access.settings = AccessSettings(streams_per_login=2)
    async with served.follow(user="acme") as first, served.follow(user="acme") as second:
        await first.until(lambda: first.copy.clock != "")
        await second.until(lambda: second.copy.clock != "")
        for path in ("stream", "ws"):
            async with served.session.get(f"{served.url}/v1/{path}", headers=auth("acme")) as answer:
                assert (answer.status, (await answer.json())["code"]) == (409, "conflict")
        async with served.follow(user="root") as other:
            await other.until(lambda: other.copy.clock != "")
    async with asyncio.timeout(PATIENCE):
        while served.house.desk.streams:  # noqa: ASYNC110  nobody tells of it
            await asyncio.sleep(0.01)
    async with served.follow(user="acme") as again:
        await again.until(lambda: again.copy.clock != "")


async def test_nothing_is_left_of_a_client_that_left(served: Served) -> None:
    feeds = served.house.desk.feeds
    async with served.follow(user="acme") as client:
        await client.until(lambda: client.copy.clock != "")
        assert len(feeds) == 1
    async with served.session.head(f"{served.url}/v1/stream", headers=auth()) as answer:
        assert answer.status == 200
    async with asyncio.timeout(PATIENCE):
        while len(feeds):  # noqa: ASYNC110  nobody tells of it
            await asyncio.sleep(0.01)


@curl
async def test_curl(served: Served) -> None:
    call = served.house.call()
    process = await asyncio.create_subprocess_exec(
        "curl", "-sN", "-u", "root:demo-root", f"{served.url}/v1/stream", stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    async with asyncio.timeout(PATIENCE):
        text = await process.stdout.readuntil(b"event: heartbeat\n")
        assert text.startswith(b'retry: 1000\n\nevent: begin\nid: \ndata: {"type":"begin",')
        assert f'"id":"{call.number}"'.encode() in text
        served.house.end(call.key)
        assert b'"reason":"ended"' in await process.stdout.readuntil(b'"cause":')
    process.terminate()
    await process.wait()
