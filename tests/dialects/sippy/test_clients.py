"""Clients of other people, over real HTTP: each must sign in, list, and disconnect."""

import asyncio
import http.client
import shutil
import subprocess
import sys
import urllib.request
import xmlrpc.client
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import aiohttp
import httpx2
import pytest
import requests
import requests.auth

from callboard.access.settings import AccessSettings
from callboard.dialects.sippy.dialect import SippyDialect
from callboard.dialects.sippy.settings import SippySettings
from callboard.http.routing import Router
from callboard.http.server import HttpServer
from callboard.http.settings import HttpSettings
from tests.dialects.sippy.client import PATH, answer_to, document
from tests.house import House

USER, PASSWORD = "root", "demo-root"
XML = {"Content-Type": "text/xml"}
PAGE = Path("docs/reference/sippy.md")


def read(answer: bytes) -> Any:
    (value,), _ = xmlrpc.client.loads(answer)
    return value


class Served:
    """The dialect behind a real server on loopback."""

    def __init__(self, house: House, address: str) -> None:
        self.house = house
        self.url = f"http://{address}{PATH}"


async def serving(house: House, settings: SippySettings) -> AsyncIterator[Served]:
    router = Router()
    dialect = SippyDialect(house.desk, settings)
    for path in dialect.paths:
        router.add(path, dialect.answer)
    server = HttpServer(router.answer, HttpSettings(listen=("127.0.0.1:0",)))
    await server.start()
    try:
        yield Served(house, server.addresses[0])
    finally:
        await server.stop()


@pytest.fixture(params=[("MD5",)], ids=" ".join)
def house(request: pytest.FixtureRequest) -> House:
    """The core with two calls; a test may set which digest algorithms are offered."""
    house = House(settings=AccessSettings(algorithms=request.param))
    house.call(name="<Zürich> & \x00")
    house.call(account=5)
    return house


@pytest.fixture
async def served(house: House) -> AsyncIterator[Served]:
    """Where a password is asked."""
    async for served in serving(house, SippySettings()):
        yield served


@pytest.fixture
async def trusting(house: House) -> AsyncIterator[Served]:
    """Where loopback is trusted."""
    async for served in serving(house, SippySettings(trusted_addresses=("127.0.0.0/8",))):
        yield served


# --- the clients: url, body -> body of the answer ---


def with_requests(url: str, body: bytes) -> bytes:
    auth = requests.auth.HTTPDigestAuth(USER, PASSWORD)
    answer = requests.post(url, body, headers=XML, auth=auth, timeout=10)
    answer.raise_for_status()
    assert "<methodResponse>" in answer.text
    return answer.content


def with_httpx(url: str, body: bytes) -> bytes:
    auth = httpx2.DigestAuth(USER, PASSWORD)
    with httpx2.Client(auth=auth, trust_env=False) as client:
        return client.post(url, content=body, headers=XML).raise_for_status().content


def with_aiohttp(url: str, body: bytes) -> bytes:
    async def post() -> bytes:
        digest = aiohttp.DigestAuthMiddleware(USER, PASSWORD)
        async with (
            aiohttp.ClientSession(middlewares=(digest,)) as session,
            session.post(url, data=body, headers=XML) as answer,
        ):
            answer.raise_for_status()
            return await answer.read()

    return asyncio.run(post())


def with_urllib(url: str, body: bytes) -> bytes:
    passwords = urllib.request.HTTPPasswordMgrWithDefaultRealm()
    passwords.add_password(None, url, USER, PASSWORD)
    opener = urllib.request.build_opener(urllib.request.HTTPDigestAuthHandler(passwords))
    with opener.open(urllib.request.Request(url, body, XML), timeout=10) as answer:  # noqa: S310  an http URL of ours
        found: bytes = answer.read()
        return found


def with_curl(url: str, body: bytes) -> bytes:
    """libcurl sends its first POST without the body."""
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed: apt-get install curl")
    command = ["curl", "--silent", "--show-error", "--fail", "--digest", "--user", f"{USER}:{PASSWORD}"]
    command += ["--header", "Content-Type: text/xml", "--data-binary", "@-", "--max-time", "10", url]
    return subprocess.run(command, input=body, stdout=subprocess.PIPE, check=True).stdout


CLIENTS: dict[str, Callable[[str, bytes], bytes]] = {
    "requests": with_requests,
    "httpx": with_httpx,
    "aiohttp": with_aiohttp,
    "urllib": with_urllib,
    "curl": with_curl,
}


