"""The link to an OpenSIPS: questions and orders by HTTP, events by datagrams that it is asked to send."""

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from urllib.parse import urlsplit

from callboard.calls.commands import Answered, Command, nobody_asks
from callboard.calls.events import SwitchListed
from callboard.switches.dialogs.jsonrpc import FaultError, MalformedError
from callboard.switches.dialogs.link import Clock, ProxyLink, Resync
from callboard.switches.dialogs.rpc import RpcTimeoutError
from callboard.switches.gate import Tell
from callboard.switches.link import Link, LinkError
from callboard.switches.opensips import wire
from callboard.switches.opensips.settings import OpensipsSettings
from callboard.switches.opensips.translate import UPTIME, Pages, Translator, subscription
from callboard.switches.orders import UnableError
from callboard.switches.portions import by_portions, dropped

__all__ = ["LIST_TRIES", "MAX_ASKING", "RENEWALS", "OpensipsLink", "links"]

LIST_TRIES = 3
"""So often a list is begun anew because calls left while it was read; then it stays incomplete."""
RENEWALS = 3
"""So often a subscription is renewed in its time, so that a late one does no harm. Each renewal is a probe, too."""
MAX_ASKING = 32
"""Dialogs that are asked about at once. Beyond that a full list is asked for instead."""


def links(settings: OpensipsSettings, resync: Resync, clock: Clock = time.time) -> Callable[[Tell], Link]:
    """What makes the links to one OpenSIPS, each for one try, which share what is known of its dialogs."""
    translator = Translator(settings.name, trust_from=settings.trust_from)
    return lambda tell: OpensipsLink(settings, translator, tell, resync, clock)


class OpensipsLink(ProxyLink, asyncio.DatagramProtocol):
    """One try. See `callboard.switches.link.Link`."""

    what = "OpenSIPS"

    def __init__(
        self, settings: OpensipsSettings, translator: Translator, tell: Tell, resync: Resync, clock: Clock = time.time
    ) -> None:
        super().__init__(settings, translator.memory, tell, resync, clock)
        self._settings = settings
        self._translator = translator
        self._transport: asyncio.DatagramTransport | None = None
        self._sources: frozenset[str] = frozenset()
        self._asking = 0
        self.malformed = 0
        """Datagrams that could not be read."""
        self.strangers = 0
        """Datagrams that came from elsewhere."""

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
        work = self._translator.listed(pages.dialogs, asked_at, complete=pages.complete)
        events, listed = await by_portions(work)
        for event in events:
            self._tell(event)
        await by_portions(dropped(pages.dialogs))
        return listed

    def send(self, command: Command, answered: Answered = nobody_asks) -> str | None:
        """Have a call ended."""
        if self._transport is None or self._lost.done():
            return f"the link to the switch {self._settings.name} is down"
        try:
            body = self._translator.hang_up(command)
        except (UnableError, ValueError) as error:
            return str(error)
        self._start(self._hang_up(command.call.native, body, answered))
        return None

    async def close(self) -> None:
        """Want no more events, and give the connections up, also if there is no time to say so."""
        try:
            await self._end_tasks()
            if self._transport is not None and not self._lost.done():
                with suppress(LinkError):
                    await self._ask(subscription(self._address(), 0), wire.ANYTHING)
        finally:
            if self._transport is not None:
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

    def explained(self, error: FaultError | MalformedError) -> LinkError:
        """An answer that is none, for people."""
        words = f"OpenSIPS answered: {error}"
        if isinstance(error, MalformedError):
            fix = "correct `rpc`; if a list was asked for, raise `buf_size` of its module httpd or lower `page`"
            return LinkError(words, fix)
        return LinkError(words)

    def _address(self) -> str:
        if self._settings.advertise or self._transport is None:
            return self._settings.advertise
        host, port = self._transport.get_extra_info("sockname")[:2]
        return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"

    async def _renew(self) -> None:
        """Have events sent for a while more. Raises `LinkError`, also if this OpenSIPS is not the one it was.

        That is asked first, for the events of another life would be taken for those of the one that ended.
        """
        instance = (await self._ask(UPTIME, wire.UPTIME)).up_since
        if self._instance and instance != self._instance:
            raise LinkError(f"OpenSIPS restarted: it is up since {instance}")
        self._instance = instance
        try:
            await self._ask(subscription(self._address(), self._settings.subscription), wire.ANYTHING)
        except RpcTimeoutError:
            raise
        except LinkError as error:
            if not error.fix:
                fix = "load the modules dialog.so and event_datagram.so in its script"
                raise LinkError(error.cause, fix, lasting=True) from None
            raise

    async def _keep(self) -> None:
        while True:
            await asyncio.sleep(self._settings.subscription / RENEWALS)
            try:
                await self._renew()
            except LinkError as error:
                self._lose(error)
                return
