"""Transport and sign-in, request by request."""

import json
import tomllib
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from callboard.access.passwords import make_login
from callboard.access.rights import Role
from callboard.access.settings import AccessSettings
from callboard.demo.directory import demo_document
from callboard.dialects.enswitch.dialect import EnswitchDialect
from callboard.dialects.enswitch.settings import EnswitchSettings
from callboard.http.routing import Router
from callboard.http.values import Request
from tests.dialects.enswitch.client import ELSEWHERE, LIST, Client, envelope, send, whole
from tests.dialects.enswitch.conftest import Clients
from tests.house import House

PRINTED = "/api/json/calls/active/list/?auth_username=user;auth_password=password"
"""The vendor's example, without host."""
CREDENTIALS = b"auth_username=acme&auth_password=demo-acme"
FORM = "application/x-www-form-urlencoded"
JSON = "application/json"
OK = {"code": "200", "key": "", "message": "OK"}


def put_demo_login(house: House, name: str) -> None:
    """A login as the demo has it."""
    (entry,) = (login for login in tomllib.loads(demo_document())["logins"] if login["name"] == name)
    house.access.put(make_login(name, Role(entry["role"]), entry["customer"], entry["password"]))


async def test_the_printed_request_and_its_answer(house: House, dialect: EnswitchDialect) -> None:
    put_demo_login(house, "user")
    house.call(account=5, at=1234567890.0)
    house.call(account=7, at=1234567890.0)
    path, _, query = PRINTED.partition("?")
    answer = await send(dialect, path, query.encode(), at=house.now)
    text = whole(answer).decode()
    assert text.startswith('{"responses":[{"code":"200","key":"","message":"OK"}],"data":[{')
    rows = json.loads(text)["data"]
    assert [(row["uniqueid"], row["start"]) for row in rows] == [
        ("call-1/a", 1234567890),
        ("call-1/b", 1234567890),
    ]


async def test_no_calls_are_an_empty_array(acme: Client) -> None:
    assert await acme.ask(LIST) == {"responses": [OK], "data": []}


@pytest.mark.parametrize(
    "path",
    [
        "/api/json/calls/active/list/",
        "/api/json/calls/active/list",
        "/api/json//calls/active/list/",
        "//api//json///calls/active/list//",
    ],
)
async def test_slashes_are_forgiven(house: House, dialect: EnswitchDialect, path: str) -> None:
    router = Router()
    for place in dialect.paths:
        router.add(place, dialect.answer)
    reply = await router.answer(
        Request(method="GET", path=path, query=CREDENTIALS, headers={}, client=ELSEWHERE, at=house.now)
    )
    assert envelope(reply) == {"responses": [OK], "data": []}


@pytest.mark.parametrize("prefix", ["/local/api/json/", "/", "/x"])
async def test_the_prefix_can_be_another(house: House, prefix: str) -> None:
    dialect = EnswitchDialect(house.desk, EnswitchSettings(prefix=prefix))
    path = f"{prefix}/calls/active/list"
    assert envelope(await send(dialect, path, CREDENTIALS, at=house.now))["responses"] == [OK]


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "HEAD"])
@pytest.mark.parametrize(
    ("query", "body", "content_type"),
    [
        (b"auth_username=acme;auth_password=demo-acme;sort=peer;descending=1", b"", ""),
        (b"auth_username=acme&auth_password=demo-acme&sort=peer&descending=1", b"", FORM),
        (b"auth_username=acme&auth_password=demo-acme&sort=peer&descending=1", b"", "Application/JSON"),
        (CREDENTIALS, b'{"sort":"peer","descending":1}', JSON),
        (CREDENTIALS, b"sort=peer;descending=1", FORM),
        (b"", b"sort=peer&" + CREDENTIALS, FORM),
        (b"", b'{"auth_username":"acme","auth_password":"demo-acme","descending":true}', JSON),
        (b"sort=peer", CREDENTIALS, ""),
    ],
)
async def test_parameters_come_in_any_form_with_any_method(
    house: House, dialect: EnswitchDialect, method: str, query: bytes, body: bytes, content_type: str
) -> None:
    path = "/api/json/calls/active/list"
    reply = await send(dialect, path, query, at=house.now, body=body, content_type=content_type, method=method)
    assert envelope(reply)["responses"] == [OK]


