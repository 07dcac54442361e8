"""Transport and sign-in, request by request."""

import json
from collections.abc import Callable
from urllib.parse import urlencode

import pytest

from callboard.access.passwords import make_login
from callboard.access.rights import Role
from callboard.access.settings import AccessSettings
from callboard.calls.state import State
from callboard.dialects.mor.dialect import MorDialect
from callboard.dialects.mor.settings import MorSettings
from callboard.directory.records import Customer
from callboard.http.blocks import BLOCK
from tests.dialects.mor.client import KEY, PATH, Client, error, rows, sha1, whole
from tests.house import House

Clients = Callable[..., Client]


def query(**parameters: str) -> bytes:
    return urlencode(parameters).encode()


# --- what the vendor's pages compute ---


@pytest.mark.parametrize(
    ("user", "key", "signature"),
    [
        ("username", "456789", "df2983700ffecb52e6649f0cb3981b66537083a4"),
        ("username", "456789", "17ab579bbc0618f886ffa513310439562dbe6a61"),
        ("admin", "456789", "21a2768dae84dc8b253149f072f1d61a3be3a0a9"),
        ("admin", "secret", "e5e9fa1ba31ecd1ae84f75caaa474f3a663f05f4"),
    ],
)
async def test_hashes_of_the_vendors_pages_and_of_a_client_in_the_field(
    house: House, client: Clients, user: str, key: str, signature: str
) -> None:
    house.directory.put(Customer(id=1, name="Root", shared_key=key))
    house.access.put(make_login(user, Role.ADMIN, 1))
    house.call()
    assert len(rows(await client(user).send(query(u=user, hash=signature)))) == 1


# --- where the parameters stand ---


@pytest.mark.parametrize("where", ["query", "form", "untyped form", "json", "both", "semicolons"])
async def test_parameters_are_read_wherever_they_stand(house: House, root: Client, where: str) -> None:
    house.call(State.RINGING)
    house.call()
    given = root.signed(s_status="ringing", s_server=1)
    form = urlencode(given).encode()
    match where:
        case "query":
            reply = await root.send(form)
        case "form":
            reply = await root.send(body=form)
        case "untyped form":
            reply = await root.send(body=form, content_type="")
        case "json":
            reply = await root.send(body=json.dumps(given | {"s_server": 1}).encode(), content_type="application/json")
        case "both":
            reply = await root.send(query(u="root"), body=query(hash=given["hash"], s_status="ringing"))
        case _:
            reply = await root.send(form.replace(b"&", b";"))
    assert [row["status"] for row in rows(reply)] == ["Ringing"]


@pytest.mark.parametrize("body", [b"{", b"[]", b'"u"', b"{}" * 2, b'{"u":"root\\ud800"}', b"\xff"])
async def test_what_cannot_be_read_is_an_error(root: Client, body: bytes) -> None:
    reply = await root.send(body=body, content_type="application/json")
    assert error(reply).startswith("Parameters cannot be read: ")


async def test_too_many_parameters_are_an_error(root: Client) -> None:
    assert "more than 1000 parameters" in error(await root.send(b"a=1&" * 1001))


async def test_names_that_there_are_not_are_passed_over_and_the_last_of_equal_names_counts(
    house: House, root: Client
) -> None:
    house.call()
    form = query(**root.signed(s_status="ringing", s_nothing="1"))
    assert len(rows(await root.send(form + b"&s_status=answered"))) == 1


# --- who asks ---


@pytest.mark.parametrize("signed", ["root" + KEY, KEY])
async def test_the_login_may_be_in_the_hash_or_not(root: Client, signed: str) -> None:
    assert rows(await root.send(query(u="root", hash=sha1(signed)))) == []


@pytest.mark.parametrize(
    "signature",
    [
        "",
        "0" * 40,
        sha1("root" + KEY).upper(),
        sha1("root" + KEY) + "0",
        f" {sha1(KEY)}",
        sha1("root"),
        sha1(""),
        sha1("acme" + KEY),
        sha1(f"root2{KEY}"),
        sha1(f"{KEY}root"),
        KEY,
        "é" * 40,
    ],
)
async def test_every_other_hash_is_incorrect(root: Client, signature: str) -> None:
    assert error(await root.send(query(u="root", s_server="2", hash=signature))) == "Incorrect hash"


async def test_without_any_hash(root: Client) -> None:
    assert error(await root.send(query(u="root"))) == "Incorrect hash"


@pytest.mark.parametrize("user", ["", "nobody", "gone", "unsigned", "ROOT", " root", "\x00"])
async def test_who_may_not_ask_is_denied(house: House, client: Clients, user: str) -> None:
    house.access.put(
        make_login("gone", Role.ADMIN, 1, disabled=True), make_login("unsigned", Role.ADMIN, 1, signing=False)
    )
    assert await client(user).error() == "Access Denied"


