"""Requests that come once more on a connection, byte by byte the same: answered anew each time, and read only once."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Iterator
from itertools import cycle

import pytest

from callboard.http.values import Reply, Request, Stream
from tests.http.conftest import Connect, Start

GET = b"GET /one?x=1 HTTP/1.1\r\nHost: x\r\n\r\n"
OTHER = b"GET /two?x=1 HTTP/1.1\r\nHost: x\r\n\r\n"
POST = b"POST /one HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc"
HEAD = b"HEAD /one HTTP/1.1\r\nHost: x\r\n\r\n"
LAST = b"GET /last HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"


def words(request: Request) -> list[str]:
    """Something that is made of a request, another object each time."""
    return [request.path, request.body.decode()]


class Counting:
    """Answers with how many requests came so far, and keeps what they were and what was made of them."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.made: list[list[str]] = []

    async def answer(self, request: Request) -> Reply:
        self.requests.append(request)
        self.made.append(request.once(words))
        return Reply(body=f"{request.path} {len(self.requests)}|".encode())


@pytest.mark.parametrize("question", [GET, POST])
async def test_the_same_request_is_answered_anew_and_read_once(start: Start, connect: Connect, question: bytes) -> None:
    front = Counting()
    raw = await connect(await start(front.answer))
    for number in range(1, 5):
        await raw.send(question)
        assert (await raw.until(b"|")).endswith(f"\r\n/one {number}|".encode())
    first, *others = front.requests
    assert all(made is front.made[0] for made in front.made)
    assert all(one.at > first.at for one in others)
    assert [(one.method, one.path, one.query, one.headers, one.body, one.client) for one in others] == [
        (first.method, first.path, first.query, first.headers, first.body, "127.0.0.1")
    ] * 3


async def test_what_is_not_the_same_to_the_byte_is_read_anew(start: Start, connect: Connect) -> None:
    front = Counting()
    raw = await connect(await start(front.answer))
    for question in (GET, OTHER, GET, GET + OTHER, OTHER, POST, POST[:-1] + b"d"):
        await raw.send(question)
        for _ in range(question.count(b"HTTP")):
            await raw.until(b"|")
    assert [request.path for request in front.requests] == [
        "/one",
        "/two",
        "/one",
        "/one",
        "/two",
        "/two",
        "/one",
        "/one",
    ]
    assert [made[1] for made in front.made[-2:]] == ["abc", "abd"]
    assert len({id(made) for made in front.made}) == len(front.made)


async def test_nothing_is_known_of_another_connection(start: Start, connect: Connect) -> None:
    front = Counting()
    server = await start(front.answer)
    for _ in range(2):
        raw = await connect(server)
        await raw.send(GET)
        await raw.until(b"|")
    assert front.made[0] is not front.made[1]


async def test_a_request_in_pieces_is_read_anew_each_time(start: Start, connect: Connect) -> None:
    front = Counting()
    raw = await connect(await start(front.answer))
    for _ in range(2):
        await raw.send(GET)
        await raw.until(b"|")
        await raw.send(GET[:9])
        await asyncio.sleep(0)
        await raw.send(GET[9:])
        await raw.until(b"|")
    assert [request.path for request in front.requests] == ["/one"] * 4


async def test_a_head_once_more_has_no_body(start: Start, connect: Connect) -> None:
    raw = await connect(await start(Counting().answer))
    for _ in range(3):
        await raw.send(HEAD)
        assert (await raw.until(b"\r\n\r\n")).startswith(b"HTTP/1.1 200 ")
    await raw.send(LAST)
    assert (await raw.rest()).endswith(b"\r\n/last 4|")


