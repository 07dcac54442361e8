"""The copy that a stream keeps: it equals the server's list, whatever happens to calls and to the connection."""

import asyncio
import random
import socket
import threading
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from itertools import chain

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from callboard.calls.legs import CallKey
from callboard.calls.state import State
from callboard.client import AsyncClient, AsyncLiveCalls, Client, Invalid, News, NotUnderstood, SignInRefused
from callboard.client.answers import Call
from callboard.client.messages import Begin, Change, Changes, Message, Ready, Resumed, Rows, read
from callboard.client.mirror import Mirror
from callboard.client.sse import Event, EventReader
from tests.api.test_stream import Served, served
from tests.house import House

__all__ = ["served"]


class Relay:
    """A TCP connection to the server that can be cut, as networks do."""

    def __init__(self, server: str) -> None:
        host, _, port = server.removeprefix("http://").rpartition(":")
        self._target = host, int(port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            far = socket.create_connection(self._target)
            self._pairs.append((near, far))
            for one, other in ((near, far), (far, near)):
                threading.Thread(target=_pump, args=(one, other), daemon=True).start()

    def cut(self) -> None:
        """Break every connection there is; new ones are let through."""
        while self._pairs:
            for end in self._pairs.pop():
                _close(end)

    def close(self) -> None:
        """No more."""
        _close(self._listener)
        self.cut()
        self._thread.join(10)


def _close(end: socket.socket) -> None:
    try:
        end.shutdown(socket.SHUT_RDWR)
    except OSError:
        """It was closed by the other side already."""
    end.close()


def _pump(one: socket.socket, other: socket.socket) -> None:
    try:
        while block := one.recv(65_536):
            other.sendall(block)
        other.shutdown(socket.SHUT_WR)
    except OSError:
        """It was cut."""


@pytest.fixture
def relay(server: str) -> Iterator[Relay]:
    relay = Relay(server)
    yield relay
    relay.close()


class Followed:
    """A house whose server runs in the test's own loop, so that nothing is changed under its hands."""

    def __init__(self, house: House, relay: Relay, live: AsyncLiveCalls, client: AsyncClient) -> None:
        self.house = house
        self.relay = relay
        self.live = live
        """A copy over a connection that can be cut, every change by itself."""
        self.client = client


@pytest.fixture
async def followed(served: Served) -> AsyncIterator[Followed]:
    relay = Relay(served.url)
    async with (
        AsyncClient(relay.url, user="root", password="demo-root") as through,
        AsyncClient(served.url, user="root", password="demo-root") as client,
    ):
        yield Followed(served.house, relay, through.live(rate=0), client)
    relay.close()


async def reads(news: AsyncIterator[News], kind: str) -> News:
    """The next news of this kind."""
    async with asyncio.timeout(30):
        async for one in news:
            if one.kind == kind:
                return one
    raise AssertionError("the stream ended")


async def test_the_copy_equals_the_list_through_breaks(followed: Followed) -> None:
    house, live, relay = followed.house, followed.live, followed.relay
    kept = house.call(State.RINGING)
    news = aiter(live)
    assert (await reads(news, "snapshot")).why == "new"
    assert list(live.calls) == ["960"]
    house.call(name="\u2028hostile\x85\r\n\x1b[2J")
    change = (await reads(news, "changes")).changes[0]
    assert (change.kind, change.id) == ("enter", "961")
    relay.cut()
    assert (await reads(news, "lost")).why
    assert not live.connected
    house.end(kept.key)
    house.call()
    await reads(news, "resumed")
    assert live.connected
    while set(live.calls) != {"961", "962"}:
        await reads(news, "changes")
    page = await followed.client.calls_page()
    assert {call.id: call.caller_name for call in page.calls} == {
        call.id: call.caller_name for call in live.calls.values()
    }


async def test_whatever_happens_the_copy_becomes_the_list(followed: Followed) -> None:
    house, live, relay = followed.house, followed.live, followed.relay
    chance = random.Random(5)
    news = aiter(live)
    await reads(news, "snapshot")

    async def follow() -> None:
        async for _ in news:
            """Only what the copy holds in the end counts."""

    following = asyncio.create_task(follow())
    up: list[CallKey] = []
    for _ in range(300):
        match chance.randrange(10):
            case 0 | 1 | 2 if up:
                house.end(up.pop(chance.randrange(len(up))))
            case 3 | 4 if up:
                house.answer(chance.choice(up))
            case 5 if chance.random() < 0.2:
                relay.cut()
            case 6:
                await asyncio.sleep(0)
            case _:
                up.append(house.call(chance.choice([State.NEW, State.RINGING, State.ANSWERED])).key)
    marked = house.call(caller="the last one")
    async with asyncio.timeout(20):
        while str(marked.number) not in live.calls:
            await asyncio.wait((following,), timeout=0.02)
    following.cancel()
    await asyncio.wait((following,))
    listed = {call.id: (call.state, call.answered_at) async for call in followed.client.calls()}
    assert {call.id: (call.state, call.answered_at) for call in live.calls.values()} == listed
    assert len(listed) == len(up) + 1


async def test_a_filter_and_a_view(house: House, async_client: AsyncClient) -> None:
    house.call(State.ANSWERED, account=5)
    house.call(State.ANSWERED, account=7)
    live = async_client.live(customer=3, legs=True, fields=["caller"])
    await reads(aiter(live), "snapshot")
    (call,) = live.calls.values()
    assert (call.id, call.state, [leg.side for leg in call.legs]) == ("960", "", ["caller", "callee"])


async def test_a_list_goes_on_as_a_stream(house: House, async_client: AsyncClient) -> None:
    house.call()
    page = await async_client.calls_page()
    house.call()
    news = aiter(async_client.live(rate=0, since=page.revision))
    await reads(news, "resumed")
    assert [change.id for change in (await reads(news, "changes")).changes] == ["961"]


def test_the_same_without_an_event_loop(house: House, client: Client, relay: Relay) -> None:
    house.call()
    with Client(relay.url, user="root", password="demo-root") as through:
        live = through.live(rate=0)
        kinds: list[str] = []
        for news in live:
            kinds.append(news.kind)
            if kinds == ["snapshot", "heartbeat"]:
                relay.cut()
            if news.kind == "resumed":
                break
        assert kinds[2:] == ["lost", "resumed"]
        assert list(live.calls) == ["960"]


def test_what_is_wrong_from_the_beginning_is_raised(client: Client, server: str) -> None:
    with pytest.raises(Invalid, match="did you mean ringing"):
        next(iter(client.live(state="ringin")))
    with Client(server, user="root", password="wrong") as stranger, pytest.raises(SignInRefused):
        next(iter(stranger.live()))


def test_who_may_see_no_more_is_told(house: House, client: Client, server: str) -> None:
    made = client.create_token("wall")
    with Client(server, token=made.token) as other:
        news = iter(other.live())
        assert [next(news).kind, next(news).kind] == ["snapshot", "heartbeat"]
        client.remove_token(made.id)
        house.call()
        with pytest.raises(SignInRefused):
            next(news)


# --- without a socket ------------------------------------------------------------------------------------------------

texts = st.text(st.characters(codec="utf-8"), max_size=20)


@given(st.lists(st.tuples(st.sampled_from(["rows", "changes", "x"]), texts), max_size=8), st.data())
def test_every_cut_of_the_bytes_gives_the_same_events(events: list[tuple[str, str]], data: st.DataObject) -> None:
    stream = b"retry: 1000\n\n" + b"".join(
        f"event: {kind}\nid: 1-2\ndata: ".encode() + msgspec.json.encode(text) + b"\n\n" for kind, text in events
    )
    reader, read_back, place = EventReader(), list[Event](), 0
    while place < len(stream):
        step = data.draw(st.integers(1, 40))
        read_back += reader.feed(stream[place : place + step])
        place += step
    assert [(event.type.decode(), msgspec.json.decode(event.data)) for event in read_back] == events


def test_line_ends_of_either_kind_and_comments() -> None:
    (event,) = EventReader().feed(b": hello\r\nevent: ready\r\ndata: 1\r\ndata: 2\r\n\r\n")
    assert event == Event(b"ready", b"1\n2")


def test_an_event_without_end_is_given_up() -> None:
    reader = EventReader(longest=100)
    with pytest.raises(NotUnderstood):
        list(chain.from_iterable(map(reader.feed, [b"data: 1234\n"] * 50)))
    with pytest.raises(NotUnderstood):
        list(EventReader(longest=100).feed(b"x" * 101))


def test_what_a_newer_server_says_is_passed_over() -> None:
    assert read(Event(b"weather", b"{}")) is None
    with pytest.raises(NotUnderstood):
        read(Event(b"ready", b"{"))


def change(kind: str, number: int) -> Change:
    return Change(kind=kind, id=str(number), call=Call(id=str(number)))


AT = datetime(2026, 11, 21, 10, tzinfo=UTC)


def snapshot(revision: str, *numbers: int) -> list[Message]:
    return [
        Begin(revision=revision, at=AT, total=len(numbers), why="new"),
        Rows(calls=tuple(Call(id=str(number)) for number in numbers)),
        Ready(revision=revision),
    ]


def test_a_snapshot_that_breaks_off_leaves_the_copy_as_it_was() -> None:
    mirror = Mirror()
    for message in (*snapshot("1-5", 1, 2), *snapshot("1-9", 3)[:2]):
        mirror.take(message)
    assert (list(mirror.calls), mirror.revision, mirror.since) == (["1", "2"], "1-5", "")


def test_a_snapshot_that_is_not_whole_is_not_believed() -> None:
    begin, _, ready = snapshot("1-5", 1, 2)
    mirror = Mirror()
    mirror.take(begin)
    with pytest.raises(NotUnderstood):
        mirror.take(ready)


def test_changes_are_taken_in_order() -> None:
    mirror = Mirror()
    for message in snapshot("1-5", 1, 2):
        mirror.take(message)
    news = mirror.take(
        Changes(revision="1-7", at=AT, changes=(change("leave", 1), change("enter", 3), change("update", 2)))
    )
    assert news is not None
    assert (sorted(mirror.calls), mirror.since) == (["2", "3"], "1-7")
    assert mirror.take(Resumed(revision="1-7")) == News(kind="resumed")
