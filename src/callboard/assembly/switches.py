"""The switches of the settings, each bound to the table: the embedded one, and a keeper for each of the others."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack
from functools import partial
from typing import TypeVar

from callboard.assembly.house import House
from callboard.operations.switches import LinkWork, SwitchFacts
from callboard.switches.asterisk.adapter import AsteriskLink
from callboard.switches.asterisk.settings import AsteriskSettings
from callboard.switches.asterisk.translate import Translator
from callboard.switches.b2bua.adapter import B2bua
from callboard.switches.b2bua.control import Pace
from callboard.switches.freeswitch.adapter import FreeswitchLink, new_translator
from callboard.switches.freeswitch.settings import FreeswitchSettings
from callboard.switches.gate import Tell
from callboard.switches.kamailio.adapter import links as kamailio_links
from callboard.switches.keeper import Keeper
from callboard.switches.link import Link
from callboard.switches.opensips.adapter import links as opensips_links
from callboard.switches.settings import SwitchSettings
from callboard.switches.telling import Telling

__all__ = ["embedded_switch", "open_switches"]

Settings = TypeVar("Settings", bound=SwitchSettings)
Resync = Callable[[str], None]
Clock = Callable[[], float]
MakeLink = Callable[[Tell], Link]


async def open_switches(stack: AsyncExitStack, house: House) -> str:
    """Start every switch of the settings, and stop them when the stack unwinds.

    Returns the address that the embedded one listens on, "" if it does not run. It must start, or nobody could call;
    of the others it does not matter whether they can be reached yet.
    """
    address = ""
    if house.config.switches.b2bua.enabled:
        embedded = embedded_switch(house)
        stack.push_async_callback(embedded.stop)
        await embedded.start()
        address = embedded.address
    keepers = tuple(_keepers(house))
    stack.push_async_callback(_stop, keepers)
    for keeper in keepers:
        keeper.start()
    return address


async def _stop(keepers: tuple[Keeper, ...]) -> None:
    await asyncio.gather(*(keeper.stop() for keeper in keepers))


# --- the embedded one ------------------------------------------------------------------------------------------------


def embedded_switch(house: House, pace: Pace | None = None) -> B2bua:
    """The embedded switch, bound to the table and not started yet."""
    telling = house.telling
    settings = house.config.switches.b2bua
    switch = B2bua(settings, house.desk.directory, telling.tell, pace=pace, clock=telling.clock.even)
    house.links.add(switch, partial(_embedded_facts, switch, telling))
    return switch


def _embedded_facts(switch: B2bua, telling: Telling) -> SwitchFacts:
    """Its engine has the even clock as all links do, so its own is never off."""
    health = switch.health()
    at = health.last_error_at
    return SwitchFacts(
        name=switch.name,
        kind="b2bua",
        version=health.engine,
        clock_offset=0.0,
        not_ready=health.why,
        last_error=health.last_error,
        last_error_at=None if at is None else at + telling.clock.set_by(),
    )


# --- the others ------------------------------------------------------------------------------------------------------


def _keepers(house: House) -> Iterator[Keeper]:
    """One for each switch of the settings, not started yet."""
    switches = house.config.switches
    yield from (_keeper(house, "asterisk", each, _asterisk_links) for each in switches.asterisk.values())
    yield from (_keeper(house, "freeswitch", each, _freeswitch_links) for each in switches.freeswitch.values())
    yield from (_keeper(house, "kamailio", each, kamailio_links) for each in switches.kamailio.values())
    yield from (_keeper(house, "opensips", each, opensips_links) for each in switches.opensips.values())


def _keeper(house: House, kind: str, settings: Settings, make: Callable[[Settings, Resync, Clock], MakeLink]) -> Keeper:
    """The keeper of one switch, which makes a link for each try; a link may ask the keeper for a list."""
    telling = house.telling
    clock = telling.clock.even
    keeper = Keeper(settings.name, lambda tell: make_link(tell), telling.tell, telling.take_in, settings, clock)
    make_link = make(settings, keeper.resync, clock)
    house.links.add(keeper, partial(_facts, kind, keeper, telling))
    return keeper


def _asterisk_links(settings: AsteriskSettings, resync: Resync, clock: Clock) -> MakeLink:
    translator = Translator(settings.name)
    return lambda tell: AsteriskLink(settings, tell, resync, translator=translator, clock=clock)


def _freeswitch_links(settings: FreeswitchSettings, resync: Resync, clock: Clock) -> MakeLink:
    translator = new_translator(settings)
    return lambda tell: FreeswitchLink(settings, translator, tell, resync, clock)


def _facts(kind: str, keeper: Keeper, telling: Telling) -> SwitchFacts:
    """The keeper's times are on the even clock, those for people on the machine's."""
    health = keeper.health()
    at, offset, set_by = health.last_error_at, health.clock_offset, telling.clock.set_by()
    return SwitchFacts(
        name=keeper.name,
        kind=kind,
        version=health.version,
        clock_offset=None if offset is None else offset - set_by,
        not_ready=health.why if health.last_list_at is None else "",
        last_error=health.last_error,
        last_error_at=None if at is None else at + set_by,
        work=LinkWork(
            lists=health.lists,
            incomplete=health.incomplete,
            list_took=health.list_took,
            links=health.links,
            failures=health.failures,
            late=health.late,
        ),
    )
