"""Clients of other people, over real HTTP: each must list and hang up, on both profiles; and the page's examples."""

import asyncio
import re
import shutil
import subprocess
import sys
import urllib.parse
import urllib.request
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import aiohttp
import httpx2
import pytest
import requests

from callboard.calls.state import State
from callboard.dialects.ozeki.dialect import OzekiDialect
from callboard.dialects.ozeki.faults import FAULTS
from callboard.dialects.ozeki.fields import CALL_STATE, V10_FIELDS, XE_FIELDS
from callboard.dialects.ozeki.profiles import PROFILES, V10, ProfileName
from callboard.http.routing import Router
from callboard.http.server import HttpServer
from callboard.http.settings import HttpSettings
from callboard.wallboard.door import Door
from tests.dialects.ozeki.client import DONE, PATHS, ROWS, read
from tests.house import House

PAGE = Path("docs/reference/ozeki.md")
CREDENTIALS = {"Username": "root", "Password": "demo-root"}

Parameters = dict[str, str]


@pytest.fixture
async def address(house: House, dialect: OzekiDialect) -> AsyncIterator[str]:
    """The dialect behind a real server's door on loopback, with two calls up: its URL without a path."""
    house.call(name="<Zürich> & \x00")
    house.call(State.HELD, account=9)
    router = Router()
    for path in dialect.paths:
        router.add(path, dialect.answer)
    server = HttpServer(Door(router.answer).answer, HttpSettings(listen=("127.0.0.1:0",)))
    await server.start()
    try:
        yield f"http://{server.addresses[0]}"
    finally:
        await server.stop()


# --- the clients: url, parameters -> document ---


def with_requests(url: str, parameters: Parameters) -> bytes:
    answer = requests.get(url, parameters, timeout=10)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/xml")
    return answer.content


def with_requests_form(url: str, parameters: Parameters) -> bytes:
    answer = requests.post(url, parameters, timeout=10)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/xml")
    return answer.content


def with_httpx(url: str, parameters: Parameters) -> bytes:
    with httpx2.Client(trust_env=False) as client:
        return client.get(url, params=parameters).raise_for_status().content


def with_aiohttp(url: str, parameters: Parameters) -> bytes:
    async def post() -> bytes:
        async with aiohttp.ClientSession() as session, session.post(url, data=parameters) as answer:
            answer.raise_for_status()
            return await answer.read()

    return asyncio.run(post())


def with_urllib(url: str, parameters: Parameters) -> bytes:
    target = f"{url}?{urllib.parse.urlencode(parameters)}"
    with urllib.request.urlopen(target, timeout=10) as answer:  # noqa: S310  an http URL of ours
        found: bytes = answer.read()
        return found


def with_curl(url: str, parameters: Parameters) -> bytes:
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed: apt-get install curl")
    data = [word for name, value in parameters.items() for word in ("--data-urlencode", f"{name}={value}")]
    command = ["curl", "--silent", "--show-error", "--fail", "--max-time", "10", *data, url]
    return subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout


CLIENTS: dict[str, Callable[[str, Parameters], bytes]] = {
    "requests": with_requests,
    "requests, form": with_requests_form,
    "httpx": with_httpx,
    "aiohttp": with_aiohttp,
    "urllib": with_urllib,
    "curl": with_curl,
}


@pytest.mark.parametrize("client", CLIENTS)
async def test_a_client_lists_and_hangs_up(address: str, house: House, profile: ProfileName, client: str) -> None:
    url = f"{address}{PATHS[profile]}"

    async def ask(**parameters: str) -> bytes:
        return await asyncio.to_thread(CLIENTS[client], url, parameters | CREDENTIALS)

    answer = read(await ask(command="ListActiveCalls"))
    assert (answer.verdict, answer.row) == (DONE, ROWS[profile])
    assert answer.rows is not None
    found = [(call["CallId"], call["CallerId"], call["CallState"]) for call in answer.rows]
    assert found == [("000FU", "<Zürich> & ", "InCall"), ("000FV", "801", "Hold")]
    assert read(await ask(command="Hangup", CallId="000FV")).verdict == DONE
    assert len(house.sent) == 1


