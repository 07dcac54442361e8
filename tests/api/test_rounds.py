"""Rounds: many are told at once, and who cannot be is dealt with by itself."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import aclosing, asynccontextmanager
from functools import partial

import msgspec
import pytest
from msgspec.structs import replace

from callboard.access.claims import PasswordClaim
from callboard.api import frames, rounds, stream, turns
from callboard.api.fields import call_view
from callboard.api.frames import Message, Shape
from callboard.api.rounds import Written
from callboard.api.rows import EVERY_FIELD
from callboard.api.stream import Session, Wish
from callboard.calls.legs import Call
from callboard.calls.state import LIVE, State
from callboard.operations import watch
from callboard.operations.list_calls import ListCalls
from callboard.table.following import feeds
from callboard.table.questions.filters import Filter
from tests.following import Copy
from tests.house import House


def written(messages: Iterable[Message]) -> tuple[bytes, ...]:
    return tuple(message.data for message in messages)


class Client:
    """Has a line of its own that it may hold shut, and notes which way everything came."""

    def __init__(
        self,
        house: House,
        user: str = "root",
        rate: float = 50.0,
        fields: tuple[str, ...] = EVERY_FIELD,
        written: Written = written,
    ) -> None:
        principal = house.access.sign_in(PasswordClaim(user, f"demo-{user}", ""), house.now)
        wish = Wish(ListCalls(where=Filter(states=LIVE), as_party=True), Shape(fields), rate)
        self.session = Session(house.desk, principal, wish, house.now, written)
        self.copy = Copy()
        self.free = True
        self.alone: list[str] = []
        """Types of what came for it alone."""
        self.together: list[bytes] = []
        """What came over the line."""
        self.over = False
        self._reads = asyncio.Event()
        self._reads.set()

    def put(self, block: bytes) -> None:
        assert self.free, "nothing is put on a line that is not free"
        self.together.append(block)
        self.copy.take(msgspec.json.decode(block))

    async def run(self) -> None:
        self.session.take_line(self)
        async with aclosing(self.session.blocks()) as some:
            async for blocks in some:
                for block in blocks:
                    message = msgspec.json.decode(block)
                    self.alone.append(message["type"])
                    self.copy.take(message)
                await self._reads.wait()
        self.over = True

    def has(self, kind: str) -> bool:
        """Whether a message of this type came."""
        return kind in self.copy.seen

    def stop_reading(self) -> None:
        self.free = False
        self._reads.clear()

    def read_on(self) -> None:
        self.free = True
        self._reads.set()


@asynccontextmanager
async def following(*clients: Client) -> AsyncIterator[None]:
    """They follow, and have their snapshots."""
    tasks = [asyncio.create_task(client.run()) for client in clients]
    for client in clients:
        await until(partial(client.has, "heartbeat"))
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        for task in tasks:
            if not task.cancelled() and (failure := task.exception()):
                raise failure


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not condition():  # noqa: ASYNC110  nobody tells of it
            await asyncio.sleep(0.001)


def noting(calls: list[object]) -> Callable[[Call, float, tuple[str, ...]], dict[str, object]]:
    """`call_view`, and which calls were written."""

    def view(call: Call, now: float, fields: tuple[str, ...]) -> dict[str, object]:
        calls.append(call)
        return call_view(call, now, fields)

    return view


def knows_all(house: House, *clients: Client) -> Callable[[], bool]:
    number = house.table.revision.number
    return lambda: all(client.copy.revision == f"1-{number}" for client in clients)


async def test_what_is_new_is_written_once_for_all_who_see_it_alike() -> None:
    house = House()
    clients = [Client(house) for _ in range(5)]
    other = Client(house, fields=("id", "state"))
    async with following(*clients, other):
        call = house.call(State.ANSWERED)
        await until(knows_all(house, *clients, other))
        assert all(client.together[0] is clients[0].together[0] for client in clients)
        assert other.copy.calls == {str(call.number): {"id": str(call.number), "state": "answered"}}
        assert all(client.alone[-1] == "heartbeat" for client in clients)


async def test_who_comes_while_others_wait_is_told_what_came_after_it_alone() -> None:
    house = House()
    first, late = Client(house, rate=5.0), Client(house, rate=5.0)
    async with following(first):
        house.call(State.ANSWERED)
        await until(knows_all(house, first))
        house.call(State.ANSWERED)
        async with following(late):
            last = house.call(State.ANSWERED)
            await until(knows_all(house, first, late))
            assert (len(first.copy.calls), len(late.copy.calls)) == (3, 3)
            told = [change["id"] for block in late.together for change in msgspec.json.decode(block)["changes"]]
            assert told == [str(last.number)], "of the others it has the rows"


async def test_who_follows_in_another_way_gets_what_is_new_in_its_own() -> None:
    house = House()

    def indented(messages: Iterable[Message]) -> tuple[bytes, ...]:
        return tuple(b"  " + message.data for message in messages)

    plain, other = Client(house), Client(house, written=indented)
    async with following(plain, other):
        house.call(State.ANSWERED)
        await until(knows_all(house, plain, other))
        assert [block.startswith(b"  ") for block in (*plain.together, *other.together)] == [False, True]


async def test_a_row_that_is_seen_as_it_is_is_written_once_for_everybody(monkeypatch: pytest.MonkeyPatch) -> None:
    house = House()
    seen: list[object] = []
    monkeypatch.setattr(frames, "call_view", noting(seen))
    clients = [Client(house, user, rate=0.0) for user in ("root", "reseller", "acme")]
    async with following(*clients):
        house.call(State.ANSWERED, account=5)
        await until(knows_all(house, *clients))
        assert len(seen) == house.table.revision.number
        house.call(State.ANSWERED, account=5, callee_account=9)
        await until(knows_all(house, *clients))
        called = {client.copy.calls[max(client.copy.calls)]["callee_customer"] for client in clients}
        assert called == {5, None}, "who sees only one side of a call has a row of its own"


async def test_who_does_not_read_misses_what_is_not_kept_and_holds_up_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feeds, "LOG", 20)
    house = House()
    quick, slow = Client(house), Client(house)
    async with following(quick, slow):
        slow.stop_reading()
        for _ in range(12):
            house.call(State.ANSWERED)
            await until(knows_all(house, quick))
        assert slow.together == []
        slow.read_on()
        await until(knows_all(house, slow))
        assert "begin behind" in slow.copy.seen
        assert "begin behind" not in quick.copy.seen
        assert slow.copy.calls.keys() == quick.copy.calls.keys()
        house.call(State.ANSWERED)
        await until(knows_all(house, slow, quick))
        assert slow.together[-1] is quick.together[-1], "it is told with the others again"


async def test_who_reads_in_time_is_told_all_that_it_missed() -> None:
    house = House()
    quick, slow = Client(house, rate=0.0), Client(house, rate=0.0)
    async with following(quick, slow):
        slow.stop_reading()
        calls = [house.call(State.ANSWERED) for _ in range(5)]
        house.end(calls[0].key)
        await until(knows_all(house, quick))
        slow.read_on()
        await until(knows_all(house, slow))
        assert slow.copy.kinds == quick.copy.kinds
        assert "behind" not in slow.copy.seen


async def test_who_may_not_see_it_any_more_is_told_nothing_more_from_that_moment() -> None:
    house = House()
    reseller, acme = Client(house, "reseller"), Client(house, "acme")
    async with following(reseller, acme):
        login = house.access.login("acme")
        assert login is not None
        house.call(State.ANSWERED, account=5)  # what is about to be told when the right goes is not told either
        house.access.put(replace(login, disabled=True))
        house.call(State.ANSWERED, account=5)
        await until(lambda: acme.over)
        await until(knows_all(house, reseller))
        assert acme.alone[-1] == "error"
        assert (acme.together, acme.copy.calls) == ([], {})
        assert len(reseller.copy.calls) == 2


async def test_many_are_told_some_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rounds, "SPAN", 0.0)
    house = House()
    clients = [Client(house, rate=rate) for rate in (50.0, 0.0) for _ in range(5)]
    async with following(*clients):
        for _ in range(3):
            house.call(State.ANSWERED)
        late = Client(house)
        async with following(late):
            house.call(State.ANSWERED)
            await until(knows_all(house, *clients, late))
        assert all(len(client.copy.calls) == 4 for client in clients)


@pytest.mark.parametrize("rate", [50.0, 0.25])
async def test_much_is_told_in_portions(rate: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rounds, "PORTION", 4)
    house = House()
    clients = [Client(house, rate=rate) for _ in range(3)]
    async with following(*clients):
        begin = house.table.revision.number
        for _ in range(10):
            house.call(State.NEW)
        await until(knows_all(house, *clients))
        told = [msgspec.json.decode(block) for block in clients[0].together]
        assert [(len(one["changes"]), one["revision"]) for one in told] == [
            (4, f"1-{begin + 4}"),
            (4, f"1-{begin + 8}"),
            (2, f"1-{begin + 10}"),
        ]
        assert clients[0].together == clients[1].together == clients[2].together
        assert all(made[0] is made[1] for made in zip(clients[0].together, clients[1].together, strict=True))


async def test_who_cannot_take_a_portion_gets_the_others_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    for room in (rounds, watch, feeds):
        monkeypatch.setattr(room, "PORTION", 4)
    house = House()
    quick, slow = Client(house), Client(house)
    async with following(quick, slow):
        slow.stop_reading()
        for _ in range(10):
            house.call(State.NEW)
        await until(knows_all(house, quick))
        slow.read_on()
        await until(knows_all(house, slow))
        assert slow.alone.count("changes") >= 2
        assert "behind" not in slow.copy.seen
        house.call(State.NEW)
        await until(knows_all(house, quick, slow))
        assert slow.together[-1] is quick.together[-1], "it is told with the others again"


async def test_what_waits_for_a_slow_pace_is_told_before_it_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rounds, "GATHER", 0.01)
    monkeypatch.setattr(rounds, "LOG", 20)
    monkeypatch.setattr(feeds, "LOG", 20)
    for room in (rounds, watch, feeds):
        monkeypatch.setattr(room, "PORTION", 4)
    house = House()
    client = Client(house, rate=0.01)
    async with following(client):
        for made in range(8, 56, 8):
            for _ in range(8):
                house.call(State.NEW)
            await until(partial(lambda least: len(client.copy.calls) >= least, made - 10))
        assert "behind" not in client.copy.seen


async def test_who_joins_with_something_untold_while_others_are_told_does_not_wait_for_the_next_change(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rounds, "SPAN", 0.0)
    monkeypatch.setattr(turns, "SPAN", 0.0)
    house = House()
    clients, late = [Client(house) for _ in range(20)], Client(house)
    late.stop_reading()
    async with following(*clients):
        joined = asyncio.create_task(late.run())
        await until(partial(late.has, "begin new"))
        house.call(State.ANSWERED)
        while not clients[0].together:  # noqa: ASYNC110  nobody tells of it
            await asyncio.sleep(0)
        assert not clients[-1].together, "they are being told"
        late.read_on()
        await until(knows_all(house, *clients, late))
        joined.cancel()
        await asyncio.wait((joined,))


async def test_a_heartbeat_takes_nobody_back_who_knows_more() -> None:
    house = House()
    client = Client(house)
    async with following(client):
        house.call(State.NEW)
        await until(knows_all(house, client))
        watch, look = client.session._watch, client.session._look
        assert watch.reader is not None
        assert look is not None
        told = rounds.round_of(watch.reader.feed, look, 50.0)
        before = len(client.together)
        for back, more in ((1, 0), (0, 1)):
            news = rounds.News(watch.reader.place - back, watch.revision, house.now, beats=True, blocks={})
            assert list(told._tell(news)) == list(told._followers)
            assert len(client.together) == before + more


async def test_what_cannot_be_made_cuts_everybody_short(monkeypatch: pytest.MonkeyPatch) -> None:
    house = House()
    failures: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: failures.append(context["exception"]))

    def failing(*given: object) -> bytes:
        raise RuntimeError("cannot be written")

    tasks = [asyncio.create_task(client.run()) for client in (Client(house), Client(house))]
    await until(lambda: house.desk.feeds.readers == 2)
    monkeypatch.setattr(frames, "call_view", failing)
    house.call(State.NEW)
    ends = await asyncio.wait_for(asyncio.gather(*tasks, return_exceptions=True), 10)
    assert list(map(str, ends)) == ["cannot be written"] * 2
    assert len(failures) == 1
    assert house.desk.feeds.readers == 0


async def test_those_who_are_shown_all_together_share_its_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frames, "BLOCK", 2)
    monkeypatch.setattr(stream, "HEAVY", 0)
    house = House()
    for _ in range(5):
        house.call(State.NEW)
    made: list[object] = []
    monkeypatch.setattr(frames, "call_view", noting(made))
    clients = [Client(house) for _ in range(4)]
    async with following(*clients):
        assert all(client.copy.seen[:5] == ["begin new", "rows", "rows", "rows", "ready"] for client in clients)
        assert len(made) == 5
        assert all(len(client.copy.calls) == 5 for client in clients)
    assert house.desk.budget.bytes == 0, "what they shared goes with them"
