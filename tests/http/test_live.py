"""Streams and conversations over real sockets: with clients that read, that do not, that leave, and that misbehave."""

import asyncio
import base64
import json
import os
import socket
import struct
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager

import aiohttp
import pytest

from callboard.http.server import HttpServer
from callboard.http.values import Conversation, Handler, Reply, Request, Stream
from callboard.http.websocket import MAX_MESSAGE
from tests.http.conftest import Connect, Raw, Start, serving


class Blocks:
    """Makes blocks without end as fast as they are taken, and notes how many and whether it was closed."""

    def __init__(self, block: bytes = b"x" * 1000 + b"\n") -> None:
        self.block = block
        self.made = 0
        self.closed = asyncio.Event()

    async def endless(self) -> AsyncGenerator[bytes, None]:
        try:
            while True:
                self.made += 1
                yield self.block
                await asyncio.sleep(0)
        finally:
            self.closed.set()

    async def idle(self) -> AsyncGenerator[bytes, None]:
        try:
            yield b"first\n"
            await asyncio.Event().wait()
        finally:
            self.closed.set()


def streaming(make: Callable[[], AsyncGenerator[bytes, None]], farewell: bytes = b"") -> Handler:
    async def answer(request: Request) -> Reply:
        return Reply(content_type="text/event-stream", live=Stream(make(), farewell))

    return answer


def url(server: HttpServer, scheme: str = "http") -> str:
    return f"{scheme}://{server.addresses[0]}/"


# --- streams ---


async def test_blocks_come_as_they_are_made_until_the_client_leaves(start: Start) -> None:
    blocks = Blocks()
    server = await start(streaming(blocks.idle))
    async with aiohttp.ClientSession() as session, session.get(url(server)) as answer:
        assert answer.headers["content-type"] == "text/event-stream"
        assert await answer.content.readline() == b"first\n"
        assert not blocks.closed.is_set()
    await asyncio.wait_for(blocks.closed.wait(), 10)


