"""A running HTTP server on a free port, and raw sockets to it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager

import msgspec
import pytest

from callboard.http.routing import Router
from callboard.http.server import HttpServer
from callboard.http.settings import HttpSettings
from callboard.http.values import Handler, Reply, Request

Start = Callable[..., Awaitable[HttpServer]]
"""`await start(handler, **settings)`: a server on a free port of loopback, where the handler answers at every path."""


async def echo(request: Request) -> Reply:
    """What came, as JSON."""
    seen = {name: getattr(request, name) for name in ("method", "path", "target", "client")}
    seen |= {"query": request.query.decode(), "headers": dict(request.headers), "body": request.body.decode()}
    return Reply(content_type="application/json", body=msgspec.json.encode(seen))


@asynccontextmanager
async def serving(handler: Handler, **settings: object) -> AsyncIterator[HttpServer]:
    router = Router()
    router.add("/*", handler)
    server = HttpServer(router.answer, msgspec.convert({"listen": ["127.0.0.1:0"], **settings}, HttpSettings))
    await server.start()
    try:
        yield server
    finally:
        await server.stop()


@pytest.fixture
async def start() -> AsyncIterator[Start]:
    async with AsyncExitStack() as stack:

        async def begin(handler: Handler = echo, **settings: object) -> HttpServer:
            return await stack.enter_async_context(serving(handler, **settings))

        yield begin


class Raw:
    """A TCP connection to a server, for what no HTTP client would send."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def rest(self) -> bytes:
        """All that comes until the server closes."""
        return await asyncio.wait_for(self.reader.read(), 20)

    async def until(self, mark: bytes) -> bytes:
        return await asyncio.wait_for(self.reader.readuntil(mark), 20)

    async def close(self) -> None:
        self.writer.close()
        try:
            await self.writer.wait_closed()
        except ConnectionError:
            return


Connect = Callable[[HttpServer], Awaitable[Raw]]


@pytest.fixture
async def connect() -> AsyncIterator[Connect]:
    opened: list[Raw] = []

    async def open_to(server: HttpServer) -> Raw:
        host, _, port = server.addresses[0].rpartition(":")
        raw = Raw(*await asyncio.open_connection(host, int(port)))
        opened.append(raw)
        return raw

    yield open_to
    for raw in opened:
        await raw.close()
