"""Both clients ask the same, and all that they ask, send and take is what the API's own document has."""

import inspect
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from types import NoneType
from typing import Any, get_args, get_origin, get_type_hints

import msgspec
import pytest

from callboard.api.manual import openapi_text
from callboard.client import AsyncClient, Client, queries
from callboard.client.ask import Ask

AT = datetime(2026, 1, 2, tzinfo=UTC)
GIVEN: dict[str, Any] = {
    "number": 960,
    "to": "104",
    "party": "callee",
    "key": "one",
    "name": "a/b",
    "command": "command-1",
    "count": 7,
    "rate": 3.0,
    "by": ["state"],
    "customer": 3,
    "minutes": 5,
    "login": "acme",
    "action": "calls.",
    "outcome": "done",
    "since": AT,
    "before": AT,
    "rights": ["calls.list"],
    "days": 3,
    "form": "json",
    "document": b"{}",
    "beside": True,
    "dry_run": True,
    "table": b"prefix",
    "sort": ["-id"],
    "fields": ["caller"],
    "page": 7,
    "limit": 9,
    "cursor": "next",
    "url": "https://crm.example.net",
    "events": ["call.ended"],
    "where": {"caller": "801"},
    "message": "m-1",
    "state": "dead",
    "patience": 1.0,
    "recursive": True,
    "search": "x",
    "after": "5",
}
"""A value for each argument of each method."""


class Recorded(Exception):  # noqa: N818  it is no fault
    """What was to be asked."""


class Recorder(Client):
    """Asks nothing."""

    def ask(self, ask: Ask[Any], *, key: str | None = None) -> Any:
        raise Recorded(ask, key)


class AsyncRecorder(AsyncClient):
    """The same."""

    async def ask(self, ask: Ask[Any], *, key: str | None = None) -> Any:
        raise Recorded(ask, key)


def parts(client: Any) -> dict[str, Any]:
    """The client itself, and its sections."""
    sections = [name for name, value in inspect.getmembers(type(client).__mro__[1]) if isinstance(value, property)]
    return {"": client} | {name: getattr(client, name) for name in sections}


RECORDER = Recorder("http://127.0.0.1")
NOT_ASKED = {"ask", "close", "live"}
METHODS = [
    (place, name)
    for place, part in parts(RECORDER).items()
    for name, _ in inspect.getmembers(type(part), inspect.isfunction)
    if not name.startswith("_") and name not in NOT_ASKED
]


def arguments(method: Callable[..., Any]) -> tuple[list[Any], dict[str, Any]]:
    """Some for all that it takes; a filter of calls besides."""
    listed: list[Any] = []
    named: dict[str, Any] = {}
    for one in inspect.signature(method).parameters.values():
        if one.kind is one.POSITIONAL_OR_KEYWORD:
            listed.append(GIVEN[one.name])
        elif one.kind is one.KEYWORD_ONLY:
            named[one.name] = GIVEN[one.name]
        else:
            (of,) = get_args(one.annotation) or (None,)
            named |= {"caller_name": "Zoë"} if of else {}
    return listed, named


def asked(method: Callable[..., Any]) -> tuple[Any, ...]:
    listed, named = arguments(method)
    try:
        found = method(*listed, **named)
        next(found)
    except Recorded as recorded:
        return recorded.args
    raise AssertionError(f"{method} asks nothing")


async def async_asked(method: Callable[..., Any]) -> tuple[Any, ...]:
    listed, named = arguments(method)
    found = method(*listed, **named)
    with pytest.raises(Recorded) as caught:
        await (found if inspect.isawaitable(found) else anext(found))
    return caught.value.args


def plain(args: tuple[Any, ...]) -> tuple[Any, ...]:
    """A question as values; the kinds of a section's pages are made anew each time."""
    ask, key = args
    gives = getattr(ask.gives, "__struct_fields__", ask.gives) if ask.gives.__name__ == "RecordPage" else ask.gives
    return *(getattr(ask, name) for name in ask.__struct_fields__ if name != "gives"), gives, key


