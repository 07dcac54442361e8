"""The OpenAPI document and the page: that they have everything, and say the truth."""

import re
from html.parser import HTMLParser
from typing import Any, get_args

import msgspec
import pytest

from callboard.api.calls_query import CallFilters
from callboard.api.docstrings import field_words
from callboard.api.faults import ALL_FAULTS
from callboard.api.fields import CALL_FIELDS, LEG_COLUMNS
from callboard.api.openapi import document
from callboard.api.route import HeaderName, Route
from callboard.api.routes import ROUTES
from callboard.api.schemas import CallRow, CommandRow, SwitchRow
from callboard.calls.events import SwitchUp
from callboard.calls.state import State
from callboard.operations.catalogue import CATALOGUE
from tests.api.conftest import Caller, whole
from tests.house import SWITCH, House

routes = pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.path}")


def operation_of(route: Route) -> Any:
    return document()["paths"][f"/v1{route.path}"][route.method.lower()]


@routes
def test_an_operation_names_its_right_its_parameters_and_its_errors(route: Route) -> None:
    found = operation_of(route)
    assert f"`{route.operation.right.value}`" in found["description"]
    assert found["x-operation"] in {operation.name for operation in CATALOGUE}
    wanted = [] if route.query is None else [field.encode_name for field in msgspec.structs.fields(route.query)]
    assert [each["name"] for each in found["parameters"] if each["in"] == "query"] == wanted
    assert str(route.status) in found["responses"]
    assert found["x-codeSamples"][0]["source"].startswith("curl ")


@pytest.mark.parametrize(
    ("request_line", "template", "body"),
    [
        ("GET /v1/calls?limit=1", "/v1/calls", b""),
        ("POST /v1/calls/960/disconnect", "/v1/calls/{id}/disconnect", b""),
        ("POST /v1/disconnect", "/v1/disconnect", b'{"count":2}'),
        ("POST /v1/tokens", "/v1/tokens", b'{"name":"one"}'),
        ("POST /v1/customers", "/v1/customers", b'{"name":"New","parent":1}'),
        ("GET /v1/customers/3", "/v1/customers/{id}", b""),
        ("PATCH /v1/customers/3", "/v1/customers/{id}", b'{"name":"New"}'),
        ("PUT /v1/customers/3", "/v1/customers/{id}", b'{"name":"New","parent":2}'),
    ],
)
async def test_headers_that_tell_something_are_described(
    caller: Caller, house: House, request_line: str, template: str, body: bytes
) -> None:
    for _ in range(2):
        house.call()
    method, path = request_line.split()
    reply = await caller.reply(path, method=method, body=body)
    described = document()["paths"][template][method.lower()]["responses"][str(reply.status)]["headers"]
    assert set(described) == {name for name, _ in reply.headers} & set(get_args(HeaderName))


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
async def test_what_heeds_if_match_says_so(caller: Caller, method: str) -> None:
    reply = await caller.reply("/v1/customers/5", method=method, body=b'{"name":"x"}', if_match='"old"')
    assert reply.status == 412
    parameters = document()["paths"]["/v1/customers/{id}"][method.lower()]["parameters"]
    assert ("If-Match", "header") in {(each["name"], each["in"]) for each in parameters}


def test_no_two_operations_have_one_name() -> None:
    names = [operation_of(route)["operationId"] for route in ROUTES]
    assert len(names) == len(set(names))


def test_every_reference_leads_somewhere() -> None:
    text = msgspec.json.encode(document()).decode()
    known = document()["components"]
    for kind, name in re.findall(r"#/components/(\w+)/(\w+)", text):
        assert name in known[kind], name
    assert not [name for name in known["schemas"] if name.startswith("_")]


def test_every_error_says_what_to_do() -> None:
    assert all(fault.words.endswith(".") for fault in ALL_FAULTS)
    assert len({fault.code for fault in ALL_FAULTS}) == len(ALL_FAULTS)


def test_a_call_is_described_with_all_that_it_shows() -> None:
    described = [field.name for field in msgspec.structs.fields(CallRow)]
    assert described == [*CALL_FIELDS, *LEG_COLUMNS]


@pytest.mark.parametrize("name", ["Account", "AccountWanted", "AccountChange"])
def test_what_the_directory_says_of_a_field_is_said_of_it_here(name: str) -> None:
    properties = document()["components"]["schemas"][name]["properties"]
    assert properties["sip_user"]["description"].startswith("User name for digest authentication")


async def test_what_is_shown_is_of_the_types_that_are_described(caller: Caller, house: House) -> None:
    for state in State:
        house.call(state, account=3)
    house.table.accept(SwitchUp(SWITCH, house.now), house.now)
    words = ",".join(state.name.lower() for state in State)
    for view in ("calls", "legs"):
        for call in (await caller.get(f"/v1/calls?state={words}&view={view}"))["calls"]:
            msgspec.convert(call, CallRow)
    for switch in (await caller.get("/v1/switches"))["switches"]:
        msgspec.convert(switch, SwitchRow)
    reply = await caller.reply("/v1/calls/960/disconnect", method="POST")
    command = msgspec.json.decode(whole(reply))["command"]
    msgspec.convert(await caller.get(f"/v1/commands/{command}"), CommandRow)


def test_what_stands_below_a_field_is_told() -> None:
    assert field_words(CallRow)["id"].startswith("Its public number")
    assert field_words(msgspec.defstruct("Made", [("name", str)])) == {}


class _Reader(HTMLParser):
    """Tags that are opened and closed, anchors and what points to them."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.targets: set[str] = set()
        self.tags: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        if tag != "meta":
            self.open.append(tag)
        given = dict(attrs)
        if given.get("id"):
            self.ids.append(str(given["id"]))
        if str(given.get("href", "")).startswith("#"):
            self.targets.add(str(given["href"])[1:])

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


async def test_the_page_is_whole_and_loads_nothing(caller: Caller) -> None:
    reply = await caller.reply("/v1/docs", user="")
    assert (reply.status, reply.content_type) == (200, "text/html; charset=utf-8")
    page = _Reader()
    page.feed(whole(reply).decode())
    assert page.open == []
    assert page.targets <= set(page.ids)
    assert len(page.ids) == len(set(page.ids))
    assert page.tags.isdisjoint({"script", "img", "link", "iframe", "form"})


async def test_the_document_needs_no_sign_in_and_takes_no_other_method(caller: Caller) -> None:
    reply = await caller.reply("/v1/openapi.json", user="")
    assert whole(reply) == msgspec.json.encode(document())
    for path in ("/v1/openapi.json", "/v1/docs"):
        refused = await caller.reply(path, user="", method="POST")
        assert (refused.status, dict(refused.headers)["Allow"]) == (405, "GET")


def test_a_filter_in_a_body_is_never_null_and_never_empty() -> None:
    members = document()["components"]["schemas"]["DisconnectWanted"]["properties"]
    for name in CallFilters.__struct_fields__:
        assert {"type": "null"} not in members[name].get("anyOf", ())
        assert "default" not in members[name] or members[name]["default"] not in (None, [])
        assert members[name].get("type") != "array" or members[name]["minItems"] == 1
