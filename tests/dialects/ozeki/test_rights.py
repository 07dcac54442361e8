"""Who may see and end what: every command, each role, calls of its own customer, of those below, beside and above."""

from collections.abc import Callable
from enum import Enum

import pytest

from callboard.calls.legs import Call
from callboard.dialects.ozeki.call_id import call_id
from callboard.dialects.ozeki.commands import COMMANDS
from callboard.dialects.ozeki.dialect import OzekiDialect
from callboard.dialects.ozeki.settings import OzekiSettings
from tests.dialects.ozeki.client import DONE, Client
from tests.house import House, logins

ACCOUNT_OF = {1: 3, 3: 5, 4: 7, 5: 9}
"""Customer -> one account of it. Customer 2, the reseller above 3 and 4, has none."""
SUBTREE = {1: {1, 2, 3, 4, 5}, 2: {2, 3, 4}, 3: {3}, 4: {4}, 5: {5}}
PLACE = {login.name: login.customer for login in logins()}
ROLE = {login.name: login.role for login in logins()}


class Relation(Enum):
    """Where a customer stands, seen from a login."""

    OWN = "own"
    BELOW = "below"
    BESIDE = "beside"
    ABOVE = "above"


def relation(login: str, customer: int) -> Relation:
    place = PLACE[login]
    if customer == place:
        return Relation.OWN
    if customer in SUBTREE[place]:
        return Relation.BELOW
    return Relation.ABOVE if place in SUBTREE[customer] else Relation.BESIDE


REACHED = {Relation.OWN, Relation.BELOW}
PAIRS = [(login, customer) for login in PLACE for customer in ACCOUNT_OF]
CASES = [
    pytest.param(login, customer, id=f"{login}-{relation(login, customer).value}-{customer}")
    for login, customer in PAIRS
]

Clients = Callable[..., Client]


class Calls:
    """Calls that customers make to a carrier, to one another, and one that nobody owns."""

    def __init__(self, house: House) -> None:
        self.parties: dict[str, set[int]] = {}
        """CallId -> the customers that own it or are called."""
        for owner, account in ACCOUNT_OF.items():
            self._add(house.call(account=account), owner)
            for callee, callee_account in ACCOUNT_OF.items():
                self._add(house.call(account=account, callee_account=callee_account), owner, callee)
        self.nobodys = call_id(house.call(account=None, connection=None).number)

    def _add(self, call: Call, *parties: int) -> None:
        self.parties[call_id(call.number)] = set(parties)

    def of(self, customer: int) -> list[str]:
        return [number for number, parties in self.parties.items() if customer in parties]

    def reached(self, login: str) -> list[str]:
        own = [number for number, parties in self.parties.items() if parties & SUBTREE[PLACE[login]]]
        return [*own, self.nobodys] if PLACE[login] == 1 else own


@pytest.fixture
def calls(house: House) -> Calls:
    return Calls(house)


def test_no_command_role_or_relation_is_missing() -> None:
    assert set(COMMANDS) == {"listactivecalls", "hangup"}
    seen = {(ROLE[login].value, relation(login, customer).value) for login, customer in PAIRS}
    assert seen == {
        *(("admin", word) for word in ("own", "below")),
        *(("reseller", word) for word in ("below", "beside", "above")),
        *(("user", word) for word in ("own", "beside", "above")),
    }


@pytest.mark.parametrize(("login", "customer"), CASES)
async def test_listactivecalls(client: Clients, calls: Calls, login: str, customer: int) -> None:
    found = set((await client(login).list()).ids())
    if relation(login, customer) in REACHED:
        assert found >= set(calls.of(customer))
    else:
        alone = {number for number in calls.of(customer) if not calls.parties[number] & SUBTREE[PLACE[login]]}
        assert alone
        assert not found & alone


@pytest.mark.parametrize(("login", "customer"), CASES)
async def test_hangup(house: House, client: Clients, calls: Calls, login: str, customer: int) -> None:
    asking, sent = client(login), 0
    for number in calls.of(customer):
        may = bool(calls.parties[number] & SUBTREE[PLACE[login]])
        assert may or relation(login, customer) not in REACHED
        unknown = (601, f"Call not found with ID '{number}'")
        assert (await asking.hang_up(number)).verdict == (DONE if may else unknown)
        sent += may
    assert len(house.sent) == sent


@pytest.mark.parametrize("login", PLACE)
async def test_what_is_listed_is_what_can_be_hung_up(house: House, client: Clients, calls: Calls, login: str) -> None:
    asking = client(login)
    assert (await asking.list()).ids() == calls.reached(login)
    answers = {number: await asking.hang_up(number) for number in [*calls.parties, calls.nobodys]}
    assert [number for number, answer in answers.items() if answer.code == 200] == calls.reached(login)


@pytest.mark.parametrize("login", PLACE)
async def test_xe_without_credentials_reaches_what_its_login_reaches(house: House, calls: Calls, login: str) -> None:
    nobody = Client(house, OzekiDialect(house.desk, OzekiSettings(xe_login=login)), "", "xe")
    assert (await nobody.list()).ids() == calls.reached(login)
    answers = {number: await nobody.hang_up(number) for number in [*calls.parties, calls.nobodys]}
    assert [number for number, answer in answers.items() if answer.code == 200] == calls.reached(login)
