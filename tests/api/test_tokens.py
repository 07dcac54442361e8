"""Tokens and whoami over REST."""

from typing import Any

import msgspec
import pytest

from callboard.access.rights import ROLE_RIGHTS, Right, Role
from callboard.access.settings import AccessSettings, MaskSettings
from callboard.http.values import Reply
from tests.api.conftest import Caller, problem, whole
from tests.house import House

DAY = 86_400.0


async def post(caller: Caller, user: str, authorization: str = "", **body: object) -> Reply:
    headers = {"authorization": authorization} if authorization else {}
    return await caller.reply("/v1/tokens", user, method="POST", body=msgspec.json.encode(body), **headers)


async def made(caller: Caller, user: str = "acme", authorization: str = "", **body: object) -> Any:
    reply = await post(caller, user, authorization, **({"name": "test"} | body))
    assert reply.status == 201, whole(reply)
    assert dict(reply.headers)["Cache-Control"] == "no-store"
    return msgspec.json.decode(whole(reply))


async def whoami(caller: Caller, token: str) -> Any:
    reply = await caller.reply("/v1/whoami", "", authorization=f"Bearer {token}")
    return msgspec.json.decode(whole(reply))


async def test_a_token_is_made_used_listed_and_taken_back(caller: Caller, house: House) -> None:
    token = await made(caller, rights=["calls.list"], days=30)
    assert (token["login"], token["name"], token["rights"]) == ("acme", "test", ["calls.list"])
    assert token["token"].startswith(f"cb_{token['id']}.")
    who = await whoami(caller, token["token"])
    assert who["rights"] == ["calls.list", "whoami"]
    assert who["token"] == token["id"]
    assert who["expires_at"] == token["expires_at"] == "2021-09-21T10:12:52.000Z"
    (listed,) = (await caller.get("/v1/tokens", "acme"))["tokens"]
    assert listed == {name: value for name, value in token.items() if name != "token"} | {
        "last_used_at": "2021-08-22T10:12:52.000Z"
    }
    removed = await caller.reply(f"/v1/tokens/{token['id']}", "acme", method="DELETE")
    assert (removed.status, whole(removed)) == (204, b"")
    assert (await whoami(caller, token["token"]))["code"] == "wrong_credentials"
    assert (await caller.get("/v1/tokens", "acme"))["tokens"] == []


async def test_what_a_token_may_not_is_named(caller: Caller) -> None:
    token = await made(caller, "root", rights=["calls.list"])
    for method, path, right in (
        ("GET", "/v1/switches", "switches.read"),
        ("PUT", "/v1/directory", "directory.write"),
        ("POST", "/v1/tokens", "tokens.own"),
        ("POST", "/v1/calls/960/disconnect", "calls.disconnect"),
    ):
        reply = await caller.reply(path, "", method=method, authorization=f"Bearer {token['token']}")
        assert reply.status == 403
        assert right in problem(reply)["detail"]


@pytest.mark.parametrize("user", ["root", "reseller", "acme"])
async def test_everybody_learns_who_they_are(caller: Caller, house: House, user: str) -> None:
    login = house.access.login(user)
    assert login is not None
    customer = house.directory.customer(login.customer)
    assert customer is not None
    assert await caller.get("/v1/whoami", user) == {
        "login": user,
        "role": login.role.value,
        "customer": login.customer,
        "customer_name": customer.name,
        "rights": sorted(right.value for right in ROLE_RIGHTS[login.role]),
        "masks": {"numbers": False, "names": False, "media": False, "first": 4, "last": 2},
        "token": None,
        "expires_at": None,
    }


async def test_without_rights_given_a_token_has_those_of_its_login(caller: Caller) -> None:
    token = await made(caller, "acme")
    assert token["rights"] == sorted(right.value for right in ROLE_RIGHTS[Role.USER])
    assert token["expires_at"] == "2021-11-20T10:12:52.000Z", "ninety days"


async def test_a_token_for_ever(caller: Caller) -> None:
    assert (await made(caller, days=0))["expires_at"] is None


async def test_nobody_gives_more_than_they_have(caller: Caller) -> None:
    reply = await post(caller, "acme", name="more", rights=["calls.list", "directory.write"])
    assert reply.status == 403
    assert "directory.write" in problem(reply)["detail"]
    least = await made(caller, "root", rights=["tokens.own", "calls.list"], days=1)
    bearer = f"Bearer {least['token']}"
    reply = await post(caller, "", bearer, name="more", rights=["calls.list", "calls.disconnect"])
    assert reply.status == 403
    child = await made(caller, "", bearer, days=0)
    assert child["rights"] == ["calls.list", "tokens.own", "whoami"]
    assert child["expires_at"] == least["expires_at"], "it does not outlive what it was made with"