async def test_an_answer_that_has_to_wait_keeps_its_place(start: Start, connect: Connect) -> None:
    front, waits, go_on = Counting(), asyncio.Event(), asyncio.Event()

    async def answer(request: Request) -> Reply:
        if len(front.requests) == 1:
            front.requests.append(request)
            waits.set()
            await go_on.wait()
            return Reply(body=b"waited|")
        return await front.answer(request)

    raw = await connect(await start(answer))
    await raw.send(GET)
    await raw.until(b"|")
    await raw.send(GET)
    await waits.wait()
    await raw.send(GET + OTHER)
    asyncio.get_running_loop().call_later(0.05, go_on.set)
    assert (await raw.until(b"|")).endswith(b"\r\nwaited|")
    assert (await raw.until(b"|")).endswith(b"\r\n/one 3|")
    assert (await raw.until(b"|")).endswith(b"\r\n/two 4|")


async def test_blocks_and_streams_once_more(start: Start, connect: Connect) -> None:
    async def going_on() -> AsyncGenerator[bytes, None]:
        yield b"live"

    def blocks() -> Iterator[bytes]:
        yield b"one"
        yield b"two"

    async def answer(request: Request) -> Reply:
        return Reply(body=blocks()) if request.path == "/one" else Reply(live=Stream(going_on()))

    raw = await connect(await start(answer))
    for question, body in ((GET, b"3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n"), (OTHER, b"4\r\nlive\r\n0\r\n\r\n")) * 2:
        for _ in range(3):
            await raw.send(question)
            assert (await raw.until(b"0\r\n\r\n")).endswith(b"\r\n\r\n" + body)


async def test_a_failure_once_more_is_told_and_the_connection_goes_on(
    start: Start, connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    front = Counting()

    async def answer(request: Request) -> Reply:
        if len(front.requests) in (1, 2):
            front.requests.append(request)
            raise RuntimeError("broken")
        return await front.answer(request)

    raw = await connect(await start(answer))
    await raw.send(GET)
    await raw.until(b"|")
    for _ in range(2):
        await raw.send(GET)
        assert (await raw.until(b".\n")).startswith(b"HTTP/1.1 500 ")
    await raw.send(GET)
    assert (await raw.until(b"|")).endswith(b"\r\n/one 4|")
    assert len([record for record in caplog.records if record.exc_info]) == 2


@pytest.mark.parametrize("questions", [(GET,), (GET, OTHER)])
async def test_who_asks_on_is_not_idle_and_who_stops_is(
    start: Start, connect: Connect, questions: tuple[bytes, ...]
) -> None:
    raw = await connect(await start(Counting().answer, keep_alive=1))
    loop = asyncio.get_running_loop()
    began = loop.time()
    for question in cycle(questions):
        if loop.time() > began + 1.6:
            break
        await raw.send(question)
        await raw.until(b"|")
        await asyncio.sleep(0.02)
    assert await raw.rest() == b""


@pytest.mark.parametrize("question", [GET, OTHER])
async def test_who_waits_for_an_answer_is_not_idle(start: Start, connect: Connect, question: bytes) -> None:
    front, loop = Counting(), asyncio.get_running_loop()

    async def answer(request: Request) -> Reply:
        if len(front.requests) == 1:
            until = loop.create_future()
            loop.call_later(1.3, until.set_result, None)
            await until
        return await front.answer(request)

    raw = await connect(await start(answer, keep_alive=1))
    for asked in (GET, question):
        await raw.send(asked)
        await raw.until(b"|")
    assert len(front.requests) == 2
    assert await raw.rest() == b""


async def test_the_log_has_each(start: Start, connect: Connect, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "callboard.http")
    raw = await connect(await start(Counting().answer, access_log=True))
    for _ in range(3):
        await raw.send(GET)
        await raw.until(b"|")
    await raw.send(LAST)
    await raw.rest()
    assert [record.message.split(" ")[2] for record in caplog.records] == ["/one"] * 3 + ["/last"]


async def test_several_in_one_piece_leave_others_their_turn(start: Start, connect: Connect) -> None:
    front = Counting()
    server = await start(front.answer)
    first, second = await connect(server), await connect(server)
    await first.send(50 * OTHER)
    await second.send(GET)
    await second.until(b"|")
    await first.send(LAST)
    assert (await first.rest()).endswith(b" 52|")
    turns = [request.path for request in front.requests]
    assert turns.index("/one") < 51
