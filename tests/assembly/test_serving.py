"""A server: its first login, made once, whether or not there was a database."""

import asyncio
import contextlib
from pathlib import Path
from typing import Any

import msgspec

from callboard.access.passwords import password_fits
from callboard.access.rights import Role
from callboard.assembly.house import open_house
from callboard.assembly.serving import Running, serve
from callboard.config.settings import Config
from callboard.directory.records import ROOT

DEADLINE = 20.0


def config(path: Path) -> Config:
    """The settings of a server without an embedded switch."""
    sections = {
        "http": {"listen": ["127.0.0.1:0"]},
        "storage": {"path": str(path)},
        "switches": {"b2bua": {"enabled": False}},
    }
    return msgspec.convert(sections, Config)


async def run(settings: Config) -> Running:
    """Run it until it is ready, and end it."""
    ready: asyncio.Future[Running] = asyncio.get_running_loop().create_future()
    server = asyncio.create_task(serve(settings, ready.set_result))
    either: set[asyncio.Future[Any]] = {ready, server}
    await asyncio.wait(either, timeout=DEADLINE, return_when=asyncio.FIRST_COMPLETED)
    server.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await server
    return ready.result()


async def test_a_new_installation_is_given_one_login_and_no_second(tmp_path: Path) -> None:
    settings = config(tmp_path / "callboard.db")
    first = (await run(settings)).first_login
    assert first is not None
    assert (await run(settings)).first_login is None
    async with open_house(settings, tmp_path / "callboard.db") as house:
        (login,) = house.desk.access.logins()
        assert (login.name, login.role, login.customer) == (first.name, Role.ADMIN, ROOT)
        assert password_fits(login.password_hash, first.password)
        assert first.password not in repr(login)
        assert house.desk.directory.customer(ROOT) is not None


async def test_so_is_one_whose_database_was_made_and_nothing_more(tmp_path: Path) -> None:
    settings = config(tmp_path / "callboard.db")
    async with open_house(settings, tmp_path / "callboard.db"):
        pass
    assert (await run(settings)).first_login is not None