async def test_an_administrator_sees_to_the_tokens_of_the_subtree(caller: Caller, house: House) -> None:
    theirs = await made(caller, "root", login="acme", rights=["calls.list"])
    assert theirs["login"] == "acme"
    reply = await post(caller, "root", name="too much", login="acme", rights=["directory.write"])
    assert (reply.status, problem(reply)["code"]) == (400, "invalid_argument")
    own = await made(caller, "root")
    assert {token["id"] for token in (await caller.get("/v1/tokens"))["tokens"]} == {theirs["id"], own["id"]}
    assert [token["id"] for token in (await caller.get("/v1/tokens?login=acme"))["tokens"]] == [theirs["id"]]
    assert (await caller.reply(f"/v1/tokens/{theirs['id']}", method="DELETE")).status == 204


@pytest.mark.parametrize("user", ["reseller", "acme", "globex"])
async def test_who_is_no_administrator_sees_only_their_own(caller: Caller, user: str) -> None:
    theirs = await made(caller, "root", login="initech")
    assert (await caller.get("/v1/tokens", user))["tokens"] == []
    assert problem(await caller.reply("/v1/tokens?login=initech", user))["status"] == 404
    assert problem(await post(caller, user, name="x", login="initech"))["status"] == 404
    nowhere = await caller.reply("/v1/tokens/ffffffffffff", user, method="DELETE")
    strange = await caller.reply(f"/v1/tokens/{theirs['id']}", user, method="DELETE")
    assert whole(strange).replace(theirs["id"].encode(), b"f" * 12) == whole(nowhere)
    assert (await whoami(caller, theirs["token"]))["login"] == "initech"


@pytest.mark.parametrize(
    ("body", "argument", "status"),
    [
        ({}, "name", 400),
        ({"name": ""}, "name", 400),
        ({"name": " "}, "name", 422),
        ({"name": "x" * 201}, "name", 400),
        ({"name": "a\nb"}, "name", 422),
        ({"name": "x", "rights": ["all"]}, "rights", 400),
        ({"name": "x", "days": -1}, "days", 400),
        ({"name": "x", "days": 4000}, "days", 400),
        ({"name": "x", "secret": "mine"}, "", 400),
    ],
)
async def test_a_token_that_cannot_be_made_says_why(
    caller: Caller, body: dict[str, object], argument: str, status: int
) -> None:
    reply = await post(caller, "acme", "", **body)
    assert reply.status == status, whole(reply)
    assert argument in problem(reply)["detail"]
    assert (await caller.get("/v1/tokens", "acme"))["tokens"] == []


async def test_a_login_has_so_many_tokens_and_no_more() -> None:
    caller = Caller(House(settings=AccessSettings(tokens_per_login=2)))
    for _ in range(2):
        await made(caller)
    reply = await post(caller, "acme", name="third")
    assert (reply.status, problem(reply)["code"]) == (409, "conflict")
    assert (await post(caller, "globex", name="first")).status == 201


# --- masks -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def masked() -> Caller:
    """A house whose users may not read numbers, names and media addresses."""
    house = House(settings=AccessSettings(masks=MaskSettings(user=("numbers", "names", "media"))))
    house.call(account=5, caller="4930123456789", name="Zoë", dialed="442079460000")
    return Caller(house)


async def test_what_is_masked_is_masked_in_lists_and_for_one_call(masked: Caller) -> None:
    (listed,) = (await masked.get("/v1/calls", "acme"))["calls"]
    shown = await masked.get(f"/v1/calls/{listed['id']}", "acme")
    for call in (listed, shown):
        assert (call["caller"], call["dialed"], call["caller_name"]) == ("4930*******89", "4420******00", "")
        text = msgspec.json.encode(call).decode()
        assert not any(secret in text for secret in ("4930123456789", "442079460000", "Zoë", "192.168."))
    (full,) = (await masked.get("/v1/calls"))["calls"]
    assert (full["caller"], full["caller_name"]) == ("4930123456789", "Zoë")
    assert (await masked.get("/v1/whoami", "acme"))["masks"] == {
        "numbers": True,
        "names": True,
        "media": True,
        "first": 4,
        "last": 2,
    }


async def test_rights_know_every_word_that_a_token_can_have(caller: Caller) -> None:
    token = await made(caller, "root")
    assert set(token["rights"]) == {right.value for right in Right}


async def test_a_member_that_is_not_there_is_named_with_what_may_have_been_meant(caller: Caller) -> None:
    reply = await post(caller, "acme", name="test", loginn="acme")
    told = problem(reply)
    assert (told["code"], told["argument"]) == ("invalid_argument", "loginn")
    assert told["detail"] == "there is no 'loginn' here: did you mean login?"
    endless: dict[str, Any] = {"z" * 300: 1}
    far = problem(await post(caller, "acme", name="test", **endless))
    assert far["argument"] == "z" * 40
    assert far["detail"].endswith("here, only name, login, rights, days")
