"""A client of the dialect for its tests: HTTP Digest computed here, answers read by Python's own `xmlrpc.client`."""

import hashlib
import re
import xmlrpc.client
from typing import Any

from callboard.dialects.sippy.dialect import SippyDialect
from callboard.http.values import Reply, Request
from tests.house import House

PATH = "/xmlapi/xmlapi"
ELSEWHERE = "192.0.2.9"
"""Where requests come from unless a test says otherwise."""


def document(method: str, *params: Any) -> bytes:
    """A request as Python's own client writes it."""
    return xmlrpc.client.dumps(params, method, allow_none=True).encode()


async def post(
    dialect: SippyDialect,
    body: bytes,
    *,
    authorization: str = "",
    address: str = ELSEWHERE,
    at: float = 0.0,
    path: str = PATH,
) -> Reply:
    """One HTTP request."""
    headers = {"authorization": authorization} if authorization else {}
    return await dialect.answer(
        Request(method="POST", path=path, target=path, headers=headers, body=body, client=address, at=at)
    )


def whole(reply: Reply) -> bytes:
    """A reply's body in one piece."""
    return reply.body if isinstance(reply.body, bytes) else b"".join(map(bytes, reply.body))


def value(reply: Reply) -> Any:
    """The value in a reply; raises `xmlrpc.client.Fault`."""
    assert reply.status == 200, (reply.status, whole(reply))
    (found,), _ = xmlrpc.client.loads(whole(reply))
    return found


def answer_to(challenge: str, user: str, password: str, uri: str = PATH) -> str:
    """The Authorization header that answers a challenge (RFC 2617 section 3.2.2), from the words on the wire."""
    values = {name: text.strip('"') for name, text in re.findall(r'(\w+)=("[^"]*"|[^\s,"]+)', challenge)}
    digest = {"MD5": hashlib.md5, "SHA-256": hashlib.sha256}[values.get("algorithm", "MD5")]

    def hashed(text: str) -> str:
        return digest(text.encode()).hexdigest()

    ha1 = hashed(f"{user}:{values['realm']}:{password}")
    ha2 = hashed(f"POST:{uri}")
    response = hashed(f"{ha1}:{values['nonce']}:00000001:0a4f113b:{values['qop']}:{ha2}")
    return (
        f'Digest username="{user}", realm="{values["realm"]}", nonce="{values["nonce"]}", uri="{uri}", '
        f'algorithm={values.get("algorithm", "MD5")}, qop={values["qop"]}, nc=00000001, cnonce="0a4f113b", '
        f'response="{response}"'
    )


class Client:
    """One login of the house, or a trusted address."""

    def __init__(self, house: House, dialect: SippyDialect, user: str = "", address: str = ELSEWHERE) -> None:
        self.house = house
        self.dialect = dialect
        self.user = user
        self.address = address

    async def reply(self, method: str, *params: Any) -> Reply:
        """Ask, with a digest if this client has a login, and give the HTTP reply."""
        if not self.user:
            return await post(self.dialect, document(method, *params), address=self.address, at=self.house.now)
        asked = await post(self.dialect, b"", address=self.address, at=self.house.now)
        assert asked.status == 401
        return await self.reply_with(dict(asked.headers)["WWW-Authenticate"], method, *params)

    async def reply_with(self, challenge: str, method: str, *params: Any, password: str = "") -> Reply:
        """Ask, answering this challenge."""
        authorization = answer_to(challenge, self.user, password or f"demo-{self.user}")
        body = document(method, *params)
        return await post(self.dialect, body, authorization=authorization, address=self.address, at=self.house.now)

    async def ask(self, method: str, **parameters: Any) -> Any:
        """Ask with named parameters and give the value; raises `xmlrpc.client.Fault`."""
        return value(await self.reply(method, *([parameters] if parameters else [])))

    async def fault(self, method: str, **parameters: Any) -> xmlrpc.client.Fault:
        """Ask for what must fail."""
        try:
            answer = await self.ask(method, **parameters)
        except xmlrpc.client.Fault as fault:
            return fault
        raise AssertionError(f"{method} answered {answer!r}")
