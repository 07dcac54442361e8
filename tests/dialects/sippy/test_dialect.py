"""Transport and sign-in, request by request."""

import re
import xmlrpc.client
from collections.abc import Callable

import pytest

from callboard.access.passwords import make_login
from callboard.access.rights import Role
from callboard.access.settings import AccessSettings
from callboard.dialects.sippy.dialect import SippyDialect
from callboard.http.values import Reply, Request
from tests.dialects.sippy.client import ELSEWHERE, PATH, Client, answer_to, document, post, value, whole
from tests.dialects.sippy.conftest import TRUSTED
from tests.house import House

LIST = document("listAllCalls")


def challenge_of(reply: Reply) -> str:
    return dict(reply.headers)["WWW-Authenticate"]


async def challenged(dialect: SippyDialect, house: House) -> str:
    return challenge_of(await post(dialect, b"", at=house.now))


@pytest.mark.parametrize("body", [b"", LIST, b"\x00 not even XML", document("nothing")])
async def test_the_challenge_comes_before_anything_of_the_body_is_looked_at(
    dialect: SippyDialect, house: House, body: bytes
) -> None:
    reply = await post(dialect, body, at=house.now)
    assert reply.status == 401
    assert re.fullmatch(r'Digest realm="Callboard", nonce="[^"]+", qop="auth", algorithm=MD5', challenge_of(reply))
    with pytest.raises(xmlrpc.client.Fault, match="Authentication required"):
        xmlrpc.client.loads(whole(reply))


async def test_an_answer_is_xml_and_says_so(dialect: SippyDialect, house: House) -> None:
    authorization = answer_to(await challenged(dialect, house), "root", "demo-root")
    reply = await post(dialect, LIST, authorization=authorization, at=house.now)
    assert (reply.status, reply.content_type) == (200, "text/xml; charset=utf-8")
    assert whole(reply).startswith(b"<?xml version='1.0'")


async def test_each_request_may_bring_the_same_nonce_count_with_a_fresh_nonce(root: Client) -> None:
    assert [await root.ask("listAllCalls") for _ in range(3)] == [[], [], []]


@pytest.mark.parametrize(("user", "password"), [("root", "demo-acme"), ("nobody", "demo-root"), ("", "")])
async def test_wrong_credentials_are_challenged_again(
    dialect: SippyDialect, house: House, user: str, password: str
) -> None:
    authorization = answer_to(await challenged(dialect, house), user, password)
    reply = await post(dialect, LIST, authorization=authorization, at=house.now)
    assert reply.status == 401
    assert "stale" not in challenge_of(reply)
    with pytest.raises(xmlrpc.client.Fault, match="Authentication failed"):
        xmlrpc.client.loads(whole(reply))


@pytest.mark.parametrize(
    "authorization", ["Basic cm9vdDpkZW1vLXJvb3Q=", "Digest", "Digest username=", 'Digest username="root"', "x" * 9000]
)
async def test_an_unreadable_authorization_is_challenged_again(
    dialect: SippyDialect, house: House, authorization: str
) -> None:
    reply = await post(dialect, LIST, authorization=authorization, at=house.now)
    assert reply.status == 401
    assert challenge_of(reply).startswith("Digest ")


async def test_an_old_nonce_is_stale_and_the_client_is_told_so(dialect: SippyDialect, house: House) -> None:
    authorization = answer_to(await challenged(dialect, house), "root", "demo-root")
    house.now += AccessSettings().nonce_lifetime + 1.0
    reply = await post(dialect, LIST, authorization=authorization, at=house.now)
    assert reply.status == 401
    assert challenge_of(reply).endswith("stale=true")
    again = answer_to(challenge_of(reply), "root", "demo-root")
    assert value(await post(dialect, LIST, authorization=again, at=house.now)) == []


async def test_a_request_cannot_be_sent_twice_by_somebody_else(dialect: SippyDialect, house: House) -> None:
    house.call()
    body = document("disconnectCall", {"ID": "960"})
    authorization = answer_to(await challenged(dialect, house), "root", "demo-root")
    assert value(await post(dialect, body, authorization=authorization, at=house.now)) == {"result": "OK"}
    assert (await post(dialect, body, authorization=authorization, at=house.now)).status == 401
    assert len(house.sent) == 1


@pytest.mark.parametrize("target", [PATH, "//xmlapi/xmlapi", "//xmlapi//xmlapi"])
@pytest.mark.parametrize("uri", [PATH, "//xmlapi/xmlapi"])
async def test_doubled_slashes_are_forgiven(dialect: SippyDialect, house: House, target: str, uri: str) -> None:
    authorization = answer_to(await challenged(dialect, house), "root", "demo-root", uri)
    assert value(await post(dialect, LIST, authorization=authorization, at=house.now, path=target)) == []


