"""The same request once more on its connection is asked with the rights that hold by then.

What such a request says is read only once; who asks, and what that one may see, is looked at each time.
"""

import asyncio
import base64
import hashlib
import re
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from msgspec.structs import replace

from callboard.access.logins import Login
from callboard.access.masks import Mask
from callboard.access.passwords import make_login
from callboard.access.rights import Role
from callboard.access.tokens import Token, write_token
from callboard.dialects.sippy.dialect import SippyDialect
from callboard.dialects.sippy.settings import SippySettings
from callboard.directory.records import Customer
from callboard.http.routing import Router
from callboard.http.server import HttpServer
from callboard.http.settings import HttpSettings
from tests.dialects.crowd import KEY, Crowd, Place
from tests.dialects.sippy.client import document

PLACE = Place(Role.RESELLER, 2)
PASSWORD = f"pass-{PLACE.name}"
TRUSTED = "/trusted"
TOKEN = write_token(lambda size: bytes(range(size)))


def _get(target: str, authorization: str = "") -> bytes:
    header = f"Authorization: {authorization}\r\n" if authorization else ""
    return f"GET {target} HTTP/1.1\r\nHost: x\r\n{header}\r\n".encode()


def _post(target: str, body: bytes) -> bytes:
    return f"POST {target} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


_SIGNATURE = hashlib.sha1(f"{PLACE.name}{KEY}".encode(), usedforsecurity=False).hexdigest()
_BASIC = base64.b64encode(f"{PLACE.name}:{PASSWORD}".encode()).decode()
QUESTIONS = {
    "rest": _get("/v1/calls?limit=50", f"Basic {_BASIC}"),
    "rest, token": _get("/v1/calls?limit=50", f"Bearer {TOKEN.text}"),
    "ozeki": _get(f"/api?Username={PLACE.name}&Password={PASSWORD}&command=ListActiveCalls"),
    "enswitch": _get(
        f"/api/json/calls/active/list/?auth_username={PLACE.name}&auth_password={PASSWORD}&customer=recursive"
    ),
    "mor": _post(f"/billing/api/active_calls_get?u={PLACE.name}&hash={_SIGNATURE}", b""),
    "sippy": _post(TRUSTED, document("listAllCalls", {"i_customer": PLACE.customer})),
}


@pytest.fixture
def crowd() -> Crowd:
    crowd = Crowd()
    rights = crowd.house.access.rights_of(_login(crowd))
    made = Token(
        id=TOKEN.id, login=PLACE.name, name="", digest=TOKEN.digest, rights=rights, created_at=0.0, expires_at=None
    )
    crowd.house.access.tokens.put(made)
    return crowd


def _login(crowd: Crowd) -> Login:
    login = crowd.house.access.login(PLACE.name)
    assert login is not None
    return login


@pytest.fixture
async def server(crowd: Crowd) -> AsyncIterator[HttpServer]:
    router = Router()
    router.add("/*", crowd.router.answer)
    trusting = SippyDialect(crowd.house.desk, SippySettings(path=TRUSTED, trusted_addresses=("127.0.0.1",)))
    router.add(TRUSTED, trusting.answer)
    server = HttpServer(router.answer, HttpSettings(listen=("127.0.0.1:0",)))
    await server.start()
    yield server
    await server.stop()


class Client:
    """A connection that is kept."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    async def ask(self, question: bytes) -> tuple[bytes, bytes]:
        """The status line, and the body with every number in it made the same: clocks run."""
        self._writer.write(question)
        head = await asyncio.wait_for(self._reader.readuntil(b"\r\n\r\n"), 20)
        length = re.search(rb"Content-Length: (\d+)", head)
        assert length
        body = await asyncio.wait_for(self._reader.readexactly(int(length[1])), 20)
        return head.partition(b"\r\n")[0], re.sub(rb"\d+", b"0", body)

    async def close(self) -> None:
        self._writer.close()
        await self._writer.wait_closed()


Connect = Callable[[], Awaitable[Client]]


@pytest.fixture
async def connect(server: HttpServer) -> AsyncIterator[Connect]:
    opened: list[Client] = []

    async def open_one() -> Client:
        host, _, port = server.addresses[0].rpartition(":")
        opened.append(Client(*await asyncio.open_connection(host, int(port))))
        return opened[-1]

    yield open_one
    for client in opened:
        await client.close()


def _disabled(crowd: Crowd) -> None:
    crowd.house.access.put(replace(_login(crowd), disabled=True))


def _another_password(crowd: Crowd) -> None:
    other = make_login(PLACE.name, PLACE.role, PLACE.customer, "another password")
    crowd.house.access.put(other)


def _removed(crowd: Crowd) -> None:
    crowd.house.access.remove(PLACE.name)


def _elsewhere_only(crowd: Crowd) -> None:
    crowd.house.access.put(replace(_login(crowd), addresses=("192.0.2.1",)))


def _masked(crowd: Crowd) -> None:
    crowd.house.access.put(replace(_login(crowd), masks=frozenset(Mask)))


def _moved(crowd: Crowd) -> None:
    crowd.house.access.put(replace(_login(crowd), customer=4))


def _token_revoked(crowd: Crowd) -> None:
    crowd.house.access.tokens.remove(TOKEN.id)


def _token_without_rights(crowd: Crowd) -> None:
    token = crowd.house.access.tokens.get(TOKEN.id)
    assert token is not None
    crowd.house.access.tokens.put(replace(token, rights=frozenset()))


def _another_key(crowd: Crowd) -> None:
    crowd.house.directory.put(Customer(id=1, name="Firm(1)", shared_key="another"))


def _below_taken_away(crowd: Crowd) -> None:
    """Customer 3, with 6 below it, is another's from now on."""
    crowd.house.directory.put(Customer(id=3, name="Firm(3)", parent=5))


PASSWORDS = ("rest", "ozeki", "enswitch")
SIGNED_IN = (*PASSWORDS, "rest, token", "mor")
CHANGES: dict[Callable[[Crowd], None], tuple[str, ...]] = {
    _disabled: SIGNED_IN,
    _removed: SIGNED_IN,
    _elsewhere_only: SIGNED_IN,
    _another_password: PASSWORDS,
    _masked: ("rest", "rest, token", "ozeki", "mor"),
    _moved: SIGNED_IN,
    _token_revoked: ("rest, token",),
    _token_without_rights: ("rest, token",),
    _another_key: ("mor",),
    _below_taken_away: (*SIGNED_IN, "sippy"),
}


@pytest.mark.parametrize(
    ("change", "name"),
    [(change, name) for change, names in CHANGES.items() for name in names],
    ids=lambda each: each if isinstance(each, str) else each.__name__,
)
async def test_what_changes_between_two_of_the_same_counts(
    crowd: Crowd, connect: Connect, change: Callable[[Crowd], None], name: str
) -> None:
    kept, question = await connect(), QUESTIONS[name]
    before = await kept.ask(question)
    assert before[0] == b"HTTP/1.1 200 OK"
    assert await kept.ask(question) == before
    change(crowd)
    after = await kept.ask(question)
    assert after != before
    assert after == await (await connect()).ask(question)


@pytest.mark.parametrize("name", QUESTIONS)
async def test_calls_that_end_are_gone_from_the_next_answer(crowd: Crowd, connect: Connect, name: str) -> None:
    kept, question = await connect(), QUESTIONS[name]
    before = await kept.ask(question)
    assert await kept.ask(question) == before
    for call in crowd.house.table.calls():
        crowd.house.end(call.key)
    assert (await kept.ask(question))[1] != before[1]
