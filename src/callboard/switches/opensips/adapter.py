"""The link to an OpenSIPS: questions and orders by HTTP, events by datagrams that it is asked to send."""

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import TypeVar
from urllib.parse import urlsplit

import msgspec

from callboard.calls.commands import Command
from callboard.calls.events import Event, SwitchListed
from callboard.switches.dialogs.jsonrpc import FaultError, MalformedError, read_result
from callboard.switches.dialogs.rpc import Rpc
from callboard.switches.link import Link, LinkError
from callboard.switches.opensips import wire
from callboard.switches.opensips.settings import OpensipsSettings
from callboard.switches.opensips.translate import UPTIME, Pages, Translator, subscription

__all__ = ["KILL_CHECK", "LIST_TRIES", "MAX_ASKING", "RENEWALS", "OpensipsLink", "links"]

KILL_CHECK = 2.0
"""Seconds after which it is asked whether a call that we ended is gone: time for both BYEs and a repeat."""
LIST_TRIES = 3
"""So often a list is begun anew because calls left while it was read; then it stays incomplete."""
RENEWALS = 3
"""So often a subscription is renewed in its time, so that a late one does no harm. Each renewal is a probe, too."""
MAX_ASKING = 32
"""Dialogs that are asked about at once. Beyond that a full list is asked for instead."""

_log = logging.getLogger(__name__)

Value = TypeVar("Value")


def links(
    settings: OpensipsSettings,
    tell: Callable[[Event], None],
    resync: Callable[[str], None],
    clock: Callable[[], float] = time.time,
) -> Callable[[], Link]:
    """What makes the links to one OpenSIPS, each for one try.

    `tell` takes events; `resync`, with a reason, asks for a full list out of turn.
    """
    translator = Translator(settings.name, trust_from=settings.trust_from)
    return lambda: OpensipsLink(settings, translator, tell, resync, clock)


