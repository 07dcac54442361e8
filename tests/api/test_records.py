"""Records and logins one by one over REST."""

from typing import Any

import msgspec
import pytest
from argon2 import PasswordHasher
from msgspec.structs import replace

from callboard.access.claims import PasswordClaim
from callboard.access.digest import ha1
from callboard.access.logins import Login
from callboard.access.masks import Mask
from callboard.access.passwords import make_login
from callboard.access.rights import Right, Role
from callboard.api.record_fields import VIEWS
from callboard.directory.records import DID, Account, Customer, Device, Machine
from callboard.http.values import Reply
from callboard.operations.registers import REGISTERS
from tests.api.conftest import Caller, problem, whole
from tests.house import House

MORE = (
    Device(id=1, account=5, name="acme-desk", extension="11"),
    Device(id=2, account=9, name="initech-desk", extension="12"),
    DID(id=1, number="442079460001", account=5, vendor=1),
    DID(id=2, number="442079460002", account=9),
    Machine(id=1, name="one", switch="one"),
)

NEW: dict[str, dict[str, Any]] = {
    "customers": {"name": "New", "parent": 1},
    "accounts": {"customer": 3, "sip_user": "999", "sip_password": "secret of 999"},
    "devices": {"account": 5, "name": "new-desk"},
    "vendors": {"name": "New Carrier"},
    "connections": {"vendor": 1, "name": "new", "address": "192.0.2.1:5060"},
    "dids": {"number": "+44 20 7946 0003", "account": 5},
    "machines": {"name": "two", "switch": "two"},
    "logins": {"name": "new", "role": "user", "customer": 3, "password": "secret of new"},
}
KEYS: dict[str, object] = {**dict.fromkeys(NEW, 1), "accounts": 5, "logins": "globex", "customers": 4}
SECRETS = ("argon2", "secret of", "ha1_", "password_hash", "shared_key")


@pytest.fixture
def house() -> House:
    """The house with a few more records, and an administrator of the reseller's branch."""
    house = House()
    house.directory.put(*MORE)
    login = make_login("branch", Role.ADMIN, 2, "demo-branch")
    cheap = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash("demo-branch")
    house.access.put(replace(login, password_hash=cheap))
    return house


async def send(caller: Caller, method: str, path: str, user: str = "root", **body: object) -> Reply:
    return await caller.reply(f"/v1/{path}", user, method=method, body=msgspec.json.encode(body))


async def done(caller: Caller, method: str, path: str, user: str = "root", **body: object) -> Any:
    reply = await send(caller, method, path, user, **body)
    assert reply.status in (200, 201, 204), whole(reply)
    return msgspec.json.decode(whole(reply) or b"null")


def state(house: House) -> object:
    return house.directory.records(), house.access.logins()


# --- what each verb does ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("section", NEW)
async def test_a_record_is_made_shown_changed_and_removed(caller: Caller, house: House, section: str) -> None:
    reply = await send(caller, "POST", section, **NEW[section])
    made = msgspec.json.decode(whole(reply))
    assert reply.status == 201
    key = made[REGISTERS[section].key]
    assert dict(reply.headers)["Location"] == f"/v1/{section}/{key}"
    shown = await caller.reply(f"/v1/{section}/{key}")
    assert msgspec.json.decode(whole(shown)) == made
    assert dict(shown.headers)["ETag"] == dict(reply.headers)["ETag"]
    msgspec.convert(made, VIEWS[section])
    for text in (whole(reply), whole(shown), whole(await caller.reply(f"/v1/{section}"))):
        assert not any(secret in text.decode() for secret in SECRETS if secret != "shared_key")
    before = state(house)
    assert await done(caller, "PATCH", f"{section}/{key}") == made
    assert state(house) == before
    assert (await send(caller, "DELETE", f"{section}/{key}")).status == 204
    assert (await caller.reply(f"/v1/{section}/{key}")).status == 404


async def test_an_id_may_be_chosen_or_is_the_next(caller: Caller) -> None:
    assert (await done(caller, "POST", "customers", name="Next", parent=1))["id"] == 6
    assert (await done(caller, "POST", "customers", id=40, name="Chosen", parent=1))["id"] == 40
    assert (await done(caller, "POST", "customers", name="Next", parent=40))["id"] == 41
    taken = await send(caller, "POST", "customers", id=40, name="Again", parent=1)
    assert (taken.status, problem(taken)["code"]) == (409, "conflict")


