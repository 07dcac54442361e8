"""Who may see and end what: every method, each login, customers of its own, below, beside and above."""

from collections.abc import Callable

import pytest

from tests.dialects.sippy.client import Client, value
from tests.dialects.sippy.conftest import TRUSTED
from tests.house import House

ACCOUNT_OF = {1: 3, 3: 5, 4: 7, 5: 9}
"""Customer -> one account of it. Customer 2, the reseller above 3 and 4, has none."""
SEES = {"root": {1, 3, 4, 5}, "reseller": {3, 4}, "acme": {3}, "globex": {4}, "initech": {5}}
"""Login -> the customers whose calls it sees."""
SUBTREE = {1: {1, 2, 3, 4, 5}, 2: {2, 3, 4}, 3: {3}, 4: {4}, 5: {5}}
PLACE = {"root": 1, "reseller": 2, "acme": 3, "globex": 4, "initech": 5}

Clients = Callable[..., Client]
LOGINS = sorted(PLACE)
CUSTOMERS = sorted(SUBTREE)


@pytest.fixture
def numbers(house: House) -> dict[str, int]:
    """One call of each customer that has accounts, by its ID; and one that nobody owns."""
    owned = {str(house.call(account=account).number): customer for customer, account in ACCOUNT_OF.items()}
    house.call(account=None, connection=None)
    return owned


@pytest.mark.parametrize("method", ["listAllCalls", "listActiveCalls"])
@pytest.mark.parametrize("login", LOGINS)
async def test_a_login_lists_its_own_subtree(client: Clients, numbers: dict[str, int], login: str, method: str) -> None:
    found = [row["ID"] for row in await client(login).ask(method)]
    expected = [number for number, customer in numbers.items() if customer in SEES[login]]
    assert found == (expected if login != "root" else [*expected, "964"])


@pytest.mark.parametrize("login", LOGINS)
async def test_not_recursive_is_the_logins_own_customer_only(
    client: Clients, numbers: dict[str, int], login: str
) -> None:
    rows = await client(login).ask("listAllCalls", recursive=False)
    assert [row["ID"] for row in rows] == [number for number, owner in numbers.items() if owner == PLACE[login]]


@pytest.mark.parametrize("account", ACCOUNT_OF.values())
@pytest.mark.parametrize("login", LOGINS)
async def test_a_filter_by_a_strangers_account_finds_nothing(
    client: Clients, numbers: dict[str, int], login: str, account: int
) -> None:
    rows = await client(login).ask("listAllCalls", i_account=account)
    seen = {ACCOUNT_OF[customer] for customer in SEES[login]}
    assert [row["I_ACCOUNT"] for row in rows] == ([account] if account in seen else [])


@pytest.mark.parametrize("customer", CUSTOMERS)
@pytest.mark.parametrize("login", LOGINS)
async def test_a_login_can_act_for_a_customer_of_its_subtree_and_for_no_other(
    client: Clients, numbers: dict[str, int], login: str, customer: int
) -> None:
    asking = client(login)
    if customer not in SUBTREE[PLACE[login]]:
        assert (await asking.fault("listAllCalls", i_customer=customer)).faultCode == 404
        return
    found = {row["ID"] for row in await asking.ask("listAllCalls", i_customer=customer)}
    expected = {number for number, owner in numbers.items() if owner in SUBTREE[customer]}
    assert found == (expected | {"964"} if customer == 1 else expected)


@pytest.mark.parametrize("login", LOGINS)
async def test_a_login_disconnects_the_calls_it_sees_and_no_other(
    house: House, client: Clients, numbers: dict[str, int], login: str
) -> None:
    for number, customer in numbers.items():
        answer = await client(login).ask("disconnectCall", ID=number)
        may = customer in SEES[login]
        assert answer == {"result": "OK" if may else "Call not found or not accessible"}
    assert len(house.sent) == len(SEES[login])


async def test_acting_for_a_customer_narrows_what_can_be_disconnected(
    house: House, root: Client, numbers: dict[str, int]
) -> None:
    answers = [await root.ask("disconnectCall", ID=number, i_customer=2) for number in numbers]
    assert [answer["result"] == "OK" for answer in answers] == [customer in {3, 4} for customer in numbers.values()]


@pytest.mark.parametrize("customer", ACCOUNT_OF)
@pytest.mark.parametrize("login", LOGINS)
async def test_a_login_disconnects_accounts_of_its_subtree_and_no_other(
    house: House, client: Clients, numbers: dict[str, int], login: str, customer: int
) -> None:
    account = ACCOUNT_OF[customer]
    if customer in SEES[login]:
        assert await client(login).ask("disconnectAccount", i_account=account) == {"result": "OK", "count": 1}
    else:
        fault = await client(login).fault("disconnectAccount", i_account=account)
        assert fault.faultString == (await client(login).fault("disconnectAccount", i_account=998)).faultString.replace(
            "998", str(account)
        )
        assert house.sent == []


