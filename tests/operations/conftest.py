"""A desk over a small directory, with calls of every customer up."""

from collections.abc import Callable
from functools import partial
from itertools import count

import msgspec
import pytest

from callboard.access.access import Access
from callboard.access.rights import ROLE_RIGHTS, Principal, Role
from callboard.access.settings import AccessSettings
from callboard.calls.commands import Answered, Command, CommandId
from callboard.calls.events import LegAnswered, LegEnded, LegSeen
from callboard.calls.legs import Call, CallKey, Facts, Leg, LegId, Side
from callboard.directory.directory import Directory
from callboard.directory.placement import place
from callboard.directory.records import Account, Connection, Customer, Vendor
from callboard.operations.desk import Desk
from callboard.operations.ledger import Ledger
from callboard.table.store.numbering import Numbering
from callboard.table.table import Table

SWITCH = "pbx"


class Switch:
    """A switchboard that keeps what it is sent; while `refusal` is set it refuses."""

    def __init__(self) -> None:
        self.sent: list[Command] = []
        self.refusal: str | None = None

    def send(self, command: Command, answered: Answered) -> str | None:
        if self.refusal is None:
            self.sent.append(command)
        return self.refusal


class House(msgspec.Struct, frozen=True):
    """A desk, its switch, and ways to make calls come and go."""

    desk: Desk
    switch: Switch

    def call(
        self,
        name: str,
        account: int | None,
        connection: int | None = None,
        at: float = 100.0,
        *,
        callee_account: int | None = None,
    ) -> Call:
        """A call comes up: set up, and answered if it goes anywhere."""
        table = self.desk.table
        caller = Leg(
            id=LegId(SWITCH, f"{name}-a"),
            call=name,
            side=Side.CALLER,
            number=name,
            dialed="49301234567",
            facts=Facts(account=account),
            started_at=at,
        )
        table.accept(LegSeen(at, caller), at)
        if connection is not None or callee_account is not None:
            callee = Leg(
                id=LegId(SWITCH, f"{name}-b"),
                call=name,
                side=Side.CALLEE,
                number="49301234567",
                facts=Facts(connection=connection, account=callee_account),
                started_at=at,
            )
            table.accept(LegSeen(at, callee), at)
            for leg in (callee, caller):
                table.accept(LegAnswered(leg.id, at + 1), at)
        call = table.find(CallKey(SWITCH, name))
        assert call is not None
        return call

    def end(self, call: Call, now: float = 200.0) -> None:
        """The switch reports the end of every leg."""
        for leg in call.legs:
            self.desk.table.accept(LegEnded(leg.id, now), now)


def directory() -> Directory:
    """Root 1 > reseller 2 > (3, 4), and 5 beside the reseller; each customer N has account 10 N."""
    customers = [
        Customer(id=1, name="Root"),
        Customer(id=2, name="Reseller", parent=1),
        Customer(id=3, name="Acme", parent=2),
        Customer(id=4, name="Globex", parent=2),
        Customer(id=5, name="Initech", parent=1),
    ]
    accounts = [Account(id=10 * n, customer=n, sip_user=str(100 + n)) for n in range(1, 6)]
    vendor = Vendor(id=1, name="Carrier")
    connections = [
        Connection(id=n, vendor=1, name=f"c{n}", address=f"127.0.0.1:{5100 + n}", preference=n) for n in (1, 2)
    ]
    return Directory([*customers, *accounts, vendor, *connections])


@pytest.fixture
def house() -> House:
    """A desk without calls."""
    who = directory()
    blocks = count(1, 10_000)
    ids = count(1)
    table = Table(partial(place, who), Numbering(0, lambda size: next(blocks)), epoch=1)
    ledger = Ledger(lambda: CommandId(f"c{next(ids)}"))
    table.watch(lambda change: ledger.observe(change, 200.0))
    switch = Switch()
    access = Access(who, AccessSettings(), b"secret")
    return House(Desk(directory=who, access=access, table=table, ledger=ledger, switchboard=switch), switch)


@pytest.fixture
def principal() -> Callable[[Role, int], Principal]:
    """Makes principals."""

    def make(role: Role, customer: int) -> Principal:
        name = f"{role.value}-{customer}"
        return Principal(login=name, role=role, customer=customer, rights=ROLE_RIGHTS[role], address="127.0.0.1")

    return make
