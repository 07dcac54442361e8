"""Streams of many, of whom each sees in part what others see: at no moment is anybody told what it may not read then,
whatever is written once for several of them.
"""

import asyncio
import random
from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import replace

from callboard.access.masks import Mask
from callboard.api import frames, stream
from callboard.api.fields import call_view
from callboard.api.rows import EVERY_FIELD
from callboard.calls.legs import Call
from callboard.calls.state import LIVE, State
from callboard.directory.records import Customer
from callboard.operations.list_calls import LIST_CALLS, ListCalls
from callboard.table.questions.filters import Filter
from tests.api.test_rounds import Client, following, until
from tests.house import CUSTOMERS, House

NUMBER = "4930123456789"
SHORT = ("id", "caller", "customer", "callee_customer")
ACCOUNTS = (3, 5, 7, 9)
"""One of root, Acme, Globex and Initech each."""
MASKS = (frozenset[Mask](), frozenset({Mask.NUMBERS}), frozenset({Mask.NUMBERS, Mask.MEDIA}))


class Suspicious(Client):
    """Looks at every row that comes, at the moment when it comes."""

    def __init__(self, house: House, user: str, rate: float, fields: tuple[str, ...]) -> None:
        super().__init__(house, user, rate, fields)
        self.house, self.user = house, user
        believe = self.copy.take

        def take(message: dict[str, Any]) -> None:
            for row in message.get("calls", ()):
                self.look(row, there=False)  # that it was there when the list began is enough
            for change in message.get("changes", ()):
                self.look(change["call"], there=change["kind"] != "leave")
            believe(message)

        self.copy.take = take  # type: ignore[method-assign]

    def look(self, row: dict[str, Any], there: bool) -> None:
        login = self.house.access.login(self.user)
        assert login is not None
        parties = {row["customer"], row["callee_customer"]} - {None}
        assert all(self.house.directory.is_within(party, login.customer) for party in parties), self.user
        assert parties or not there or login.customer == 1, self.user
        assert ("*" in row["caller"]) is (Mask.NUMBERS in login.masks), self.user

    def sees_what_is_there(self) -> bool:
        """Whether its copy is what it would be shown now, but for what runs."""
        session, house = self.session, self.house
        principal = house.desk.renew(LIST_CALLS, session._watch.principal, house.now)
        arguments = ListCalls(where=Filter(states=LIVE), as_party=True)
        shown = house.desk.perform(LIST_CALLS, principal, arguments, house.now).calls
        fields = tuple(name for name in session._wish.shape.fields if name not in ("delay", "duration"))
        return {name: {key: row[key] for key in fields} for name, row in self.copy.calls.items()} == {
            str(call.number): call_view(call, house.now, fields) for call in shown
        }


class Play:
    """What happens to the calls, and to who may see them."""

    def __init__(self, house: House, dice: random.Random) -> None:
        self.house = house
        self.dice = dice

    def step(self) -> None:
        acts: list[Callable[[], object]] = [self.call, self.call, self.call, self.end, self.mask, self.place, self.move]
        self.dice.choice(acts)()

    def call(self) -> Call:
        owner, callee = self.dice.sample(ACCOUNTS, 2)
        state = self.dice.choice([State.NEW, State.RINGING, State.ANSWERED])
        return self.house.call(state, owner, callee_account=self.dice.choice([callee, None]), caller=NUMBER)

    def end(self) -> None:
        calls = [call for call in self.house.table.calls() if call.state is not State.ENDED]
        if calls:
            self.house.end(self.dice.choice(calls).key)

    def mask(self) -> None:
        login = self.house.access.login(self.dice.choice(["reseller", "acme", "globex"]))
        assert login is not None
        self.house.access.put(replace(login, masks=self.dice.choice(MASKS)))

    def place(self) -> None:
        login = self.house.access.login("globex")
        assert login is not None
        self.house.access.put(replace(login, customer=self.dice.choice([3, 4, 5])))

    def move(self) -> None:
        customer = self.dice.choice([one for one in CUSTOMERS if one.id in (3, 4, 5)])
        self.house.directory.put(Customer(id=customer.id, name=customer.name, parent=self.dice.choice([1, 2])))


@pytest.mark.parametrize("seed", range(4))
async def test_nobody_is_told_what_it_may_not_read_at_that_moment(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frames, "BLOCK", 3)
    monkeypatch.setattr(stream, "HEAVY", 0)
    house, dice = House(), random.Random(seed)
    play = Play(house, dice)
    for _ in range(12):
        play.call()
    clients = [
        Suspicious(house, user, rate, fields)
        for user in ("root", "reseller", "acme", "globex", "initech")
        for rate, fields in ((50.0, EVERY_FIELD), (50.0, SHORT), (0.0, SHORT))
    ]
    async with following(*clients):
        for _ in range(40):
            play.step()
            for _ in range(dice.choice([0, 1, 3, 10])):
                await asyncio.sleep(0)
        await until(lambda: all(client.sees_what_is_there() for client in clients))


async def test_what_was_written_before_a_customer_moved_is_shown_to_nobody_after(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(frames, "BLOCK", 1)
    house = House()
    house.directory.put(Customer(id=5, name="Initech", parent=2))
    for _ in range(3):
        house.call(account=5, callee_account=9)
    quick, slow = (Suspicious(house, "reseller", 50.0, SHORT) for _ in range(2))
    slow.stop_reading()
    reading = asyncio.create_task(slow.run())
    async with following(quick):
        house.directory.put(Customer(id=5, name="Initech", parent=1))
        slow.read_on()
        await until(lambda: slow.sees_what_is_there() and quick.sees_what_is_there())
        assert {row["callee_customer"] for row in slow.copy.calls.values()} == {None}
    reading.cancel()
    await asyncio.wait((reading,))


async def test_a_login_that_goes_is_shown_nothing_more_of_a_long_list(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frames, "BLOCK", 1)
    house = House()
    for _ in range(3):
        house.call(account=5)
    slow = Suspicious(house, "acme", 50.0, SHORT)
    slow.stop_reading()
    reading = asyncio.create_task(slow.run())
    await until(lambda: slow.has("begin new"))
    house.access.remove("acme")
    slow.read_on()
    await reading
    assert slow.alone == ["begin", "error"]
