"""The link to a Kamailio: questions and orders by HTTP, events by a TCP connection to its module evapi."""

import asyncio
import logging
import socket
import time
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import TypeVar

import msgspec

from callboard.calls.commands import Command
from callboard.calls.events import Event, SwitchListed
from callboard.directory.trusted import split_address
from callboard.switches.dialogs.jsonrpc import FaultError, MalformedError, read_result
from callboard.switches.dialogs.rpc import Rpc, RpcTimeoutError
from callboard.switches.kamailio import wire
from callboard.switches.kamailio.settings import KamailioSettings
from callboard.switches.kamailio.translate import LIST, STATISTICS, UPTIME, RefusedError, Translator
from callboard.switches.link import Link, LinkError

__all__ = ["KILL_CHECK", "KamailioLink", "links"]

KILL_CHECK = 2.0
"""Seconds after which it is asked once more whether a call that we ended is gone: time for both BYEs and a repeat."""

_READ = 65_536
_KEEPALIVE = ((socket.TCP_KEEPIDLE, 10), (socket.TCP_KEEPINTVL, 5), (socket.TCP_KEEPCNT, 3))
"""evapi has no sign of life, so the system probes: a Kamailio that vanished is found in 25 s."""

_log = logging.getLogger(__name__)

Value = TypeVar("Value")


def links(
    settings: KamailioSettings,
    tell: Callable[[Event], None],
    resync: Callable[[str], None],
    clock: Callable[[], float] = time.time,
) -> Callable[[], Link]:
    """What makes the links to one Kamailio, each for one try.

    `tell` takes events; `resync`, with a reason, asks for a full list out of turn.
    """
    translator = Translator(settings.name, trust_from=settings.trust_from)
    return lambda: KamailioLink(settings, translator, tell, resync, clock)


