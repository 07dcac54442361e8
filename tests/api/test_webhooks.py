"""Webhooks over REST: who may have which, what is shown of them, what is refused."""

from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from callboard.access.rights import Role
from callboard.http.values import Reply
from callboard.storage.database import open_database
from callboard.storage.replies import KeptReplies
from tests.api.conftest import Caller, problem, whole
from tests.house import House

URL = "https://example.com/calls?key=hidden"


async def send(caller: Caller, method: str, path: str, user: str = "root", **body: Any) -> Reply:
    return await caller.reply(f"/v1/webhooks{path}", user, method=method, body=msgspec.json.encode(body))


async def made(caller: Caller, user: str = "root", **body: Any) -> Any:
    reply = await send(caller, "POST", "", user, **{"url": URL, "events": ["call.answered"], **body})
    assert reply.status == 201, whole(reply)
    return msgspec.json.decode(whole(reply))


async def refused(caller: Caller, user: str = "root", **body: Any) -> Any:
    return problem(await send(caller, "POST", "", user, **{"url": URL, "events": ["call.answered"], **body}))


async def test_a_webhook_is_made_shown_changed_and_removed(caller: Caller) -> None:
    hook = await made(caller, name="billing", filter={"vendor": [1], "dialed_prefix": ["44"]})
    assert hook["secret"].startswith("whsec_")
    assert (hook["login"], hook["format"], hook["active"], hook["waiting"]) == ("root", "json", True, 0)
    shown = await caller.get(f"/v1/webhooks/{hook['id']}")
    assert shown == {name: value for name, value in hook.items() if name != "secret"}
    assert shown["filter"] == {"vendor": [1], "dialed_prefix": ["44"]}
    assert (await caller.get("/v1/webhooks"))["webhooks"] == [shown]
    reply = await send(caller, "PATCH", f"/{hook['id']}", events=["call.ended"], active=False)
    assert msgspec.json.decode(whole(reply)) == shown | {"events": ["call.ended"], "active": False}
    secret = msgspec.json.decode(whole(await send(caller, "POST", f"/{hook['id']}/secret")))["secret"]
    assert secret.startswith("whsec_")
    assert secret != hook["secret"]
    removed = await send(caller, "DELETE", f"/{hook['id']}")
    assert removed.status == 204
    assert problem(await send(caller, "GET", f"/{hook['id']}"))["code"] == "not_found"


async def test_who_changes_the_secret_again_loses_no_receiver(caller: Caller, house: House) -> None:
    """As when the answer got lost: the receiver knows the first one only."""
    hook = await made(caller)
    path = f"/{hook['id']}/secret"
    given = [msgspec.json.decode(whole(await send(caller, "POST", path)))["secret"] for _ in range(6)]
    (webhook,) = house.desk.webhooks.all()
    assert [one.text for one in webhook.secrets] == given[:0:-1]
    assert [one.until is None for one in webhook.secrets] == [True, False, False, False, False]
    house.desk.webhooks.put(replace(webhook, secrets=tuple(replace(one, until=1.0) for one in webhook.secrets)))
    await send(caller, "POST", path)
    (webhook,) = house.desk.webhooks.all()
    assert len(webhook.secrets) == 2, "those whose day is over go"


async def test_a_webhook_that_is_asked_for_twice_with_a_key_is_made_once(house: House) -> None:
    with open_database(None) as database:
        await _made_once(Caller(house, KeptReplies(database)), house)


async def _made_once(caller: Caller, house: House) -> None:
    body = msgspec.json.encode({"url": URL, "events": ["call.answered"]})
    first, again = [
        await caller.reply("/v1/webhooks", method="POST", body=body, idempotency_key="k1") for _ in range(2)
    ]
    assert (first.status, again.status) == (201, 201)
    assert whole(first) == whole(again)
    assert len(house.desk.webhooks.all()) == 1


async def test_secrets_are_in_no_repr(caller: Caller, house: House) -> None:
    hook = await made(caller)
    assert hook["secret"] not in repr(house.desk.webhooks.all())


async def test_others_webhooks_are_not_found_but_for_administrators_above(caller: Caller, house: House) -> None:
    hook = await made(caller, "acme")
    for method, path in (
        ("GET", ""),
        ("PATCH", ""),
        ("DELETE", ""),
        ("POST", "/secret"),
        ("POST", "/test"),
        ("GET", "/deliveries"),
        ("POST", "/replay"),
    ):
        for user in ("globex", "reseller"):
            reply = await send(caller, method, f"/{hook['id']}{path}", user)
            assert problem(reply)["code"] == "not_found", (method, path, user)
    assert (await caller.get("/v1/webhooks", "globex"))["webhooks"] == []
    (seen,) = (await caller.get("/v1/webhooks", "root"))["webhooks"]
    assert (seen["login"], seen["url"]) == ("acme", "https://example.com/")
    for method, path in (("PATCH", ""), ("POST", "/secret")):
        assert problem(await send(caller, method, f"/{hook['id']}{path}"))["status"] == 403
    login = house.access.login("reseller")
    assert login is not None
    house.access.put(replace(login, role=Role.ADMIN))
    assert (await send(caller, "DELETE", f"/{hook['id']}", "reseller")).status == 204


