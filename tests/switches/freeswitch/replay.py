"""A small server that speaks the event socket's protocol and plays a recorded scene on a real TCP port.

It asks for the login, takes the subscription, sends the scene's events, and answers commands as the real switch did at
that point of the scene. It runs in the test's event loop.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.switches.freeswitch.recording import CHANNELS, FOLDER, bodies, details, subscribed

__all__ = ["PASSWORD", "Replay", "replay"]

PASSWORD = "rigsecret"


class Replay:
    """One switch, for as many clients as come."""

    def __init__(self, scene: str) -> None:
        self.scene = scene
        self.port = 0
        self.core = "f5e62aa6-5eb8-41d1-8585-88bd766ce242"
        self.now = int(json.loads(bodies(scene)[0])["Event-Date-Timestamp"]) / 1e6
        """The time of the scene: that of the event last sent."""
        self.lines: list[str] = []
        """What the clients sent, but for their logins."""
        self.mute = False
        """Whether commands get no answer."""
        self.answers: dict[str, bytes] = {}
        """Answers that are other than the scene has them."""
        self.denied: frozenset[str] = frozenset()
        """Commands that the user may not give."""
        self._lists = [path.read_bytes() for path in sorted((FOLDER / scene).glob("*show_channels_as_json*"))]
        self._lists_played = 0
        self._over = False
        self._next = 0
        self._subscribers: set[asyncio.StreamWriter] = set()
        self._writers: set[asyncio.StreamWriter] = set()
        self._clients: set[asyncio.Task[None] | None] = set()

    def clock(self) -> float:
        """The time of the scene."""
        return self.now

    async def play(self, lists: int | None = None, *, pace: float = 0.0) -> None:
        """Send what comes next to who subscribed: up to and with the `lists`th list that was taken, or to the end.

        With a `pace` of 1.0 it takes as long as it took, with 0.0 no time at all.
        """
        while self._next < len(bodies(self.scene)) and self._lists_played != lists:
            body = bodies(self.scene)[self._next]
            self._next += 1
            at = int(json.loads(body)["Event-Date-Timestamp"]) / 1e6
            await asyncio.sleep(max(0.0, at - self.now) * pace)
            self.now = max(self.now, at)
            if f'"API-Command-Argument":"{CHANNELS}"'.encode() in body:
                self._lists_played += 1
            elif subscribed(body):
                self.send(body)
        self._over = self._next == len(bodies(self.scene))

    def send(self, body: bytes) -> None:
        """Send an event to who subscribed."""
        self.send_raw(b"Content-Length: %d\nContent-Type: text/event-json\n\n%s" % (len(body), body))

    def send_raw(self, data: bytes) -> None:
        """Send bytes to who subscribed."""
        for writer in self._subscribers:
            writer.write(data)

    def cut(self) -> None:
        """Break all connections."""
        for writer in self._writers:
            writer.transport.abort()

    async def end(self) -> None:
        """Break all connections, and wait until they are gone."""
        self.cut()
        await asyncio.gather(*(client for client in self._clients if client))

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One client."""
        self._writers.add(writer)
        self._clients.add(asyncio.current_task())
        try:
            writer.write(b"Content-Type: auth/request\n\n")
            while line := (await reader.readuntil(b"\n\n")).decode().strip():
                if self._reply(line, writer):
                    break
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            self._writers.discard(writer)
            self._subscribers.discard(writer)
            writer.close()

    def _reply(self, line: str, writer: asyncio.StreamWriter) -> bool:
        """Answer a line; whether that was the last."""
        verb, _, rest = line.partition(" ")
        if verb in ("auth", "userauth"):
            welcome = rest in (PASSWORD, f"callboard@example.org:{PASSWORD}")
            writer.write(reply("+OK accepted" if welcome else "-ERR invalid"))
            return not welcome
        self.lines.append(line)
        if self.mute:
            return False
        if verb == "event":
            self._subscribers.add(writer)
            writer.write(reply("+OK event listener enabled json"))
        elif verb == "api" and rest.partition(" ")[0] in self.denied:
            writer.write(reply("-ERR permission denied"))
        elif verb == "api":
            writer.write(self._api(rest))
        else:
            writer.write(reply("+OK bye"))
        return verb == "exit"

    def _api(self, command: str) -> bytes:
        verb, _, rest = command.partition(" ")
        if command in self.answers:
            return body_of(self.answers[command])
        if command == f"show {CHANNELS}":
            return self._list()
        if command == "global_getvar core_uuid":
            return body_of(self.core.encode())
        if command == "strmicroepoch":
            return body_of(b"%d" % int(self.now * 1e6))
        channels = details(self.scene, max(0, self._lists_played - 1))
        uuid = rest.split(" ")[0]
        match verb:
            case "uuid_exists":
                return body_of(b"true" if uuid.encode() in self._list() else b"false")
            case "uuid_dump":
                return body_of(channels.get(uuid, b"-ERR No such channel!\n"))
            case "uuid_kill":
                return body_of(b"+OK\n" if uuid.encode() in self._list() else b"-ERR No such channel!\n")
        return body_of(f"-ERR {verb} Command not found!\n".encode())

    def _list(self) -> bytes:
        """The list that was taken last; before the first and after the scene there is nothing to list."""
        if self._lists_played == 0 or self._over:
            return body_of(b'{"row_count": 0}\n')
        return self._lists[self._lists_played - 1]


def reply(words: str) -> bytes:
    """The reply to a command."""
    return f"Content-Type: command/reply\nReply-Text: {words}\n\n".encode()


def body_of(text: bytes) -> bytes:
    """The answer to an `api` command."""
    return b"Content-Type: api/response\nContent-Length: %d\n\n%s" % (len(text), text)


@asynccontextmanager
async def replay(scene: str) -> AsyncIterator[Replay]:
    """The server on a free port of loopback."""
    switch = Replay(scene)
    server = await asyncio.start_server(switch.serve, "127.0.0.1", 0)
    switch.port = server.sockets[0].getsockname()[1]
    try:
        yield switch
    finally:
        server.close()
        await switch.end()
        await server.wait_closed()
