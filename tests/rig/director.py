"""Whoever moves a scene from within the switch: a manager client of its own, which knows nothing of ours."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.rig.asterisk import DIRECTOR, SECRET, Asterisk

__all__ = ["Director", "director"]

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