async def test_a_stream_that_ends_ends_the_body_and_keeps_the_connection(start: Start, connect: Connect) -> None:
    async def three() -> AsyncGenerator[bytes, None]:
        for number in range(3):
            yield b"%d" % number

    server = await start(streaming(three))
    raw = await connect(server)
    for _ in range(2):
        await raw.send(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert (await raw.until(b"\r\n0\r\n\r\n")).endswith(b"1\r\n0\r\n1\r\n1\r\n1\r\n2\r\n0\r\n\r\n")


async def test_a_client_that_does_not_read_holds_no_memory_and_is_cut_in_the_end(
    start: Start, connect: Connect
) -> None:
    blocks = Blocks()
    server = await start(streaming(blocks.endless), send_timeout=0.5)
    raw = await connect(server)
    await raw.send(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    await asyncio.wait_for(blocks.closed.wait(), 20)
    assert blocks.made < 30_000


async def test_others_are_served_while_one_does_not_read(start: Start, connect: Connect) -> None:
    blocks = Blocks()
    server = await start(streaming(blocks.endless))
    raw = await connect(server)
    await raw.send(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    async with aiohttp.ClientSession() as session, session.get(url(server)) as answer:
        assert len(await answer.content.readexactly(100_000)) == 100_000


async def test_the_farewell_is_the_last_block_when_the_server_stops() -> None:
    blocks = Blocks()
    async with serving(streaming(blocks.idle, b"come back\n")) as server, aiohttp.ClientSession() as session:
        async with session.get(url(server)) as answer:
            assert await answer.content.readline() == b"first\n"
            stopping = asyncio.create_task(server.stop())
            assert await answer.content.read() == b"come back\n"
        await asyncio.wait_for(stopping, 3)
    assert blocks.closed.is_set()


@pytest.mark.parametrize("half", [b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"])
async def test_a_stream_that_fails_is_cut_short_not_ended(start: Start, connect: Connect, half: bytes) -> None:
    async def failing() -> AsyncGenerator[bytes, None]:
        yield b"first\n"
        raise RuntimeError("no more")

    server = await start(streaming(failing))
    raw = await connect(server)
    await raw.send(half)
    got = await raw.until(b"first\n")
    rest = await raw.rest()
    assert not (got + rest).endswith(b"0\r\n\r\n")


async def test_head_gets_no_body_and_http_1_0_is_told_what_to_do(start: Start, connect: Connect) -> None:
    blocks = Blocks()
    server = await start(streaming(blocks.idle))
    raw = await connect(server)
    await raw.send(b"HEAD / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert (await raw.rest()).endswith(b"\r\n\r\n")
    raw = await connect(server)
    await raw.send(b"GET / HTTP/1.0\r\nHost: x\r\n\r\n")
    answer = await raw.rest()
    assert answer.startswith(b"HTTP/1.1 505")
    assert b"proxy_http_version 1.1" in answer


@pytest.mark.skipif(not hasattr(socket, "TCP_USER_TIMEOUT"), reason="only Linux cuts off who vanished")
async def test_the_system_cuts_off_who_vanishes(start: Start) -> None:
    server = await start(streaming(Blocks().idle), send_timeout=7.0)
    async with aiohttp.ClientSession() as session, session.get(url(server)) as answer:
        await answer.content.readline()
        (connection,) = server._state.connections
        bound = connection.transport.get_extra_info("socket")
        assert bound.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 7000


# --- conversations ---


async def _echo(messages: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
    async for message in messages:
        yield b"you said " + message
        if message == b"bye":
            return


async def echoing(request: Request) -> Reply:
    """Whatever is said comes back."""
    return Reply(live=Conversation(_echo, b"come back"))


async def test_a_conversation_with_aiohttp(start: Start) -> None:
    server = await start(echoing)
    async with aiohttp.ClientSession() as session, session.ws_connect(url(server, "ws")) as ws:
        await ws.send_str("hello")
        assert await ws.receive_str() == "you said hello"
        await ws.send_bytes("Zoë".encode())
        assert await ws.receive_str() == "you said Zoë"
        await ws.send_str("bye")
        assert await ws.receive_str() == "you said bye"
        assert (await ws.receive()).type is aiohttp.WSMsgType.CLOSE
        assert ws.close_code == 1000


async def test_the_server_says_goodbye_when_it_stops() -> None:
    async with serving(echoing) as server, aiohttp.ClientSession() as session:
        async with session.ws_connect(url(server, "ws")) as ws:
            await ws.send_str("hello")
            await ws.receive_str()
            stopping = asyncio.create_task(server.stop())
            assert await ws.receive_str() == "come back"
            assert (await ws.receive()).type is aiohttp.WSMsgType.CLOSE
            assert ws.close_code == 1001
        await asyncio.wait_for(stopping, 4)


async def test_a_conversation_that_fails_says_so(start: Start) -> None:
    async def failing(messages: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
        yield b"first"
        raise RuntimeError("no more")

    async def answer(request: Request) -> Reply:
        return Reply(live=Conversation(failing))

    server = await start(answer)
    async with aiohttp.ClientSession() as session, session.ws_connect(url(server, "ws")) as ws:
        assert await ws.receive_str() == "first"
        assert (await ws.receive()).type is aiohttp.WSMsgType.CLOSE
        assert ws.close_code == 1011


KEY = base64.b64encode(b"0123456789abcdef").decode()
HANDSHAKE = (
    f"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    f"Sec-WebSocket-Key: {KEY}\r\nSec-WebSocket-Version: 13\r\n\r\n"
).encode()


def frame(opcode: int, data: bytes = b"", *, fin: bool = True, masked: bool = True, length: int | None = None) -> bytes:
    """A frame as RFC 6455 section 5.2 has it; `length` is what it says of itself."""
    size = len(data) if length is None else length
    first = (0x80 if fin else 0) | opcode
    flag = 0x80 if masked else 0
    if size < 126:
        head = struct.pack("!BB", first, flag | size)
    elif size < 65_536:
        head = struct.pack("!BBH", first, flag | 126, size)
    else:
        head = struct.pack("!BBQ", first, flag | 127, size)
    return head + (b"\0\0\0\0" if masked else b"") + data


@asynccontextmanager
async def open_socket(start: Start, connect: Connect, **settings: object) -> AsyncIterator[Raw]:
    server = await start(echoing, **settings)
    raw = await connect(server)
    await raw.send(HANDSHAKE)
    head = await raw.until(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 101")
    yield raw


async def test_a_message_in_pieces_with_a_ping_between(start: Start, connect: Connect) -> None:
    async with open_socket(start, connect) as raw:
        for byte in frame(1, b"hel", fin=False) + frame(9, b"?") + frame(0, b"lo"):
            await raw.send(bytes([byte]))
        assert await raw.until(b"hello") == b"\x8a\x01?" + b"\x81\x0eyou said hello"


async def test_pieces_without_anything_in_them_are_not_kept(start: Start, connect: Connect) -> None:
    async with open_socket(start, connect) as raw:
        await raw.send(frame(1, b"a", fin=False) + frame(0, fin=False) * 10_000 + frame(0, b"b"))
        assert await raw.until(b"ab") == b"\x81\x0byou said ab"


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (frame(1, b"", length=MAX_MESSAGE + 1), 1009),
        (frame(1, b"a", fin=False) + frame(0, b"", length=MAX_MESSAGE), 1009),
        (frame(1, b"", length=2**63 - 1), 1009),
        (frame(1, b"hello", masked=False), 1002),
        (frame(3, b"what"), 1002),
        (frame(0, b"from nowhere"), 1002),
        (frame(9, b"x" * 126), 1002),
    ],
)
async def test_what_breaks_the_rules_ends_the_conversation(
    start: Start, connect: Connect, sent: bytes, code: int
) -> None:
    async with open_socket(start, connect) as raw:
        await raw.send(sent)
        answer = await raw.rest()
        assert answer[0] == 0x88
        assert struct.unpack("!H", answer[2:4]) == (code,)


async def test_who_says_much_and_reads_nothing_is_not_read_from_either(start: Start, connect: Connect) -> None:
    async with open_socket(start, connect, send_timeout=1.0) as raw:
        raw.writer.transport.pause_reading()  # type: ignore[attr-defined]
        sent = 0

        async def say_much() -> None:
            nonlocal sent
            while sent < 200_000_000:
                await asyncio.wait_for(raw.send(frame(1, b"x" * 60_000)), 20)
                sent += 60_000

        with pytest.raises((ConnectionError, TimeoutError)):
            await say_much()
        assert sent < 100_000_000


@pytest.mark.parametrize(
    ("lines", "status"),
    [
        ("Sec-WebSocket-Version: 13\r\n", 400),
        (f"Sec-WebSocket-Key: {KEY}\r\n", 400),
        (f"Sec-WebSocket-Key: {KEY}\r\nSec-WebSocket-Version: 8\r\n", 400),
        ("Sec-WebSocket-Key: short\r\nSec-WebSocket-Version: 13\r\n", 400),
    ],
)
async def test_half_a_handshake_is_refused(start: Start, connect: Connect, lines: str, status: int) -> None:
    server = await start(echoing)
    raw = await connect(server)
    head = "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade, close\r\n"
    await raw.send(f"{head}{lines}\r\n".encode())
    assert (await raw.until(b"\r\n\r\n")).startswith(f"HTTP/1.1 {status}".encode())


async def test_without_an_offer_it_is_told_what_is_needed(start: Start) -> None:
    server = await start(echoing)
    async with aiohttp.ClientSession() as session, session.get(url(server)) as answer:
        assert answer.status == 426
        assert answer.headers["Upgrade"] == "websocket"


async def test_an_offer_that_nobody_takes_up_is_answered_like_any_request(start: Start) -> None:
    server = await start()
    async with aiohttp.ClientSession() as session:
        with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
            await session.ws_connect(url(server, "ws"))
        assert caught.value.status == 200
        async with session.get(url(server)) as answer:
            assert json.loads(await answer.read())["method"] == "GET"


async def test_who_is_gone_without_a_word_is_noticed(start: Start) -> None:
    over = asyncio.Event()

    async def waiting(messages: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
        try:
            async for message in messages:
                yield message
        finally:
            over.set()

    async def answer(request: Request) -> Reply:
        return Reply(live=Conversation(waiting))

    server = await start(answer)
    host, _, port = server.addresses[0].rpartition(":")
    with socket.create_connection((host, int(port))) as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        loop = asyncio.get_running_loop()
        client.setblocking(False)
        await loop.sock_sendall(client, HANDSHAKE)
        assert (await loop.sock_recv(client, 1000)).startswith(b"HTTP/1.1 101")
        await loop.sock_sendall(client, frame(1, os.urandom(10)))
        await loop.sock_recv(client, 1000)
    await asyncio.wait_for(over.wait(), 10)