async def test_what_is_put_replaces_and_what_is_patched_changes(caller: Caller) -> None:
    await done(caller, "PATCH", "accounts/5", name="Zoë", blocked=True)
    patched = await done(caller, "PATCH", "accounts/5", caller_id="49301")
    assert (patched["name"], patched["blocked"], patched["caller_id"]) == ("Zoë", True, "49301")
    put = await done(caller, "PUT", "accounts/5", customer=3, sip_user="101")
    assert (put["name"], put["blocked"], put["caller_id"]) == ("", False, "")


async def test_secrets_stay_unless_they_are_given(caller: Caller, house: House) -> None:
    await done(caller, "PATCH", "accounts/5", sip_password="secret of 101")
    verifier = ha1("101", "sip", "secret of 101", "MD5")
    for method, body in (("PATCH", {"name": "x"}), ("PUT", {"customer": 3, "sip_user": "101"})):
        shown = await done(caller, method, "accounts/5", **body)
        account = house.directory.account(5)
        assert account is not None
        assert (account.ha1_md5, shown["has_password"]) == (verifier, True)
    assert (await done(caller, "PATCH", "accounts/5", ha1_md5="", ha1_sha256=""))["has_password"] is False
    await done(caller, "PATCH", "customers/2", shared_key="a key")
    assert (await done(caller, "PUT", "customers/2", name="R", parent=1))["has_shared_key"] is True
    assert house.directory.shared_key_of(2) == "a key"
    before = house.access.login("acme")
    await done(caller, "PUT", "logins/acme", role="user", customer=3, addresses=["192.0.2.0/24"])
    after = house.access.login("acme")
    assert before is not None
    assert after == replace(before, addresses=("192.0.2.0/24",))
    await done(caller, "PATCH", "logins/acme", password="secret of acme")
    assert house.access.sign_in(PasswordClaim("acme", "secret of acme", "192.0.2.9"), house.now).login == "acme"


@pytest.mark.parametrize("path", ["accounts/5", "customers/2", "logins/acme", "connections/1"])
async def test_what_was_shown_can_be_sent_back(caller: Caller, house: House, path: str) -> None:
    before = state(house)
    shown = await caller.get(f"/v1/{path}")
    assert await done(caller, "PUT", path, **shown) == shown
    assert state(house) == before


async def test_a_phone_with_another_name_needs_its_password_again(caller: Caller) -> None:
    await done(caller, "PATCH", "accounts/5", sip_password="secret of 101")
    reply = await send(caller, "PATCH", "accounts/5", sip_user="111")
    assert (reply.status, problem(reply)["code"]) == (422, "mistakes_in_document")
    assert "sip_password" in problem(reply)["mistakes"][0]
    assert (await done(caller, "PATCH", "accounts/5", sip_user="111", sip_password="new"))["sip_user"] == "111"


async def test_all_mistakes_are_told_at_once(caller: Caller, house: House) -> None:
    before = state(house)
    reply = await send(caller, "POST", "accounts", customer="x", sip_users="1", blocked="yes")
    assert reply.status == 422
    assert problem(reply)["mistakes"] == [
        "account.blocked: give true or false, not a text",
        "account.customer: give a whole number, not a text",
        "account.sip_user: is missing; give a text in quotes",
        "account.sip_users: there is no such key; did you mean sip_user?",
    ]
    reply = await send(caller, "POST", "accounts", customer=99, sip_user="101", addresses=["here", "192.0.2.0/24"])
    mistakes = problem(reply)["mistakes"]
    assert len(mistakes) == 3
    assert any("there is no customer 99" in mistake for mistake in mistakes)
    assert any("'101' is taken by account 5" in mistake for mistake in mistakes)
    reply = await send(caller, "POST", "logins", name="a:b", role="king", customer=3, masks=["all"])
    assert [mistake.split(":")[0] for mistake in problem(reply)["mistakes"]] == ["login.role", "login.masks[0]"]
    assert state(house) == before


@pytest.mark.parametrize("body", [b"[]", b"{", b'"x"', b"null", b"\xff", b'{"id":' + b"[" * 100_000])
async def test_what_is_no_record_is_refused(caller: Caller, body: bytes) -> None:
    reply = await caller.reply("/v1/customers", method="POST", body=body)
    assert reply.status == 400


