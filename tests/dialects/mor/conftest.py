"""The dialect over a whole core."""

from collections.abc import Callable

import pytest

from callboard.dialects.mor.dialect import MorDialect
from callboard.dialects.mor.settings import MorSettings
from callboard.directory.records import DID, Customer, Destination, Device, Machine
from tests.dialects.mor.client import ELSEWHERE, KEY, Client
from tests.house import SWITCH, House

DESTINATIONS = (
    Destination(prefix="44", name="United Kingdom", country="GBR", group="Europe"),
    Destination(prefix="447", name="United Kingdom Mobile", country="GBR", group="Europe"),
    Destination(prefix="63", name="Philippines proper", country="PHL", group="Asia"),
    Destination(prefix="870", name="Inmarsat", country=""),
)


@pytest.fixture
def house() -> House:
    """The core with the vendor's example key, a device, three DIDs, two machines and destinations; no calls."""
    house = House()
    house.directory.put(
        Customer(id=1, name="Root", shared_key=KEY),
        Device(id=77, account=6, name="acme-gate", kind="IAX2", extension="11", ani="442079460000", trunk=True),
        DID(id=1, number="37052101", account=5),
        DID(id=2, number="37052102", account=7),
        DID(id=3, number="44370", account=9),
        Machine(id=1, name="One", switch=SWITCH),
        Machine(id=2, name="Two", switch="b2bua-2"),
    )
    house.directory.replace_destinations(DESTINATIONS)
    return house


@pytest.fixture
def dialect(house: House) -> MorDialect:
    """The dialect as it is unless settings say otherwise, but for the zone."""
    return MorDialect(house.desk, MorSettings(time_zone="UTC"))


@pytest.fixture
def client(house: House, dialect: MorDialect) -> Callable[..., Client]:
    """Makes clients: `client("root")`."""

    def make(user: str, address: str = ELSEWHERE) -> Client:
        return Client(house, dialect, user, address)

    return make


@pytest.fixture
def root(client: Callable[..., Client]) -> Client:
    """The operator."""
    return client("root")
