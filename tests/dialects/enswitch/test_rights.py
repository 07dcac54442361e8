"""Who may see and end what: every function, each login, customers of its own, below, beside and above."""

import pytest

from callboard.dialects.enswitch.functions import FUNCTIONS
from tests.dialects.enswitch.client import HANGUP, LIST, PANEL
from tests.dialects.enswitch.conftest import Clients, inbound
from tests.house import House

PLACE = {"root": 1, "reseller": 2, "acme": 3, "globex": 4, "initech": 5}
SUBTREE = {1: {1, 2, 3, 4, 5}, 2: {2, 3, 4}, 3: {3}, 4: {4}, 5: {5}}
CHILDREN: dict[int, set[int]] = {1: {2, 5}, 2: {3, 4}, 3: set(), 4: set(), 5: set()}
NOBODY = -1
"""Owner of the call that nobody owns (yet)."""

logins = pytest.mark.parametrize("login", PLACE)
customers = pytest.mark.parametrize("customer", SUBTREE)


@pytest.fixture
def parties(house: House) -> dict[str, set[int]]:
    """callid -> whose call it is: one of each customer with accounts, one between two, one from outside, one stray."""
    owned = {account: house.call(account=account) for account in (3, 5, 7, 9)}
    between = house.call(account=5, callee_account=7)
    stray = house.call(account=None, connection=None)
    from_outside = inbound(house, 9)
    calls = [*owned.values(), between, stray, from_outside]
    whose: list[set[int]] = [{1}, {3}, {4}, {5}, {3, 4}, {NOBODY}, {5}]
    return {f"{call.key.native}/a": owners for call, owners in zip(calls, whose, strict=True)}


def of(parties: dict[str, set[int]], scope: set[int]) -> set[str]:
    return {callid for callid, owners in parties.items() if owners & scope}


def test_every_function_is_tried_below() -> None:
    assert set(FUNCTIONS) == {LIST, PANEL, HANGUP}


@pytest.mark.parametrize("function", [LIST, PANEL])
@logins
async def test_a_login_lists_its_own_customers_calls(
    client: Clients, parties: dict[str, set[int]], login: str, function: str
) -> None:
    assert set(await client(login).column("callid", function)) == of(parties, {PLACE[login]})


@pytest.mark.parametrize("function", [LIST, PANEL])
@customers
@logins
async def test_a_login_lists_customers_of_its_subtree_and_no_other(
    client: Clients, parties: dict[str, set[int]], login: str, customer: int, function: str
) -> None:
    asking = client(login)
    if customer in SUBTREE[PLACE[login]]:
        assert set(await asking.column("callid", function, customer=customer)) == of(parties, {customer})
    else:
        refusal = await asking.refusal(function, customer=customer)
        unknown = await asking.refusal(function, customer=998)
        assert refusal == ("400", "customer", unknown[2].replace("998", str(customer)))
        assert unknown[:2] == ("400", "customer")


@customers
@logins
async def test_a_customer_can_be_asked_for_with_all_below(
    client: Clients, parties: dict[str, set[int]], login: str, customer: int
) -> None:
    asking = client(login)
    if customer in SUBTREE[PLACE[login]]:
        scope = SUBTREE[customer] | ({NOBODY} if customer == 1 else set())
        assert set(await asking.column("callid", customer=customer, recursive=1)) == of(parties, scope)
    else:
        assert (await asking.refusal(customer=customer, recursive=1))[:2] == ("400", "customer")


@logins
async def test_all_are_those_directly_below(client: Clients, parties: dict[str, set[int]], login: str) -> None:
    for recursive in (0, 1):
        found = set(await client(login).column("callid", customer="all", recursive=recursive))
        assert found == of(parties, CHILDREN[PLACE[login]])


@logins
async def test_recursive_are_all_below(client: Clients, parties: dict[str, set[int]], login: str) -> None:
    below = SUBTREE[PLACE[login]] - {PLACE[login]}
    assert set(await client(login).column("callid", customer="recursive")) == of(parties, below)


@logins
async def test_the_system_is_for_administrators(client: Clients, parties: dict[str, set[int]], login: str) -> None:
    if login == "root":
        assert set(await client(login).column("callid", customer="system")) == set(parties)
    else:
        assert (await client(login).refusal(customer="system"))[0] == "402"


@logins
async def test_no_callid_reaches_beyond_the_subtree(client: Clients, parties: dict[str, set[int]], login: str) -> None:
    seen = of(parties, SUBTREE[PLACE[login]] | ({NOBODY} if login == "root" else set()))
    for callid in parties:
        found = set(await client(login).column("callid", recursive=1, callid=callid))
        assert found == ({callid} & seen)


@pytest.mark.parametrize(("phone", "owner", "calls"), [("801", 1, 1), ("101", 3, 2), ("104", 4, 2), ("1000", 5, 2)])
@logins
async def test_no_phone_reaches_beyond_the_subtree(
    client: Clients, parties: dict[str, set[int]], login: str, phone: str, owner: int, calls: int
) -> None:
    found = set(await client(login).column("callid", recursive=1, phone=phone))
    assert len(found) == (calls if owner in SUBTREE[PLACE[login]] else 0)


@pytest.mark.parametrize("name", ["callid", "uniqueid"])
@logins
async def test_a_login_hangs_up_the_calls_it_sees_and_no_other(
    house: House, client: Clients, parties: dict[str, set[int]], login: str, name: str
) -> None:
    asking = client(login)
    unknown = await asking.refusal(HANGUP, **{name: "call-998/a"})
    may = of(parties, SUBTREE[PLACE[login]] | ({NOBODY} if login == "root" else set()))
    for callid in parties:
        answer = await asking.ask(HANGUP, **{name: callid})
        if callid in may:
            assert answer["responses"][0]["code"] == "204"
        else:
            assert tuple(answer["responses"][0].values()) == unknown
    assert {f"{command.call.native}/a" for command in house.sent} == may


@pytest.mark.parametrize(("login", "ids"), [("acme", (3, 0)), ("globex", (0, 4)), ("reseller", (3, 4))])
async def test_a_call_between_two_customers_shows_its_legs_to_both_and_to_each_its_own_id(
    client: Clients, parties: dict[str, set[int]], login: str, ids: tuple[int, int]
) -> None:
    rows = await client(login).data(callid="call-5/a", recursive=1)
    assert [row["uniqueid"] for row in rows] == ["call-5/a", "call-5/b"]
    assert {(row["scustomer"], row["dcustomer"]) for row in rows} == {ids}
    assert {(row["stype"], row["dtype"]) for row in rows} == {("phone", "phone")}
