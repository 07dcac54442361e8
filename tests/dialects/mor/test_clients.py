"""Over real HTTP against the demo's own directory: the vendor's printed request, other people's clients, the page."""

import asyncio
import hashlib
import json
import shutil
import subprocess
import sys
import urllib.request
import xml.etree.ElementTree as ET
from collections.abc import AsyncIterator, Callable
from functools import cache
from pathlib import Path

import httpx2
import pytest
import requests

from callboard.access.entries import login_of, sealing
from callboard.calls.state import State
from callboard.demo.directory import demo_directory
from callboard.dialects.mor.dialect import MorDialect
from callboard.dialects.mor.settings import MorSettings
from callboard.directory.document import Document
from callboard.directory.records import Destination
from callboard.http.routing import Router
from callboard.http.server import HttpServer
from callboard.http.settings import HttpSettings
from tests.dialects.mor.client import PATH
from tests.house import House

PAGE = Path("docs/reference/mor.md")
PRINTED = (
    "/billing/api/active_calls_get?u=username&s_server=2&s_status=ringing&hash=df2983700ffecb52e6649f0cb3981b66537083a4"
)
"""The request on the vendor's page, from the path on."""
NOTHING = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n'
    b"<page>\n<status>\n<message>No data found...</message>\n</status>\n</page>\n"
)


@cache
def demo() -> Document:
    """The demo's directory; hashing its passwords takes a while, hence once."""
    return demo_directory(sealing(sip_realm="callboard", http_realm="Callboard"), {})


@pytest.fixture
def house() -> House:
    """The core with the demo's directory and logins, and calls of its users."""
    house = House()
    philippines = Destination(prefix="63", name="Philippines proper", country="PHL")
    house.directory.replace(demo().records(), [philippines])
    house.access.put(*(login_of(entry) for entry in demo().logins or ()))
    house.call(State.RINGING, account=5, dialed="639175550000")
    house.call(account=7, callee_account=5, dialed="101")
    house.call(account=9)
    return house


@pytest.fixture
async def server(house: House) -> AsyncIterator[str]:
    """The dialect as the demo has it, behind a real server on loopback; its URL."""
    router = Router()
    dialect = MorDialect(house.desk, MorSettings(allow_get=True))
    for path in dialect.paths:
        router.add(path, dialect.answer)
    server = HttpServer(router.answer, HttpSettings(listen=("127.0.0.1:0",)))
    await server.start()
    try:
        yield f"http://{server.addresses[0]}"
    finally:
        await server.stop()


def with_curl(*arguments: str) -> bytes:
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed: apt-get install curl")
    command = ["curl", "--silent", "--show-error", "--fail", "--max-time", "10", *arguments]
    return subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout


@pytest.mark.parametrize("method", ["POST", "GET"])
async def test_the_printed_request_works_as_it_is(server: str, method: str) -> None:
    assert await asyncio.to_thread(with_curl, "--request", method, server + PRINTED) == NOTHING


async def test_the_printed_request_finds_what_rings_on_the_server_that_it_names(server: str) -> None:
    on_the_first = PRINTED.replace("s_server=2", "s_server=1")
    found = ET.fromstring(await asyncio.to_thread(with_curl, "--request", "POST", server + on_the_first))
    assert [call.findtext("status") for call in found.findall("active_call")] == ["Ringing"]
    assert found.findtext("active_call/user") == "Acme"
    assert found.findtext("active_call/direction_code") == "PHL"


def signed(user: str = "root") -> dict[str, str]:
    signature = hashlib.sha1(f"{user}456789".encode(), usedforsecurity=False).hexdigest()
    return {"u": user, "hash": signature}


def json_with_requests(url: str) -> bytes:
    """As a client in the field does it: JSON, and the login in the hash for an administrator too."""
    return requests.post(url, json=signed(), timeout=10).content


def query_with_requests(url: str) -> bytes:
    return requests.get(url, params=signed(), timeout=10).content


def form_with_httpx(url: str) -> bytes:
    with httpx2.Client(trust_env=False) as client:
        return client.post(url, data=signed()).content


def form_with_curl(url: str) -> bytes:
    return with_curl(*(part for name, text in signed().items() for part in ("--data", f"{name}={text}")), url)


def json_with_urllib(url: str) -> bytes:
    headers = {"Content-Type": "application/json; charset=utf-8"}
    request = urllib.request.Request(url, json.dumps(signed()).encode(), headers)  # noqa: S310  an http URL of ours
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
        found: bytes = answer.read()
        return found


@pytest.mark.parametrize(
    "client", [json_with_requests, query_with_requests, form_with_httpx, form_with_curl, json_with_urllib]
)
@pytest.mark.parametrize("path", [PATH, f"/{PATH}/"])
async def test_a_client_lists(server: str, client: Callable[[str], bytes], path: str) -> None:
    found = ET.fromstring(await asyncio.to_thread(client, server + path))
    assert [call.findtext("id") for call in found.findall("active_call")] == ["960", "961", "962"]
    assert [call.findtext("dst_user") for call in found.findall("active_call")] == [None, "Acme", None]


async def test_a_head_has_no_body(server: str) -> None:
    answer = await asyncio.to_thread(requests.head, server + PRINTED, timeout=10)
    assert (answer.status_code, answer.content) == (200, b"")


async def test_a_listing_in_blocks_is_read_whole(house: House, server: str) -> None:
    for _ in range(1200):
        house.call()
    found = ET.fromstring(await asyncio.to_thread(json_with_requests, server + PATH))
    assert len(found.findall("active_call")) == 1203


# --- the page ---


def examples(language: str) -> list[str]:
    return [part.split("```")[0] for part in PAGE.read_text(encoding="utf-8").split(f"```{language}\n")[1:]]


def run(program: list[str], example: str, server: str) -> str:
    here = example.replace("http://127.0.0.1:8080", server)
    assert here != example
    done = subprocess.run([*program, here], capture_output=True, text=True, timeout=30, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


@pytest.mark.parametrize("example", examples("bash"))
async def test_the_shell_example_of_the_page_works_as_printed(server: str, example: str) -> None:
    assert PRINTED in example
    assert (await asyncio.to_thread(run, ["bash", "-e", "-c"], example, server)).encode() == NOTHING


@pytest.mark.parametrize("example", examples("python"))
async def test_the_python_example_of_the_page_works_as_printed(server: str, example: str) -> None:
    printed = await asyncio.to_thread(run, [sys.executable, "-c"], example, server)
    assert printed.splitlines()[0] == "960 Ringing 801 -> 639175550000 0 s"
    assert len(printed.splitlines()) == 3