@pytest.mark.parametrize("client", CLIENTS)
async def test_a_program_is_answered_at_the_bare_address_too(address: str, client: str) -> None:
    """The same address leads browsers to the wallboard, and nobody else: what a program did wrong it reads as XML."""
    answer = read(await asyncio.to_thread(CLIENTS[client], f"{address}/", {}))
    assert answer.verdict == (304, "Authentication required")
    browser = await asyncio.to_thread(
        requests.get, f"{address}/", headers={"Accept": "text/html"}, allow_redirects=False, timeout=10
    )
    assert (browser.status_code, browser.headers["Location"]) == (302, "/board")


@pytest.mark.parametrize("client", CLIENTS)
async def test_a_client_reads_a_listing_in_blocks(address: str, house: House, client: str) -> None:
    for _ in range(1200):
        house.call(State.NEW)
    parameters = {"command": "ListActiveCalls", **CREDENTIALS}
    document = await asyncio.to_thread(CLIENTS[client], f"{address}/api", parameters)
    assert len(read(document).ids()) == 1202


async def test_a_path_beside_those_of_the_profiles_is_nobodys(address: str) -> None:
    answer = await asyncio.to_thread(requests.get, f"{address}/index.html", timeout=10)
    assert answer.status_code == 404


# --- the page ---


def examples(language: str) -> list[str]:
    return [part.split("```")[0] for part in PAGE.read_text(encoding="utf-8").split(f"```{language}\n")[1:]]


@pytest.mark.parametrize(
    ("program", "example"),
    [
        *((["bash", "-e", "-o", "pipefail", "-c"], example) for example in examples("bash")),
        *(([sys.executable, "-c"], example) for example in examples("python")),
    ],
)
async def test_the_examples_of_the_page_work_as_printed(address: str, program: list[str], example: str) -> None:
    here = re.sub(r"http://127\.0\.0\.1:(8080|9509)(?=/)", address, example)
    assert here != example
    done = await asyncio.to_thread(
        subprocess.run, [*program, here], capture_output=True, text=True, timeout=30, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "000FV" in done.stdout


def rows(header: str) -> list[list[str]]:
    """The rows of the page's table with this header line."""
    found = re.search(rf"^{re.escape(header)}\n[| -]+\n((?:\|.*\n)+)", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert found is not None, header
    return [[cell.strip().strip("`") for cell in row.strip("|").split("|")] for row in found[1].splitlines()]


def test_the_page_has_every_member_in_its_order() -> None:
    table = rows("| v10 | XE | meaning |")
    assert [row[0] for row in table if row[0]] == [field.name for field in V10_FIELDS]
    assert [row[1] for row in table if row[1]] == [field.name for field in XE_FIELDS]


def test_the_page_has_every_state() -> None:
    told = {
        state: word for word, states in rows("| `CallState` | Callboard's state |") for state in states.split("`, `")
    }
    assert told == {state.name.lower(): CALL_STATE.get(state, "(not listed)") for state in State}


def test_the_page_has_every_code_with_its_message() -> None:
    told = {int(code): message for code, message, _ in rows("| `Code` | `Message` | when |")}
    words = {"reason": "...", "argument": "CallId", "call_id": "..."}
    for fault in FAULTS.values():
        command = "Hangup" if fault.code == 302 else "..."
        assert told[fault.code] == fault.message.format(command=command, **words)
    assert told.keys() == {200} | {fault.code for fault in FAULTS.values()}


def test_the_page_names_every_other_command() -> None:
    told = {word.lower() for word in re.findall(r"\w+", PAGE.read_text(encoding="utf-8"))}
    assert told >= V10.others
    assert all(profile.others <= V10.others for profile in PROFILES.values())
