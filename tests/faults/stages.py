"""Switches for plays, each behind proxies and with calls of its own: real ones, a replayed and a documented one.

A stage knows what its switch itself says of its calls, asked past the proxies and read by other means than the links'.
"""

import asyncio
import os
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from random import Random
from signal import SIGKILL

from callboard.switches.asterisk.adapter import AsteriskLink
from callboard.switches.asterisk.settings import AsteriskSettings
from callboard.switches.asterisk.translate import Translator
from callboard.switches.freeswitch.adapter import FreeswitchLink, new_translator
from callboard.switches.freeswitch.settings import FreeswitchSettings
from callboard.switches.gate import Tell
from callboard.switches.kamailio.adapter import links as kamailio_links
from callboard.switches.kamailio.settings import KamailioSettings
from callboard.switches.link import Link
from callboard.switches.opensips.adapter import links as opensips_links
from callboard.switches.opensips.settings import OpensipsSettings
from tests.conformance.sipp import Act, Callee, Caller, play, run
from tests.faults.freeswitch import Freeswitch
from tests.faults.opensips import Opensips
from tests.faults.proxy import AMI, ESL, HTTP, NETSTRINGS, TcpProxy, UdpProxy
from tests.ports import free_port
from tests.rig.asterisk import SECRET, Asterisk, asterisk
from tests.rig.kamailio import Kamailio, dialogs, kamailio, routed
from tests.switches.freeswitch.replay import PASSWORD

__all__ = ["SWITCH", "AsteriskStage", "FreeswitchStage", "KamailioStage", "OpensipsStage", "Stage"]

SWITCH = "pbx"
RATE = 8
"""Calls a second."""
SHORTEST, LONGEST = 0.2, 6.0
"""Seconds that a call lasts once it is answered."""
AT_ONCE = 60
"""Calls at once, at most."""

Clock = Callable[[], float]
Resync = Callable[[str], None]


class Stage(ABC):
    """One switch: how it is started, killed and asked, and what makes links to it."""

    name = ""
    notices = True
    """Whether a link to it notices that what was told did not come: not where it comes in datagrams."""

    def __init__(self, folder: Path, random: Random) -> None:
        self.folder = folder
        self.random = random
        self.proxies: list[TcpProxy | UdpProxy] = []
        self._life = AsyncExitStack()

    @abstractmethod
    async def start(self) -> None:
        """The switch comes to life, and calls begin to come."""

    async def stop(self) -> None:
        """The switch goes in good order, and the calls with it."""
        await self._life.aclose()

    @abstractmethod
    async def kill(self) -> None:
        """The switch dies."""

    @abstractmethod
    async def own(self) -> dict[str, bool]:
        """What the switch itself says: its legs (for Kamailio, dialogs), and whether each is answered."""

    @abstractmethod
    def link_maker(self, resync: Resync, clock: Clock) -> Callable[[Tell], Link]:
        """What makes links through the proxies."""

    async def _proxy(self, proxy: TcpProxy | UdpProxy) -> None:
        await proxy.start()
        self.proxies.append(proxy)


_TALKING = '<pause distribution="uniform" min="{:.0f}" max="{:.0f}"/>'


class _SippStage(Stage):
    """A real switch, with real calls by SIPp."""

    def __init__(self, folder: Path, random: Random) -> None:
        super().__init__(folder, random)
        self.sip, self.far_end = free_port(), free_port()
        self._alice, self._bob = Caller(user="alice"), Callee()

    async def _traffic(self) -> None:
        """Calls come at a steady rate until the switch goes."""
        caller = (
            self._alice.invite(),
            self._alice.trying(),
            self._alice.answered(1),
            (_TALKING.format(1000 * SHORTEST, 1000 * LONGEST),),
            self._alice.bye(2),
        )
        callee = (
            self._bob.invited(),
            self._bob.ring(),
            (_TALKING.format(50, 800),),
            self._bob.answer(),
            self._bob.hung_up(),
        )
        await self._sipp("callee", self._along(callee), "-p", str(self.far_end))
        rate = ("-r", str(RATE), "-l", str(AT_ONCE), "-s", "812", f"127.0.0.1:{self.sip}")
        await self._sipp("caller", self._along(caller), "-p", str(free_port()), *rate)

    def _along(self, acts: tuple[Act, ...]) -> tuple[Act, ...]:
        return acts

    async def _sipp(self, name: str, acts: tuple[Act, ...], *options: str) -> None:
        scenario = play(name, *acts)
        sipp = await self._life.enter_async_context(run(self.folder, name, scenario, *options, "-timeout", "3600"))
        # Nobody reads what it prints otherwise, and it would stop once that is too much.
        reading = asyncio.create_task(sipp.ended())
        self._life.callback(reading.cancel)


class AsteriskStage(_SippStage):
    """A real Asterisk, watched over its manager interface."""

    name = "asterisk"

    def __init__(self, folder: Path, random: Random) -> None:
        super().__init__(folder, random)
        self.ami = free_port()
        self._switch: Asterisk | None = None

    async def start(self) -> None:
        self._switch = await self._life.enter_async_context(asterisk(self.sip, self.ami, self.far_end))
        if not self.proxies:
            await self._proxy(TcpProxy(self.ami, AMI, self.random))
        await self._traffic()

    async def kill(self) -> None:
        assert self._switch is not None
        self._switch.process.kill()
        await self._switch.process.wait()
        await self._life.aclose()

    async def own(self) -> dict[str, bool]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.ami)
        writer.write(
            f"Action: Login\r\nUsername: callboard\r\nSecret: {SECRET}\r\nEvents: off\r\n\r\n"
            "Action: CoreShowChannels\r\nActionID: own\r\n\r\n".encode()
        )
        try:
            text = await asyncio.wait_for(reader.readuntil(b"CoreShowChannelsComplete"), 30)
        finally:
            writer.close()
        packets = [dict(_fields(packet)) for packet in text.decode().split("\r\n\r\n")]
        return {packet["Uniqueid"]: packet["ChannelState"] == "6" for packet in packets if "Uniqueid" in packet}

    def link_maker(self, resync: Resync, clock: Clock) -> Callable[[Tell], Link]:
        settings = AsteriskSettings(name=SWITCH, port=self.proxies[0].port, secret=SECRET)
        translator = Translator(SWITCH)
        return lambda tell: AsteriskLink(settings, tell, resync, translator=translator, clock=clock)


