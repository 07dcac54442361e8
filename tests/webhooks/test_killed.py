"""What was written down survives `kill -9` of the server, and arrives in its order once the next one is up."""

import asyncio
import os
import signal
import sqlite3
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

import httpx2
import pytest
from aiohttp import web

from tests.ports import free_port
from tests.webhooks.conftest import Receiver, fine

SETTINGS = """
[http]
listen = ["127.0.0.1:{http}"]
[storage]
path = "{folder}/callboard.db"
[switches.b2bua]
enabled = false
[webhooks]
allowed_targets = ["127.0.0.1"]
retries = [{retries}]
at_once = 1
"""


@asynccontextmanager
async def server(folder: Path, http: int) -> AsyncIterator[asyncio.subprocess.Process]:
    """A server in a process of its own, which is killed at the end."""
    settings = folder / "callboard.toml"
    retries = ", ".join(["0.2"] * 500)
    settings.write_text(SETTINGS.format(folder=folder, http=http, retries=retries), encoding="utf-8")
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", "callboard", "serve", "--config", str(settings)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGKILL)
        await process.wait()


async def until(holds: Callable[[], bool]) -> None:
    """Wait until something holds that nobody tells of."""
    async with asyncio.timeout(15):
        while not holds():  # noqa: ASYNC110  what is waited for has no event of its own
            await asyncio.sleep(0.05)


async def until_up(http: int) -> None:
    async with httpx2.AsyncClient() as client, asyncio.timeout(30):
        while True:
            try:
                await client.get(f"http://127.0.0.1:{http}/-/healthy")
            except httpx2.TransportError:
                await asyncio.sleep(0.05)
            else:
                return


async def password_of(process: asyncio.subprocess.Process) -> str:
    assert process.stdout is not None
    async for line in process.stdout:
        _, found, password = line.decode().partition("admin, password ")
        if found:
            return password.split()[0]
    raise AssertionError("the server ended before it was up")


def waiting(folder: Path) -> list[str]:
    """The messages on disk that did not arrive yet, in order."""
    with closing(sqlite3.connect(folder / "callboard.db")) as database:
        rows = database.execute("SELECT message FROM deliveries WHERE state = 'waiting' ORDER BY number")
        return [message for (message,) in rows]


@pytest.mark.timeout(120)
async def test_nothing_that_was_written_down_is_lost(tmp_path: Path, receiver: Receiver) -> None:
    async def down(request: web.Request) -> web.StreamResponse:
        return web.Response(status=503)

    receiver.answer, http = down, free_port()
    async with server(tmp_path, http) as process:
        password = await asyncio.wait_for(password_of(process), 30)
        async with httpx2.AsyncClient(auth=("admin", password), base_url=f"http://127.0.0.1:{http}") as client:
            made: Any = (
                await client.post("/v1/webhooks", json={"url": receiver.url, "events": ["call.started"]})
            ).json()
            receiver.secret = made["secret"]
            test = f"/v1/webhooks/{made['id']}/test"
            told = [(await client.post(test)).json()["message"] for _ in range(20)]
            await until(lambda: waiting(tmp_path) == told)
    receiver.answer = fine
    async with server(tmp_path, http):
        await until_up(http)
        await receiver.until(lambda: {got.id for got in receiver.got} == set(told), 30)
        await until(lambda: waiting(tmp_path) == [])