async def test_what_others_refer_to_stays(caller: Caller, house: House) -> None:
    for path, words in (
        ("customers/2", "login 'reseller' belongs to it"),
        ("accounts/5", "device 1 refers to it"),
        ("vendors/1", "connection 1 refers to it"),
    ):
        reply = await send(caller, "DELETE", path)
        assert reply.status == 422
        assert words in problem(reply)["detail"]
    house.directory.put(Customer(id=9, name="Nine", parent=1))
    house.access.put(Login(name="nine", role=Role.USER, customer=9))
    reply = await send(caller, "DELETE", "customers/9")
    assert problem(reply)["mistakes"] == ["customer 9 cannot be removed: login 'nine' belongs to it"]


@pytest.mark.parametrize(("path", "words"), [("customers/3", "id"), ("logins/acme", "name")])
async def test_a_key_cannot_be_changed(caller: Caller, path: str, words: str) -> None:
    changed: dict[str, Any] = {words: 77 if words == "id" else "other"}
    reply = await send(caller, "PATCH", path, **changed)
    assert reply.status == 422
    assert f".{words}: cannot be changed" in problem(reply)["detail"]


# --- looking ---------------------------------------------------------------------------------------------------------


async def test_lists_are_paged_searched_and_narrowed(caller: Caller) -> None:
    first = await caller.get("/v1/accounts?limit=5")
    assert ([account["id"] for account in first["accounts"]], first["next"]) == ([3, 4, 5, 6, 7], 7)
    rest = await caller.get("/v1/accounts?limit=5&after=7")
    assert ([account["id"] for account in rest["accounts"]], rest["next"]) == ([8, 9, 10], None)
    assert [account["id"] for account in (await caller.get("/v1/accounts?search=10"))["accounts"]] == [
        5,
        6,
        7,
        8,
        9,
        10,
    ]
    assert [account["id"] for account in (await caller.get("/v1/accounts?customer=2"))["accounts"]] == [5, 6, 7, 8]
    assert (await caller.get("/v1/accounts?customer=2&recursive=false"))["accounts"] == []
    logins = await caller.get("/v1/logins?limit=2&after=acme")
    assert ([login["name"] for login in logins["logins"]], logins["next"]) == (["branch", "globex"], "globex")
    assert [login["name"] for login in (await caller.get("/v1/logins?search=ACME"))["logins"]] == ["acme"]
    for query in ("after=x", "limit=0", "limit=1001", "customer=x", "colour=red"):
        assert (await caller.reply(f"/v1/accounts?{query}")).status == 400


async def test_a_secret_is_not_found_by_searching_for_it(caller: Caller, house: House) -> None:
    house.directory.put(Customer(id=2, name="R", parent=1, shared_key="letmein"))
    login = house.access.login("acme")
    assert login is not None
    assert (await caller.get("/v1/customers?search=letmein"))["customers"] == []
    assert (await caller.get(f"/v1/logins?search={login.ha1_md5[:6]}"))["logins"] == []


# --- lost updates ----------------------------------------------------------------------------------------------------


async def test_who_changes_what_another_changed_is_told(caller: Caller) -> None:
    tag = dict((await caller.reply("/v1/customers/3")).headers)["ETag"]
    body = b'{"name":"One"}'
    one = await caller.reply("/v1/customers/3", method="PATCH", body=body, if_match=tag)
    assert one.status == 200
    for method in ("PATCH", "PUT", "DELETE"):
        two = await caller.reply("/v1/customers/3", method=method, body=b'{"name":"Two"}', if_match=tag)
        assert (two.status, problem(two)["code"]) == (412, "changed_meanwhile")
    fresh = dict(one.headers)["ETag"]
    assert fresh != tag
    assert (await caller.reply("/v1/customers/3", method="PATCH", body=b"{}", if_match=f'"x", {fresh}')).status == 200
    assert (await caller.reply("/v1/customers/3", method="PATCH", body=b"{}", if_match="*")).status == 200


async def test_a_tag_is_no_hash_of_a_secret(caller: Caller) -> None:
    tags = set()
    for password in ("one", "two"):
        await done(caller, "PATCH", "accounts/5", sip_password=password)
        tags.add(dict((await caller.reply("/v1/accounts/5")).headers)["ETag"])
    assert len(tags) == 1


