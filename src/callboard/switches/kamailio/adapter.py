"""The link to a Kamailio: questions and orders by HTTP, events by a TCP connection to its module evapi."""

import asyncio
import socket
import time
from collections.abc import Callable
from contextlib import suppress

from callboard.calls.commands import Answered, Command, nobody_asks
from callboard.calls.events import SwitchListed
from callboard.directory.trusted import split_address
from callboard.switches.dialogs.jsonrpc import FaultError, MalformedError
from callboard.switches.dialogs.link import Clock, ProxyLink, Resync
from callboard.switches.dialogs.rpc import RpcTimeoutError
from callboard.switches.gate import Tell
from callboard.switches.kamailio import wire
from callboard.switches.kamailio.settings import KamailioSettings
from callboard.switches.kamailio.translate import LIST, STATISTICS, UPTIME, RefusedError, Translator
from callboard.switches.link import Link, LinkError
from callboard.switches.portions import by_portions, dropped

__all__ = ["KamailioLink", "links"]

WAIT = 0.75
"""Part of the time for a list in which it must come; in the rest it is asked why it did not."""

_READ = 32_768
"""Bytes of events that are taken in before others of the event loop have their turn."""
_KEEPALIVE = ((socket.TCP_KEEPIDLE, 10), (socket.TCP_KEEPINTVL, 5), (socket.TCP_KEEPCNT, 3))
"""evapi has no sign of life, so the system probes: a Kamailio that vanished is found in 25 s."""


def links(settings: KamailioSettings, resync: Resync, clock: Clock = time.time) -> Callable[[Tell], Link]:
    """What makes the links to one Kamailio, each for one try, which share what is known of its dialogs."""
    translator = Translator(settings.name, trust_from=settings.trust_from)
    return lambda tell: KamailioLink(settings, translator, tell, resync, clock)


class KamailioLink(ProxyLink):
    """One try. See `callboard.switches.link.Link`."""

    what = "Kamailio"
    tells_our_ends = False

    def __init__(
        self, settings: KamailioSettings, translator: Translator, tell: Tell, resync: Resync, clock: Clock = time.time
    ) -> None:
        super().__init__(settings, translator.memory, tell, resync, clock)
        self._settings = settings
        self._translator = translator
        self._writer: asyncio.StreamWriter | None = None
        self.malformed = 0
        """Events and entries of lists that could not be read."""

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
        settings = self._settings
        # What is left of the time is for the question why none came.
        patience = max(settings.list_timeout - settings.answer_timeout, settings.answer_timeout)
        try:
            body = await self._rpc.ask(LIST, patience)
        except RpcTimeoutError as error:
            raise await self._too_large(error) from None
        heard_at = self._clock()
        try:
            dialogs, unread = await by_portions(wire.read_dialogs(body))
        except (FaultError, MalformedError) as error:
            raise self.explained(error) from None
        self.malformed += unread
        work = self._translator.listed(dialogs, asked_at, heard_at, complete=not unread)
        events, listed = await by_portions(work)
        for event in events:
            self._tell(event)
        await by_portions(dropped(dialogs))
        return listed

    def send(self, command: Command, answered: Answered = nobody_asks) -> str | None:
        """Have a call ended. Only one that is answered can be."""
        if self._writer is None or self._lost.done():
            return f"the link to the switch {self._settings.name} is down"
        try:
            body = self._translator.hang_up(command)
        except RefusedError as error:
            return str(error)
        self._start(self._hang_up(command.call.native, body, answered))
        return None

    async def close(self) -> None:
        """Give both connections up."""
        try:
            await self._end_tasks()
            if self._writer is not None:
                self._writer.close()
                with suppress(OSError):
                    await self._writer.wait_closed()
        finally:
            await self._rpc.close()

    # --- inside --------------------------------------------------------------------------------------------------

    def explained(self, error: FaultError | MalformedError) -> LinkError:
        """An answer that is none, for people."""
        words = f"Kamailio answered: {error}"
        if isinstance(error, MalformedError):
            return LinkError(words, "correct `rpc`: it must lead to jsonrpc_dispatch() of the module jsonrpcs")
        if error.message == "Method Not Found":
            return LinkError(words, "load the modules dialog.so and kex.so in Kamailio's script", lasting=True)
        return LinkError(words)

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
                await asyncio.sleep(0)  # what waits here already is read without a pause
        except OSError as error:
            why = LinkError(f"the connection for events to {self._settings.events} broke ({error})")
        self._lose(why)

    def _heard(self, message: bytes) -> None:
        try:
            pushed = wire.read_event(message)
        except MalformedError:
            self.malformed += 1
            return
        for event in self._translator.event(pushed, self._clock()):
            self._tell(event)


def _probe(writer: asyncio.StreamWriter) -> None:
    connection = writer.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option, value in _KEEPALIVE:
        connection.setsockopt(socket.IPPROTO_TCP, option, value)
