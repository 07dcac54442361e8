"""A small manager interface on a real socket: it lets in whom it knows, answers as told, and notes what came."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from callboard.switches.asterisk.wire import Packet, Stream, challenge_key

SECRET = "s3cret"
CHALLENGE = "471134"
Answer = Callable[[Packet], list[str]]


class Manager:
    """What one test's switch says."""

    def __init__(self) -> None:
        self.heard: list[Packet] = []
        self.answers: dict[str, Answer] = {
            "Challenge": lambda _: [f"Response: Success\r\nChallenge: {CHALLENGE}"],
            "Login": _login,
            "CoreStatus": lambda _: ["Response: Success\r\nCoreStartupDate: 2026-11-21\r\nCoreStartupTime: 07:14:52"],
            "CoreSettings": lambda _: ["Response: Success\r\nAsteriskVersion: 22.10.1"],
            "CoreShowChannels": lambda _: listing("CoreShowChannels"),
            "Status": lambda _: listing("Status"),
            "Hangup": lambda _: ["Response: Success\r\nMessage: Channel Hungup"],
            "Ping": lambda _: ["Response: Success\r\nPing: Pong"],
        }
        self.port = 0
        self._writers: list[asyncio.StreamWriter] = []

    def names(self) -> list[str]:
        """The actions that came, in order."""
        return [packet.get("Action") for packet in self.heard]

    def tell(self, *packets: str) -> None:
        """Send something of its own accord to everyone."""
        for writer in self._writers:
            writer.write("".join(f"{packet}\r\n\r\n" for packet in packets).encode())

    def tells(self, action: str, *packets: str, answer: list[str]) -> None:
        """Send these of its own accord just before it answers that action so."""

        def answered(_: Packet) -> list[str]:
            self.tell(*packets)
            return answer

        self.answers[action] = answered

    def hang_up(self) -> None:
        """Close every connection."""
        for writer in self._writers:
            writer.close()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.append(writer)
        writer.write(b"Asterisk Call Manager/11.0.0\r\n")
        stream = Stream()
        while data := await reader.read(65536):
            for packet in stream.feed(data):
                self.heard.append(packet)
                for answer in self.answers[packet.get("Action")](packet):
                    writer.write(f"{answer}\r\nActionID: {packet.get('ActionID')}\r\n\r\n".encode())
        writer.close()


def _login(packet: Packet) -> list[str]:
    key = challenge_key(CHALLENGE, SECRET)
    if packet.get("Username") == "callboard" and (packet.get("Key") == key or packet.get("Secret") == SECRET):
        return ["Response: Success\r\nMessage: Authentication accepted"]
    return ["Response: Error\r\nMessage: Authentication failed"]


def listing(name: str, *items: str, count: int | None = None) -> list[str]:
    """The packets of a list."""
    size = len(items) if count is None else count
    end = f"Event: {name}Complete\r\nEventList: Complete\r\nListItems: {size}"
    return ["Response: Success\r\nEventList: start", *items, end]


@asynccontextmanager
async def manager(context: ssl.SSLContext | None = None) -> AsyncIterator[Manager]:
    """A switch that listens on a free port."""
    switch = Manager()
    server = await asyncio.start_server(switch.serve, "127.0.0.1", 0, ssl=context)
    switch.port = server.sockets[0].getsockname()[1]
    try:
        yield switch
    finally:
        switch.hang_up()
        server.close()
