"""A client of the dialect for its tests: signs as the vendor's pages say, reads answers with `xml.etree`."""

import hashlib
import xml.etree.ElementTree as ET
from urllib.parse import urlencode

from callboard.dialects.mor.dialect import MorDialect
from callboard.http.values import Reply, Request
from tests.house import House

PATH = "/billing/api/active_calls_get"
KEY = "456789"
"""The vendor's example key, which the root customer has here."""
ELSEWHERE = "192.0.2.9"
FORM = "application/x-www-form-urlencoded"

Row = dict[str, str]


def sha1(text: str) -> str:
    """As the vendor's pages write it: lower-case hexadecimal digits."""
    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()


def whole(reply: Reply) -> bytes:
    """A reply's body in one piece."""
    return reply.body if isinstance(reply.body, bytes) else b"".join(map(bytes, reply.body))


def page(reply: Reply) -> ET.Element:
    """The document in a reply."""
    assert (reply.status, reply.content_type) == (200, "text/xml; charset=utf-8")
    found = ET.fromstring(whole(reply))
    assert found.tag == "page"
    return found


def rows(reply: Reply) -> list[Row]:
    """The calls in a reply, each with its fields in order; none if the reply says that there are none."""
    found = page(reply)
    if (message := found.findtext("status/message")) is not None:
        assert message == "No data found..."
        return []
    assert {child.tag for child in found} == {"active_call"}, whole(reply)
    return [{field.tag: field.text or "" for field in call} for call in found]


def error(reply: Reply) -> str:
    """The error in a reply."""
    found = page(reply).findtext("status/error")
    assert found is not None, whole(reply)
    return found


class Client:
    """One login of the house, which signs its requests."""

    def __init__(self, house: House, dialect: MorDialect, user: str, address: str = ELSEWHERE) -> None:
        self.house = house
        self.dialect = dialect
        self.user = user
        self.address = address

    async def send(
        self, query: bytes = b"", *, method: str = "POST", body: bytes = b"", content_type: str = FORM, path: str = PATH
    ) -> Reply:
        """One HTTP request as it is."""
        return await self.dialect.answer(
            Request(
                method=method,
                path=path,
                target=path,
                query=query,
                headers={"content-type": content_type},
                body=body,
                client=self.address,
                at=self.house.now,
            )
        )

    def signed(self, **parameters: object) -> dict[str, str]:
        """The parameters with the login and its hash."""
        return {"u": self.user, **{name: str(text) for name, text in parameters.items()}, "hash": sha1(self.user + KEY)}

    async def reply(self, **parameters: object) -> Reply:
        """Ask, signed, with the parameters in the query."""
        return await self.send(urlencode(self.signed(**parameters), errors="surrogatepass").encode())

    async def ask(self, **parameters: object) -> list[Row]:
        """Ask and give the calls."""
        return rows(await self.reply(**parameters))

    async def ids(self, **parameters: object) -> list[int]:
        """Ask and give the calls' ids."""
        return [int(row["id"]) for row in await self.ask(**parameters)]

    async def error(self, **parameters: object) -> str:
        """Ask for what must fail."""
        return error(await self.reply(**parameters))