async def test_a_digest_for_another_target_does_not_hold(dialect: SippyDialect, house: House) -> None:
    authorization = answer_to(await challenged(dialect, house), "root", "demo-root", "/v1/calls")
    assert (await post(dialect, LIST, authorization=authorization, at=house.now)).status == 401


@pytest.mark.parametrize(("preference", "algorithm"), [(0, "SHA-256"), (1, "MD5")])
async def test_sha_256_is_offered_where_the_settings_say_so(preference: int, algorithm: str) -> None:
    house = House(settings=AccessSettings(algorithms=("SHA-256", "MD5")))
    dialect = SippyDialect(house.desk)
    reply = await post(dialect, b"", at=house.now)
    offer = [text for name, text in reply.headers if name == "WWW-Authenticate"][preference]
    assert offer.endswith(f"algorithm={algorithm}")
    authorization = answer_to(offer, "root", "demo-root")
    assert value(await post(dialect, LIST, authorization=authorization, at=house.now)) == []


async def test_who_fails_too_often_has_to_wait(dialect: SippyDialect, house: House) -> None:
    for _ in range(AccessSettings().free_failures + 1):
        wrong = answer_to(await challenged(dialect, house), "root", "guess")
        assert (await post(dialect, LIST, authorization=wrong, at=house.now)).status == 401
    right = answer_to(await challenged(dialect, house), "root", "demo-root")
    reply = await post(dialect, LIST, authorization=right, at=house.now)
    assert (reply.status, reply.headers) == (429, (("Retry-After", "1"),))
    house.now += 1.0
    assert value(await post(dialect, LIST, authorization=right, at=house.now)) == []


async def test_a_login_from_a_forbidden_address_is_a_fault(dialect: SippyDialect, house: House) -> None:
    house.access.put(make_login("staff", Role.ADMIN, 1, "secret", addresses=("10.0.0.0/8",)))
    authorization = answer_to(await challenged(dialect, house), "staff", "secret")
    reply = await post(dialect, LIST, authorization=authorization, at=house.now)
    with pytest.raises(xmlrpc.client.Fault, match=ELSEWHERE) as caught:
        value(reply)
    assert caught.value.faultCode == 403


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "OPTIONS"])
async def test_other_http_methods_are_told_to_post(dialect: SippyDialect, house: House, method: str) -> None:
    reply = await dialect.answer(Request(method=method, path=PATH, headers={}, at=house.now))
    assert reply.status == 405
    assert ("Allow", "POST") in reply.headers
    assert b"POST" in whole(reply)


async def test_a_request_that_cannot_be_read_is_a_fault(dialect: SippyDialect, house: House) -> None:
    for body in (b"", b"<html/>", b"<!DOCTYPE x>"):
        authorization = answer_to(await challenged(dialect, house), "root", "demo-root")
        with pytest.raises(xmlrpc.client.Fault, match="Bad request"):
            value(await post(dialect, body, authorization=authorization, at=house.now))


async def test_trusted_mode_asks_for_no_password(trusted: Client) -> None:
    assert await trusted.ask("listAllCalls", i_customer=1) == []
    assert "listAllCalls" in await trusted.ask("system.listMethods")


@pytest.mark.parametrize("address", ["192.0.2.78", "", "192.0.2.7", "::1"])
async def test_another_address_is_not_trusted(client: Callable[..., Client], address: str) -> None:
    assert (await client(address=address).reply("listAllCalls", {"i_customer": 1})).status == 401


async def test_an_ipv4_address_that_comes_through_ipv6_is_the_same(client: Callable[..., Client]) -> None:
    assert await client(address=f"::ffff:{TRUSTED}").ask("listAllCalls", i_customer=1) == []


async def test_nobody_is_trusted_unless_the_settings_say_so(house: House) -> None:
    dialect = SippyDialect(house.desk)
    assert (
        await post(dialect, document("listAllCalls", {"i_customer": 1}), address="127.0.0.1", at=house.now)
    ).status == 401


def test_it_answers_at_the_vendors_path(dialect: SippyDialect) -> None:
    assert dialect.paths == (PATH,)


@pytest.mark.parametrize("told", [{"sec-fetch-site": "cross-site"}, {"origin": "http://elsewhere", "host": "here"}])
async def test_a_browser_does_not_lend_its_address_to_another_sites_page(
    house: House, dialect: SippyDialect, told: dict[str, str]
) -> None:
    """Neither its address, where that is trusted, nor the password that its user once gave it."""
    call = house.call()
    body = document("disconnectCall", {"ID": str(call.number), "i_customer": 1})
    for headers in (told, {}):
        request = Request(method="POST", path=PATH, target=PATH, headers=headers, body=body, client=TRUSTED, at=0.0)
        reply = await dialect.answer(request)
        assert bool(house.sent) is not bool(headers)
        assert (b"<name>faultCode</name>" in whole(reply)) is bool(headers)
