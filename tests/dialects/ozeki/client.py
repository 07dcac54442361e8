"""A client of the dialect for its tests. Every answer is read by two parsers that know nothing of ours."""

import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, NamedTuple, Protocol
from urllib.parse import urlencode

from lxml import etree

from callboard.access.logins import Login
from callboard.access.passwords import make_login
from callboard.access.rights import Role
from callboard.dialects.ozeki.dialect import OzekiDialect
from callboard.dialects.ozeki.profiles import ProfileName
from callboard.http.values import Reply, Request
from tests.house import House

ELSEWHERE = "192.0.2.9"
"""Where requests come from unless a test says otherwise."""
PATHS: dict[ProfileName, str] = {"v10": "/api", "xe": "/"}
ROWS: dict[ProfileName, str] = {"v10": "Call", "xe": "CallInfo"}
DONE = (200, "Command successfully executed")


@cache
def printed_logins() -> tuple[Login, ...]:
    """The logins of the vendor's examples, with the demo's rights."""
    return (
        make_login("HTTP_User_1", Role.ADMIN, 1, "qwe123"),
        make_login("user1000", Role.USER, 5, "mypassword12"),
    )


class Answer(NamedTuple):
    """An answer as a client of the vendor's reads it."""

    code: int
    message: str
    rows: list[dict[str, str]] | None
    """The calls; None where there is no list of them."""
    row: str
    """Name of the element that a call is; empty where there is none."""

    @property
    def verdict(self) -> tuple[int, str]:
        """Code and message."""
        return self.code, self.message

    def ids(self) -> list[str]:
        """The calls by their CallId."""
        assert self.rows is not None, self
        return [found["CallId"] for found in self.rows]


def whole(reply: Reply) -> bytes:
    """A reply's body in one piece."""
    return reply.body if isinstance(reply.body, bytes) else b"".join(map(bytes, reply.body))


class Node(Protocol):
    """An element, whichever parser it is of."""

    @property
    def tag(self) -> Any: ...
    @property
    def text(self) -> Any: ...
    def __iter__(self) -> "Iterator[Node]": ...


def read(document: bytes) -> Answer:
    """Read an answer with both parsers, which must find the same."""
    parsers: tuple[Callable[[bytes], Node], ...] = (ET.fromstring, etree.fromstring)
    first, second = (_read(parse(document)) for parse in parsers)
    assert first == second
    return first


def _read(root: Node) -> Answer:
    assert root.tag == "Response"
    code, message, *rest = root
    assert (code.tag, message.tag) == ("Code", "Message")
    assert [element.tag for element in rest] in ([], ["ActiveCalls"])
    calls = list(rest[0]) if rest else []
    rows = [{member.tag: member.text or "" for member in call} for call in calls]
    names = {call.tag for call in calls}
    assert len(names) <= 1
    return Answer(int(code.text), message.text or "", rows if rest else None, "".join(names))


async def get(dialect: OzekiDialect, target: str, *, address: str = ELSEWHERE, at: float) -> Reply:
    """One GET of a target as it stands in a URL."""
    path, _, query = target.partition("?")
    return await dialect.answer(
        Request(method="GET", path=path, target=target, query=query.encode(), headers={}, client=address, at=at)
    )


async def post(
    dialect: OzekiDialect,
    path: str,
    body: bytes,
    *,
    content_type: str = "application/x-www-form-urlencoded",
    method: str = "POST",
    address: str = ELSEWHERE,
    at: float,
) -> Reply:
    """One POST."""
    headers = {"content-type": content_type}
    return await dialect.answer(
        Request(method=method, path=path, target=path, headers=headers, body=body, client=address, at=at)
    )


class Client:
    """One login of the house, or nobody, at one of the profiles."""

    def __init__(
        self, house: House, dialect: OzekiDialect, user: str, profile: ProfileName, address: str = ELSEWHERE
    ) -> None:
        self.house = house
        self.dialect = dialect
        self.user = user
        self.profile = profile
        self.address = address

    async def reply(self, **parameters: str) -> Reply:
        """Ask with these parameters and, if this client has a login, its credentials."""
        credentials = {"Username": self.user, "Password": f"demo-{self.user}"} if self.user else {}
        target = f"{PATHS[self.profile]}?{urlencode(parameters | credentials)}"
        return await get(self.dialect, target, address=self.address, at=self.house.now)

    async def ask(self, command: str, **parameters: str) -> Answer:
        """Ask for a command."""
        reply = await self.reply(command=command, **parameters)
        assert (reply.status, reply.content_type) == (200, "application/xml")
        return read(whole(reply))

    async def list(self) -> Answer:
        """ListActiveCalls."""
        return await self.ask("ListActiveCalls")

    async def hang_up(self, call_id: str) -> Answer:
        """Hangup."""
        return await self.ask("Hangup", CallId=call_id)