@pytest.mark.parametrize("customer", CUSTOMERS)
@pytest.mark.parametrize("login", LOGINS)
async def test_a_login_disconnects_customers_of_its_subtree_and_no_other(
    house: House, client: Clients, numbers: dict[str, int], login: str, customer: int
) -> None:
    if customer in SUBTREE[PLACE[login]]:
        count = len(SUBTREE[customer] & set(ACCOUNT_OF))
        answer = await client(login).ask("disconnectCustomer", i_customer=customer)
        assert answer == {"result": "OK", "count": count}
    else:
        fault = await client(login).fault("disconnectCustomer", i_customer=customer)
        assert fault.faultString == (
            await client(login).fault("disconnectCustomer", i_customer=998)
        ).faultString.replace("998", str(customer))
        assert house.sent == []


@pytest.mark.parametrize("customer", CUSTOMERS)
@pytest.mark.parametrize("login", LOGINS)
async def test_a_login_counts_customers_of_its_subtree_and_no_other(
    client: Clients, numbers: dict[str, int], login: str, customer: int
) -> None:
    if customer in SUBTREE[PLACE[login]]:
        answer = await client(login).ask("getAccountCallStatsCustomer", i_customer=customer)
        assert answer["data"] == ({str(ACCOUNT_OF[customer]): [1, 1]} if customer in ACCOUNT_OF else {})
    else:
        fault = await client(login).fault("getAccountCallStatsCustomer", i_customer=customer)
        assert fault.faultCode == 404


@pytest.mark.parametrize("login", LOGINS)
async def test_the_root_customers_counts_are_for_the_root_customer(
    client: Clients, numbers: dict[str, int], login: str
) -> None:
    if login == "root":
        assert (await client(login).ask("getAccountCallStats"))["data"] == {"3": [1, 1]}
    else:
        assert (await client(login).fault("getAccountCallStats")).faultCode == 403


# --- trusted mode ---


@pytest.mark.parametrize("customer", CUSTOMERS)
async def test_a_trusted_address_has_the_rights_of_the_customer_it_names(
    house: House, trusted: Client, numbers: dict[str, int], customer: int
) -> None:
    rows = await trusted.ask("listAllCalls", i_customer=customer)
    visible = {number for number, owner in numbers.items() if owner in SUBTREE[customer]}
    assert {row["ID"] for row in rows} == (visible | {"964"} if customer == 1 else visible)
    for number in numbers:
        answer = await trusted.ask("disconnectCall", ID=number, i_customer=customer)
        assert (answer["result"] == "OK") is (number in visible)
    assert len(house.sent) == len(visible)


@pytest.mark.parametrize("wholesaler", CUSTOMERS)
@pytest.mark.parametrize("customer", CUSTOMERS)
async def test_in_trusted_mode_i_wholesaler_says_who_disconnects_a_customer(
    house: House, trusted: Client, numbers: dict[str, int], customer: int, wholesaler: int
) -> None:
    parameters = {"i_customer": customer, "i_wholesaler": wholesaler}
    if customer in SUBTREE[wholesaler]:
        count = len(SUBTREE[customer] & set(ACCOUNT_OF))
        assert await trusted.ask("disconnectCustomer", **parameters) == {"result": "OK", "count": count}
    else:
        assert (await trusted.fault("disconnectCustomer", **parameters)).faultCode == 404
        assert house.sent == []


@pytest.mark.parametrize(
    ("method", "parameters", "missing"),
    [
        ("listAllCalls", {}, "i_customer"),
        ("listActiveCalls", {"i_customer": ""}, "i_customer"),
        ("disconnectCall", {"ID": "960"}, "i_customer"),
        ("disconnectAccount", {"i_account": 3}, "i_customer"),
        ("disconnectCustomer", {"i_customer": 3}, "i_wholesaler"),
        ("getAccountCallStatsCustomer", {}, "i_customer"),
    ],
)
async def test_a_trusted_address_must_say_for_whom(
    trusted: Client, method: str, parameters: dict[str, object], missing: str
) -> None:
    fault = await trusted.fault(method, **parameters)
    assert fault.faultCode == 400
    assert missing in fault.faultString


async def test_a_trusted_address_can_ask_for_the_root_customers_counts_without_naming_it(
    trusted: Client, numbers: dict[str, int]
) -> None:
    assert (await trusted.ask("getAccountCallStats"))["data"] == {"3": [1, 1]}
    assert (await trusted.fault("getAccountCallStats", i_customer=2)).faultCode == 403


async def test_a_trusted_address_cannot_act_for_a_customer_that_does_not_exist(trusted: Client) -> None:
    assert (await trusted.fault("listAllCalls", i_customer=999)).faultCode == 404


async def test_a_trusted_address_that_sends_credentials_is_held_to_them(
    house: House, client: Clients, numbers: dict[str, int]
) -> None:
    challenge = house.access.challenge(house.now)[0]
    asking = client("acme", address=TRUSTED)
    rows = value(await asking.reply_with(challenge, "listAllCalls"))
    assert [row["I_CUSTOMER"] for row in rows] == ["3"]
    assert (await asking.reply_with(challenge, "listAllCalls", password="wrong")).status == 401


async def test_who_asked_is_kept_for_a_trusted_address(house: House, trusted: Client, numbers: dict[str, int]) -> None:
    await trusted.ask("disconnectCall", ID="960", i_customer=1)
    record = house.ledger.record(house.sent[0].id)
    assert record is not None
    assert (record.login, record.address) == (f"trusted {TRUSTED}", TRUSTED)