# --- who may ---------------------------------------------------------------------------------------------------------

SEES = {
    "root": dict.fromkeys(NEW, True),
    "branch": dict.fromkeys(NEW, True) | dict.fromkeys(("vendors", "connections", "machines"), False),
    "reseller": dict.fromkeys(NEW, True) | dict.fromkeys(("vendors", "connections", "machines"), False),
    "acme": dict.fromkeys(NEW, False),
}


@pytest.mark.parametrize("section", NEW)
@pytest.mark.parametrize("user", SEES)
async def test_who_may_look_sees_what_is_its_own(caller: Caller, user: str, section: str) -> None:
    one = await caller.reply(f"/v1/{section}/{KEYS[section]}", user)
    many = await caller.reply(f"/v1/{section}", user)
    if user == "acme":
        assert one.status == many.status == 403
        assert "directory.read" in problem(one)["detail"]
    else:
        assert one.status == (200 if SEES[user][section] else 404)
        assert bool(msgspec.json.decode(whole(many))[section]) is SEES[user][section]


@pytest.mark.parametrize("section", NEW)
@pytest.mark.parametrize("user", ["reseller", "acme"])
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
async def test_who_is_no_administrator_changes_nothing(
    caller: Caller, house: House, user: str, section: str, method: str
) -> None:
    before = state(house)
    path = section if method == "POST" else f"{section}/{KEYS[section]}"
    reply = await send(caller, method, path, user, **NEW[section])
    assert reply.status == 403
    assert "directory.write" in problem(reply)["detail"]
    assert state(house) == before


@pytest.mark.parametrize(
    ("section", "key", "body"),
    [
        ("customers", 5, {"name": "mine"}),
        ("customers", 1, {"name": "mine"}),
        ("accounts", 9, {"name": "mine"}),
        ("devices", 2, {"name": "mine"}),
        ("dids", 2, {"account": 5}),
        ("logins", "initech", {"password": "mine"}),
        ("logins", "root", {"password": "mine"}),
        ("vendors", 1, {"name": "mine"}),
    ],
)
@pytest.mark.parametrize("method", ["GET", "PATCH", "PUT", "DELETE"])
async def test_strangers_records_are_as_if_they_were_not(
    caller: Caller, house: House, method: str, section: str, key: int | str, body: dict[str, Any]
) -> None:
    before = state(house)
    reply = await send(caller, method, f"{section}/{key}", "branch", **body)
    nowhere = await send(caller, method, f"{section}/77777", "branch", **body)
    assert reply.status == nowhere.status == 404
    assert whole(reply).replace(f" {key} ".encode(), b" 77777 ") == whole(nowhere)
    assert state(house) == before


@pytest.mark.parametrize(
    ("method", "path", "body", "words"),
    [
        ("POST", "customers", {"name": "x", "parent": 1}, "there is no customer 1"),
        ("POST", "customers", {"name": "x", "parent": 5}, "there is no customer 5"),
        ("POST", "customers", {"name": "x"}, "there is no customer None"),
        ("PATCH", "customers/3", {"parent": 5}, "there is no customer 5"),
        ("PATCH", "customers/2", {"parent": 5}, "is for the operator to give"),
        ("PATCH", "accounts/5", {"customer": 5}, "there is no customer 5"),
        ("POST", "accounts", {"customer": 5, "sip_user": "77"}, "there is no customer 5"),
        ("POST", "accounts", {"customer": 3, "sip_user": "77", "addresses": ["192.0.2.7"]}, "a trusted address"),
        ("POST", "accounts", {"customer": 3, "sip_user": "1000"}, "'1000' is taken: give another"),
        ("POST", "accounts", {"customer": 3, "sip_user": "initech-desk"}, "is taken"),
        ("PATCH", "devices/1", {"account": 9}, "there is no account 9"),
        ("PATCH", "devices/1", {"name": "initech-desk"}, "is taken"),
        ("PATCH", "devices/1", {"extension": "12"}, "is taken"),
        ("PATCH", "devices/1", {"name": "one"}, "is taken"),
        ("PATCH", "devices/1", {"extension": "1000"}, "is taken"),
        ("PATCH", "dids/1", {"number": "442079460009"}, "is for the operator to give"),
        ("PATCH", "dids/1", {"vendor": 2}, "is for the operator to give"),
        ("PATCH", "dids/1", {"account": 9}, "there is no account 9"),
        ("PATCH", "logins/acme", {"customer": 5}, "there is no customer 5"),
        ("POST", "logins", {"name": "x", "role": "user", "customer": 1}, "there is no customer 1"),
    ],
)
async def test_a_branchs_administrator_moves_nothing_out_of_it_and_takes_nothing_in(
    caller: Caller, house: House, method: str, path: str, body: dict[str, Any], words: str
) -> None:
    before = state(house)
    reply = await send(caller, method, path, "branch", **body)
    assert reply.status == 422, whole(reply)
    assert words in problem(reply)["detail"]
    assert state(house) == before


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "vendors", NEW["vendors"]),
        ("POST", "connections", NEW["connections"]),
        ("POST", "machines", NEW["machines"]),
        ("POST", "dids", NEW["dids"]),
        ("DELETE", "dids/1", {}),
    ],
)
async def test_what_is_the_operators_is_not_for_a_branch_to_make(
    caller: Caller, house: House, method: str, path: str, body: dict[str, Any]
) -> None:
    before = state(house)
    reply = await send(caller, method, path, "branch", **body)
    assert reply.status == 403
    assert "the operator's" in problem(reply)["detail"]
    assert state(house) == before


