"""Clients that keep copies of the list by its streams, in a process of their own.

It reads one line of JSON, a `Wish`, on its standard input. Each further line asks for all copies, which are told as one
line of JSON on the standard output. It ends with its input.
"""

import asyncio
import random
import sys
import zlib
from base64 import b64encode
from collections.abc import Iterable

import msgspec

from bench.serving import LOGIN, PASSWORD

__all__ = ["FIELDS", "Copy", "Wish", "digest"]

FIELDS = "state,account,sip_call_id"
CUT = 10
"""Every so manyth client is cut off now and then, and comes back."""
_LOGIN = b64encode(f"{LOGIN}:{PASSWORD}".encode()).decode()


class Wish(msgspec.Struct, frozen=True):
    """Which streams are followed: one for each of these customers, and some of everything."""

    port: int
    customers: tuple[int, ...]
    everything: int
    rate: float = 4.0


class Copy(msgspec.Struct, frozen=True):
    """What one client has."""

    customer: int
    """0: everything."""
    calls: int
    digest: int
    """Of the calls, see `digest`."""
    snapshots: int
    cuts: int
    errors: int


class Row(msgspec.Struct, frozen=True):
    """What is followed of a call."""

    id: str
    state: str
    account: int | None
    sip_call_id: str


class _Change(msgspec.Struct, frozen=True):
    kind: str
    id: str
    call: Row


class _Message(msgspec.Struct, frozen=True):
    """Any message of a stream: what it does not have is empty."""

    type: str
    calls: list[Row] = []
    changes: list[_Change] = []


_message = msgspec.json.Decoder(_Message)


def digest(rows: Iterable[Row]) -> int:
    """A number that is the same for the same calls in the same states, in whatever order."""
    return zlib.crc32("\n".join(sorted(f"{row.sip_call_id} {row.state} {row.account}" for row in rows)).encode())


class Follower:
    """One client."""

    def __init__(self, port: int, customer: int, rate: float) -> None:
        where = f"&customer={customer}" if customer else ""
        self.customer = customer
        self.snapshots = self.cuts = self.errors = 0
        self.whole = asyncio.Event()
        """It has had its first snapshot."""
        self._port = port
        self._path = f"/v1/stream?rate={rate:g}&fields={FIELDS}{where}"
        self._rows: dict[str, Row] = {}
        self._since = ""
        self._writer: asyncio.StreamWriter | None = None

    def copy(self) -> Copy:
        """What it has now."""
        rows = self._rows
        return Copy(self.customer, len(rows), digest(rows.values()), self.snapshots, self.cuts, self.errors)

    def cut(self) -> None:
        """Break the connection."""
        if self._writer is not None:
            self.cuts += 1
            self._writer.transport.abort()

    async def follow(self) -> None:
        """Follow, and come back after every break to go on where it was."""
        while True:
            try:
                await self._read()
            except (OSError, asyncio.IncompleteReadError):
                await asyncio.sleep(0.1)

    async def _read(self) -> None:
        reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port, limit=2**26)
        try:
            since = f"Last-Event-ID: {self._since}\r\n" if self._since else ""
            self._writer.write(
                f"GET {self._path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Basic {_LOGIN}\r\n{since}\r\n".encode()
            )
            await reader.readuntil(b"\r\n\r\n")
            text = b""
            while size := int(await reader.readuntil(b"\r\n"), 16):
                text += (await reader.readexactly(size + 2))[:-2]
                *events, text = text.split(b"\n\n")
                for event in events:
                    self._take(event)
        finally:
            self._writer.close()

    def _take(self, text: bytes) -> None:
        """One event."""
        fields = dict(line.partition(b": ")[::2] for line in text.split(b"\n"))
        if b"data" not in fields:
            return  # a comment, or how soon to come back
        message = _message.decode(fields[b"data"])
        match message.type:
            case "begin":
                self._rows, self._since = {}, ""
                self.snapshots += 1
            case "rows":
                self._rows.update((row.id, row) for row in message.calls)
            case "ready":
                self.whole.set()
            case "changes":
                self._change(message.changes)
            case "error":
                self.errors += 1
        if identity := fields.get(b"id"):
            self._since = identity.decode()

    def _change(self, changes: list[_Change]) -> None:
        for change in changes:
            if change.kind == "leave":
                self._rows.pop(change.id, None)
            else:
                self._rows[change.id] = change.call


async def _cutting(followers: list[Follower]) -> None:
    """Cut one of those that are cut, every other second."""
    dice = random.Random(3)
    while True:
        await asyncio.sleep(2.0)
        dice.choice(followers[::CUT]).cut()


async def main() -> None:
    """Do what is wished for on the standard input."""
    wish = msgspec.json.decode(await asyncio.to_thread(sys.stdin.readline), type=Wish)
    followers = [Follower(wish.port, customer, wish.rate) for customer in wish.customers]
    followers += [Follower(wish.port, 0, min(wish.rate, 1.0)) for _ in range(wish.everything)]
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(follower.follow()) for follower in followers]
        for follower in followers:
            await follower.whole.wait()
        print("ready", flush=True)
        tasks.append(group.create_task(_cutting(followers)))
        while await asyncio.to_thread(sys.stdin.readline):
            print(msgspec.json.encode([follower.copy() for follower in followers]).decode(), flush=True)
        for task in tasks:
            task.cancel()


if __name__ == "__main__":
    asyncio.run(main())
