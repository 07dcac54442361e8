"""A little HTTP server that answers JSON-RPC by method, on a real socket."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import msgspec

Body = bytes | int | tuple[int, bytes] | None
"""A body, an HTTP status without one or with one of JSON, or None: no answer at all."""
Answer = Body | Callable[[dict[str, object] | list[object]], Body]


class RpcServer:
    """Answers `answers[method]`; `asked` is every method and its parameters, in order."""

    def __init__(self, answers: dict[str, Answer]) -> None:
        self.answers = answers
        self.asked: list[tuple[str, object]] = []
        self.headers: list[str] = []
        self.name = "a server"
        """What it calls itself."""
        self.port = 0
        self._clients: dict[asyncio.Task[None] | None, asyncio.StreamWriter] = {}

    def methods(self) -> list[str]:
        """What was asked, in order."""
        return [method for method, _ in self.asked]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        self._clients[asyncio.current_task()] = writer
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("ascii")
                self.headers.append(head)
                length = next(int(line[15:]) for line in head.lower().split("\r\n") if line[:15] == "content-length:")
                answer = self._answer(await reader.readexactly(length))
                if answer is None:
                    await reader.read()
                    return
                status, body = _parts(answer)
                kind = b"application/json" if body else b"text/html"
                head_of = b"HTTP/1.1 %d Words\r\nServer: %s\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n"
                writer.write(head_of % (status, self.name.encode(), kind, len(body)) + body)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def end(self) -> None:
        """Break all connections, and wait until they are gone."""
        for writer in self._clients.values():
            writer.transport.abort()
        await asyncio.gather(*(task for task in self._clients if task))

    def _answer(self, question: bytes) -> Body:
        message = msgspec.json.decode(question, type=dict[str, object])
        method, params = str(message["method"]), message.get("params", [])
        self.asked.append((method, params))
        answer = self.answers.get(method, 404)
        return answer(params) if callable(answer) else answer  # type: ignore[arg-type]


def _parts(answer: bytes | int | tuple[int, bytes]) -> tuple[int, bytes]:
    match answer:
        case int():
            return answer, b""
        case bytes():
            return 200, answer
    return answer


@asynccontextmanager
async def serving(answers: dict[str, Answer]) -> AsyncIterator[RpcServer]:
    """Such a server on a free port of the loopback."""
    rpc = RpcServer(answers)
    server = await asyncio.start_server(rpc.serve, "127.0.0.1", 0)
    rpc.port = server.sockets[0].getsockname()[1]
    try:
        yield rpc
    finally:
        server.close()
        await rpc.end()


async def until(condition: Callable[[], object]) -> None:
    """Wait for a condition; a failure after half a minute."""
    async with asyncio.timeout(30):
        while not condition():  # noqa: ASYNC110  what is waited for has no event of its own
            await asyncio.sleep(0.01)
