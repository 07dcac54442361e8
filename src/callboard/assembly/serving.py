"""A server: its first login, its switches, its fronts, until it is told to end."""

import asyncio
import secrets
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path

import msgspec

from callboard.access.passwords import make_login
from callboard.access.rights import Role
from callboard.assembly.fronts import open_fronts
from callboard.assembly.house import House, open_house
from callboard.assembly.switches import open_switches
from callboard.config.settings import Config
from callboard.directory.records import ROOT, Customer

__all__ = ["FirstLogin", "Running", "serve", "until_cancelled"]


class FirstLogin(msgspec.Struct, frozen=True):
    """The administrator that an empty installation is given, shown once."""

    name: str
    password: str


class Running(msgspec.Struct, frozen=True, kw_only=True):
    """A server that is up, for whoever started it."""

    http_addresses: tuple[str, ...]
    """`host:port` of each, as bound."""
    sip_address: str
    """`host:port` that the embedded switch listens on; "" if it does not run."""
    switches: tuple[str, ...] = ()
    """Names of the switches that it listens to, the embedded one left out."""
    first_login: FirstLogin | None = None
    """Set where the installation was empty."""


async def serve(config: Config, ready: Callable[[Running], None]) -> None:
    """Run a server until cancelled. `ready` is called once it answers."""
    async with AsyncExitStack() as stack:
        house = await stack.enter_async_context(open_house(config, Path(config.storage.path)))
        first_login = _first_login(house)
        sip_address = await open_switches(stack, house)
        server = await open_fronts(stack, house)
        ready(
            Running(
                http_addresses=server.addresses,
                sip_address=sip_address,
                switches=tuple(facts.name for facts in house.links.facts() if facts.kind != "b2bua"),
                first_login=first_login,
            )
        )
        await until_cancelled()


def _first_login(house: House) -> FirstLogin | None:
    """Give an empty installation its root customer and an administrator with a random password."""
    desk = house.desk
    if desk.access.logins():
        return None
    if desk.directory.customer(ROOT) is None:
        desk.directory.put(Customer(id=ROOT, name="Root"))
    login = FirstLogin("admin", secrets.token_urlsafe(12))
    desk.access.put(make_login(login.name, Role.ADMIN, ROOT, login.password, realm=house.config.access.realm))
    return login


async def until_cancelled() -> None:
    """The command line cancels on Ctrl-C and SIGTERM."""
    await asyncio.Event().wait()
