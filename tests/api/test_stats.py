"""Counts and the last hour over REST."""

from enum import IntEnum
from itertools import permutations, product

import msgspec
import pytest

from callboard.access.claims import NamedClaim
from callboard.calls.state import LIVE, State
from callboard.directory.countries import NAMES
from callboard.directory.records import Account, Vendor
from callboard.operations.count import COUNT_CALLS, CountCalls
from callboard.operations.list_calls import ListCalls
from callboard.table.questions.counters import By
from callboard.table.questions.filters import Filter
from tests.api.conftest import Caller, problem, whole
from tests.house import BEGIN, House


async def test_the_whole_of_it(caller: Caller, house: House) -> None:
    house.call(account=3)
    house.call(State.RINGING, account=5)
    assert await caller.get("/v1/stats") == {
        "at": "2021-08-22T10:12:52.000Z",
        "total": 2,
        "answered": 1,
        "ringing": 1,
        "suspect": 0,
        "peaks": {"today": {"calls": 2, "at": "2021-08-22T10:12:52.000Z"}},
        "groups": [],
    }


@pytest.mark.parametrize(
    ("by", "groups"),
    [
        ("customer", [
            {"customer": 3, "name": "Acme", "calls": 2, "answered": 1},
            {"customer": 1, "name": "Root", "calls": 1, "answered": 1},
        ]),
        ("state", [
            {"state": "answered", "name": "answered", "calls": 2, "answered": 2},
            {"state": "ringing", "name": "ringing", "calls": 1, "answered": 0},
        ]),
        ("vendor", [{"vendor": 1, "name": "Carrier One", "calls": 3, "answered": 2}]),
        ("connection,switch", [
            {"connection": 1, "switch": "b2bua", "name": "one", "second_name": "b2bua", "calls": 3, "answered": 2},
        ]),
        ("account", [
            {"account": 5, "name": "101", "calls": 2, "answered": 1},
            {"account": 3, "name": "801", "calls": 1, "answered": 1},
        ]),
        ("country", [{"country": "", "name": "", "calls": 3, "answered": 2}]),
    ],
)  # fmt: skip
async def test_groups_have_names(caller: Caller, house: House, by: str, groups: list[dict[str, object]]) -> None:
    house.call(account=3)
    house.call(account=5)
    house.call(State.RINGING, account=5)
    assert (await caller.get(f"/v1/stats?by={by}"))["groups"] == groups


async def test_the_names_of_carriers_are_the_operators_to_know(caller: Caller, house: House) -> None:
    house.call(account=5)
    for user, names in (
        ("acme", ["vendor 1", "Acme"]),
        ("reseller", ["vendor 1", "Acme"]),
        ("root", ["Carrier One", "Acme"]),
        ("acme", ["vendor 1", "Acme"]),
    ):
        (group,) = (await caller.get("/v1/stats?by=vendor,customer", user))["groups"]
        assert (group["vendor"], [group["name"], group["second_name"]]) == (1, names)


async def test_names_follow_the_directory(caller: Caller, house: House) -> None:
    house.call(account=5)

    async def names() -> list[str]:
        (group,) = (await caller.get("/v1/stats?by=account,vendor"))["groups"]
        return [group["name"], group["second_name"]]

    assert await names() == ["101", "Carrier One"]
    house.directory.put(Account(id=5, customer=3, sip_user="101", name="Reception"), Vendor(id=1, name="Carrier A"))
    assert await names() == ["Reception", "Carrier A"]
    house.call(account=7)
    found = await caller.get("/v1/stats?by=account")
    assert {group["name"] for group in found["groups"]} == {"Reception", "104"}


async def test_no_directory_has_the_names_of_another(house: House) -> None:
    other = House()
    house.directory.put(Account(id=5, customer=3, sip_user="101", name="Here"))
    other.directory.put(Account(id=5, customer=3, sip_user="101", name="Elsewhere"))
    assert house.directory.revision == other.directory.revision
    for each, name in ((house, "Here"), (other, "Elsewhere"), (house, "Here")):
        each.call(account=5)
        (group,) = (await Caller(each).get("/v1/stats?by=account"))["groups"]
        assert group["name"] == name


