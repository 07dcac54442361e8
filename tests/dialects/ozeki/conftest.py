"""The dialect over a whole core."""

from collections.abc import Callable

import pytest

from callboard.dialects.ozeki.dialect import OzekiDialect
from callboard.dialects.ozeki.profiles import ProfileName
from callboard.dialects.ozeki.settings import OzekiSettings
from tests.dialects.ozeki.client import ELSEWHERE, Client, printed_logins
from tests.house import House


@pytest.fixture
def house() -> House:
    """The core, without calls."""
    house = House()
    house.access.put(*printed_logins())
    return house


@pytest.fixture
def dialect(house: House) -> OzekiDialect:
    """The dialect as it is without settings, but in a zone of which the tests know the time."""
    return OzekiDialect(house.desk, OzekiSettings(time_zone="Europe/Budapest"))


@pytest.fixture(params=["v10", "xe"])
def profile(request: pytest.FixtureRequest) -> ProfileName:
    """Each of the two."""
    name: ProfileName = request.param
    return name


@pytest.fixture
def client(house: House, dialect: OzekiDialect, profile: ProfileName) -> Callable[..., Client]:
    """Makes clients of the profile: `client("acme")` sends credentials, `client()` none."""

    def make(user: str = "", address: str = ELSEWHERE) -> Client:
        return Client(house, dialect, user, profile, address)

    return make


@pytest.fixture
def root(client: Callable[..., Client]) -> Client:
    """The operator."""
    return client("root")