class KamailioLink:
    """One try. See `callboard.switches.link.Link`."""

    def __init__(
        self,
        settings: KamailioSettings,
        translator: Translator,
        tell: Callable[[Event], None],
        resync: Callable[[str], None],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._settings = settings
        self._translator = translator
        self._tell = tell
        self._resync = resync
        self._clock = clock
        self._rpc = Rpc(
            "Kamailio",
            settings.rpc,
            user=settings.user,
            password=settings.password,
            ca=settings.ca,
            connect=settings.connect_timeout,
        )
        self._instance = ""
        self._writer: asyncio.StreamWriter | None = None
        self._lost: asyncio.Future[LinkError] = asyncio.get_running_loop().create_future()
        self._tasks: set[asyncio.Task[None]] = set()
        self.malformed = 0
        """Events and entries of lists that could not be read."""

    @property
    def instance(self) -> str:
        """Since when this Kamailio runs, in its own words."""
        return self._instance

    async def open(self) -> None:
        """Listen first, then ask who it is: a Kamailio that restarts in between closes the connection for events."""
        host, port = split_address(self._settings.events)
        try:
            async with asyncio.timeout(self._settings.connect_timeout):
                reader, self._writer = await asyncio.open_connection(host, port)
        except OSError as error:
            words = f"no connection for events to {self._settings.events} ({error or 'no answer'})"
            fix = "load evapi.so and give `bind_addr` in Kamailio's script, or correct `events`"
            raise LinkError(words, fix) from None
        _probe(self._writer)
        self._start(self._listen(reader))
        uptime = await self._ask(UPTIME, wire.UPTIME)
        self._instance = uptime.up_since

    async def list(self) -> SwitchListed:
        """All its dialogs. One entry that cannot be read makes the list incomplete."""
        asked_at = self._clock()
        try:
            body = await self._rpc.ask(LIST, self._settings.list_timeout)
        except RpcTimeoutError as error:
            raise await self._too_large(error) from None
        try:
            dialogs, unread = wire.read_dialogs(body)
        except (FaultError, MalformedError) as error:
            raise _explained(error) from None
        self.malformed += unread
        events, listed = self._translator.listed(dialogs, asked_at, self._clock(), complete=not unread)
        for event in events:
            self._tell(event)
        return listed

    async def lost(self) -> LinkError:
        """Wait until the connection for events is lost."""
        return await asyncio.shield(self._lost)

    def send(self, command: Command) -> str | None:
        """Have a call ended. Only one that is answered can be."""
        if self._writer is None or self._lost.done():
            return f"the link to the switch {self._settings.name} is down"
        try:
            body = self._translator.hang_up(command)
        except RefusedError as error:
            return str(error)
        self._start(self._hang_up(command.call.native, body))
        return None

    async def close(self) -> None:
        """Give both connections up."""
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._writer is not None:
            self._writer.close()
            with suppress(OSError):
                await self._writer.wait_closed()
        await self._rpc.close()

    # --- inside --------------------------------------------------------------------------------------------------

    def _start(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _ask(self, body: bytes, decoder: msgspec.json.Decoder[Value]) -> Value:
        answer = await self._rpc.ask(body, self._settings.answer_timeout)
        try:
            return read_result(answer, decoder)
        except (FaultError, MalformedError) as error:
            raise _explained(error) from None

    async def _too_large(self, error: RpcTimeoutError) -> LinkError:
        """Kamailio leaves a list unanswered that does not fit in its memory: say so, with the number of dialogs."""
        try:
            count = str((await self._ask(STATISTICS, wire.STATISTICS)).all)
        except LinkError:
            return error
        fix = "start Kamailio with more private memory (-M 64) and raise tcp_conn_wq_max and tcp_wq_max in its script"
        return LinkError(f"{error.cause}; it has {count} dialogs, and a list that outgrows its memory never comes", fix)

    async def _listen(self, reader: asyncio.StreamReader) -> None:
        netstrings = wire.Netstrings()
        why = LinkError(
            f"Kamailio closed the connection for events at {self._settings.events}",
            "if it does so at once, raise `max_clients` of evapi in its script",
        )
        try:
            while data := await reader.read(_READ):
                for message in netstrings.feed(data):
                    self._heard(message)
                if netstrings.broken:
                    fix = 'write modparam("evapi", "netstring_format", 1) in Kamailio\'s script'
                    why = LinkError(f"{self._settings.events} sent {netstrings.broken}", fix, lasting=True)
                    break
        except OSError as error:
            why = LinkError(f"the connection for events to {self._settings.events} broke ({error})")
        if not self._lost.done():
            self._lost.set_result(why)

    def _heard(self, message: bytes) -> None:
        try:
            pushed = wire.read_event(message)
        except MalformedError:
            self.malformed += 1
            return
        for event in self._translator.event(pushed, self._clock()):
            self._tell(event)

    async def _hang_up(self, native: str, body: bytes) -> None:
        """Kamailio often does not tell the end of a call that it was told to end, so the list is asked."""
        name, memory = self._settings.name, self._translator.memory
        memory.ordered(native, self._clock())
        try:
            await self._ask(body, wire.ANYTHING)
        except LinkError as error:
            memory.spared(native)
            _log.warning("switch %s did not end dialog %s: %s", name, native, error)
        else:
            for event in memory.ending(native, self._clock()):
                self._tell(event)
        self._resync(f"dialog {native} was to be ended")
        await asyncio.sleep(KILL_CHECK)
        if native in memory:
            self._resync(f"dialog {native} was to be ended, and is still there")


def _explained(error: FaultError | MalformedError) -> LinkError:
    words = f"Kamailio answered: {error}"
    if isinstance(error, MalformedError):
        return LinkError(words, "correct `rpc`: it must lead to jsonrpc_dispatch() of the module jsonrpcs")
    if error.message == "Method Not Found":
        return LinkError(words, "load the modules dialog.so and kex.so in Kamailio's script")
    return LinkError(words)


def _probe(writer: asyncio.StreamWriter) -> None:
    connection = writer.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option, value in _KEEPALIVE:
        connection.setsockopt(socket.IPPROTO_TCP, option, value)