class OpensipsLink(asyncio.DatagramProtocol):
    """One try. See `callboard.switches.link.Link`."""

    def __init__(
        self,
        settings: OpensipsSettings,
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
            "OpenSIPS",
            settings.rpc,
            user=settings.user,
            password=settings.password,
            ca=settings.ca,
            connect=settings.connect_timeout,
        )
        self._instance = ""
        self._transport: asyncio.DatagramTransport | None = None
        self._sources: frozenset[str] = frozenset()
        self._lost: asyncio.Future[LinkError] = asyncio.get_running_loop().create_future()
        self._tasks: set[asyncio.Task[None]] = set()
        self._asking = 0
        self.malformed = 0
        """Datagrams that could not be read."""
        self.strangers = 0
        """Datagrams that came from elsewhere."""

    @property
    def instance(self) -> str:
        """Since when this OpenSIPS runs, in its own words."""
        return self._instance

    async def open(self) -> None:
        """Listen, have events sent here, and ask who it is."""
        loop = asyncio.get_running_loop()
        host, port = self._settings.listen.rsplit(":", 1)
        try:
            self._sources = await self._addresses()
            address = (host.strip("[]"), int(port))
            self._transport, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=address)
        except OSError as error:
            words = f"cannot listen for events on {self._settings.listen} ({error})"
            raise LinkError(words, "correct `listen`, and the host in `rpc`") from None
        await self._renew()
        self._start(self._keep())

    async def _addresses(self) -> frozenset[str]:
        host = urlsplit(self._settings.rpc).hostname or ""
        found = await asyncio.get_running_loop().getaddrinfo(host, None)
        return frozenset(str(entry[4][0]) for entry in found)

    async def list(self) -> SwitchListed:
        """All its dialogs, page by page; anew if calls left meanwhile, so that some may have been passed over."""
        asked_at, pages = self._clock(), Pages(self._settings.page)
        for _ in range(LIST_TRIES):
            asked_at, pages = self._clock(), Pages(self._settings.page)
            while not pages.done:
                pages.take((await self._ask(pages.question(), wire.PAGE)).dialogs)
            if pages.complete:
                break
        events, listed = self._translator.listed(pages.dialogs, asked_at, complete=pages.complete)
        for event in events:
            self._tell(event)
        return listed

    async def lost(self) -> LinkError:
        """Wait until it answers no more, or is another one."""
        return await asyncio.shield(self._lost)

    def send(self, command: Command) -> str | None:
        """Have a call ended."""
        if self._transport is None or self._lost.done():
            return f"the link to the switch {self._settings.name} is down"
        try:
            body = self._translator.hang_up(command)
        except ValueError as error:
            return str(error)
        self._start(self._hang_up(command.call.native, body))
        return None

    async def close(self) -> None:
        """Want no more events, and give the connections up."""
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._transport is not None:
            if not self._lost.done():
                with suppress(LinkError):
                    await self._ask(subscription(self._address(), 0), wire.ANYTHING)
            self._transport.close()
        await self._rpc.close()

    # --- datagrams -----------------------------------------------------------------------------------------------

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """An event, it may be."""
        if addr[0] not in self._sources:
            self.strangers += 1
            return
        try:
            changed = wire.read_event(data)
        except MalformedError:
            self.malformed += 1
            return
        if changed is None:
            return
        known = changed.id in self._translator.memory
        for event in self._translator.event(changed, self._clock()):
            self._tell(event)
        if not known and changed.id in self._translator.memory:
            self._ask_about(changed)

    def _ask_about(self, changed: wire.Changed) -> None:
        """Who talks to whom in a dialog that is new stands in no event."""
        try:
            body = self._translator.details(changed)
        except ValueError:
            self.malformed += 1
            return
        if self._asking >= MAX_ASKING:
            self._resync("more new dialogs than can be asked about one by one")
            return
        self._asking += 1
        self._start(self._details(body))

    async def _details(self, body: bytes) -> None:
        try:
            one = await self._ask(body, wire.ONE)
        except LinkError:
            # It may be over by now; the next full list tells.
            return
        finally:
            self._asking -= 1
        for event in self._translator.described(one.dialog, self._clock()):
            self._tell(event)

    # --- inside --------------------------------------------------------------------------------------------------

    def _start(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _address(self) -> str:
        if self._settings.advertise or self._transport is None:
            return self._settings.advertise
        host, port = self._transport.get_extra_info("sockname")[:2]
        return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"

    async def _ask(self, body: bytes, decoder: msgspec.json.Decoder[Value]) -> Value:
        answer = await self._rpc.ask(body, self._settings.answer_timeout)
        try:
            return read_result(answer, decoder)
        except (FaultError, MalformedError) as error:
            raise _explained(error) from None

    async def _renew(self) -> None:
        """Have events sent for a while more. Raises `LinkError`, also if this OpenSIPS is not the one it was."""
        try:
            await self._ask(subscription(self._address(), self._settings.subscription), wire.ANYTHING)
        except LinkError as error:
            if not error.fix:
                raise LinkError(error.cause, "load the modules dialog.so and event_datagram.so in its script") from None
            raise
        instance = (await self._ask(UPTIME, wire.UPTIME)).up_since
        if self._instance and instance != self._instance:
            raise LinkError(f"OpenSIPS restarted: it is up since {instance}")
        self._instance = instance

    async def _keep(self) -> None:
        while True:
            await asyncio.sleep(self._settings.subscription / RENEWALS)
            try:
                await self._renew()
            except LinkError as error:
                if not self._lost.done():
                    self._lost.set_result(error)
                return

    async def _hang_up(self, native: str, body: bytes) -> None:
        memory = self._translator.memory
        memory.ordered(native, self._clock())
        try:
            await self._ask(body, wire.ANYTHING)
        except LinkError as error:
            memory.spared(native)
            _log.warning("switch %s did not end dialog %s: %s", self._settings.name, native, error)
            self._resync(f"dialog {native} could not be ended")
            return
        for event in memory.ending(native, self._clock()):
            self._tell(event)
        await asyncio.sleep(KILL_CHECK)
        if native in memory:
            self._resync(f"dialog {native} was to be ended, and no event told its end")


def _explained(error: FaultError | MalformedError) -> LinkError:
    words = f"OpenSIPS answered: {error}"
    if isinstance(error, MalformedError):
        fix = "correct `rpc`; if a list was asked for, raise `buf_size` of its module httpd or lower `page`"
        return LinkError(words, fix)
    return LinkError(words)
