"""The OpenAPI 3.1 document, made from the routes, the structs that they name and the catalogue of operations."""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from http import HTTPStatus
from typing import Any, get_args

import msgspec

from callboard import __version__
from callboard.api.calls_query import CallFilters
from callboard.api.docstrings import class_words, field_words
from callboard.api.faults import ALL_FAULTS
from callboard.api.formats import JSON
from callboard.api.parameters import LAST_SECOND, is_list
from callboard.api.route import HeaderName, Route
from callboard.api.routes import ROUTES
from callboard.api.schemas import Problem

__all__ = ["document"]

Node = dict[str, Any]

_ABOUT = """\
Callboard's own interface. Sign in with HTTP Basic or with a token (`Authorization: Bearer`). Each operation names the
right that it needs, and keeps to the customers that the login stands above: what is not there for it is not found.
Errors are problem documents (RFC 9457) with a stable `code`. Unknown parameters are refused, so that a misspelled
filter never finds more than was meant.
"""

_REFERENCE = "#/components/schemas/{name}"
_MOMENT = (
    "^(19|20|21)[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]"
    "([.][0-9]{1,6})?(Z|[+-](0[0-9]|1[0-3]):[0-5][0-9])$"
)
"""RFC 3339, as far as an expression tells: `format` alone binds nobody."""
_NO_COMMA = "^[^,]+$"
"""In a query, a comma divides the values of a list."""
_PLACE = re.compile(r"{(\w+)}")
_SAFE = ("GET",)


@cache
def document() -> Node:
    """The whole document. The server hands it out as it is; it holds no secret and depends on no setting."""
    schemas = _schemas()
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Callboard",
            "version": __version__,
            "summary": "The live call table for any phone system.",
            "description": _ABOUT,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "security": [{"basic": []}, {"token": []}],
        "tags": [{"name": name} for name in dict.fromkeys(map(_tag, ROUTES))],
        "paths": _paths(),
        "components": {
            "schemas": schemas,
            "responses": {"Problem": _problem_response()},
            "securitySchemes": {
                "basic": {"type": "http", "scheme": "basic"},
                "token": {"type": "http", "scheme": "bearer"},
            },
        },
    }


def _paths() -> Node:
    paths: Node = {}
    for route in ROUTES:
        paths.setdefault(f"/v1{route.path}", {})[route.method.lower()] = _operation(route)
    return paths


_TAGS = {"ws": "stream", "tickets": "stream", "commands": "calls", "disconnect": "calls"}
"""Resources that are told of beside another."""


def _tag(route: Route) -> str:
    name = route.path.split("/")[1]
    return _TAGS.get(name, name)


# --- operations ------------------------------------------------------------------------------------------------------


def _operation(route: Route) -> Node:
    operation: Node = {
        "operationId": _operation_id(route),
        "tags": [_tag(route)],
        "summary": route.summary or route.operation.summary,
        "description": _description(route),
        "x-operation": route.operation.name,
        "x-right": route.operation.right.value,
        "parameters": [*_path_parameters(route), *_query_parameters(route), *_header_parameters(route)],
        "responses": _responses(route),
        "x-codeSamples": [{"lang": "Shell", "label": "curl", "source": _curl(route)}],
    }
    if route.takes:
        operation["requestBody"] = {"required": _needs_body(route), "content": _content(route.takes)}
    return operation


def _needs_body(route: Route) -> bool:
    """Nothing at all stands for an empty object, where that says enough."""
    kind = route.takes.get(JSON, bytes)
    if kind is bytes or route.method == "PUT":
        return True
    (schema,), components = msgspec.json.schema_components([kind], ref_template="{name}")
    document: Node = components.get(schema.get("$ref", ""), schema)
    return bool(document.get("required") or schema.get("anyOf"))


def _operation_id(route: Route) -> str:
    words = [piece.strip("{}") for piece in route.path.split("/") if piece]
    return route.method.lower() + "".join(word.title().replace("_", "") for word in words)


