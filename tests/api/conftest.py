"""The API over a whole core."""

import base64
from typing import Any

import msgspec
import pytest

from callboard.access.entries import sealing
from callboard.api.api import Api
from callboard.api.idempotency import Book
from callboard.http.values import Reply, Request
from tests.house import House


class Caller:
    """Asks the API as one of the house's logins; nobody if the name is empty."""

    def __init__(self, house: House, book: Book | None = None) -> None:
        self.house = house
        self.not_ready: tuple[str, ...] = ()
        seal = sealing(sip_realm="sip", http_realm="Callboard")
        self.api = Api(house.desk, seal, lambda: self.not_ready, book)

    async def reply(
        self,
        path: str,
        user: str = "root",
        *,
        method: str = "GET",
        body: bytes = b"",
        password: str = "",
        **headers: str,
    ) -> Reply:
        """One request; `path` may have a query."""
        bare, _, query = path.partition("?")
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        if user:
            secret = f"{user}:{password or f'demo-{user}'}".encode()
            given.setdefault("authorization", f"Basic {base64.b64encode(secret).decode()}")
        return await self.api.answer(
            Request(
                method=method,
                path=bare,
                target=path,
                query=query.encode(),
                headers=given,
                body=body,
                client="192.0.2.9",
                at=self.house.now,
            )
        )

    async def get(self, path: str, user: str = "root") -> Any:
        """What a GET that succeeds answers."""
        reply = await self.reply(path, user)
        assert (reply.status, reply.content_type) == (200, "application/json"), whole(reply)
        return msgspec.json.decode(whole(reply))


def whole(reply: Reply) -> bytes:
    """A reply's body in one piece."""
    return reply.body if isinstance(reply.body, bytes) else b"".join(map(bytes, reply.body))


def problem(reply: Reply) -> Any:
    """The problem document of an error."""
    assert reply.content_type == "application/problem+json"
    found = msgspec.json.decode(whole(reply))
    assert found["status"] == reply.status
    assert found["title"]
    assert found["detail"]
    return found


@pytest.fixture
def house() -> House:
    """The core, without calls."""
    return House()


@pytest.fixture
def caller(house: House) -> Caller:
    """The API."""
    return Caller(house)
