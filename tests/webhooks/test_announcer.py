"""What is told besides calls: commands, switches, limits; and who is told of them."""

import asyncio

import pytest
from msgspec.structs import replace

from callboard.access.masks import Mask
from callboard.calls.commands import Answer, Outcome
from callboard.calls.events import SwitchListed, SwitchLost, SwitchUp
from callboard.calls.state import State
from callboard.operations.disconnect import DISCONNECT_CALL, DisconnectCall
from callboard.operations.happenings import Happening
from callboard.operations.limits import Gauges
from callboard.operations.subscriptions import Limit
from callboard.operations.switches import SwitchFacts
from callboard.webhooks import announcer
from tests.house import SWITCH, House
from tests.webhooks.conftest import Post, Receiver, receiving

OUTCOME = (Happening.COMMAND_OUTCOME,)
SWITCHES = (Happening.SWITCH_LOST, Happening.SWITCH_BACK)
PASSED = (Happening.LIMIT_PASSED,)


async def test_an_outcome_is_told_to_who_asked_and_to_the_operator(post: Post, receiver: Receiver) -> None:
    async with post.life() as house, receiving() as asking, receiving() as other:
        post.made(receiver, "root", events=OUTCOME)
        post.made(other, "globex", events=OUTCOME)
        post.made(asking, "acme", events=OUTCOME)
        call = house.call(account=5)
        arguments = DisconnectCall(number=call.number, as_party=True)
        (command,) = house.desk.perform(DISCONNECT_CALL, post.principal("acme"), arguments, house.now).commands
        house.end(call.key)
        await receiver.until(lambda: len(receiver.got) == 1)
        await asking.until(lambda: len(asking.got) == 1)
        told = receiver.got[0].data["command"]
        assert (told["id"], told["outcome"], told["login"]) == (command, "done", "acme")
        assert asking.got[0].data == receiver.got[0].data
        assert other.got == []


async def test_a_refused_command_is_told(post: Post, receiver: Receiver) -> None:
    async with post.life() as house:
        post.made(receiver, events=OUTCOME)
        call = house.call()
        arguments = DisconnectCall(number=call.number)
        (command,) = house.desk.perform(DISCONNECT_CALL, post.principal(), arguments, house.now).commands
        house.ledger.answered(command, Answer(Outcome.REFUSED, house.now, "no such channel"))
        await receiver.until(lambda: len(receiver.got) == 1)
        assert receiver.got[0].data["command"]["words"] == "no such channel"


async def test_a_switchs_words_are_told_as_who_reads_them_may_read_numbers(post: Post, receiver: Receiver) -> None:
    async with post.life() as house:
        login = house.access.login("acme")
        assert login is not None
        house.access.put(replace(login, masks=frozenset({Mask.NUMBERS})))
        post.made(receiver, "acme", events=OUTCOME)
        call = house.call(account=5)
        arguments = DisconnectCall(number=call.number, as_party=True)
        (command,) = house.desk.perform(DISCONNECT_CALL, post.principal("acme"), arguments, house.now).commands
        house.ledger.answered(command, Answer(Outcome.REFUSED, house.now, "442079460000 is busy"))
        await receiver.until(lambda: len(receiver.got) == 1)
        assert receiver.got[0].data["command"]["words"] == "4420******00 is busy"