def _description(route: Route) -> str:
    operation = route.operation
    parts = [f"Needs the right `{operation.right.value}`."]
    if operation.system_wide:
        parts.append("Only for logins of the operator, for it is about the whole system.")
    if route.query is not None:
        parts.append(class_words(route.query))
    if route.once:
        parts.append("With an `Idempotency-Key` it can be sent again: it is done once.")
    return " ".join(part for part in parts if part)


def _path_parameters(route: Route) -> Iterator[Node]:
    for name in _PLACE.findall(route.path):
        yield {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}


def _query_parameters(route: Route) -> Iterator[Node]:
    if route.query is None:
        return
    words = field_words(route.query)
    for field in msgspec.structs.fields(route.query):
        schema = _parameter_schema(field.type)
        if field.default not in (None, msgspec.NODEFAULT, ()) and not isinstance(field.default, frozenset):
            schema["default"] = msgspec.to_builtins(field.default)
        parameter: Node = {
            "name": field.encode_name,
            "in": "query",
            "required": field.required,
            "schema": schema,
        }
        if field.name in words:
            parameter["description"] = words[field.name]
        if is_list(field.type):
            parameter |= {"style": "form", "explode": False}
        yield parameter


def _header_parameters(route: Route) -> Iterator[Node]:
    if route.once:
        yield {
            "name": "Idempotency-Key",
            "in": "header",
            "required": False,
            "description": "Any text of one's own; the same for the same request, another for another.",
            "schema": {"type": "string", "pattern": "^[\\x21-\\x7e]{1,128}$"},
        }
    if route.matched:
        yield {
            "name": "If-Match",
            "in": "header",
            "required": False,
            "description": "The `ETag` of what was read: where it was changed since, nothing is done (412).",
            "schema": {"type": "string"},
        }


def _parameter_schema(kind: Any) -> Node:
    """Of a value in a query, which is there or not, but never null; and a list there is not without values."""
    (schema,), _ = msgspec.json.schema_components([kind], ref_template=_REFERENCE)
    schema = _without_null(schema)
    schema.pop("uniqueItems", None)
    if schema.get("type") == "array":
        schema["minItems"] = max(1, schema.get("minItems", 1))
        items = schema.get("items", {})
        if items.get("type") == "string" and "enum" not in items:
            schema["items"] = {**items, "pattern": _NO_COMMA}
    if schema.get("format") == "date-time":
        moment = {"type": "string", "format": "date-time", "pattern": _MOMENT}
        return {"anyOf": [moment, {"type": "number", "minimum": 0, "maximum": LAST_SECOND}]}
    return schema


def _without_null(schema: Node) -> Node:
    options = [option for option in schema.get("anyOf", ()) if option != {"type": "null"}]
    rest = {name: value for name, value in schema.items() if name not in ("anyOf", "default")}
    return {**rest, **options[0]} if len(options) == 1 else {**rest, "anyOf": options} if options else rest


_HEADERS: Mapping[HeaderName, Node] = {
    "ETag": {"description": "Names what is shown, for `If-Match`.", "schema": {"type": "string"}},
    "Location": {"description": "Where to ask for it later.", "schema": {"type": "string"}},
    "Next-Cursor": {"description": "The `next` of the page, where there is one.", "schema": {"type": "string"}},
    "Total-Count": {"description": "The `total` of the list.", "schema": {"type": "integer"}},
}


def _responses(route: Route) -> Node:
    good: Node = {"description": HTTPStatus(route.status).phrase}
    if route.tells:
        good["headers"] = {name: _HEADERS[name] for name in route.tells}
    if route.gives:
        good["content"] = _content(route.gives)
    statuses = [HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN]
    if route.query is not None or route.takes or route.once:
        statuses.insert(0, HTTPStatus.BAD_REQUEST)
    if _PLACE.search(route.path):
        statuses.append(HTTPStatus.NOT_FOUND)
    others = {
        str(status): {"description": HTTPStatus(status).phrase, "content": _content({JSON: kind})}
        for status, kind in route.besides.items()
    }
    problems = {str(int(status)): {"$ref": "#/components/responses/Problem"} for status in statuses}
    return {str(route.status): good, **others, **problems, "default": {"$ref": "#/components/responses/Problem"}}


