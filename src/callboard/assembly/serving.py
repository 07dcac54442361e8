"""A server: its first login, its switches, its fronts, until it is told to end."""

import asyncio
import os
import secrets
from collections.abc import Callable
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path

import msgspec

from callboard.access.logins import Login
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
    path = Path(config.storage.path)
    # Where there is no database there is no login: the password of the first is hashed while all else starts.
    early = None if os.access(path, os.F_OK) else _administrator(config)
    async with AsyncExitStack() as stack:
        house = await stack.enter_async_context(open_house(config, path))
        first_login = None
        if not house.desk.access.logins():
            first_login = _move_in(house, *await (early or _administrator(config)))
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


def _administrator(config: Config) -> asyncio.Future[tuple[Login, str]]:
    """An administrator, and its random password. To hash that takes a thread a tenth of a second."""
    password = secrets.token_urlsafe(12)
    make = partial(make_login, "admin", Role.ADMIN, ROOT, password, realm=config.access.realm)
    return asyncio.get_running_loop().run_in_executor(None, lambda: (make(), password))


def _move_in(house: House, administrator: Login, password: str) -> FirstLogin:
    """Give an empty installation its root customer and an administrator."""
    desk = house.desk
    if desk.directory.customer(ROOT) is None:
        desk.directory.put(Customer(id=ROOT, name="Root"))
    desk.access.put(administrator)
    return FirstLogin(administrator.name, password)


async def until_cancelled() -> None:
    """The command line cancels on Ctrl-C and SIGTERM."""
    await asyncio.Event().wait()