async def test_a_token_without_the_right_may_do_nothing(caller: Caller) -> None:
    hook = await made(caller)
    body = msgspec.json.encode({"name": "narrow", "rights": ["calls.list"]})
    token = msgspec.json.decode(whole(await caller.reply("/v1/tokens", method="POST", body=body)))["token"]
    for method, path in (
        ("GET", ""),
        ("POST", ""),
        ("GET", f"/{hook['id']}"),
        ("PATCH", f"/{hook['id']}"),
        ("DELETE", f"/{hook['id']}"),
        ("POST", f"/{hook['id']}/secret"),
        ("POST", f"/{hook['id']}/test"),
        ("GET", f"/{hook['id']}/deliveries"),
        ("POST", f"/{hook['id']}/replay"),
    ):
        reply = await caller.reply(f"/v1/webhooks{path}", "", method=method, authorization=f"Bearer {token}")
        assert "webhooks.own" in problem(reply)["detail"], (method, path)
        assert reply.status == 403


async def test_nobody_is_told_of_what_they_have_no_right_to(caller: Caller) -> None:
    switches = await refused(caller, "reseller", events=["switch.lost"])
    assert (switches["status"], "operator" in switches["detail"]) == (403, True)
    body = msgspec.json.encode({"name": "narrow", "rights": ["calls.list", "webhooks.own"]})
    token = msgspec.json.decode(whole(await caller.reply("/v1/tokens", method="POST", body=body)))["token"]
    wanted = msgspec.json.encode({"url": URL, "events": ["command.outcome"]})
    reply = await caller.reply("/v1/webhooks", "", method="POST", body=wanted, authorization=f"Bearer {token}")
    assert "calls.disconnect" in problem(reply)["detail"]


async def test_a_narrow_token_cannot_turn_a_wide_webhook_to_another_place(caller: Caller) -> None:
    hook = await made(caller, events=["call.answered", "command.outcome"])
    body = msgspec.json.encode({"name": "narrow", "rights": ["webhooks.own"]})
    token = msgspec.json.decode(whole(await caller.reply("/v1/tokens", method="POST", body=body)))["token"]
    change = msgspec.json.encode({"url": "https://example.org/"})
    path = f"/v1/webhooks/{hook['id']}"
    reply = await caller.reply(path, "", method="PATCH", body=change, authorization=f"Bearer {token}")
    assert problem(reply)["status"] == 403
    assert (await caller.get(path))["url"] == URL


@pytest.mark.parametrize(
    ("body", "argument"),
    [
        ({"url": "ftp://example.com"}, "url"),
        ({"url": "https://me:secret@example.com/"}, "url"),
        ({"url": "http://127.0.0.1:8080/"}, "url"),
        ({"url": "http://[::1]/"}, "url"),
        ({"url": "http://169.254.169.254/latest/meta-data"}, "url"),
        ({"events": []}, "events"),
        ({"events": ["call.lost"]}, "events"),
        ({"events": ["webhook.test"]}, "events"),
        ({"format": "xml"}, "format"),
        ({"filter": {"state": ["answered"]}}, "filter"),
        ({"filter": {"vendor": "1"}}, "filter"),
        ({"limits": [{"of": "customer", "id": 3, "calls": 0}]}, "limits"),
        ({"limits": [{"of": "planet", "id": 3, "calls": 1}]}, "limits"),
        ({"secret": "mine"}, "secret"),
    ],
)
async def test_what_cannot_be_is_told_with_its_place(caller: Caller, body: dict[str, Any], argument: str) -> None:
    told = await refused(caller, **body)
    assert (told["status"], told.get("argument", "")) == (400, argument)
    assert "secret@" not in told["detail"]


async def test_what_does_not_go_together_is_told_at_once(caller: Caller) -> None:
    told = await refused(caller, events=["limit.passed", "switch.lost"], format="ozeki")
    assert (told["status"], len(told["mistakes"])) == (422, 2)


async def test_what_is_anothers_is_not_found(caller: Caller) -> None:
    for body in (
        {"filter": {"customer": [4]}},
        {"limits": [{"of": "customer", "id": 4, "calls": 5}]},
        {"limits": [{"of": "account", "id": 7, "calls": 5}]},
        {"limits": [{"of": "account", "id": 99, "calls": 5}]},
    ):
        assert (await refused(caller, "acme", **body))["status"] == 404
    await made(caller, "reseller", limits=[{"of": "account", "id": 7, "calls": 5}])


async def test_tenants_point_to_no_private_address(caller: Caller) -> None:
    assert "private network" in (await refused(caller, "acme", url="http://10.0.0.7/"))["detail"]
    await made(caller, "root", url="http://10.0.0.7/")


async def test_a_login_has_so_many_webhooks_at_most(caller: Caller) -> None:
    for _ in range(20):
        await made(caller, "acme")
    assert (await refused(caller, "acme"))["status"] == 409
    await made(caller, "globex")


async def test_a_test_of_one_that_is_off_is_refused_and_where_nobody_delivers_too(caller: Caller) -> None:
    hook = await made(caller, active=False)
    assert problem(await send(caller, "POST", f"/{hook['id']}/test"))["status"] == 409
    await send(caller, "PATCH", f"/{hook['id']}", active=True)
    assert problem(await send(caller, "POST", f"/{hook['id']}/test"))["status"] == 503


async def test_what_was_done_to_webhooks_is_written_down_without_secrets(caller: Caller, house: House) -> None:
    noted: list[Any] = []
    house.desk.audit = noted.append
    hook = await made(caller, name="billing")
    await send(caller, "PATCH", f"/{hook['id']}", active=False)
    await send(caller, "POST", f"/{hook['id']}/secret")
    await send(caller, "DELETE", f"/{hook['id']}")
    assert [entry.action for entry in noted] == [
        "webhooks.create",
        "webhooks.change",
        "webhooks.rotate_secret",
        "webhooks.remove",
    ]
    assert "hidden" not in repr(noted)
    assert hook["secret"] not in repr(noted)