def _fields(packet: str) -> list[tuple[str, str]]:
    pairs = (line.partition(": ") for line in packet.split("\r\n"))
    return [(name, value) for name, colon, value in pairs if colon]


class KamailioStage(_SippStage):
    """A real Kamailio, watched over evapi and JSON-RPC."""

    name = "kamailio"

    def __init__(self, folder: Path, random: Random) -> None:
        super().__init__(folder, random)
        self.rpc, self.events = free_port(), free_port()
        self._switch: Kamailio | None = None

    async def start(self) -> None:
        context = kamailio(self.sip, self.rpc, self.events, self.far_end)
        self._switch = await self._life.enter_async_context(context)
        if not self.proxies:
            await self._proxy(TcpProxy(self.rpc, HTTP, self.random))
            await self._proxy(TcpProxy(self.events, NETSTRINGS, self.random))
        await self._traffic()

    async def kill(self) -> None:
        assert self._switch is not None
        children = _children(self._switch.process.pid)
        self._switch.process.kill()
        for child in children:
            with suppress(ProcessLookupError):
                os.kill(child, SIGKILL)
        await self._switch.process.wait()
        await self._life.aclose()

    async def own(self) -> dict[str, bool]:
        return {native: state in (3, 4) for native, state in (await dialogs(self.rpc)).items()}

    def link_maker(self, resync: Resync, clock: Clock) -> Callable[[Tell], Link]:
        rpc, events = self.proxies
        settings = KamailioSettings(
            name=SWITCH,
            rpc=f"http://127.0.0.1:{rpc.port}/RPC",
            events=f"127.0.0.1:{events.port}",
            answer_timeout=2.0,
            list_timeout=2.0,
        )
        return kamailio_links(settings, resync, clock)

    def _along(self, acts: tuple[Act, ...]) -> tuple[Act, ...]:
        return routed(*acts)


def _children(process: int) -> list[int]:
    """Kamailio's work is done by its children, which outlive it."""
    return [int(child) for child in Path(f"/proc/{process}/task/{process}/children").read_text("ascii").split()]


class FreeswitchStage(Stage):
    """A FreeSWITCH that is replayed, watched over ESL."""

    name = "freeswitch"

    def __init__(self, folder: Path, random: Random) -> None:
        super().__init__(folder, random)
        self.switch = Freeswitch()

    async def start(self) -> None:
        await self.switch.start()
        self._life.push_async_callback(self.switch.kill)
        if not self.proxies:
            await self._proxy(TcpProxy(self.switch.port, ESL, self.random))
        calling = asyncio.create_task(self._traffic())
        self._life.callback(calling.cancel)

    async def _traffic(self) -> None:
        while True:
            self.switch.begin(self.random.uniform(SHORTEST, LONGEST))
            await asyncio.sleep(1 / RATE)

    async def kill(self) -> None:
        await self._life.aclose()

    async def own(self) -> dict[str, bool]:
        return {channel: told["Answer-State"] == "answered" for channel, told in self.switch.channels.items()}

    def link_maker(self, resync: Resync, clock: Clock) -> Callable[[Tell], Link]:
        settings = FreeswitchSettings(
            name=SWITCH, port=self.proxies[0].port, password=PASSWORD, connect_timeout=2.0, answer_timeout=2.0
        )
        translator = new_translator(settings)
        return lambda tell: FreeswitchLink(settings, translator, tell, resync, clock)


class OpensipsStage(Stage):
    """An OpenSIPS as its documentation has it, watched over its management interface and by datagrams."""

    name = "opensips"
    notices = False

    def __init__(self, folder: Path, random: Random) -> None:
        super().__init__(folder, random)
        self.switch = Opensips()
        self.listen = free_port()

    async def start(self) -> None:
        await self.switch.start()
        self._life.push_async_callback(self.switch.kill)
        if not self.proxies:
            await self._proxy(TcpProxy(self.switch.port, HTTP, self.random))
            await self._proxy(UdpProxy(self.listen, self.random))
        calling = asyncio.create_task(self._traffic())
        self._life.callback(calling.cancel)

    async def _traffic(self) -> None:
        while True:
            self.switch.begin(self.random.uniform(SHORTEST, LONGEST))
            await asyncio.sleep(1 / RATE)

    async def kill(self) -> None:
        await self._life.aclose()

    async def own(self) -> dict[str, bool]:
        return self.switch.up()

    def link_maker(self, resync: Resync, clock: Clock) -> Callable[[Tell], Link]:
        rpc, events = self.proxies
        settings = OpensipsSettings(
            name=SWITCH,
            rpc=f"http://127.0.0.1:{rpc.port}/mi",
            listen=f"127.0.0.1:{self.listen}",
            advertise=f"127.0.0.1:{events.port}",
            page=7,
            subscription=10,
            answer_timeout=2.0,
        )
        return opensips_links(settings, resync, clock)
