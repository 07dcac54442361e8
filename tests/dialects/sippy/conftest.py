"""The dialect over a whole core."""

from collections.abc import Callable

import pytest

from callboard.dialects.sippy.dialect import SippyDialect
from callboard.dialects.sippy.settings import SippySettings
from tests.dialects.sippy.client import ELSEWHERE, Client
from tests.house import House

TRUSTED = "192.0.2.77"


@pytest.fixture
def house() -> House:
    """The core, without calls."""
    return House()


@pytest.fixture
def dialect(house: House) -> SippyDialect:
    """The dialect, trusting one address."""
    return SippyDialect(house.desk, SippySettings(trusted_addresses=(TRUSTED,)))


@pytest.fixture
def client(house: House, dialect: SippyDialect) -> Callable[..., Client]:
    """Makes clients: `client("root")` signs in, `client(address=TRUSTED)` does not."""

    def make(user: str = "", address: str = ELSEWHERE) -> Client:
        return Client(house, dialect, user, address)

    return make


@pytest.fixture
def trusted(client: Callable[..., Client]) -> Client:
    """A client at the trusted address."""
    return client(address=TRUSTED)


@pytest.fixture
def root(client: Callable[..., Client]) -> Client:
    """The operator."""
    return client("root")