@pytest.mark.parametrize(("place", "name"), METHODS, ids=lambda text: text or "client")
async def test_both_clients_ask_the_same(place: str, name: str) -> None:
    method = getattr(parts(RECORDER)[place], name)
    async with AsyncRecorder("http://127.0.0.1") as other:
        assert plain(asked(method)) == plain(await async_asked(getattr(parts(other)[place], name)))
    assert asked(method)[1] == arguments(method)[1].get("key")


# --- against the API's own document ----------------------------------------------------------------------------------

DOCUMENT: dict[str, Any] = msgspec.json.decode(openapi_text())


def described(ask: Ask[Any]) -> dict[str, Any]:
    operation: dict[str, Any] = DOCUMENT["paths"][f"/v1{ask.route}"][ask.method.lower()]
    return operation


ASKS = {f"{place} {name}".strip(): asked(getattr(parts(RECORDER)[place], name))[0] for place, name in METHODS}
every_ask = pytest.mark.parametrize("ask", ASKS.values(), ids=ASKS)


@every_ask
def test_an_answer_has_the_fields_that_the_document_has(ask: Ask[Any]) -> None:
    answers = [answer for code, answer in described(ask)["responses"].items() if code.startswith("2")]
    if ask.gives is NoneType:
        assert not any("content" in answer for answer in answers)
    elif ask.gives is bytes:
        assert ask.accept in answers[0]["content"]
    else:
        whole = {"anyOf": [answer["content"]["application/json"]["schema"] for answer in answers]}
        compare(ask.gives, whole, f"{ask.method} {ask.route}")


IN_SOME_VIEWS = {"legs", "leg", "side", "number", "name", "channel"}
"""Members of rows of calls, which the document has in one schema."""


def compare(kind: Any, schema: dict[str, Any], where: str) -> None:
    """A struct and a schema have the same members, as deep as they go."""
    if get_origin(kind) is tuple:
        compare(get_args(kind)[0], next(choices(schema))["items"], where)
        return
    if any("additionalProperties" in one and "properties" not in one for one in choices(schema)):
        return  # an object whose members the document leaves open
    for struct in (one for one in (*get_args(kind), kind) if hasattr(one, "__struct_fields__")):
        members = dict(zip(struct.__struct_encode_fields__, get_type_hints(struct).values(), strict=True))
        fitting = [one for one in choices(schema) if set(one.get("properties", ())) ^ set(members) <= IN_SOME_VIEWS]
        assert fitting, f"{where}: {sorted(members)} is none of {list(choices(schema))}"
        for name in members.keys() - IN_SOME_VIEWS:
            compare(members[name], fitting[0]["properties"][name], f"{where}.{name}")


def choices(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """What a schema may stand for, but for null."""
    if "$ref" in schema:
        yield from choices(DOCUMENT["components"]["schemas"][schema["$ref"].rpartition("/")[2]])
    elif several := schema.get("anyOf") or schema.get("oneOf"):
        for one in several:
            yield from choices(one)
    elif schema.get("type") != "null":
        yield schema


@every_ask
def test_what_is_sent_is_what_the_document_knows(ask: Ask[Any]) -> None:
    operation = described(ask)
    known = {(one["in"], one["name"]) for one in map(resolved_parameter, operation.get("parameters", ()))}
    assert {("query", name) for name in ask.query} <= known
    assert ask.once == (("header", "Idempotency-Key") in known)
    body = operation.get("requestBody")
    assert body is None or ask.body is not None
    if body is not None:
        assert ask.content_type in body["content"]
        if ask.content_type == "application/json" and ask.route != "/directory/import":
            sent = msgspec.json.decode(ask.body or b"{}", type=dict[str, Any])
            assert any(
                set(sent) <= set(one["properties"]) for one in choices(body["content"]["application/json"]["schema"])
            )


def resolved_parameter(given: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = given
    if "$ref" in given:
        found = DOCUMENT["components"]["parameters"][given["$ref"].rpartition("/")[2]]
    return found


def test_the_filters_are_those_of_the_document() -> None:
    beside = {"sort", "fields", "view", "limit", "cursor", "format"}
    for path, kind in (("/v1/calls", queries.CallFilters), ("/v1/history", queries.HistoryFilters)):
        given = [resolved_parameter(one) for one in DOCUMENT["paths"][path]["get"]["parameters"]]
        assert {one["name"] for one in given if one["in"] == "query"} - beside == set(kind.__annotations__), path
