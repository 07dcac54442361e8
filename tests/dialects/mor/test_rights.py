"""Who may see what: the dialect's operation, each role, customers of its own, below, beside and above."""

from collections.abc import Callable

import pytest

from callboard.dialects.mor.dialect import MorDialect
from callboard.dialects.mor.settings import MorSettings
from tests.dialects.mor.client import Client
from tests.dialects.mor.scenes import from_vendor
from tests.house import House

Clients = Callable[..., Client]

PLACE = {"root": 1, "reseller": 2, "acme": 3, "globex": 4, "initech": 5}
"""Login -> its customer: an admin, a reseller, and users below it, beside each other and beside it."""
SUBTREE = {1: {1, 2, 3, 4, 5}, 2: {2, 3, 4}, 3: {3}, 4: {4}, 5: {5}}
ACCOUNT_OF = {1: 3, 3: 5, 4: 7, 5: 9}
"""Customer -> one account of it. Customer 2, the reseller above 3 and 4, has none."""
DIDS = {3: "37052101", 4: "37052102", 5: "44370"}
LOGINS = sorted(PLACE)
CUSTOMERS = sorted(SUBTREE)

Calls = dict[int, tuple[int | None, int | None]]
"""Number -> the customers who call and who are called."""


@pytest.fixture
def calls(house: House) -> Calls:
    """A call of each customer to a vendor, one from each to each other, one from a vendor to each, and nobody's."""
    made: Calls = {}
    for customer, account in ACCOUNT_OF.items():
        made[house.call(account=account).number] = (customer, None)
        for other, called in ACCOUNT_OF.items():
            if other != customer:
                made[house.call(account=account, callee_account=called).number] = (customer, other)
    for customer, did in DIDS.items():
        made[from_vendor(house, ACCOUNT_OF[customer], dialed=did).number] = (None, customer)
    made[house.call(account=None, connection=None).number] = (None, None)
    made[from_vendor(house, None, dialed="442071111111", onward=1).number] = (None, None)
    return made


def seen(calls: Calls, login: str) -> set[int]:
    """The calls that a login sees: those that somebody in its subtree makes or gets; the operator sees all."""
    subtree = SUBTREE[PLACE[login]]
    return {number for number, parties in calls.items() if login == "root" or subtree & {*parties}}


@pytest.mark.parametrize("login", LOGINS)
async def test_a_login_lists_what_its_own_subtree_makes_and_gets(client: Clients, calls: Calls, login: str) -> None:
    assert set(await client(login).ids()) == seen(calls, login)


@pytest.mark.parametrize("login", LOGINS)
async def test_a_login_is_shown_the_parties_of_its_own_subtree_only(client: Clients, calls: Calls, login: str) -> None:
    subtree = SUBTREE[PLACE[login]]
    for row in await client(login).ask():
        caller, called = calls[int(row["id"])]
        assert row["user_id"] == (str(caller) if caller in subtree else "")
        assert row.get("dst_user_id") == (str(called) if called in subtree else None)
        assert bool(row["src_device_id"]) is bool(row["user"]) is (caller in subtree)


@pytest.mark.parametrize("customer", CUSTOMERS)
@pytest.mark.parametrize("login", LOGINS)
async def test_a_user_of_another_subtree_is_not_found(client: Clients, calls: Calls, login: str, customer: int) -> None:
    asking = client(login)
    if customer in SUBTREE[PLACE[login]]:
        made = {number for number, (caller, _) in calls.items() if caller == customer}
        got = {number for number, (_, called) in calls.items() if called == customer}
        assert set(await asking.ids(s_user_id=customer)) == made
        assert set(await asking.ids(s_dst_user_id=customer)) == got
    else:
        assert await asking.error(s_user_id=customer) == "Originating User was not found"
        assert await asking.error(s_dst_user_id=customer) == "Terminating User was not found"


@pytest.mark.parametrize("customer", ACCOUNT_OF)
@pytest.mark.parametrize("login", LOGINS)
async def test_a_device_of_another_subtree_is_not_found(
    client: Clients, calls: Calls, login: str, customer: int
) -> None:
    asking, own, device = client(login), PLACE[login], ACCOUNT_OF[customer]
    subtree = SUBTREE[own]
    if customer in subtree:
        made = {number for number, (caller, _) in calls.items() if caller == customer}
        got = {number for number, (_, called) in calls.items() if called == customer}
        assert set(await asking.ids(s_user_id=customer, s_device=device)) == made
        assert set(await asking.ids(s_dst_user_id=customer, s_dst_device=device)) == got
    if customer != own:
        assert await asking.error(s_user_id=own, s_device=device) == "Originating Device was not found"
        assert await asking.error(s_dst_user_id=own, s_dst_device=device) == "Terminating Device was not found"


@pytest.mark.parametrize("customer", DIDS)
@pytest.mark.parametrize("login", LOGINS)
async def test_a_did_of_another_subtree_is_not_found(client: Clients, calls: Calls, login: str, customer: int) -> None:
    asking = client(login)
    if customer in SUBTREE[PLACE[login]]:
        got = {number for number, parties in calls.items() if parties == (None, customer)}
        assert set(await asking.ids(s_did=DIDS[customer])) == got
    else:
        assert await asking.error(s_did=DIDS[customer]) == "Did was not found"


@pytest.mark.parametrize("login", LOGINS)
async def test_a_pattern_over_dids_finds_the_calls_of_ones_own(client: Clients, calls: Calls, login: str) -> None:
    own = {number for number, (caller, called) in calls.items() if caller is None and called in SUBTREE[PLACE[login]]}
    assert set(await client(login).ids(s_did="%")) == own


@pytest.mark.parametrize(
    "everybodys",
    [
        {"s_server": 1},
        {"s_provider": 1},
        {"s_provider": 2},
        {"s_destination": "8"},
        {"s_source": "8"},
        {"s_status": "answered"},
    ],
    ids=str,
)
@pytest.mark.parametrize("login", LOGINS)
async def test_no_filter_finds_what_is_not_seen_without_it(
    client: Clients, calls: Calls, login: str, everybodys: dict[str, object]
) -> None:
    operator = set(await client("root").ids(**everybodys))
    assert set(await client(login).ids(**everybodys)) == operator & seen(calls, login)


@pytest.mark.parametrize("login", LOGINS)
async def test_a_believed_name_has_the_rights_of_its_login(house: House, calls: Calls, login: str) -> None:
    believing = MorDialect(house.desk, MorSettings(check_hash=False))
    assert set(await Client(house, believing, login).ids()) == seen(calls, login)