@pytest.mark.parametrize("password", ["a;b&c=d", "x+y z%", "é€\U0001f600", "p" * 1000])
async def test_any_password_can_be_sent(house: House, dialect: EnswitchDialect, password: str) -> None:
    house.access.put(make_login("odd", Role.USER, 3, password))
    query = f"auth_username=odd;auth_password={quote(password, safe='')}".encode()
    assert envelope(await send(dialect, f"/api/json/{LIST}", query, at=house.now))["responses"] == [OK]


@pytest.mark.parametrize(
    ("query", "message"),
    [
        (b"", "Authentication required"),
        (b"auth_username=acme", "Authentication required"),
        (b"auth_username=acme;auth_password=demo-root", "Authentication failed"),
        (b"auth_username=nobody;auth_password=demo-acme", "Authentication failed"),
        (b"auth_username=%00;auth_password=%FF", "Authentication failed"),
    ],
)
async def test_without_the_right_credentials_the_code_is_401(
    house: House, dialect: EnswitchDialect, query: bytes, message: str
) -> None:
    answer = envelope(await send(dialect, f"/api/json/{LIST}", query + b";sort=nonsense", at=house.now))
    assert (answer["responses"][0]["code"], answer["responses"][0]["key"]) == ("401", "")
    assert answer["responses"][0]["message"].startswith(message)
    assert "data" not in answer


async def test_who_fails_too_often_has_to_wait(house: House, dialect: EnswitchDialect, client: Clients) -> None:
    for _ in range(AccessSettings().free_failures + 1):
        assert (await client("acme", "guess").refusal())[0] == "401"
    reply = await send(dialect, f"/api/json/{LIST}", CREDENTIALS, at=house.now)
    assert "Too many failed attempts" in envelope(reply)["responses"][0]["message"]
    assert reply.headers == (("Retry-After", "1"),)
    house.now += 1.0
    assert await client("acme").data() == []


async def test_a_login_may_be_bound_to_addresses(house: House, client: Clients) -> None:
    house.access.put(make_login("staff", Role.ADMIN, 1, "demo-staff", addresses=("10.0.0.0/8",)))
    code, _, message = await client("staff").refusal()
    assert code == "401"
    assert ELSEWHERE in message


@pytest.mark.parametrize("function", ["", "calls", "calls/active", "calls/redirect", "Calls/Active/List", "x" * 500])
async def test_an_unknown_function_is_404_in_the_envelope(
    house: House, dialect: EnswitchDialect, function: str
) -> None:
    (response,) = envelope(await send(dialect, f"/api/json/{function}/", CREDENTIALS, at=house.now))["responses"]
    assert (response["code"], response["key"]) == ("404", "")
    assert "calls/active/list, calls/active/list/panel, calls/hangup" in response["message"]


async def test_a_body_that_cannot_be_read_is_400(house: House, dialect: EnswitchDialect) -> None:
    reply = await send(dialect, f"/api/json/{LIST}", CREDENTIALS, at=house.now, body=b"{", content_type=JSON)
    (response,) = envelope(reply)["responses"]
    assert response["code"] == "400"
    assert response["message"].startswith("Invalid request: The body is no JSON object")


async def test_numbers_can_be_strings(house: House) -> None:
    house.call(account=5)
    client = Client(house, EnswitchDialect(house.desk, EnswitchSettings(numbers_as_strings=True)), "acme", "demo-acme")
    assert {type(value) for row in await client.data() for value in row.values()} == {str}
    assert await client.data(count=1) == {"count": "2"}


json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(), inner, max_size=2),
    max_leaves=4,
)
parameters = st.dictionaries(
    st.sampled_from(["customer", "direction", "sort", "names", "callid", "uniqueid", "snumber", "smatch", "stype"]),
    json_values,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(parameters, st.sampled_from([LIST, "calls/active/list/panel", "calls/hangup"]))
async def test_wrong_types_get_an_answer(
    house: House, dialect: EnswitchDialect, given: dict[str, Any], function: str
) -> None:
    body = json.dumps(given).encode()
    answer = envelope(
        await send(dialect, f"/api/json/{function}", CREDENTIALS, at=house.now, body=body, content_type=JSON)
    )
    assert answer["responses"][0]["code"] in {"200", "400", "402", "404"}
