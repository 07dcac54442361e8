"""Clients as they are in the field, over real HTTP: each in its own way must list and hang up."""

import asyncio
import json
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import aiohttp
import httpx2
import pytest
import requests

from callboard.access.passwords import make_login
from callboard.access.rights import Role
from callboard.dialects.enswitch.dialect import EnswitchDialect
from callboard.dialects.enswitch.fields import FIELDS, NAMES
from callboard.http.routing import Router
from callboard.http.server import HttpServer
from callboard.http.settings import HttpSettings
from tests.house import House

PAGE = Path("docs/reference/enswitch.md")
USER, PASSWORD = "odd&user", "p;&+ =ü"
ENCODED = "auth_username=odd%26user{0}auth_password=p%3B%26%2B+%3D%C3%BC"

Ask = Callable[[str, str, dict[str, str]], bytes]
"""Base address, function, further parameters -> the body of the answer."""


class Served:
    """The dialect behind a real server on loopback."""

    def __init__(self, house: House, address: str) -> None:
        self.house = house
        self.address = address
        self.base = f"http://{address}/api/json/"


@pytest.fixture
async def served() -> AsyncIterator[Served]:
    """With the login of the printed example, one with an odd password, and two calls of theirs."""
    house = House()
    house.access.put(make_login("user", Role.USER, 3, "password"), make_login(USER, Role.USER, 3, PASSWORD))
    house.call(account=5, name='<Zürich> & \x00 "')
    house.call(account=6)
    router = Router()
    dialect = EnswitchDialect(house.desk)
    for path in dialect.paths:
        router.add(path, dialect.answer)
    server = HttpServer(router.answer, HttpSettings(listen=("127.0.0.1:0",)))
    await server.start()
    try:
        yield Served(house, server.addresses[0])
    finally:
        await server.stop()


# --- the clients ---


def everything_in_the_query(base: str, function: str, more: dict[str, str]) -> bytes:
    """A POST without a body, and without a slash at the end."""
    answer = requests.post(
        base + function,
        params={"auth_username": USER, "auth_password": PASSWORD, **more},
        headers={"Content-Type": "application/x-www-form-urlencoded"},
        timeout=10,
    )
    answer.raise_for_status()
    return answer.content


def query_and_json(base: str, function: str, more: dict[str, str]) -> bytes:
    """Credentials in the query and the rest as JSON, and a slash too many."""
    with httpx2.Client(trust_env=False) as client:
        url = f"{base}/{function}/?{ENCODED.format('&')}"
        return client.post(url, json=more).raise_for_status().content


def json_type_without_a_body(base: str, function: str, more: dict[str, str]) -> bytes:
    """A GET that says it is JSON."""

    async def get() -> bytes:
        params = {"auth_username": USER, "auth_password": PASSWORD, **more}
        headers = {"Content-Type": "Application/JSON"}
        async with (
            aiohttp.ClientSession() as session,
            session.get(base + function, params=params, headers=headers) as answer,
        ):
            assert answer.status == 200
            return await answer.read()

    return asyncio.run(get())


def semicolons(base: str, function: str, more: dict[str, str]) -> bytes:
    """As the vendor's examples are written."""
    rest = "".join(f";{name}={value}" for name, value in more.items())
    url = f"{base}{function}/?{ENCODED.format(';')}{rest}"
    with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310  an http URL of ours
        found: bytes = answer.read()
        return found


def a_form(base: str, function: str, more: dict[str, str]) -> bytes:
    """With curl."""
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed: apt-get install curl")
    fields = {"auth_username": USER, "auth_password": PASSWORD, **more}
    data = [word for name, value in fields.items() for word in ("--data-urlencode", f"{name}={value}")]
    command = ["curl", "--silent", "--show-error", "--fail", "--max-time", "10", *data, f"{base}{function}/"]
    return subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout


CLIENTS: tuple[Ask, ...] = (everything_in_the_query, query_and_json, json_type_without_a_body, semicolons, a_form)


@pytest.mark.parametrize("ask", CLIENTS)
async def test_a_client_lists_and_hangs_up(served: Served, ask: Ask) -> None:
    async def answer(function: str, **more: str) -> Any:
        return json.loads(await asyncio.to_thread(ask, served.base, function, more))

    found = await answer("calls/active/list", sort="uniqueid")
    assert found["responses"] == [{"code": "200", "key": "", "message": "OK"}]
    assert [row["uniqueid"] for row in found["data"]] == ["call-1/a", "call-1/b", "call-2/a", "call-2/b"]
    assert found["data"][0]["callername_internal"] == '<Zürich> & \x00 "'
    assert (await answer("calls/hangup", callid="call-2/a"))["responses"][0]["code"] == "204"
    assert len(served.house.sent) == 1
    assert (await answer("calls/hangup", callid="call-9/a"))["responses"][0]["code"] == "404"


async def test_a_list_in_blocks_arrives_whole(served: Served) -> None:
    for _ in range(600):
        served.house.call(account=5)
    document = await asyncio.to_thread(everything_in_the_query, served.base, "calls/active/list", {})
    rows = json.loads(document)["data"]
    assert len({row["uniqueid"] for row in rows}) == len(rows) == 1204


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
    here = example.replace("127.0.0.1:8080", served.address)
    assert here != example
    done = await asyncio.to_thread(
        subprocess.run, [*program, here], capture_output=True, text=True, timeout=30, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "call-1/a" in done.stdout
    assert len(served.house.sent) == (1 if "hangup" in example else 0)


def test_the_page_explains_every_field() -> None:
    table = PAGE.read_text(encoding="utf-8").partition("### A row")[2]
    explained = {
        name for line in table.splitlines() if line.startswith("| `") for name in line.split("|")[1].split("`")[1::2]
    }
    assert {field.name for field in (*FIELDS, *NAMES)} <= explained


def test_the_printed_answer_is_an_excerpt_of_a_real_one() -> None:
    (printed,) = map(json.loads, examples("json"))
    assert printed["responses"] == [{"code": "200", "key": "", "message": "OK"}]
    (row,) = printed["data"]
    names = [field.name for field in FIELDS]
    assert [name for name in names if name in row] == list(row)
