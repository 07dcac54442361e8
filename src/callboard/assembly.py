"""The one file that knows everybody and binds them: rooms in, a running server out.

switches --tell--> table --watch--> ledger, journal
                     ^
dialects, api --> desk (operations) --send--> switches
"""

import asyncio
import contextlib
import logging
import secrets
import time
from collections.abc import AsyncIterator, Callable, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path

import msgspec
from msgspec.structs import replace

from callboard.access.access import Access, LoginChange
from callboard.access.claims import PasswordClaim
from callboard.access.entries import login_of, sealing
from callboard.access.passwords import make_login
from callboard.access.rights import Principal, Role
from callboard.api.api import Api
from callboard.calls.commands import Command, CommandId
from callboard.config.settings import Config
from callboard.demo.directory import demo_directory
from callboard.demo.traffic import DemoTraffic
from callboard.dialects.enswitch.dialect import EnswitchDialect
from callboard.dialects.mor.dialect import MorDialect
from callboard.dialects.ozeki.dialect import OzekiDialect
from callboard.dialects.sippy.dialect import SippyDialect
from callboard.directory.directory import Directory, DirectoryChange
from callboard.directory.document import Sealing
from callboard.directory.placement import place
from callboard.directory.records import ROOT, Customer
from callboard.http.routing import Router
from callboard.http.server import CannotListen, HttpServer
from callboard.journal.journal import Journal
from callboard.operations.desk import Desk
from callboard.operations.ledger import Ledger
from callboard.storage.database import Database, open_database
from callboard.storage.errors import StorageError
from callboard.storage.installation import installation_secret, reserve_numbers
from callboard.storage.lock import alone
from callboard.storage.rows import change_directory, change_logins, load_directory, load_logins
from callboard.switches.b2bua.adapter import B2bua
from callboard.switches.b2bua.control import Pace
from callboard.table.changes import Change, Kind
from callboard.table.numbering import Numbering
from callboard.table.table import Table

__all__ = ["DemoOptions", "FirstLogin", "Running", "demo", "serve"]

VERIFIERS = 2
"""Passwords that are verified at once."""

SWEEP_INTERVAL = 1.0
"""Seconds between two sweeps of what is over."""

_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "[::]": "[::1]"}
"""Addresses that stand for all of the machine's, and the one among them that is always there."""

_log = logging.getLogger(__name__)


class FirstLogin(msgspec.Struct, frozen=True):
    """The administrator that an empty installation is given, shown once."""

    name: str
    password: str


class Running(msgspec.Struct, frozen=True, kw_only=True):
    """A server that is up, for whoever started it."""

    http_addresses: tuple[str, ...]
    """`host:port` of each, as bound."""
    sip_address: str
    first_login: FirstLogin | None = None
    """Set where the installation was empty."""


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


class _Switches:
    """The port through which commands leave, and the links behind it."""

    def __init__(self) -> None:
        self._links: dict[str, B2bua] = {}

    def add(self, switch: B2bua) -> None:
        self._links[switch.name] = switch

    def send(self, command: Command) -> str | None:
        link = self._links.get(command.call.switch)
        return f"there is no switch {command.call.switch}" if link is None else link.send(command)

    def troubles(self) -> tuple[str, ...]:
        """Why a switch cannot be used at present; none if all can."""
        healths = ((name, link.health()) for name, link in self._links.items())
        return tuple(f"switch {name}: {health.why}" for name, health in healths if not health.up)


class _House(msgspec.Struct, frozen=True):
    """The core, bound to its storage."""

    desk: Desk
    database: Database
    switches: _Switches
    journal: Journal


@asynccontextmanager
async def _house(config: Config, path: Path | None) -> AsyncIterator[_House]:
    """Open the database and build the core over it; at the end flush the journal and close."""
    with alone(path), open_database(path) as database, ThreadPoolExecutor(VERIFIERS, "verify") as verifiers:
        directory = Directory(*load_directory(database))
        directory.watch(partial(_keep_directory, database))
        access = Access(directory, config.access, installation_secret(database), load_logins(database))
        access.watch(partial(_keep_logins, database))
        numbering = Numbering(config.node.index, partial(reserve_numbers, database))
        numbering.replenish()
        table = Table(partial(place, directory), numbering, epoch=time.time_ns(), settings=config.table)
        ledger = Ledger(_new_command_id)
        switches = _Switches()
        desk = Desk(
            directory=directory,
            access=access,
            table=table,
            ledger=ledger,
            switchboard=switches,
            sign_in=partial(_sign_in, verifiers, access),
        )
        journal = Journal(database, config.journal)
        table.watch(lambda change: ledger.observe(change, time.time()))
        table.watch(partial(_record_call, journal))
        ledger.watch(journal.record_command)
        journal.start()
        sweeper = asyncio.create_task(_sweep(desk, numbering), name="sweep")
        try:
            yield _House(desk, database, switches, journal)
        finally:
            sweeper.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await sweeper
            await asyncio.to_thread(journal.stop)


def _keep_directory(database: Database, change: DirectoryChange) -> None:
    change_directory(database, change.puts, change.removes, change.destinations)