def _problem_response() -> Node:
    return {
        "description": "Something is wrong with the request, or with the server; `code` tells what.",
        "headers": {
            "Retry-After": {"description": "With 429: seconds to wait.", "schema": {"type": "integer"}},
        },
        "content": {"application/problem+json": {"schema": {"$ref": _REFERENCE.format(name="Problem")}}},
    }


def _content(bodies: Mapping[str, Any]) -> Node:
    return {media_type: {"schema": _body_schema(media_type, kind)} for media_type, kind in bodies.items()}


def _body_schema(media_type: str, kind: Any) -> Node:
    """JSON has the struct's schema; of other texts nothing more is said."""
    if media_type != JSON:
        return {"type": "string"}
    if kind is bytes:
        return {"type": "object"}
    (schema,), _ = msgspec.json.schema_components([kind], ref_template=_REFERENCE)
    return schema


def _curl(route: Route) -> str:
    """As it can be pasted, against a server on the machine itself."""
    path = route.path.replace("{id}", "960")
    query = f"?{route.example}" if route.example else ""
    method = "" if route.method in _SAFE else f"-X {route.method} "
    data = "-H 'Content-Type: application/json' -d '{}' " if JSON in route.takes else ""
    return f"curl -s -u root:demo-root {method}{data}'http://127.0.0.1:8080/v1{path}{query}'"


# --- schemas ---------------------------------------------------------------------------------------------------------


def _schemas() -> Node:
    kinds = [kind for route in ROUTES for kind in _json_bodies(route)]
    _, components = msgspec.json.schema_components([*kinds, Problem], ref_template=_REFERENCE)
    for struct in _structs([*kinds, Problem]):
        _describe(components.get(struct.__name__, {}), struct)
        _forgive_doubles(components.get(struct.__name__, {}))
        if issubclass(struct, CallFilters):
            _never_empty(components[struct.__name__]["properties"])
    components["Problem"]["properties"]["code"]["examples"] = [fault.code for fault in ALL_FAULTS]
    return dict(sorted(components.items()))


def _json_bodies(route: Route) -> Iterator[Any]:
    for bodies in (route.takes, route.gives):
        if JSON in bodies and bodies[JSON] is not bytes:
            yield bodies[JSON]
    yield from route.besides.values()


def _describe(schema: Node, struct: type[msgspec.Struct]) -> None:
    """Put the words that stand below a field into its schema."""
    schema["description"] = class_words(struct)
    names = {field.name: field.encode_name for field in msgspec.structs.fields(struct)}
    for name, words in field_words(struct).items():
        within = schema.get("properties", {}).get(names.get(name, ""))
        if within is not None:
            within.setdefault("description", words)


def _forgive_doubles(schema: Node) -> None:
    """A value that stands twice in a set is no mistake."""
    for within in schema.get("properties", {}).values():
        for option in (within, *within.get("anyOf", ())):
            option.pop("uniqueItems", None)


def _never_empty(members: Node) -> None:
    """In a document, too, a filter is there or not, but never null, and a list is not without values."""
    for name in CallFilters.__struct_fields__:
        member = _without_null(members[name])
        if member.get("type") == "array":
            member.pop("default", None)
            member["minItems"] = 1
        members[name] = member


def _structs(kinds: Iterable[Any]) -> Iterator[type[msgspec.Struct]]:
    """Every struct that these types are made of, once."""
    waiting, seen = list(kinds), set()
    while waiting:
        kind = waiting.pop()
        if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
            if kind in seen:
                continue
            seen.add(kind)
            yield kind
            waiting += [field.type for field in msgspec.structs.fields(kind)]
        else:
            waiting += get_args(kind)