async def test_a_link_that_is_lost_and_back_is_told_and_its_calls_are_suspect(
    post: Post, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(announcer, "LOOK_EVERY", 0.05)
    async with post.life() as house:
        post.made(receiver, events=(*SWITCHES, Happening.CALL_SUSPECT))
        call = house.call()
        house.table.accept(SwitchLost(SWITCH, house.now, "connection reset"), house.now)
        await receiver.until(lambda: len(receiver.got) == 2)
        # Each call is told of in order; among calls, links and limits there is none.
        told = {got.type: got.data for got in receiver.got}
        assert set(told) == {"call.suspect", "switch.lost"}
        assert receiver.types(call.number) == ["call.suspect"]
        switch = told["switch.lost"]["switch"]
        assert (switch["name"], switch["link"], switch["why"]) == (SWITCH, "lost", "connection reset")
        house.table.accept(SwitchUp(SWITCH, house.now), house.now)
        looks = asyncio.Semaphore(0)
        monkeypatch.setattr(announcer._Announcer, "limits", lambda self, now: looks.release())
        for _ in range(2):
            await looks.acquire()
        house.table.accept(SwitchListed(SWITCH, house.now, (), complete=True), house.now)
        await receiver.until(lambda: len(receiver.got) == 3)
        assert receiver.got[2].type == "switch.back"
        assert receiver.got[2].data["switch"]["link"] == "up"


def _calls(house: House, count: int, account: int = 5) -> list[int]:
    return [house.call(State.ANSWERED, account=account).number for _ in range(count)]


async def test_limits_that_are_passed_are_told_once_up_and_once_down(post: Post, receiver: Receiver) -> None:
    async with post.life() as house:
        limit = Limit(of="customer", id=2, calls=10)
        post.made(receiver, "reseller", events=PASSED, limits=(limit,))
        calls = _calls(house, 8)
        _calls(house, 5, account=9)
        await receiver.until(lambda: len(receiver.got) == 1)
        calls += _calls(house, 3)
        await receiver.until(lambda: len(receiver.got) == 2)
        for number in calls[:6]:
            call = house.table.call(number)
            assert call is not None
            house.end(call.key)
        await receiver.until(lambda: len(receiver.got) == 3)
        told = [
            (got.data["calls"], got.data["before"], got.data["level"], got.data["direction"]) for got in receiver.got
        ]
        assert told == [(8, 0, 80, "up"), (11, 80, 100, "up"), (5, 100, 0, "down")]
        assert receiver.got[0].data["limit"] == {"of": "customer", "id": 2, "calls": 10}


async def test_what_was_told_before_a_start_is_gone_on_with(post: Post, receiver: Receiver) -> None:
    """A switch that was lost is back, a limit is passed no more: the receiver knows neither yet. The rest it knows."""
    few, many = Limit(of="customer", id=3, calls=1), Limit(of="customer", id=4, calls=1)
    async with post.life() as house:
        post.made(receiver, events=(*SWITCHES, *PASSED), limits=(few, many))
        _calls(house, 1, account=5)
        _calls(house, 1, account=7)
        house.table.accept(SwitchLost(SWITCH, house.now, "connection reset"), house.now)
        await receiver.until(lambda: len(receiver.got) == 3)
    receiver.got.clear()
    async with post.life() as house:
        _calls(house, 1, account=7)
        house.table.accept(SwitchUp(SWITCH, house.now), house.now)
        house.table.accept(SwitchListed(SWITCH, house.now, (), complete=True), house.now)
        _calls(house, 1, account=7)
        await receiver.until(lambda: len(receiver.got) == 2)
        told = {got.type: got.data for got in receiver.got}
        assert set(told) == {"switch.back", "limit.passed"}
        assert (told["limit.passed"]["level"], told["limit.passed"]["limit"]["id"]) == (0, 3)
    receiver.got.clear()
    async with post.life() as house:
        house.table.accept(SwitchUp(SWITCH, house.now), house.now)
        house.table.accept(SwitchListed(SWITCH, house.now, (), complete=True), house.now)
        await receiver.until(lambda: len(receiver.got) == 1)
        assert receiver.got[0].data["limit"]["id"] == 4


@pytest.mark.parametrize("patience", [0.0, 60.0])
async def test_limits_wait_for_the_switches_after_a_start_for_so_long(
    post: Post, monkeypatch: pytest.MonkeyPatch, patience: float
) -> None:
    monkeypatch.setattr(announcer, "LOOK_EVERY", 0.01)
    monkeypatch.setattr(announcer, "PATIENCE", patience)
    links, limits = asyncio.Semaphore(0), asyncio.Event()

    def look(self: object, now: float) -> None:
        links.release()

    def read(*_: object) -> tuple[()]:
        limits.set()
        return ()

    monkeypatch.setattr(announcer._Announcer, "links", look)
    monkeypatch.setattr(Gauges, "read", read)
    async with post.life() as house, asyncio.timeout(15):
        house.desk.switches = lambda: (SwitchFacts(name=SWITCH, kind="b2bua", not_ready="no list yet"),)
        for _ in range(20):
            await links.acquire()
        assert limits.is_set() is (patience == 0.0)
        house.desk.switches = lambda: (SwitchFacts(name=SWITCH, kind="b2bua"),)
        await limits.wait()


async def test_of_a_vendor_ones_own_calls_count(post: Post, receiver: Receiver) -> None:
    async with post.life() as house, receiving() as own:
        post.made(receiver, events=PASSED, limits=(Limit(of="vendor", id=1, calls=5),))
        post.made(
            own, "acme", events=PASSED, limits=(Limit(of="vendor", id=1, calls=5), Limit(of="account", id=5, calls=2))
        )
        _calls(house, 2, account=5)
        _calls(house, 3, account=9)
        await receiver.until(lambda: len(receiver.got) == 1)
        await own.until(lambda: len(own.got) == 1)
        assert (receiver.got[0].data["calls"], receiver.got[0].data["level"]) == (5, 100)
        assert own.got[0].data["limit"]["of"] == "account"


async def test_much_at_once_is_told_bit_by_bit_and_in_order(
    post: Post, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(announcer, "AT_ONCE", 1)
    monkeypatch.setattr(announcer, "SPAN", 0.0)
    monkeypatch.setattr(announcer, "MOST", 5)
    async with post.life() as house:
        post.made(receiver, events=(Happening.CALL_STARTED, Happening.CALL_ENDED))
        calls = [house.call(State.NEW) for _ in range(10)]
        for call in calls:
            house.end(call.key)
        await receiver.until(lambda: len(receiver.got) == 20)
        assert all(receiver.types(call.number) == ["call.started", "call.ended"] for call in calls)


async def test_what_waits_to_be_told_is_not_for_a_webhook_that_is_made_meanwhile(
    post: Post, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(announcer, "AT_ONCE", 1)
    monkeypatch.setattr(announcer, "SPAN", 0.0)
    async with receiving() as other, post.life() as house:
        post.made(receiver, events=(Happening.CALL_STARTED, Happening.CALL_ENDED))
        first = house.call(State.NEW)
        house.end(first.key)
        post.made(other, events=(Happening.CALL_STARTED, Happening.CALL_ENDED))
        second = house.call(State.NEW)
        await receiver.until(lambda: len(receiver.got) == 3)
        await other.until(lambda: other.types(second.number) == ["call.started"])
        assert len(other.got) == 1
