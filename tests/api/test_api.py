"""The front end: health, sign-in, paths and methods."""

import base64

import pytest

from callboard.access.settings import AccessSettings
from tests.api.conftest import Caller, problem, whole
from tests.house import House


async def test_it_is_healthy_without_a_sign_in(caller: Caller) -> None:
    assert await caller.get("/-/healthy", user="") == {"healthy": True}


async def test_it_is_ready_when_nothing_is_missing(caller: Caller) -> None:
    assert await caller.get("/-/ready", user="") == {"ready": True, "reasons": []}


async def test_it_says_why_it_is_not_ready(caller: Caller) -> None:
    caller.not_ready = ("the switch b2bua does not answer yet",)
    reply = await caller.reply("/-/ready", user="")
    assert reply.status == 503
    assert b"the switch b2bua does not answer yet" in whole(reply)


@pytest.mark.parametrize(
    "authorization",
    ["", "Digest abc", "Basic", "Basic !!!", "Basic " + base64.b64encode(b"\xff:x").decode(), "Basic cm9vdA=="],
)
async def test_who_does_not_sign_in_is_asked_to(caller: Caller, authorization: str) -> None:
    reply = await caller.reply("/v1/calls", user="", authorization=authorization)
    assert reply.status == 401
    assert dict(reply.headers)["WWW-Authenticate"].startswith("Basic realm=")
    assert problem(reply)["code"] == "unauthenticated"


@pytest.mark.parametrize(("user", "password"), [("root", "wrong"), ("nobody", "demo-root"), ("root", "x" * 2000)])
async def test_wrong_credentials_are_refused(caller: Caller, user: str, password: str) -> None:
    reply = await caller.reply("/v1/calls", user, password=password)
    assert reply.status == 401
    assert problem(reply)["code"] == "wrong_credentials"


async def test_a_password_in_utf_8_holds(caller: Caller, house: House) -> None:
    assert (await caller.reply("/v1/calls")).status == 200
    assert (await caller.reply("/v1/calls", password="pä$$")).status == 401


async def test_who_fails_too_often_has_to_wait(caller: Caller) -> None:
    for _ in range(AccessSettings().free_failures + 1):
        assert (await caller.reply("/v1/calls", password="guess")).status == 401
    reply = await caller.reply("/v1/calls")
    assert reply.status == 429
    assert dict(reply.headers)["Retry-After"] == "1"


@pytest.mark.parametrize("path", ["/", "/v1", "/v1/nothing", "/v1/calls/960/nothing", "/-/nothing", "/v2/calls"])
async def test_what_is_not_there_is_not_found(caller: Caller, path: str) -> None:
    reply = await caller.reply(path)
    assert reply.status == 404
    assert problem(reply)["code"] == "no_such_resource"


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("DELETE", "/v1/calls", "GET"),
        ("GET", "/v1/calls/960/disconnect", "POST"),
        ("POST", "/v1/directory", "GET, PUT"),
    ],
)
async def test_another_method_is_told_which_there_are(caller: Caller, method: str, path: str, allowed: str) -> None:
    reply = await caller.reply(path, method=method)
    assert reply.status == 405
    assert ("Allow", allowed) in reply.headers


@pytest.mark.parametrize("path", ["/v1/calls/", "//v1//calls", "/v1/calls"])
async def test_needless_slashes_are_forgiven(caller: Caller, path: str) -> None:
    assert (await caller.get(path))["calls"] == []


async def test_a_head_is_answered_like_its_get(caller: Caller) -> None:
    assert (await caller.reply("/v1/calls", method="HEAD")).status == 200


@pytest.mark.parametrize(
    ("site", "status"), [("cross-site", 403), ("same-site", 403), ("same-origin", 202), ("none", 202)]
)
async def test_a_page_of_another_site_cannot_end_calls(caller: Caller, house: House, site: str, status: int) -> None:
    house.call()
    reply = await caller.reply("/v1/calls/960/disconnect", method="POST", sec_fetch_site=site)
    assert reply.status == status
    assert len(house.sent) == (status == 202)