def _keep_logins(database: Database, change: LoginChange) -> None:
    change_logins(database, change.puts, change.removes)


def _record_call(journal: Journal, change: Change) -> None:
    if change.kind is Kind.ENDED:
        journal.record_call(change.call)


async def _sign_in(verifiers: Executor, access: Access, claim: PasswordClaim, now: float) -> Principal:
    """To verify a password that was not seen lately takes 0.1 s, hence the threads, and few of them: however many
    passwords are tried, the rest of the server has the processor too.
    """
    known = access.recall(claim, now)
    if known is not None:
        return known
    return await asyncio.get_running_loop().run_in_executor(verifiers, access.sign_in, claim, now)


def _new_command_id() -> CommandId:
    return CommandId(f"c-{secrets.token_hex(8)}")


async def _sweep(desk: Desk, numbering: Numbering) -> None:
    """Once a second: rows of ended calls leave, commands without proof are given up, numbers are kept in reserve."""
    while True:
        await asyncio.sleep(SWEEP_INTERVAL)
        now = time.time()
        desk.table.sweep(now)
        desk.ledger.sweep(now)
        try:
            numbering.replenish()
        except StorageError as error:
            _log.error("No call numbers can be reserved, and soon no new call can be listed: %s", error)


def _first_login(desk: Desk, config: Config) -> FirstLogin | None:
    """Give an empty installation its root customer and an administrator with a random password."""
    if desk.access.logins():
        return None
    if desk.directory.customer(ROOT) is None:
        desk.directory.put(Customer(id=ROOT, name="Root"))
    login = FirstLogin("admin", secrets.token_urlsafe(12))
    desk.access.put(make_login(login.name, Role.ADMIN, ROOT, login.password, realm=config.access.realm))
    return login


def _sealing(config: Config) -> Sealing:
    return sealing(sip_realm=config.switches.b2bua.realm, http_realm=config.access.realm)


def _switch(house: _House, config: Config, pace: Pace | None = None) -> B2bua:
    """The embedded switch, bound to the table and not started yet."""
    table = house.desk.table
    switch = B2bua(
        config.switches.b2bua, house.desk.directory, lambda event: table.accept(event, time.time()), pace=pace
    )
    house.switches.add(switch)
    return switch


async def _open(stack: AsyncExitStack, house: _House, config: Config) -> HttpServer:
    """Answer HTTP at every address of the settings until the stack unwinds."""
    router = Router()
    for front in (
        Api(house.desk, _sealing(config), house.switches.troubles),
        EnswitchDialect(house.desk, config.dialects.enswitch),
        OzekiDialect(house.desk, config.dialects.ozeki),
        SippyDialect(house.desk, config.dialects.sippy),
        MorDialect(house.desk, config.dialects.mor),
    ):
        for path in front.paths:
            router.add(path, front.answer)
    server = HttpServer(router, config.http)
    stack.push_async_callback(server.stop)
    await server.start()
    return server


async def _until_cancelled() -> None:
    """The command line cancels on Ctrl-C and SIGTERM."""
    await asyncio.Event().wait()


async def serve(config: Config, ready: Callable[[Running], None]) -> None:
    """Run a server until cancelled. `ready` is called once it answers."""
    async with AsyncExitStack() as stack:
        house = await stack.enter_async_context(_house(config, Path(config.storage.path)))
        first_login = _first_login(house.desk, config)
        switch = _switch(house, config)
        stack.push_async_callback(switch.stop)
        await switch.start()
        server = await _open(stack, house, config)
        ready(Running(http_addresses=server.addresses, sip_address=switch.address, first_login=first_login))
        await _until_cancelled()


async def demo(options: DemoOptions, ready: Callable[[Running], None]) -> None:
    """Run the demo until cancelled: a server in memory (unless `data` names a folder), with phones that call."""
    config = _demo_config(options)
    async with AsyncExitStack() as stack:
        house = await stack.enter_async_context(_house(config, _demo_database(options)))
        traffic = DemoTraffic(calls=options.calls)
        switch = _switch(house, config, traffic.pace)
        stack.push_async_callback(switch.stop)
        stack.push_async_callback(traffic.stop)
        await _move_in(house.desk, config, await traffic.prepare())
        await switch.start()
        server = await _open(stack, house, config)
        await _open_examples(server, options.examples)
        await traffic.start(_on_loopback(switch.address))
        ready(Running(http_addresses=server.addresses, sip_address=switch.address))
        await _until_cancelled()


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
    )


def _demo_database(options: DemoOptions) -> Path | None:
    if options.data is None:
        return None
    options.data.mkdir(parents=True, exist_ok=True)
    return options.data / "callboard.db"


async def _move_in(desk: Desk, config: Config, addresses: Mapping[int, str]) -> None:
    """Fill an empty directory with the demo's; in one that was kept, only the carriers have moved."""
    if desk.access.logins():
        known = (desk.directory.connection(number) for number in addresses)
        desk.directory.put(
            *(replace(connection, address=addresses[connection.id]) for connection in known if connection is not None)
        )
        return
    document = await asyncio.to_thread(demo_directory, _sealing(config), addresses)
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