async def test_a_request_without_anything_is_denied(root: Client) -> None:
    assert error(await root.send()) == "Access Denied"


async def test_nobody_signs_where_no_key_is_set(house: House, client: Clients) -> None:
    house.directory.put(Customer(id=1, name="Root"))
    for signature in (sha1("root"), sha1("")):
        assert error(await client("root").send(query(u="root", hash=signature))) == "Incorrect hash"


async def test_a_resellers_own_key_holds_for_all_below_and_for_nobody_else(house: House, client: Clients) -> None:
    house.directory.put(Customer(id=2, name="Reseller One", parent=1, shared_key="of-the-reseller"))
    for user in ("reseller", "acme", "globex"):
        assert rows(await client(user).send(query(u=user, hash=sha1(f"{user}of-the-reseller")))) == []
        assert await client(user).error() == "Incorrect hash"
    assert await client("initech").ask() == []


async def test_a_login_from_a_forbidden_address_is_denied(house: House, client: Clients) -> None:
    house.access.put(make_login("staff", Role.ADMIN, 1, addresses=("10.0.0.0/8",)))
    assert await client("staff").error() == "Access Denied"
    assert await client("staff", "10.1.2.3").ask() == []


async def test_who_fails_too_often_has_to_wait(house: House, root: Client) -> None:
    for _ in range(AccessSettings().free_failures + 1):
        assert error(await root.send(query(u="root", hash="guess"))) == "Incorrect hash"
    assert (await root.error()).startswith("Too many failed sign-ins from 192.0.2.9: wait 1 s")
    house.now += 1.0
    assert await root.ask() == []


async def test_who_guesses_names_has_to_wait(client: Clients) -> None:
    for number in range(AccessSettings().free_failures_of_address + 1):
        assert await client(f"guess-{number}").error() == "Access Denied"
    assert (await client("root").error()).startswith("Too many failed sign-ins")


# --- the vendor's switches ---


async def test_the_api_can_be_off(house: House) -> None:
    for allow_get in (True, False):
        root = Client(house, MorDialect(house.desk, MorSettings(allow_api=False, allow_get=allow_get)), "root")
        assert await root.error() == "API Requests are disabled"
        assert error(await root.send(method="GET")) == "API Requests are disabled"


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_get_is_answered_where_the_settings_say_so(house: House, root: Client, method: str) -> None:
    house.call()
    asked = query(**root.signed())
    assert error(await root.send(asked, method=method)) == "GET Requests are disabled"
    allowing = Client(house, MorDialect(house.desk, MorSettings(allow_get=True)), "root")
    assert len(rows(await allowing.send(asked, method=method))) == 1


@pytest.mark.parametrize("method", ["PUT", "DELETE", "OPTIONS"])
async def test_other_methods_are_told_to_post(root: Client, method: str) -> None:
    reply = await root.send(method=method)
    assert reply.status == 405
    assert ("Allow", "POST, GET") in reply.headers
    assert b"POST" in whole(reply)


@pytest.mark.parametrize("signature", [{}, {"hash": ""}, {"hash": "wrong"}])
async def test_names_are_believed_where_hashes_are_not_checked(house: House, signature: dict[str, str]) -> None:
    house.access.put(make_login("unsigned", Role.ADMIN, 1, signing=False))
    house.call(account=5)
    believing = MorDialect(house.desk, MorSettings(check_hash=False))
    for user, count in (("acme", 1), ("initech", 0)):
        reply = await Client(house, believing, user).send(query(u=user, **signature))
        assert len(rows(reply)) == count
    for user in ("", "nobody", "unsigned"):
        reply = await Client(house, believing, user).send(query(u=user, **signature))
        assert error(reply) == "Access Denied"


# --- answers ---


async def test_the_printed_answers(house: House, root: Client) -> None:
    head = b'<?xml version="1.0" encoding="UTF-8"?>\n<page>\n<status>\n'
    tail = b"\n</status>\n</page>\n"
    assert whole(await root.reply()) == head + b"<message>No data found...</message>" + tail
    assert whole(await root.reply(s_did="1")) == head + b"<error>Did was not found</error>" + tail


async def test_a_long_listing_comes_in_blocks_and_is_whole(house: House, root: Client) -> None:
    for _ in range(BLOCK + 1):
        house.call()
    reply = await root.reply()
    assert not isinstance(reply.body, bytes)
    assert [row["id"] for row in rows(reply)] == [str(960 + index) for index in range(BLOCK + 1)]


def test_it_answers_at_the_vendors_path_unless_the_settings_name_another(house: House, dialect: MorDialect) -> None:
    assert dialect.paths == (PATH,)
    assert MorDialect(house.desk, MorSettings(path="/api/active_calls_get")).paths == ("/api/active_calls_get",)
