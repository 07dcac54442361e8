"""A Kamailio that is none: it tells of as many calls a second as are wished for, and knows exactly which are up.

It speaks what a real one speaks to the link: events as netstrings on a TCP connection, and JSON-RPC over HTTP for the
list and to end a call. The shape of both is that of the recordings in `tests/wire/kamailio-5.6.3`: some 970 bytes of
events and 600 of a list for each call.
"""

import asyncio
import random
import time
from collections import deque
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from itertools import islice
from typing import NamedTuple

import msgspec

__all__ = ["ACCOUNTS", "CONNECTIONS", "CUSTOMERS", "PREFIXES", "Dialled", "Proxy", "document", "proxying"]

TICK = 0.02
RING, ANSWER = 0.2, 1.0
"""Seconds from the beginning of a call until it rings, and until it is answered or refused."""
TOGETHER = 500
"""Calls that are told of at once where there is no hurry."""
REFUSED = 10
"""One call in so many is refused."""
UNTOLD = 3
"""One in so many of those that are ended by RPC is gone without a word, as with the real one."""
CUSTOMERS, ACCOUNTS, CONNECTIONS = 200, 2_000, 50
PREFIXES = ("44207", "33142", "49305", "12125", "63917")

_EVENT = (
    '{"event":"%s","callid":"%s","from_uri":"sip:u%d@127.0.0.1:5060","to_uri":"sip:%s@127.0.0.1:5260",%s'
    '"from_tag":"t%d","h_entry":%d,"h_id":%d,"state":%d,"account":"%d","trunk_out":"trunk %d","ts":%d}'
)
_LISTED = (
    '{"h_entry":%d,"h_id":%d,"ref":2,"call-id":"%s","from_uri":"sip:u%d@127.0.0.1:5060",'
    '"to_uri":"sip:%s@127.0.0.1:5260","state":%d,"start_ts":%d,"init_ts":%d,"end_ts":0,"duration":%d,"timeout":0,'
    '"lifetime":86400,"dflags":1667,"sflags":0,"iflags":0,"caller":{"tag":"t%d","contact":"sip:u%d@127.0.0.1:5060",'
    '"cseq":"1","route_set":"","socket":"udp:127.0.0.1:5260"},"callee":{"tag":"","contact":"","cseq":"0",'
    '"route_set":"","socket":"udp:127.0.0.1:5260"},"profiles":["all"],'
    '"variables":[{"account":"%d"},{"trunk_out":"trunk %d"}]}'
)
_CREATED, _EARLY, _STARTED, _OVER = 1, 2, 4, 5


def document() -> dict[str, list[dict[str, object]]]:
    """The directory that these calls belong to."""
    customers = [{"id": n, "name": f"Customer {n}"} | ({"parent": 1} if n > 1 else {}) for n in range(1, CUSTOMERS + 1)]
    return {
        "customers": customers,
        "accounts": [{"id": n, "customer": n % CUSTOMERS + 1, "sip_user": f"u{n}"} for n in range(1, ACCOUNTS + 1)],
        "vendors": [{"id": 1, "name": "Vendor"}],
        "connections": [
            {"id": n, "vendor": 1, "name": f"trunk {n}", "address": f"192.0.2.{n}:5060"}
            for n in range(1, CONNECTIONS + 1)
        ],
    }


class Dialled(NamedTuple):
    """A call as it begins."""

    number: int
    account: int
    trunk: int
    callee: str
    began: float

    @property
    def sip_call_id(self) -> str:
        return f"{self.number}-bench@127.0.0.1"

    @property
    def place(self) -> tuple[int, int]:
        """Where it stands in the switch's table, and its number there."""
        return self.number % 4096, self.number


