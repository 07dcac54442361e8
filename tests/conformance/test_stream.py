"""List, then stream: real calls under load, the connection cut at random, and no change missed and none told twice.

Who asks for calls in every state is told of every change of the table, so the numbers of the revisions must follow one
another without a gap: that is the proof. `CALLBOARD_STREAM_CHANGES` says how many changes there are to be at least.
"""

import asyncio
import json
import os
import random
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.conformance.server import PATIENCE, Server, serve, until
from tests.conformance.sipp import Callee, Caller, pause, play, run
from tests.following import Copy, events
from tests.ports import free_port

pytestmark = [pytest.mark.usefixtures("sipp")]

CHANGES = int(os.environ.get("CALLBOARD_STREAM_CHANGES", "2000"))
EACH = 12
"""Changes that a call makes at least."""
RATE = 40
"""Calls a second."""

EVERY_STATE = "state=new,authenticating,routing,dialing,ringing,answered,held,ending,ended"
AUTH = {"Authorization": aiohttp.encode_basic_auth("root", "demo-root")}
ACME = Caller(user="101", password="sip-101")
CALLEE = Callee()


class Follower(ABC):
    """A client that has what a list showed, and follows from there, however often its connection is cut."""

    def __init__(self, server: Server, listing: dict[str, Any], query: str, seed: int) -> None:
        self.server = server
        self.query = query
        self.copy = Copy()
        self.copy.calls = {call["id"]: call for call in listing["calls"]}
        self.copy.revision = listing["revision"]
        self.changes: list[int] = []
        """The number of every change, in the order in which they were told."""
        self.connections = 0
        self.random = random.Random(seed)
        self._cut: asyncio.Timeout | None = None

    async def follow(self) -> None:
        """Until cancelled."""
        async with aiohttp.ClientSession(headers=AUTH, timeout=aiohttp.ClientTimeout(total=None)) as session:
            while True:
                self.connections += 1
                async with self._cut_at_random():
                    await self._connect(session)

    @abstractmethod
    async def _connect(self, session: aiohttp.ClientSession) -> None:
        """Follow over one connection, for as long as it lasts."""

    @asynccontextmanager
    async def _cut_at_random(self) -> AsyncIterator[None]:
        """From the first change on that is told, so that a busy machine does not keep it from getting anywhere."""
        try:
            async with asyncio.timeout(None) as self._cut:
                yield
        except TimeoutError:
            return

    def take(self, message: dict[str, Any]) -> None:
        """Take a message in, and note the changes in it."""
        self.copy.take(message)
        if message["type"] == "changes":
            number = int(message["revision"].partition("-")[2])
            self.changes += [number] * len(message["changes"])
            if self._cut is not None and self._cut.when() is None:
                soon = self.random.choice([0.0, 0.02, 0.1, 0.3, 1.0])
                self._cut.reschedule(asyncio.get_running_loop().time() + soon)


class OverSse(Follower):
    """With `Last-Event-ID`, as a browser would."""

    async def _connect(self, session: aiohttp.ClientSession) -> None:
        url = f"http://{self.server.http}/v1/stream?{self.query}"
        async with session.get(url, headers={"Last-Event-ID": self.copy.revision}) as answer:
            assert answer.status == 200, await answer.text()
            async for message, _ in events(answer):
                self.take(message)
            answer.close()


class OverWebSocket(Follower):
    """With `since`."""

    async def _connect(self, session: aiohttp.ClientSession) -> None:
        url = f"http://{self.server.http}/v1/ws?{self.query}&since={self.copy.revision}"
        async with session.ws_connect(url) as ws:
            async for message in ws:
                self.take(json.loads(message.data))


async def listed(server: Server) -> dict[str, Any]:
    """The whole list, in every state, with its revision."""
    url = f"http://{server.http}/v1/calls?limit=1000&{EVERY_STATE}"
    async with aiohttp.ClientSession(headers=AUTH) as session, session.get(url) as answer:
        assert answer.status == 200, await answer.text()
        listing: dict[str, Any] = await answer.json()
    assert listing["total"] == len(listing["calls"])
    return listing


@asynccontextmanager
async def load(folder: Path, server: Server, port: int, calls: int) -> AsyncIterator[asyncio.Future[Any]]:
    """So many real calls, each with credentials, ringing, a short talk and a hang-up; a future of their end.

    Whether each went as its play says, on a machine that may be busy, is not what is tried here.
    """
    caller = (ACME.invite(), ACME.challenged(), ACME.trying(), ACME.answered(), pause(700), ACME.bye())
    callee = (CALLEE.invited(), CALLEE.ring(), CALLEE.answer(), CALLEE.hung_up())
    patience = str(60 + 3 * calls // RATE)
    fixed = ("-m", str(calls), "-timeout", patience)
    async with (
        run(folder, "callee", play("callee", *callee), "-p", str(port), *fixed) as answering,
        run(
            folder,
            "caller",
            play("caller", *caller),
            *("-p", str(free_port()), "-r", str(RATE), "-s", "442079460123", *fixed, server.sip),
        ) as calling,
    ):
        yield asyncio.gather(calling.ended(), answering.ended())


async def in_full_swing(server: Server) -> dict[str, Any]:
    """A list with some calls in it."""
    found: dict[str, Any] = {}

    async def some_are_up() -> bool:
        found.update(await listed(server))
        return len(found["calls"]) > 3

    await until(some_are_up, "some calls")
    return found


@asynccontextmanager
async def following(followers: list[Follower]) -> AsyncIterator[None]:
    """They follow for the length of the block, whatever happens to their connections."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(follower.follow()) for follower in followers]
        yield
        for task in tasks:
            task.cancel()


async def all_at(followers: list[Follower], revision: str) -> None:
    """Wait until each of them has everything up to a revision."""

    async def all_are() -> bool:
        return all(follower.copy.revision == revision for follower in followers)

    await until(all_are, f"everybody at {revision}", 3 * PATIENCE)


@pytest.mark.timeout(300 + CHANGES // 100)
async def test_no_change_is_missed_and_none_is_told_twice(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    port = free_port()
    more = "[access]\npassword_cache = 3600\n"
    async with (
        serve(tmp_path, carrier=port, more=more) as server,
        load(tmp_path, server, port, -(-CHANGES // EACH)) as calls,
    ):
        start = await in_full_swing(server)
        every = [
            OverSse(server, start, f"rate=0&{EVERY_STATE}", 1),
            OverWebSocket(server, start, f"rate=0&{EVERY_STATE}", 2),
        ]
        batched = [
            OverSse(server, start, f"rate=20&{EVERY_STATE}", 3),
            OverWebSocket(server, start, f"rate=2&{EVERY_STATE}", 4),
        ]
        followers: list[Follower] = [*every, *batched]
        async with following(followers):
            await calls
            await server.empty()
            end = await listed(server)
            await all_at(followers, end["revision"])
    first, last = (int(listing["revision"].partition("-")[2]) for listing in (start, end))
    assert last >= CHANGES
    for follower in followers:
        seen = set(follower.copy.seen)
        assert seen <= {"resumed", "changes", "heartbeat"}, "it was so slow that it was shown all anew"
    for follower in every:
        assert follower.changes == list(range(first + 1, last + 1))
    for follower in followers:
        assert not follower.copy.calls
        assert follower.connections > 1
    with capsys.disabled():
        cuts = sum(follower.connections for follower in followers)
        print(f"\n{last - first} changes, each told once to each; {cuts} connections")  # noqa: T201
