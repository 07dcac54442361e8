"""Plays drawn at random: whatever comes in between, nobody waits for a change longer than its rate says.

Calls come and go, clients stop reading, drop off and come back, turn to something else, and rights change, while
snapshots are under way and others are being told. Time is virtual, so a change that waits for the next heartbeat, or
for the next change, is seen at once to be late.
"""

import asyncio
import random
from collections.abc import Iterable
from contextlib import aclosing
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from callboard.access.claims import PasswordClaim
from callboard.access.masks import Mask
from callboard.access.rights import Principal
from callboard.api import frames, rounds, stream, turns
from callboard.api.fields import call_view
from callboard.api.frames import Message, Shape
from callboard.api.stream import Session, Wish
from callboard.calls.events import LegHeld, LegResumed
from callboard.calls.legs import Call
from callboard.calls.refusals import Refusal
from callboard.calls.state import LIVE
from callboard.directory.records import Customer
from callboard.operations.list_calls import LIST_CALLS, ListCalls
from callboard.table.changes import Revision
from callboard.table.following import feeds, history
from callboard.table.questions.filters import Filter
from tests.following import Copy
from tests.house import House
from tests.virtual_time import run

PLAYS = (*range(12), 25, 62, 134, 144)
"""In the last four, somebody comes while others are told, with less than they had."""
STEPS = 120
LOGINS = ("root", "root", "root", "reseller", "acme")
RATES = (0.0, 50.0, 50.0, 50.0, 4.0, 0.5)
FIELDS = ("id", "state", "customer", "caller")
WHERES = (Filter(states=LIVE), Filter(states=LIVE), Filter(states=LIVE, party_account=5))
SLOWEST = 1 / 0.5
"""Seconds that a client may have to wait for its batch."""


def written(messages: Iterable[Message]) -> tuple[bytes, ...]:
    """As frames of a WebSocket."""
    return tuple(message.data for message in messages)