async def test_a_branchs_administrator_sees_to_its_branch(caller: Caller, house: House) -> None:
    customer = await done(caller, "POST", "customers", "branch", name="Below", parent=3)
    account = await done(caller, "POST", "accounts", "branch", customer=customer["id"], sip_user="below")
    await done(caller, "POST", "devices", "branch", account=account["id"], name="below-desk", extension="below")
    await done(caller, "PATCH", "dids/1", "branch", account=account["id"])
    await done(caller, "PATCH", "customers/2", "branch", name="We", shared_key="ours")
    await done(caller, "POST", "logins", "branch", name="b2", role="admin", customer=2, password="secret of b2")
    await done(caller, "DELETE", "logins/b2", "branch")
    itself = await send(caller, "DELETE", "customers/2", "branch")
    assert itself.status == 409
    assert house.directory.shared_key_of(3) == "ours"


async def test_nobody_makes_a_login_that_can_do_more_than_they_can(caller: Caller, house: House) -> None:
    body = b'{"name":"writer","rights":["directory.write","directory.read"]}'
    made = msgspec.json.decode(whole(await caller.reply("/v1/tokens", method="POST", body=body)))
    bearer = f"Bearer {made['token']}"
    before = state(house)
    for method, path, sent in (
        ("POST", "logins", b'{"name":"x","role":"admin","customer":1,"password":"x"}'),
        ("POST", "logins", b'{"name":"x","role":"user","customer":3,"password":"x"}'),
        ("PATCH", "logins/root", b'{"password":"mine"}'),
        ("PATCH", "logins/acme", b'{"role":"admin"}'),
        ("DELETE", "logins/acme", b""),
    ):
        reply = await caller.reply(f"/v1/{path}", "", method=method, body=sent, authorization=bearer)
        assert reply.status == 403, path
        assert Right.CALLS_LIST.value in problem(reply)["detail"]
    assert state(house) == before


async def test_nobody_makes_a_login_that_reads_more_than_they_can(caller: Caller, house: House) -> None:
    login = house.access.login("branch")
    assert login is not None
    house.access.put(replace(login, masks=frozenset({Mask.NUMBERS})))
    reply = await send(caller, "POST", "logins", "branch", name="x", role="user", customer=3)
    assert reply.status == 403
    assert "numbers" in problem(reply)["detail"]
    reply = await send(caller, "PATCH", "logins/branch", "branch", masks=[])
    assert reply.status == 403
    await done(caller, "POST", "logins", "branch", name="x", role="user", customer=3, masks=["numbers", "media"])


async def test_privileges_of_a_vendors_words_are_handed_on_only_by_who_has_them(caller: Caller, house: House) -> None:
    login = house.access.login("branch")
    assert login is not None
    house.access.put(replace(login, privileges=frozenset({"panel"})))
    for privileges in ([], ["administrator"], ["panel", "administrator"]):
        reply = await send(caller, "POST", "logins", "branch", name="x", role="user", customer=3, privileges=privileges)
        assert reply.status == 403
    await done(caller, "POST", "logins", "branch", name="x", role="user", customer=3, privileges=["panel"])


