"""The whole server as an operator runs it, in a process of its own: `callboard serve`, linked to a switch."""

import asyncio
import os
import re
import sys
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from types import MappingProxyType

import httpx2
import msgspec

from bench.fetching import ask, get
from bench.processes import busy, resident

__all__ = ["LOGIN", "PASSWORD", "PATIENCE", "Served", "kamailio_section", "serving"]

LOGIN, PASSWORD = "bench", "a-password-of-the-bench"
PATIENCE = 120.0
"""Seconds to wait for an answer."""

# Passwords are slow to verify, on purpose, and here is one client with one password: it is known for the whole run.
_SETTINGS = """
[http]
listen = ["127.0.0.1:0"]
[storage]
path = "{folder}/callboard.db"
[dialects.sippy]
trusted_addresses = ["127.0.0.1"]
[dialects.mor]
check_hash = false
[switches.b2bua]
enabled = false
[access]
password_cache = 3600
[logging]
level = "warning"
{more}
"""

_AS_WE_ARE: Mapping[str, str] = MappingProxyType({})


class Served(msgspec.Struct, frozen=True):
    """One that runs."""

    port: int
    pid: int
    folder: Path
    took: float
    """Seconds from the start of its process until it answered."""

    def log(self) -> list[str]:
        """What it logged so far: warnings and worse, a line each."""
        return (self.folder / "log").read_text(encoding="utf-8").splitlines()

    @property
    def busy(self) -> float:
        """Seconds of processor time so far."""
        return busy(self.pid)

    @property
    def memory(self) -> float:
        """Megabytes."""
        return resident(self.pid)

    async def has(self, calls: int, patience: float = 300.0) -> None:
        """Wait until so many calls are up and answered. Raises TimeoutError."""
        deadline = time.monotonic() + patience
        async with self.client() as client:
            while (up := (await client.get("/v1/stats", params={"state": "answered"})).json()["total"]) < calls:
                if time.monotonic() > deadline:
                    raise TimeoutError(f"{up} of {calls} calls are up")
                await asyncio.sleep(0.2)

    def client(self) -> httpx2.AsyncClient:
        """Signed in as one who sees all."""
        limits = httpx2.Limits(max_connections=200)
        return httpx2.AsyncClient(
            base_url=f"http://127.0.0.1:{self.port}", auth=(LOGIN, PASSWORD), timeout=PATIENCE, limits=limits
        )


def kamailio_section(events: int, rpc: int, more: str = "") -> str:
    """The settings of a link to a Kamailio at these ports."""
    return f'[switches.kamailio.proxy]\nevents = "127.0.0.1:{events}"\nrpc = "http://127.0.0.1:{rpc}/RPC"\n{more}'


@asynccontextmanager
async def serving(
    folder: Path, document: Mapping[str, object], more: str, *, environment: Mapping[str, str] = _AS_WE_ARE
) -> AsyncIterator[Served]:
    """Run it with a directory and a login; `more` is the end of its settings. It is ready when the block begins.

    `environment` has variables that are not as ours are.
    """
    settings = folder / "callboard.toml"
    settings.write_text(_SETTINGS.format(folder=folder, more=more), encoding="utf-8")
    began = time.monotonic()
    with (folder / "log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-m", "callboard", "serve", "--config", str(settings)),
            stdout=asyncio.subprocess.PIPE,
            stderr=log,
            env={**os.environ, "PYTHONUNBUFFERED": "1", **environment},
        )
    try:
        port, password = await asyncio.wait_for(_greeting(process, folder / "log"), PATIENCE)
        await asyncio.to_thread(ask, port, get("/-/healthy"))
        served = Served(port, process.pid, folder, time.monotonic() - began)
        await _fill(served, password, document)
        await _ready(served)
        yield served
    finally:
        if process.returncode is None:
            process.terminate()
        await asyncio.wait_for(process.wait(), PATIENCE)


async def _greeting(process: asyncio.subprocess.Process, log: Path) -> tuple[int, str]:
    """Where it answers, and the password of its first login."""
    assert process.stdout is not None
    port = 0
    async for line in process.stdout:
        text = line.decode()
        if found := re.search(r"answers HTTP at \S+:(\d+)", text):
            port = int(found[1])
        if found := re.search(r"admin, password (\S+)", text):
            return port, found[1]
    words = await asyncio.to_thread(log.read_text, encoding="utf-8")
    raise RuntimeError(f"the server ended before it was up: {words[-2000:]}")


async def _fill(served: Served, password: str, document: Mapping[str, object]) -> None:
    logins = [{"name": LOGIN, "password": PASSWORD, "role": "admin", "customer": 1}]
    async with served.client() as client:
        body = msgspec.json.encode({**document, "logins": logins})
        headers = {"Content-Type": "application/json"}
        answer = await client.put("/v1/directory", content=body, headers=headers, auth=("admin", password))
        answer.raise_for_status()


async def _ready(served: Served) -> None:
    """Every switch has given its full list."""
    deadline = time.monotonic() + PATIENCE
    async with served.client() as client:
        while (await client.get("/-/ready")).status_code != 200:
            if time.monotonic() > deadline:
                raise TimeoutError("the server is not ready")
            await asyncio.sleep(0.05)