class Client:
    """Keeps a copy of what it is told over a line that it may hold shut, and comes back with what it has."""

    def __init__(self, house: House, dice: random.Random) -> None:
        self.copy = Copy()
        self.free = True
        self.refused = False
        self.login = dice.choice(LOGINS)
        self.wish = self._wish(dice)
        self._house = house
        self._dice = dice
        self._session: Session | None = None
        self._task: asyncio.Task[None] | None = None
        self._turned = False
        """Whether it is not known yet if what it has is of what it turned to."""
        self._reads = asyncio.Event()
        self._reads.set()

    @property
    def principal(self) -> Principal:
        claim = PasswordClaim(self.login, f"demo-{self.login}", "192.0.2.1")
        return self._house.access.sign_in(claim, self._house.now)

    def _wish(self, dice: random.Random) -> Wish:
        return Wish(ListCalls(where=dice.choice(WHERES), as_party=True), Shape(FIELDS), dice.choice(RATES))

    def connect(self) -> None:
        """Begin, or go on where it was."""
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._follow())

    async def lose(self) -> None:
        """Drop off. Raises what went wrong until then."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait((self._task,))
            if not self._task.cancelled() and (failure := self._task.exception()):
                raise failure

    def turn(self) -> None:
        """Turn to something else, of which it has nothing."""
        self.wish, self._turned = self._wish(self._dice), True
        if self._session is not None:
            self._session.turn_to(self.wish)

    def read(self, reads: bool) -> None:
        """Go on reading, or stop."""
        self.free = reads
        if reads:
            self._reads.set()
        else:
            self._reads.clear()

    def put(self, block: bytes) -> None:
        assert self.free, "nothing is put on a line that is not free"
        self.copy.take(msgspec.json.decode(block))

    async def _follow(self) -> None:
        epoch, _, number = self.copy.revision.partition("-")
        since = Revision(int(epoch), int(number)) if number and not self._turned else None
        try:
            wish = self.wish._replace(since=since)
            self._session = Session(self._house.desk, self.principal, wish, self._house.now, written)
        except Refusal:
            self.refused = True
            return
        self._session.take_line(self)
        try:
            async with aclosing(self._session.blocks()) as some:
                async for blocks in some:
                    for block in blocks:
                        self.copy.take(msgspec.json.decode(block))
                    await self._reads.wait()
                    await asyncio.sleep(0)
            self.refused = True
        finally:
            self._session = None

    def check(self) -> None:
        """It has what a list shows."""
        assert self._task is not None
        if self._task.done():
            self._task.result()
            assert self.refused
            return
        calls = self._house.desk.perform(LIST_CALLS, self.principal, self.wish.arguments, self._house.now).calls
        listed = (call_view(call, 0.0, FIELDS) for call in calls)
        self._turned = False
        assert self.copy.calls == {row["id"]: row for row in (msgspec.to_builtins(each) for each in listed)}


class Play:
    """What may happen, each in its turn."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        self.house = House()
        self.calls: list[Call] = []
        self.clients = [Client(self.house, self.dice) for _ in range(self.dice.randint(2, 9))]

    async def run(self) -> None:
        acts: tuple[Any, ...] = (
            *(self._begin,) * 3,
            *(self._hold,) * 3,
            self._end,
            *(self._connect,) * 3,
            self._lose,
            *(self._read,) * 3,
            self._turn,
            self._sweep,
            self._change_rights,
        )
        for _ in range(STEPS):
            await self.dice.choice(acts)()
            for _ in range(self.dice.choice((0, 0, 1, 1, 2, 3, 5))):
                await asyncio.sleep(0)
            if self.dice.random() < 0.2:
                await asyncio.sleep(self.dice.choice((0.001, 0.02, 0.3, 0.6)))
            if self.dice.random() < 0.05:
                await self._all_know_all()
        await self._all_know_all()
        for client in self.clients:
            await client.lose()
        assert len(self.house.desk.feeds) == 0
        assert not self.house.desk.streams

    async def _all_know_all(self) -> None:
        for client in self.clients:
            client.read(reads=True)
            client.connect()
        await asyncio.sleep(SLOWEST + 0.001)
        for client in self.clients:
            client.check()

    async def _begin(self) -> None:
        account = self.dice.choice((3, 5, 5, 7))
        self.calls.append(self.house.call(account=account, callee_account=self.dice.choice((None, 5, 9))))

    async def _hold(self) -> None:
        for call in self.calls[-1:]:
            kind = self.dice.choice((LegHeld, LegResumed))
            self.house.now += 0.001
            self.house.table.accept(kind(call.legs[0].id, self.house.now), self.house.now)

    async def _end(self) -> None:
        if self.calls:
            self.house.end(self.calls.pop(self.dice.randrange(len(self.calls))).key)

    async def _sweep(self) -> None:
        self.house.now += self.dice.choice((1.0, 10.0))
        self.house.table.sweep(self.house.now)
        self.house.desk.feeds.sweep(self.house.now)

    async def _connect(self) -> None:
        self.dice.choice(self.clients).connect()

    async def _lose(self) -> None:
        await self.dice.choice(self.clients).lose()

    async def _read(self) -> None:
        self.dice.choice(self.clients).read(self.dice.random() < 0.6)

    async def _turn(self) -> None:
        self.dice.choice(self.clients).turn()

    async def _change_rights(self) -> None:
        if self.dice.random() < 0.5:
            customer = Customer(id=3, name="Acme", parent=self.dice.choice((2, 5)))
            self.house.directory.put(customer)
            return
        login = self.house.access.login(self.dice.choice(LOGINS))
        assert login is not None
        self.house.access.put(replace(login, masks=frozenset(self.dice.sample(tuple(Mask), self.dice.randint(0, 1)))))


@pytest.fixture
def little_of_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a handful of clients and calls are many, long, and too late."""
    for module, name, value in (
        (rounds, "TOGETHER", 2),
        (rounds, "PORTION", 3),
        (rounds, "SPAN", 0.0),
        (stream, "TOGETHER", 2),
        (stream, "HEAVY", 0),
        (turns, "SPAN", 0.0),
        (frames, "BLOCK", 2),
        (feeds, "LOG", 30),
        (history, "HISTORY", 12),
    ):
        monkeypatch.setattr(module, name, value)


@pytest.mark.usefixtures("little_of_all")
@pytest.mark.parametrize("seed", PLAYS)
def test_nobody_misses_a_change_nor_waits_longer_than_its_rate(seed: int) -> None:
    run(Play(seed).run())


@pytest.mark.usefixtures("little_of_all")
@pytest.mark.parametrize("seed", range(8))
def test_nor_does_it_with_heartbeats_in_between(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rounds, "HEARTBEAT", 0.3)
    run(Play(seed).run())
