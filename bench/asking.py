"""The whole list in each format, as its clients ask for it, and the calls that are in an answer."""

import re
from base64 import b64encode
from typing import NamedTuple

import httpx2

from bench.fetching import get
from bench.serving import LOGIN, PASSWORD

__all__ = ["BASIC", "FORMATS", "Format"]

BASIC = f"Authorization: Basic {b64encode(f'{LOGIN}:{PASSWORD}'.encode()).decode()}"

_LISTING = (
    "<?xml version='1.0'?><methodCall><methodName>listAllCalls</methodName><params><param><value><struct><member>"
    "<name>i_customer</name><value><int>1</int></value></member></struct></value></param></params></methodCall>"
)


class Format(NamedTuple):
    """One way to ask for the whole list."""

    name: str
    """Of its figures."""
    title: str
    """For people."""
    path: str
    row: re.Pattern[bytes]
    """Found once for each call; where the row says it, with the number that the call was dialled under as its group."""
    method: str = "GET"
    body: str = ""
    login: bool = False
    """Whether it asks for HTTP's own login; the others have theirs in the path, or none from trusted addresses."""

    @property
    def head(self) -> dict[str, str]:
        return {"Content-Type": "text/xml"} if self.body else {}

    def request(self, port: int, *, compressed: bool = False) -> httpx2.Request:
        """The question to a server of this machine."""
        head = self.head if compressed else self.head | {"Accept-Encoding": "identity"}
        return httpx2.Request(self.method, f"http://127.0.0.1:{port}{self.path}", headers=head, content=self.body)

    @property
    def question(self) -> bytes:
        """The same over a bare socket."""
        return get(self.path, *((BASIC,) if self.login else ()), method=self.method, body=self.body)

    def calls(self, answer: bytes) -> list[bytes]:
        """What the rows are found by, in their order."""
        found: list[bytes] = self.row.findall(answer)
        return found


FORMATS = (
    Format("rest", "REST, NDJSON", "/v1/calls?format=ndjson", re.compile(rb'"sip_call_id":"(\d+)-bench'), login=True),
    Format(
        "enswitch",
        "Enswitch, JSON",
        f"/api/json/calls/active/list/?auth_username={LOGIN}&auth_password={PASSWORD}&customer=system",
        re.compile(rb'"channel":"\d+:(\d+)/caller'),
    ),
    Format(
        "ozeki",
        "Ozeki, XML",
        f"/api?Username={LOGIN}&Password={PASSWORD}&command=ListActiveCalls",
        re.compile(rb"<CallId>()"),
    ),
    Format(
        "mor",
        "MOR, XML",
        f"/billing/api/active_calls_get?u={LOGIN}",
        re.compile(rb"<uniqueid>\d+:(\d+)/caller"),
        method="POST",
    ),
    Format(
        "sippy",
        "Sippy, XML-RPC",
        "/xmlapi/xmlapi",
        re.compile(rb">(\d+)-bench@"),
        method="POST",
        body=_LISTING,
    ),
)
