"""A whole Callboard as an operator runs it: `callboard serve` in a process of its own, filled over its own API."""

import asyncio
import os
import re
import sys
import time
import urllib.request
import xmlrpc.client
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import httpx2
import msgspec

from callboard.demo.directory import demo_document
from tests.ports import free_port

__all__ = ["PATIENCE", "Server", "serve", "until"]

PATIENCE: Final = 60.0
"""Seconds that a test waits for what must come, on a machine that may be busy."""

Row = dict[str, Any]


async def until(condition: Callable[[], Awaitable[bool]], what: str, patience: float = PATIENCE) -> None:
    """Wait until a condition holds. Raises AssertionError with `what` if it does not in time."""
    deadline = time.monotonic() + patience
    while not await condition():
        assert time.monotonic() < deadline, f"not in {patience:.0f} s: {what}"
        await asyncio.sleep(0.02)


class Server(msgspec.Struct, frozen=True):
    """A running server."""

    http: str
    """`host:port`."""
    sip: str
    pid: int

    def sippy(self, method: str, login: str = "root", password: str = "demo-root", **arguments: object) -> Any:
        """Call a method of the Sippy dialect, with nothing but Python's standard library."""
        url = f"http://{self.http}/xmlapi/xmlapi"
        passwords = urllib.request.HTTPPasswordMgrWithDefaultRealm()
        passwords.add_password(None, url, login, password)
        opener = urllib.request.build_opener(urllib.request.HTTPDigestAuthHandler(passwords))
        body = xmlrpc.client.dumps((arguments,) if arguments else (), method).encode()
        request = urllib.request.Request(url, body, {"Content-Type": "text/xml"})
        with opener.open(request, timeout=PATIENCE) as answer:
            ((result,), _) = xmlrpc.client.loads(answer.read())
        return result

    async def calls(self, login: str = "root", password: str = "demo-root", **arguments: object) -> list[Row]:
        """Every call in any state."""
        rows: list[Row] = await asyncio.to_thread(self.sippy, "listAllCalls", login, password, **arguments)
        return rows

    async def call_in(self, state: str, patience: float = PATIENCE) -> Row:
        """The one call that there is, once it is in a state of Sippy's."""
        found: list[Row] = []

        async def there() -> bool:
            found[:] = await self.calls()
            return [row["CC_STATE"] for row in found] == [state]

        await until(there, f"exactly one call, in {state}; there is {found}", patience)
        return found[0]

    async def live(self) -> list[Row]:
        """The calls that are not over."""
        return [row for row in await self.calls() if row["CC_STATE"] != "Dead"]

    async def empty(self) -> None:
        """Wait until the table is empty, ended calls included."""

        async def gone() -> bool:
            return not await self.calls()

        await until(gone, "an empty table")


_SETTINGS = """
[http]
listen = ["127.0.0.1:0"]
[storage]
path = "{folder}/callboard.db"
[table]
linger = 1.5
[switches.b2bua]
sip = "127.0.0.1:{sip}"
carrier = "127.0.0.1:{carrier}"
{more}
"""


@asynccontextmanager
async def serve(
    folder: Path, *, carrier: int = 9, more: str = "", directory: str | None = None
) -> AsyncIterator[Server]:
    """Run a server on free ports with the demo's directory; off-net calls go to the port `carrier` on loopback."""
    settings = folder / "callboard.toml"
    sip = free_port()
    settings.write_text(_SETTINGS.format(folder=folder, sip=sip, carrier=carrier, more=more), encoding="utf-8")
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-P", "-m", "callboard", "serve", "--config", str(settings)),
        stdout=asyncio.subprocess.PIPE,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
    )
    try:
        address, password = await asyncio.wait_for(_greeting(process), PATIENCE)
        server = Server(address, f"127.0.0.1:{sip}", process.pid)
        await _fill(server, password, directory or demo_document())
        yield server
    finally:
        if process.returncode is None:
            process.terminate()
        await asyncio.wait_for(process.wait(), PATIENCE)


async def _greeting(process: asyncio.subprocess.Process) -> tuple[str, str]:
    """What an operator reads when an empty server starts: where it answers, and its first login."""
    assert process.stdout is not None
    address = ""
    async for line in process.stdout:
        text = line.decode()
        if found := re.search(r"answers HTTP at (\S+)", text):
            address = found[1].rstrip(",")
        if found := re.search(r"admin, password (\S+)", text):
            return address, found[1]
    raise AssertionError("the server ended before it was up")


async def _fill(server: Server, password: str, directory: str) -> None:
    async with httpx2.AsyncClient(base_url=f"http://{server.http}", timeout=PATIENCE) as client:
        answer = await client.put(
            "/v1/directory",
            content=directory.encode(),
            headers={"Content-Type": "application/toml"},
            auth=("admin", password),
        )
        answer.raise_for_status()
