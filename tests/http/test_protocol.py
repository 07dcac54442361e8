"""What clients can do wrong on the wire, and that it costs nobody else anything."""

import asyncio
from collections.abc import Callable

import pytest
import uvloop

from callboard.http import protocol
from callboard.http.values import Reply, Request
from tests.http.conftest import Connect, Start, serving

GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
LAST = b"GET /last HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"


@pytest.fixture(autouse=True)
def _short_linger(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "_LINGER", 0.05)


async def _answers(request: Request) -> Reply:
    return Reply(body=f"{request.method} {request.path} {len(request.body)}|".encode())


# --- time ---


async def test_a_connection_that_says_nothing_is_closed(start: Start, connect: Connect) -> None:
    raw = await connect(await start(header_timeout=0.2))
    assert await raw.rest() == b""


@pytest.mark.parametrize("piece", [b"G", b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ", b"\r\n", b"GET / HTTP/1.1\r\n"])
async def test_headers_that_do_not_come_in_time(start: Start, connect: Connect, piece: bytes) -> None:
    raw = await connect(await start(header_timeout=0.2))
    await raw.send(piece)
    assert (await raw.rest()).startswith(b"HTTP/1.1 408 Request Timeout\r\n")


async def test_headers_that_drip_do_not_gain_time(start: Start, connect: Connect) -> None:
    raw = await connect(await start(header_timeout=0.3))
    await raw.send(b"GET / HTTP/1.1\r\n")
    answer = asyncio.create_task(raw.rest())
    while not answer.done():
        await raw.send(b"a")
        await asyncio.wait([answer], timeout=0.05)
    assert (await answer).startswith(b"HTTP/1.1 408 ")


async def test_a_body_that_does_not_come_in_time(start: Start, connect: Connect) -> None:
    raw = await connect(await start(_answers, body_timeout=0.2))
    await raw.send(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf")
    assert (await raw.rest()).startswith(b"HTTP/1.1 408 ")


async def test_a_second_request_has_its_own_time(start: Start, connect: Connect) -> None:
    raw = await connect(await start(_answers, header_timeout=0.3))
    await raw.send(GET)
    assert await raw.until(b"|") != b""
    await raw.send(b"GET /half")
    assert (await raw.rest()).startswith(b"HTTP/1.1 408 ")


async def test_an_answer_that_takes_longer_than_the_next_requests_headers_may(start: Start, connect: Connect) -> None:
    go_on = asyncio.Event()

    async def handler(request: Request) -> Reply:
        await go_on.wait()
        return await _answers(request)

    raw = await connect(await start(handler, header_timeout=0.1))
    await raw.send(GET + b"GET /next")
    asyncio.get_running_loop().call_later(0.35, go_on.set)
    assert (await raw.until(b"|")).endswith(b"GET / 0|")
    assert (await raw.rest()).startswith(b"HTTP/1.1 408 ")


async def test_an_idle_connection_is_kept_for_a_while(start: Start, connect: Connect) -> None:
    raw = await connect(await start(_answers, keep_alive=1, header_timeout=0.1))
    for _ in range(2):
        await raw.send(GET)
        assert (await raw.until(b"|")).endswith(b"GET / 0|")
        longer_than_headers_may_take = asyncio.Event()
        asyncio.get_running_loop().call_later(0.15, longer_than_headers_may_take.set)
        await longer_than_headers_may_take.wait()
    assert await raw.rest() == b""


# --- size ---


@pytest.mark.parametrize(
    "head", [b"GET /%s HTTP/1.1\r\n", b"GET / HTTP/1.1\r\nX-Big: %s\r\n", b"GET / HTTP/1.1\r\n%s: x\r\n"]
)
@pytest.mark.parametrize("size", [70_000, 3_000_000])
async def test_headers_that_are_too_large(start: Start, connect: Connect, head: bytes, size: int) -> None:
    raw = await connect(await start())
    sending = asyncio.create_task(raw.send(head % (b"x" * size) + b"\r\n"))
    assert (await raw.rest()).startswith(b"HTTP/1.1 431 ")
    await asyncio.wait([sending])
    if not sending.cancelled() and (error := sending.exception()):
        assert isinstance(error, ConnectionError)


async def test_headers_that_are_just_small_enough(start: Start, connect: Connect) -> None:
    raw = await connect(await start(_answers))
    await raw.send(b"GET / HTTP/1.1\r\nX-Big: " + b"x" * 65_000 + b"\r\nConnection: close\r\n\r\n")
    assert b" 200 OK" in await raw.rest()


@pytest.mark.parametrize(
    "request_head",
    [
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2000\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2000\r\nExpect: 100-continue\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n7D0\r\n" + b"x" * 2000 + b"\r\n",
    ],
)
async def test_a_body_that_is_too_large(start: Start, connect: Connect, request_head: bytes) -> None:
    asked: list[Request] = []

    async def handler(request: Request) -> Reply:
        asked.append(request)
        return Reply()

    raw = await connect(await start(handler, max_body=1024))
    await raw.send(request_head)
    assert (await raw.until(b"too large.\n")).startswith(b"HTTP/1.1 413 ")
    await raw.send(b"x" * 100_000)
    await raw.close()
    assert asked == []


@pytest.mark.parametrize(
    "endless", [b"1;" + b"x" * 1000, b"0\r\n" + b"X-Trailer: x\r\n" * 100, b"0\r\nX-Trailer: " + b"x" * 1000]
)
async def test_chunks_whose_trimmings_do_not_end(start: Start, connect: Connect, endless: bytes) -> None:
    raw = await connect(await start(max_body=1024, max_header=1024))
    await raw.send(b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n" + endless)
    answer = asyncio.create_task(raw.reader.readexactly(12))
    while not answer.done():
        await raw.send(endless.removeprefix(b"0\r\n").removeprefix(b"1;"))
        await asyncio.wait([answer], timeout=0.01)
    assert await answer in (b"HTTP/1.1 431", b"HTTP/1.1 400")


# --- form ---


@pytest.mark.parametrize(
    "nonsense",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"HELO mail.example\r\n",
        b"INVITE sip:900@example SIP/2.0\r\n\r\n",
        b"GET /\xff HTTP/1.1\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET / HTTP/1.1\r\nNo colon\r\n\r\n",
        b"GET / HTTP/1.1\r\nX: \x00\r\n\r\n",
        b"CONNECT example:443 HTTP/1.1\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
        b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 99999999999999999999999\r\n\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ],
)
async def test_what_is_no_http(
    start: Start, connect: Connect, nonsense: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    server = await start(_answers)
    raw = await connect(server)
    await raw.send(nonsense)
    assert (await raw.rest()).startswith(b"HTTP/1.1 400 ")
    well = await connect(server)
    await well.send(LAST)
    assert (await well.rest()).endswith(b"GET /last 0|")
    assert caplog.text == ""


async def test_a_request_in_single_bytes(start: Start, connect: Connect) -> None:
    raw = await connect(await start(_answers))
    for byte in b"\r\nPOST /slow HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 3\r\n\r\nabc":
        await raw.send(bytes([byte]))
        await asyncio.sleep(0)
    assert (await raw.rest()).endswith(b"POST /slow 3|")


@pytest.mark.parametrize("name", ["Zoë".encode(), "Zoë".encode("latin-1")])
async def test_names_in_headers_come_in_two_encodings(start: Start, connect: Connect, name: bytes) -> None:
    async def handler(request: Request) -> Reply:
        return Reply(body=request.headers["x-name"].encode())

    raw = await connect(await start(handler))
    await raw.send(b"GET / HTTP/1.1\r\nX-Name: first\r\nX-Name: " + name + b"\r\nConnection: close\r\n\r\n")
    assert (await raw.rest()).endswith("\r\n\r\nZoë".encode())


async def test_an_absolute_target(start: Start, connect: Connect) -> None:
    async def handler(request: Request) -> Reply:
        return Reply(body=f"{request.target} {request.path} {request.query.decode()}".encode())

    raw = await connect(await start(handler))
    await raw.send(b"GET http://x:80//a%2Fb?c=1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert (await raw.rest()).endswith(b"\r\n\r\nhttp://x:80//a%2Fb?c=1 //a/b c=1")


# --- pipelining ---


async def test_pipelined_requests_are_answered_in_order(start: Start, connect: Connect) -> None:
    raw = await connect(await start(_answers))
    pipelined = b"".join(b"POST /%d HTTP/1.1\r\nContent-Length: 2\r\n\r\nab" % n for n in range(20))
    await raw.send(pipelined + LAST)
    answer = await raw.rest()
    places = [answer.index(b"POST /%d 2|" % n) for n in range(20)]
    assert places == sorted(places)
    assert answer.endswith(b"GET /last 0|")


async def test_nonsense_behind_a_good_request_does_not_harm_its_answer(start: Start, connect: Connect) -> None:
    go_on = asyncio.Event()

    async def handler(request: Request) -> Reply:
        await go_on.wait()
        return await _answers(request)

    raw = await connect(await start(handler))
    await raw.send(GET + b"nonsense\r\n\r\n")
    await raw.send(b"more nonsense\r\n\r\n")
    go_on.set()
    answer = await raw.rest()
    assert answer.endswith(b"GET / 0|")
    assert b" 400 " not in answer


async def test_a_broken_body_behind_a_good_request_ends_the_connection(start: Start, connect: Connect) -> None:
    async def handler(request: Request) -> Reply:
        await asyncio.Event().wait()
        return Reply()

    raw = await connect(await start(handler, stop_grace=0.1))
    await raw.send(GET + b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n")
    await raw.send(b"no size\r\n")
    assert await raw.rest() == b""


async def test_a_flood_of_pipelined_requests_is_bounded(start: Start, connect: Connect) -> None:
    go_on = asyncio.Event()

    async def handler(request: Request) -> Reply:
        await go_on.wait()
        return await _answers(request)

    raw = await connect(await start(handler))
    await raw.send(GET * 5000)
    go_on.set()
    assert (await raw.rest()).count(b"GET / 0|") == 101


@pytest.mark.parametrize("blocks", [0, 1, 50])
@pytest.mark.parametrize("loop", [asyncio.new_event_loop, uvloop.new_event_loop])
def test_who_leaves_before_several_answers_is_nobodys_fault(
    loop: Callable[[], asyncio.AbstractEventLoop], blocks: int, caplog: pytest.LogCaptureFixture
) -> None:
    """uvicorn notices it for the last request alone, and would write the trace of an error for the others."""

    async def scene() -> None:
        asked, go_on, answered = asyncio.Event(), asyncio.Event(), asyncio.Event()

        async def handler(request: Request) -> Reply:
            if request.path == "/now":
                return Reply(body=b"|")
            asked.set()
            await go_on.wait()
            answered.set()
            return Reply(body=[b"x" * 100_000] * blocks if blocks else b"x")

        async with serving(handler) as server:
            host, _, port = server.addresses[0].rpartition(":")
            _, leaving = await asyncio.open_connection(host, int(port))
            leaving.write(GET * 3)
            await asked.wait()
            leaving.transport.abort()
            for _ in range(2):
                reader, writer = await asyncio.open_connection(host, int(port))
                writer.write(b"GET /now HTTP/1.1\r\nHost: x\r\n\r\n")
                await reader.readuntil(b"|")
                writer.close()
                go_on.set()
            await answered.wait()

    with asyncio.Runner(loop_factory=loop) as runner:
        runner.run(asyncio.wait_for(scene(), 20))
    assert caplog.text == ""


async def test_who_leaves_in_the_middle_of_a_long_answer_is_nobodys_fault(
    start: Start, connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    async def handler(request: Request) -> Reply:
        return Reply(body=[b"x" * 100_000] * 100)

    raw = await connect(await start(handler))
    await raw.send(GET)
    raw.writer.write_eof()
    assert not (await raw.rest()).endswith(b"0\r\n\r\n")
    assert caplog.text == ""


async def test_a_request_that_offers_another_protocol_keeps_its_body(start: Start, connect: Connect) -> None:
    raw = await connect(await start(_answers))
    offer = (
        b"POST /%d HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
        b"HTTP2-Settings: AAEAAEAA\r\nContent-Length: 5\r\n\r\nhello"
    )
    await raw.send(b"".join(offer % number for number in range(3)) + LAST)
    answer = await raw.rest()
    assert [answer.count(b"POST /%d 5|" % number) for number in range(3)] == [1, 1, 1]
    assert answer.endswith(b"GET /last 0|")


# --- number ---


async def test_connections_beyond_the_limit_are_told_to_come_back(start: Start, connect: Connect) -> None:
    server = await start(_answers, connections=3)
    kept = [await connect(server) for _ in range(3)]
    for raw in kept:
        await raw.send(GET)
        await raw.until(b"|")
    surplus = await connect(server)
    assert (await surplus.rest()).startswith(b"HTTP/1.1 503 ")
    await kept.pop().close()
    answer = b""
    while not answer.endswith(b"GET /last 0|"):
        again = await connect(server)
        await again.send(LAST)
        answer = await again.rest()
    await kept[0].send(GET)
    assert (await kept[0].until(b"|")).endswith(b"GET / 0|")
