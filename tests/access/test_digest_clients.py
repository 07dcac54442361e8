"""The digest clients that people use sign in over a real server: who asks is told, strangers are asked again."""

import asyncio
import shutil
import subprocess
import urllib.request
import xmlrpc.client
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import httpx2
import pytest
import requests
from requests.auth import HTTPDigestAuth

from callboard.access.access import Access, StaleNonce
from callboard.access.claims import DigestClaim
from callboard.access.passwords import make_login
from callboard.access.rights import Role
from callboard.access.settings import AccessSettings
from callboard.calls.refusals import Unauthenticated
from callboard.directory.directory import Directory
from callboard.directory.records import Customer
from callboard.http.values import Handler, Reply, Request
from tests.http.conftest import serving

PASSWORD = "demo-acme é€"
LOGINS = (make_login("acme", Role.USER, 1, PASSWORD), make_login("plain", Role.USER, 1, "demo-plain"))

OFFERS = [("MD5",), ("SHA-256",), ("MD5", "SHA-256"), ("SHA-256", "MD5")]


def _front_end(access: Access) -> Handler:
    async def answer(request: Request) -> Reply:
        authorization = request.headers.get("authorization", "")
        try:
            claim = DigestClaim(authorization, request.method, request.target, request.client)
            principal = access.sign_in(claim, request.at)
        except Unauthenticated as refusal:
            challenges = access.challenge(request.at, stale=isinstance(refusal, StaleNonce))
            return Reply(status=401, headers=tuple(("WWW-Authenticate", value) for value in challenges), body=b"?")
        body = xmlrpc.client.dumps(((principal.login, len(request.body) > 0),), methodresponse=True)
        return Reply(content_type="text/xml", body=body.encode())

    return answer


@pytest.fixture(params=OFFERS, ids=" then ".join)
async def url(request: pytest.FixtureRequest) -> AsyncIterator[str]:
    access = Access(Directory([Customer(id=1, name="Root")]), AccessSettings(algorithms=request.param), b"s" * 32)
    access.put(*LOGINS)
    async with serving(_front_end(access)) as server:
        yield f"http://{server.addresses[0]}/xmlapi/xmlapi"


def _who(answer: str) -> object:
    return xmlrpc.client.loads(answer)[0][0][0]  # type: ignore[index]


CALL = xmlrpc.client.dumps((), "listAllCalls")


@pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl: apt-get install curl")
async def test_curl(url: str) -> None:
    async def ask(password: str) -> str:
        command = ["curl", "-sS", "--digest", "-u", f"acme:{password}", "-H", "Content-Type: text/xml", "--data", CALL]
        process = await asyncio.create_subprocess_exec(*command, url, url, stdout=subprocess.PIPE)
        return (await process.communicate())[0].decode()

    assert (await ask(PASSWORD)).count("<string>acme</string>") == 2
    assert await ask("wrong") == "??"


async def test_requests(url: str) -> None:
    def ask() -> list[int | object]:
        with requests.Session() as session:
            session.auth = HTTPDigestAuth("acme", PASSWORD)
            good = [session.post(url, data=CALL) for _ in range(3)]
            session.auth = HTTPDigestAuth("acme", "wrong")
            return [*(_who(answer.text) for answer in good), session.post(url, data=CALL).status_code]

    assert await asyncio.to_thread(ask) == ["acme", "acme", "acme", 401]


async def test_httpx2(url: str) -> None:
    async with httpx2.AsyncClient(auth=httpx2.DigestAuth("acme", PASSWORD), trust_env=False) as client:
        assert [_who((await client.post(url, content=CALL)).text) for _ in range(3)] == ["acme"] * 3
        wrong = await client.post(url, content=CALL, auth=httpx2.DigestAuth("acme", "wrong"))
        assert wrong.status_code == 401


async def test_aiohttp(url: str) -> None:
    digest_auth = aiohttp.DigestAuthMiddleware("acme", PASSWORD)
    async with aiohttp.ClientSession(middlewares=(digest_auth,)) as session:
        for _ in range(3):
            async with session.post(url, data=CALL) as answer:
                assert _who(await answer.text()) == "acme"


class _DigestTransport(xmlrpc.client.Transport):
    """The standard library's XML-RPC client over its digest sign-in."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self.verbose = False
        passwords = urllib.request.HTTPPasswordMgrWithDefaultRealm()
        passwords.add_password(None, url, "plain", "demo-plain")
        self._url = url
        self._opener = urllib.request.build_opener(urllib.request.HTTPDigestAuthHandler(passwords))

    def request(self, host: Any, handler: Any, request_body: Any, verbose: Any = False) -> Any:
        request = urllib.request.Request(self._url, request_body, {"Content-Type": "text/xml"})  # noqa: S310
        with self._opener.open(request) as answer:
            return self.parse_response(answer)


@pytest.mark.parametrize("url", [("MD5",)], indirect=True)  # it knows no other, and no letter beyond ASCII
async def test_xmlrpc_client(url: str) -> None:
    def ask() -> list[Any]:
        with xmlrpc.client.ServerProxy(url, transport=_DigestTransport(url)) as proxy:
            return [proxy.listAllCalls() for _ in range(2)]

    assert await asyncio.to_thread(ask) == [["plain", True]] * 2