MD5_ONLY = "urllib"
"""This one gives up where SHA-256 is the preferred offer."""


@pytest.mark.parametrize(
    ("house", "client"),
    [
        *((("MD5",), client) for client in CLIENTS),
        *((("MD5", "SHA-256"), client) for client in CLIENTS),
        *((("SHA-256", "MD5"), client) for client in CLIENTS if client != MD5_ONLY),
    ],
    indirect=["house"],
)
async def test_a_client_lists_and_disconnects(served: Served, client: str) -> None:
    ask = CLIENTS[client]
    rows = read(await asyncio.to_thread(ask, served.url, document("listAllCalls", {"order": "oldest_first"})))
    assert [(row["ID"], row["I_CUSTOMER"]) for row in rows] == [("960", "1"), ("961", "3")]
    answer = read(await asyncio.to_thread(ask, served.url, document("disconnectCall", {"ID": "961"})))
    assert answer == {"result": "OK"}
    assert len(served.house.sent) == 1


@pytest.mark.parametrize("client", CLIENTS)
async def test_a_client_reads_a_listing_in_blocks(served: Served, client: str) -> None:
    for _ in range(1200):
        served.house.call()
    rows = read(await asyncio.to_thread(CLIENTS[client], served.url, document("listAllCalls")))
    assert len(rows) == 1202


class DigestTransport(xmlrpc.client.Transport):
    """Python's own XML-RPC client, taught to answer a challenge: its connection and its parser stay as they are."""

    authorization = ""

    def send_headers(self, connection: http.client.HTTPConnection, headers: list[tuple[str, str]]) -> None:
        super().send_headers(connection, headers)
        if self.authorization:
            connection.putheader("Authorization", self.authorization)

    def request(self, host: Any, handler: str, request_body: Any, verbose: bool = False) -> Any:
        self.authorization = ""
        try:
            return super().request(host, handler, request_body, verbose)
        except xmlrpc.client.ProtocolError as error:
            # The headers are a plain dict here, so the name has to be written as the RFC writes it.
            self.authorization = answer_to(error.headers["WWW-Authenticate"], USER, PASSWORD)
        return super().request(host, handler, request_body, verbose)


def everything(proxy: Any, **rights: object) -> list[Any]:
    """Every kind of method through a `ServerProxy`."""
    answers = [
        proxy.listAllCalls({**rights}),
        proxy.listActiveCalls({"i_account": 5, **rights}),
        proxy.disconnectCall({"ID": "999", **rights}),
        proxy.disconnectAccount({"i_account": 5, **rights}),
        proxy.getAccountCallStats(),
        proxy.system.listMethods(),
    ]
    with pytest.raises(xmlrpc.client.Fault) as caught:
        proxy.disconnectCall({**rights})
    return [*answers, caught.value.faultCode]


def check(answers: list[Any]) -> None:
    every, one, missing, account, stats, methods, fault = answers
    assert [row["ID"] for row in every] == ["960", "961"]
    assert [row["ID"] for row in one] == ["961"]
    assert missing == {"result": "Call not found or not accessible"}
    assert account == {"result": "OK", "count": 1}
    assert stats == {"result": "OK", "data": {"3": [1, 1]}}
    assert "listAllCalls" in methods
    assert fault == 400


async def test_pythons_own_client_with_a_digest(served: Served) -> None:
    with xmlrpc.client.ServerProxy(served.url, transport=DigestTransport(), allow_none=True) as proxy:
        check(await asyncio.to_thread(everything, proxy))


async def test_pythons_own_client_in_trusted_mode(trusting: Served) -> None:
    with xmlrpc.client.ServerProxy(trusting.url, allow_none=True) as proxy:
        check(await asyncio.to_thread(everything, proxy, i_customer=1))


def examples(language: str) -> list[str]:
    return [part.split("```")[0] for part in PAGE.read_text(encoding="utf-8").split(f"```{language}\n")[1:]]


@pytest.mark.parametrize(
    ("program", "example"),
    [
        *((["bash", "-e", "-o", "pipefail", "-c"], example) for example in examples("bash")),
        *(([sys.executable, "-c"], example) for example in examples("python")),
    ],
)
async def test_the_examples_of_the_page_work_as_printed(served: Served, program: list[str], example: str) -> None:
    here = example.replace(f"http://127.0.0.1:8080{PATH}", served.url)
    assert here != example
    done = await asyncio.to_thread(
        subprocess.run, [*program, here], capture_output=True, text=True, timeout=30, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "960" in done.stdout
