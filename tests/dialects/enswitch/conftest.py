"""The dialect over a whole core."""

from collections.abc import Callable

import pytest

from callboard.calls.events import LegSeen
from callboard.calls.legs import Call, CallKey, Facts, Leg, LegId, Side
from callboard.dialects.enswitch.dialect import EnswitchDialect
from tests.dialects.enswitch.client import Client
from tests.house import BEGIN, SWITCH, House

Clients = Callable[..., Client]


def inbound(house: House, account: int, native: str = "in-1") -> Call:
    """A call from connection 1 that rings an account."""
    for half, side, facts in (("a", Side.CALLER, Facts(connection=1)), ("b", Side.CALLEE, Facts(account=account))):
        leg = Leg(
            id=LegId(SWITCH, f"{native}/{half}"),
            call=native,
            side=side,
            number="442079460123" if side is Side.CALLER else "101",
            dialed="442079460999" if side is Side.CALLER else "",
            facts=facts,
            started_at=BEGIN,
        )
        house.table.accept(LegSeen(BEGIN, leg), BEGIN)
    call = house.table.find(CallKey(SWITCH, native))
    assert call is not None
    return call


@pytest.fixture
def house() -> House:
    """The core, without calls."""
    return House()


@pytest.fixture
def dialect(house: House) -> EnswitchDialect:
    """The dialect with its default settings."""
    return EnswitchDialect(house.desk)


@pytest.fixture
def client(house: House, dialect: EnswitchDialect) -> Clients:
    """Makes clients by the login's name."""

    def make(user: str, password: str = "") -> Client:
        return Client(house, dialect, user, password or f"demo-{user}")

    return make


@pytest.fixture
def root(client: Clients) -> Client:
    """The operator."""
    return client("root")


@pytest.fixture
def acme(client: Clients) -> Client:
    """An end customer: number 3, accounts 5 and 6."""
    return client("acme")
