"""A client of the dialect for its tests: parameters in any of the forms, answers read by Python's own `json`."""

import json
from typing import Any
from urllib.parse import urlencode

from callboard.dialects.enswitch.dialect import EnswitchDialect
from callboard.http.values import Reply, Request
from tests.house import House

LIST = "calls/active/list"
PANEL = "calls/active/list/panel"
HANGUP = "calls/hangup"
ELSEWHERE = "192.0.2.9"
"""Where requests come from."""


def whole(reply: Reply) -> bytes:
    """A reply's body in one piece."""
    return reply.body if isinstance(reply.body, bytes) else b"".join(map(bytes, reply.body))


def envelope(reply: Reply) -> dict[str, Any]:
    """The whole answer, which always is an envelope with status 200 and one response."""
    assert (reply.status, reply.content_type) == (200, "application/json")
    found: dict[str, Any] = json.loads(whole(reply))
    (response,) = found["responses"]
    assert list(found) in (["responses"], ["responses", "data"])
    assert list(response) == ["code", "key", "message"]
    assert all(isinstance(text, str) for text in response.values())
    return found


async def send(
    dialect: EnswitchDialect,
    path: str,
    query: bytes = b"",
    *,
    at: float,
    body: bytes = b"",
    content_type: str = "",
    method: str = "GET",
) -> Reply:
    """One HTTP request."""
    headers = {"content-type": content_type} if content_type else {}
    return await dialect.answer(
        Request(method=method, path=path, query=query, headers=headers, body=body, client=ELSEWHERE, at=at)
    )


class Client:
    """One login of the house."""

    def __init__(self, house: House, dialect: EnswitchDialect, user: str, password: str) -> None:
        self.house = house
        self.dialect = dialect
        self.credentials = {"auth_username": user, "auth_password": password}

    async def ask(self, function: str, /, **parameters: object) -> dict[str, Any]:
        """Ask with everything in the query and give the whole answer."""
        query = urlencode(self.credentials | parameters).encode()
        return envelope(await send(self.dialect, f"/api/json/{function}/", query, at=self.house.now))

    async def data(self, function: str = LIST, /, **parameters: object) -> Any:
        """Ask for what must be answered with data."""
        answer = await self.ask(function, **parameters)
        assert answer["responses"] == [{"code": "200", "key": "", "message": "OK"}], answer
        return answer["data"]

    async def column(self, name: str, function: str = LIST, /, **parameters: object) -> list[Any]:
        """One field of every row of a list."""
        return [row[name] for row in await self.data(function, **parameters)]

    async def refusal(self, function: str = LIST, /, **parameters: object) -> tuple[str, str, str]:
        """Ask for what must not be answered with data: code, key and message."""
        answer = await self.ask(function, **parameters)
        assert "data" not in answer
        (response,) = answer["responses"]
        return response["code"], response["key"], response["message"]