async def test_the_last_administrator_stays(caller: Caller, house: House) -> None:
    before = state(house)
    for method, body in (("DELETE", {}), ("PATCH", {"disabled": True}), ("PATCH", {"role": "user"})):
        reply = await send(caller, method, "logins/root", **body)
        assert (reply.status, problem(reply)["code"]) == (409, "conflict")
    assert state(house) == before
    await done(caller, "POST", "logins", name="second", role="admin", customer=1, password="secret of second")
    assert (await send(caller, "DELETE", "logins/root")).status == 204


async def test_what_is_changed_stands_in_the_audit_without_secrets(caller: Caller, house: House) -> None:
    noted: list[str] = []
    house.desk.audit = lambda entry: noted.append(f"{entry.login} {entry.action} {entry.subject} {entry.outcome}")
    await done(caller, "POST", "accounts", **NEW["accounts"])
    await done(caller, "PATCH", "accounts/11", sip_password="secret of 999")
    await done(caller, "DELETE", "accounts/11")
    await send(caller, "POST", "customers", "branch", name="x", parent=1)
    assert noted == [
        "root directory.create accounts (new) done",
        "root directory.change accounts 11 done",
        "root directory.remove accounts 11 done",
        "branch directory.create customers (new) refused",
    ]


# --- in bulk ---------------------------------------------------------------------------------------------------------


async def bulk(caller: Caller, path: str, user: str = "root", **document: object) -> Reply:
    body = msgspec.json.encode(document)
    return await caller.reply(path, user, method="POST", body=body, content_type="application/json")


async def test_an_import_adds_and_changes_and_removes_nothing(caller: Caller, house: House) -> None:
    customers = [{"id": 3, "name": "Renamed", "parent": 2}, {"id": 6, "name": "Six", "parent": 3}]
    accounts = [{"id": 20, "customer": 6, "sip_user": "600", "sip_password": "x"}]
    logins = [{"name": "six", "role": "user", "customer": 6, "password": "x"}]
    document: dict[str, Any] = {"customers": customers, "accounts": accounts, "logins": logins}
    before = state(house)
    dry = await bulk(caller, "/v1/directory/import?dry_run=1", **document)
    told = msgspec.json.decode(whole(dry))
    assert (told["added"], told["changed"], told["removed"], told["dry_run"]) == (3, 1, 0, True)
    assert state(house) == before
    real = msgspec.json.decode(whole(await bulk(caller, "/v1/directory/import", **document)))
    assert real == told | {"dry_run": False}
    assert house.directory.account_by_user("600") is not None
    assert house.directory.account_by_user("101") is not None
    assert {"six", "root", "acme"} <= {login.name for login in house.access.logins()}


async def test_an_import_with_mistakes_tells_all_and_does_nothing(caller: Caller, house: House) -> None:
    before = state(house)
    customers = [{"id": 6, "name": "", "parent": 3}, {"id": 7, "name": "x", "parent": 99}]
    accounts = [{"id": 20, "customer": 3, "sip_user": "101"}]
    for path in ("/v1/directory/import", "/v1/directory/import?dry_run=true"):
        reply = await bulk(caller, path, customers=customers, accounts=accounts)
        assert reply.status == 422
        assert [mistake.split(":")[0] for mistake in problem(reply)["mistakes"]] == [
            "customers[0].name",
            "customers[1].parent",
            "accounts[0].sip_user",
        ]
    assert state(house) == before


async def test_a_dry_run_of_a_whole_directory_does_nothing(caller: Caller, house: House) -> None:
    before = state(house)
    body = b'{"customers":[{"id":1,"name":"x"}],"logins":[{"name":"a","role":"admin","customer":1,"password":"x"}]}'
    reply = await caller.reply("/v1/directory?dry_run=1", method="PUT", body=body, content_type="application/json")
    told = msgspec.json.decode(whole(reply))
    assert (told["records"], told["added"], told["changed"], told["dry_run"]) == (1, 1, 1, True)
    assert told["removed"] > 10
    assert state(house) == before


def test_every_kind_of_record_is_tried() -> None:
    assert set(NEW) == set(REGISTERS) == set(KEYS)
    assert {Account, Customer} <= {register.kind for register in REGISTERS.values()}