class Proxy:
    """The calls that are up, and what is told of them. `talk` is how long an answered one lasts, seconds."""

    def __init__(self, talk: float, seed: int = 7) -> None:
        self.up: dict[int, int] = {}
        """The state of each call that is not over, by its number."""
        self.begun = self.ended = self.killed = self.lists = 0
        self.held_up = 0.0
        """Seconds that we could not tell anything, because the link had not read what was told before."""
        self.events = self.rpc = 0
        """Ports."""
        self._talk = talk
        self._dice = random.Random(seed)
        self._calls: dict[int, Dialled] = {}
        self._ringing: deque[Dialled] = deque()
        self._answering: deque[Dialled] = deque()
        self._talking: deque[Dialled] = deque()
        self._listeners: set[asyncio.StreamWriter] = set()
        self._since = time.ctime()

    def account_of(self, number: int) -> int:
        """Whose a call is that is up."""
        return self._calls[number].account

    async def fill(self, calls: int) -> None:
        """So many come, are answered at once, and stay."""
        for at in range(0, calls, TOGETHER):
            lines: list[bytes] = []
            for _ in range(min(TOGETHER, calls - at)):
                call = self._dial(time.time())
                self.up[call.number] = _STARTED
                lines += (_event(call, "created", _CREATED, '"method":"INVITE",'), _event(call, "start", 3, ""))
            await self._say(lines)

    def calls(self) -> Iterator[Dialled]:
        """Those that are not over."""
        return (self._calls[number] for number in self.up)

    async def run(self, rate: float, seconds: float) -> None:
        """So many new calls a second, and as many ends. What the machine and the link allow sets the pace."""
        begin = now = time.time()
        told = 0
        while now < begin + seconds:
            wanted = int((now - begin) * rate)
            lines = [self._begin(now) for _ in range(min(wanted - told, int(rate * 0.5) + 1))]
            # What could not be told in time is not made up for at once: that would be a burst that nobody asked for.
            told = wanted if wanted - told > rate else told + len(lines)
            await self._say(lines + list(islice(self._go_on(now), 4 + int(8 * rate * TICK))))
            await asyncio.sleep(max(0.0, TICK - (time.time() - now)))
            now = time.time()

    async def settle(self, seconds: float) -> None:
        """No new calls; those that are under way come to be answered or refused, and nobody hangs up."""
        until = time.time() + seconds
        while (now := time.time()) < until:
            await self._say(list(self._reach(now)))
            await asyncio.sleep(TICK)

    def kill(self, number: int) -> bool:
        """End a call that is answered, as by RPC: its end is told, or not. False if there is none."""
        if self.up.get(number) != _STARTED:
            return False
        line = self._end(self._calls[number], "end")
        self.killed += 1
        if self.killed % UNTOLD:
            for writer in self._listeners:
                writer.write(line)
        return True

    # --- what happens ------------------------------------------------------------------------------------------------

    def _dial(self, now: float) -> Dialled:
        self.begun += 1
        dice, number = self._dice, self.begun
        callee = f"{dice.choice(PREFIXES)}{dice.randrange(10**7):07}"
        call = Dialled(number, dice.randint(1, ACCOUNTS), dice.randint(1, CONNECTIONS), callee, now)
        self._calls[number] = call
        return call

    def _begin(self, now: float) -> bytes:
        call = self._dial(now)
        self.up[call.number] = _CREATED
        self._ringing.append(call)
        return _event(call, "created", _CREATED, '"method":"INVITE",')

    def _go_on(self, now: float) -> Iterator[bytes]:
        yield from self._reach(now)
        while self._talking and self._talking[0].began <= now - ANSWER - self._talk:
            call = self._talking.popleft()
            if call.number in self.up:
                yield self._end(call, "end")

    def _reach(self, now: float) -> Iterator[bytes]:
        """Those that began ring; those that ring are answered, or refused."""
        while self._ringing and self._ringing[0].began <= now - RING:
            call = self._ringing.popleft()
            self.up[call.number] = _EARLY
            self._answering.append(call)
            yield _event(call, "early", _CREATED, '"status":180,')
        while self._answering and self._answering[0].began <= now - ANSWER:
            call = self._answering.popleft()
            if call.number % REFUSED == 0:
                yield self._end(call, "failed", '"status":486,')
            else:
                self.up[call.number] = _STARTED
                self._talking.append(call)
                yield _event(call, "start", 3, "")

    def _end(self, call: Dialled, event: str, more: str = "") -> bytes:
        del self.up[call.number], self._calls[call.number]
        self.ended += 1
        return _event(call, event, _OVER, more)

    async def _say(self, lines: list[bytes]) -> None:
        """Tell all who listen; a link that reads more slowly than we tell holds us up."""
        data, began = b"".join(lines), time.monotonic()
        for writer in tuple(self._listeners):
            writer.write(data)
            await writer.drain()
        self.held_up += time.monotonic() - began

    # --- what it is asked --------------------------------------------------------------------------------------------

    async def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Someone listens for events."""
        self._listeners.add(writer)
        try:
            await reader.read()
        except ConnectionError:
            pass
        finally:
            self._listeners.discard(writer)
            writer.close()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Someone asks by RPC."""
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).lower()
                length = int(head.partition(b"content-length:")[2].partition(b"\r\n")[0])
                body = self._answer(msgspec.json.decode(await reader.readexactly(length)))
                kind = b"Server: kamailio (5.6.3 (x86_64/linux))\r\nContent-Type: application/json\r\n"
                writer.write(b"HTTP/1.1 200 OK\r\n%sContent-Length: %d\r\n\r\n" % (kind, len(body)))
                writer.write(body)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    def _answer(self, question: dict[str, object]) -> bytes:
        match question:
            case {"method": "dlg.list"}:
                self.lists += 1
                result = b"[" + ",".join(map(self._listed, self.calls())).encode() + b"]"
            case {"method": "core.uptime"}:
                result = msgspec.json.encode({"up_since": self._since, "uptime": 1, "now": time.ctime()})
            case {"method": "dlg.stats_active"}:
                result = b'{"starting":0,"connecting":0,"answering":0,"ongoing":0,"all":%d}' % len(self.up)
            case {"method": "dlg.end_dlg", "params": [int(), int(number)]} if self.kill(number):
                result = b"{}"
            case _:
                return b'{"jsonrpc":"2.0","error":{"code":404,"message":"Dialog not found"},"id":1}'
        return b'{"jsonrpc":"2.0","result":%s,"id":1}' % result

    def _listed(self, call: Dialled) -> str:
        state, now = self.up[call.number], int(time.time())
        start = int(call.began) if state == _STARTED else 0
        return _LISTED % (
            *(*call.place, call.sip_call_id, call.account, call.callee, state, start, int(call.began)),
            *(now - start if start else 0, call.number, call.account, call.account, call.trunk),
        )


def _event(call: Dialled, event: str, state: int, more: str) -> bytes:
    """As a netstring."""
    text = _EVENT % (
        *(event, call.sip_call_id, call.account, call.callee, more, call.number, *call.place),
        *(state, call.account, call.trunk, int(call.began)),
    )
    return b"%d:%s," % (len(text), text.encode())


@asynccontextmanager
async def proxying(proxy: Proxy) -> AsyncIterator[Proxy]:
    """It listens on free ports of loopback as long as the block lasts."""
    events = await asyncio.start_server(proxy.accept, "127.0.0.1", 0)
    rpc = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    proxy.events, proxy.rpc = (server.sockets[0].getsockname()[1] for server in (events, rpc))
    try:
        yield proxy
    finally:
        events.close()
        rpc.close()