def _name(house: House, by: By, key: object) -> str:
    """By hand, as the operator reads it."""
    if key is None or by in (By.STATE, By.DIRECTION):
        return "" if key is None else key.name.lower()  # type: ignore[attr-defined]
    if not isinstance(key, int):
        return NAMES.get(str(key), str(key))
    match by:
        case By.ACCOUNT:
            record = house.directory.account(key)
            assert record is not None
            return record.name or record.sip_user
        case By.CUSTOMER:
            named = house.directory.customer(key)
        case By.VENDOR:
            named = house.directory.vendor(key)  # type: ignore[assignment]
        case _:
            named = house.directory.connection(key)  # type: ignore[assignment]
    assert named is not None
    return named.name


@pytest.mark.parametrize("by", [*((one,) for one in By), *permutations(By, 2)])
async def test_an_answer_is_what_group_by_group_would_be_written(
    caller: Caller, house: House, by: tuple[By, ...]
) -> None:
    for account, state in product((None, 3, 5, 7), (State.RINGING, State.ANSWERED)):
        house.call(state, account=account)
    arguments = CountCalls(which=ListCalls(as_party=True, where=Filter(states=LIVE)), by=by)
    root = house.desk.access.sign_in(NamedClaim("root", "192.0.2.9"), house.now)
    expected = []
    for group in house.desk.perform(COUNT_CALLS, root, arguments, house.now).groups:
        row: dict[str, object] = {}
        for each, key in zip(by, group.keys, strict=True):
            row[each.value] = key.name.lower() if isinstance(key, IntEnum) else key
        for word, each, key in zip(("name", "second_name"), by, group.keys, strict=False):
            row[word] = _name(house, each, key)
        expected.append(row | {"calls": group.calls, "answered": group.answered})
    assert len(expected) > 1 or set(by) <= {By.VENDOR, By.CONNECTION, By.SWITCH, By.COUNTRY, By.DIRECTION}
    body = whole(await caller.reply(f"/v1/stats?by={','.join(each.value for each in by)}"))
    assert msgspec.json.encode(expected) in body


async def test_filters_count_fewer_and_have_no_peak(caller: Caller, house: House) -> None:
    house.call(account=3)
    house.call(State.RINGING, account=5)
    found = await caller.get("/v1/stats?state=ringing")
    assert (found["total"], found["ringing"], found["peaks"]) == (1, 1, None)


async def test_each_login_counts_what_it_sees(caller: Caller, house: House) -> None:
    house.call(account=5, callee_account=7)
    for user, groups in {"acme": [3], "globex": [None], "initech": [], "reseller": [3]}.items():
        found = await caller.get("/v1/stats?by=customer", user)
        assert [group["customer"] for group in found["groups"]] == groups
        assert found["total"] == found["peaks"]["today"]["calls"] == len(groups)


async def test_the_last_minutes(caller: Caller, house: House) -> None:
    for index in range(4):
        house.desk.loads.sample(BEGIN + 30.0 + 10.0 * index)
        house.call()
    series = await caller.get("/v1/stats/series?minutes=1")
    assert series == {
        "step": 10,
        "begin": "2021-08-22T10:12:22.000Z",
        "calls": [0, 1, 2, 3],
        "answered": [0, 1, 2, 3],
    }


@pytest.mark.parametrize(
    ("path", "argument"),
    [
        ("stats?by=colour", "by"),
        ("stats?by=state,switch,vendor", "by"),
        ("stats?sort=id", "sort"),
        ("stats/series?minutes=61", "minutes"),
        ("stats/series?by=state", "by"),
    ],
)
async def test_a_bad_parameter_is_named(caller: Caller, path: str, argument: str) -> None:
    reply = await caller.reply(f"/v1/{path}")
    assert reply.status == 400
    assert problem(reply)["argument"] == argument


async def test_a_stranger_is_not_counted(caller: Caller) -> None:
    for path in ("stats?customer=4", "stats/series?customer=4"):
        reply = await caller.reply(f"/v1/{path}", "acme")
        assert problem(reply)["code"] == "customer_not_found"


async def test_the_largest_groups_alone(caller: Caller, house: House) -> None:
    for account in (3, 5, 5, 7, 7, 7):
        house.call(account=account)
    found = await caller.get("/v1/stats?by=account,state&limit=2")
    assert [(group["account"], group["state"], group["calls"]) for group in found["groups"]] == [
        (7, "answered", 3),
        (5, "answered", 2),
    ]
    assert found["total"] == 6
    problem(await caller.reply("/v1/stats?by=account&limit=0"))
