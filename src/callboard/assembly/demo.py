"""The demo: a server in memory, with phones that call."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from pathlib import Path

import msgspec
from msgspec.structs import replace

from callboard.access.entries import login_of
from callboard.assembly.fronts import open_fronts
from callboard.assembly.house import House, open_house
from callboard.assembly.serving import Running, until_cancelled
from callboard.assembly.switches import embedded_switch
from callboard.config.settings import Config
from callboard.demo.directory import demo_directory
from callboard.demo.traffic import DemoTraffic
from callboard.http.server import CannotListen, HttpServer

__all__ = ["DemoOptions", "demo"]

_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "[::]": "[::1]"}
"""Addresses that stand for all of the machine's, and the one among them that is always there."""

_log = logging.getLogger(__name__)


class DemoOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What the demo can be told. The same as `callboard demo --help` says."""

    calls: int = 25
    http: str = "127.0.0.1:8080"
    sip: str = "127.0.0.1:5060"
    carrier: str = ""
    data: Path | None = None
    examples: str = "127.0.0.1:9509"
    """A further HTTP address, where Ozeki's printed examples point; opened if it is free. Empty: none."""

    def __post_init__(self) -> None:
        """Raises ValueError, naming the value and the fix, for an address that cannot be used."""
        _demo_config(self)
        for name, address in (("sip", self.sip), ("carrier", self.carrier)):
            if address.startswith("["):
                raise ValueError(f"{name} is {address!r}, but the demo's phones speak IPv4: write 127.0.0.1:5060")


async def demo(options: DemoOptions, ready: Callable[[Running], None]) -> None:
    """Run the demo until cancelled: a server in memory (unless `data` names a folder), with phones that call."""
    config = _demo_config(options)
    async with AsyncExitStack() as stack:
        house = await stack.enter_async_context(open_house(config, _demo_database(options)))
        traffic = DemoTraffic(calls=options.calls)
        switch = embedded_switch(house, traffic.pace)
        stack.push_async_callback(switch.stop)
        stack.push_async_callback(traffic.stop)
        await _move_in(house, await traffic.prepare())
        await switch.start()
        server = await open_fronts(stack, house)
        await _open_examples(server, options.examples)
        await traffic.start(_on_loopback(switch.address))
        ready(Running(http_addresses=server.addresses, sip_address=switch.address))
        await until_cancelled()


def _demo_config(options: DemoOptions) -> Config:
    """The defaults, at these addresses; the printed example of MOR, which has no method, works as GET too."""
    config = Config()
    return replace(
        config,
        dialects=replace(config.dialects, mor=replace(config.dialects.mor, allow_get=True)),
        http=replace(config.http, listen=(options.http,)),
        switches=replace(
            config.switches, b2bua=replace(config.switches.b2bua, sip=options.sip, carrier=options.carrier)
        ),
        webhooks=replace(config.webhooks, allowed_targets=("127.0.0.0/8", "::1")),
    )


def _demo_database(options: DemoOptions) -> Path | None:
    if options.data is None:
        return None
    options.data.mkdir(parents=True, exist_ok=True)
    return options.data / "callboard.db"


async def _move_in(house: House, addresses: Mapping[int, str]) -> None:
    """Fill an empty directory with the demo's; in one that was kept, only the carriers have moved."""
    desk = house.desk
    if desk.access.logins():
        known = (desk.directory.connection(number) for number in addresses)
        desk.directory.put(
            *(replace(connection, address=addresses[connection.id]) for connection in known if connection is not None)
        )
        return
    document = await asyncio.to_thread(demo_directory, house.sealing, addresses)
    desk.directory.replace(document.records(), document.destinations)
    desk.access.put(*(login_of(entry) for entry in document.logins or ()))


async def _open_examples(server: HttpServer, address: str) -> None:
    """Answer where the vendors' printed examples point, if nobody else does."""
    if not address:
        return
    try:
        await server.listen(address)
    except CannotListen as error:
        _log.info("The vendors' printed examples will not work as they are. %s", error)


def _on_loopback(address: str) -> str:
    """Where phones on this machine reach a switch that listens at `address`."""
    host, _, port = address.rpartition(":")
    return f"{_EVERYWHERE.get(host, host)}:{port}"
