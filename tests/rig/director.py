"""Whoever moves a scene from within the switch: clients of its own, which know nothing of ours."""

import asyncio
import base64
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx2

from tests.rig.asterisk import DIRECTOR, SECRET, Asterisk

__all__ = ["Director", "application", "ari", "director", "recorded"]

Fields = dict[str, str]


class Director:
    """One connection. Answers are read as plain fields; of repeated ones the last counts."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def ask(self, action: str, **fields: str) -> Fields:
        """Have something done. Raises AssertionError if the switch would not."""
        self._send(action, fields)
        answer = await self._packet()
        assert answer["Response"] == "Success", answer
        return answer

    async def order(self, command: str) -> None:
        """Have a command of the console carried out."""
        await self.ask("Command", Command=command)

    async def channels(self) -> list[Fields]:
        """The switch's own list: CoreShowChannels."""
        await self.ask("CoreShowChannels")
        items: list[Fields] = []
        while (packet := await self._packet())["Event"] != "CoreShowChannelsComplete":
            items.append(packet)
        return items

    async def channel(self, endpoint: str) -> str:
        """The name of the one channel of an endpoint."""
        (name,) = [
            item["Channel"] for item in await self.channels() if item["Channel"].startswith(f"PJSIP/{endpoint}-")
        ]
        return name

    def _send(self, action: str, fields: Fields) -> None:
        lines = [f"Action: {action}", *(f"{name}: {value}" for name, value in fields.items())]
        self._writer.write("".join(f"{line}\r\n" for line in [*lines, ""]).encode())

    async def _packet(self) -> Fields:
        text = ""
        while not text.strip():
            text = (await asyncio.wait_for(self._reader.readuntil(b"\r\n\r\n"), 20)).decode()
        pairs = [line.partition(": ") for line in text.splitlines() if ": " in line]
        return {name: value for name, _, value in pairs}


@asynccontextmanager
async def director(switch: Asterisk) -> AsyncIterator[Director]:
    """Log in without events, and leave at the end."""
    reader, writer = await asyncio.open_connection("127.0.0.1", switch.ami)
    try:
        await reader.readline()
        client = Director(reader, writer)
        await client.ask("Login", Username=DIRECTOR, Secret=SECRET, Events="off")
        yield client
    finally:
        writer.close()


async def ari(switch: Asterisk, method: str, path: str, **query: str) -> None:
    """Ask for something over ARI. Raises `httpx2.HTTPStatusError` if the switch would not."""
    url = f"http://127.0.0.1:{switch.http}/ari{path}"
    async with httpx2.AsyncClient(auth=(DIRECTOR, SECRET), timeout=20) as client:
        (await client.request(method, url, params=query)).raise_for_status()


@asynccontextmanager
async def application(switch: Asterisk) -> AsyncIterator[None]:
    """Register the ARI application `director` as long as the block lasts: a websocket that is never read (RFC 6455)."""
    reader, writer = await asyncio.open_connection("127.0.0.1", switch.http)
    try:
        key = base64.b64encode(b"0123456789abcdef").decode()
        lines = [
            f"GET /ari/events?app={DIRECTOR}&api_key={DIRECTOR}:{SECRET} HTTP/1.1",
            f"Host: 127.0.0.1:{switch.http}",
            "Upgrade: websocket",
            "Connection: Upgrade",
            f"Sec-WebSocket-Key: {key}",
            "Sec-WebSocket-Version: 13",
        ]
        writer.write("".join(f"{line}\r\n" for line in [*lines, ""]).encode())
        assert b" 101 " in await reader.readuntil(b"\r\n\r\n")
        yield
    finally:
        writer.close()


@asynccontextmanager
async def recorded(switch: Asterisk, folder: Path) -> AsyncIterator[None]:
    """Keep what the switch tells `callboard` meanwhile as a recording in this folder (see `tests/wire`)."""
    reader, writer = await asyncio.open_connection("127.0.0.1", switch.ami)
    login = f"Action: Login\r\nUsername: callboard\r\nSecret: {SECRET}\r\nEvents: system,call\r\n\r\n"
    writer.write(login.encode())
    listening = asyncio.create_task(_keep(reader, folder))
    try:
        yield
    finally:
        await asyncio.sleep(0.5)
        writer.close()
        await listening


async def _keep(reader: asyncio.StreamReader, folder: Path) -> None:
    began = time.monotonic()
    stream, times = b"", ""
    while data := await reader.read(65536):
        times += f"{time.monotonic() - began:.6f}\t{len(stream)}\t{len(data)}\n"
        stream += data
    _write(folder, stream, times)


def _write(folder: Path, stream: bytes, times: str) -> None:
    folder.mkdir(parents=True)
    (folder / "ami.txt").write_bytes(stream)
    (folder / "ami.txt.times").write_text(times, encoding="ascii")
