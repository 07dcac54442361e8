"""The pages of `docs/reference` that are made from the API itself."""

from collections.abc import Iterator
from typing import Any

import msgspec

from callboard.api.faults import ALL_FAULTS
from callboard.api.openapi import document

__all__ = ["api_page", "errors_page", "openapi_text"]

_API_HEAD = """\
# The API

<!-- Written by `callboard reference api`; a test compares. Change the routes and the structs they name. -->

Everything under `/v1` of the server's HTTP address. The server shows all of this itself, without any other: a page to
read at `/v1/docs`, and the OpenAPI 3.1 document at `/v1/openapi.json`, which is also
[in this folder](openapi.json). [How to use it](../how-to/use-the-api.md) has examples to paste;
[the list of errors](errors.md) tells what to do about each.

- Sign in with HTTP Basic or with `Authorization: Bearer` and a token. Each operation needs one right, named below.
- A login sees its own customer and all below. What is not there for it is not found, as if it did not exist.
- A call between two customers is seen by both; of a party out of sight there is the number, and no id.
- Times are RFC 3339 in UTC; lengths are seconds. Ids of calls are strings, for they can be longer than JavaScript's
  numbers.
- Several values of one parameter stand with commas: `state=ringing,answered`. Unknown parameters are refused.
- Lists come in pages: `next` is the `cursor` of the next one. Calls that live through the paging are shown once,
  whatever they are sorted by: later pages go by the order of the first one's moment. Sorted by anything but
  `started_at`, `duration` and `id`, that order is kept for a while only: 409 says that it is time to begin again.
- `format` or the Accept header asks for JSON, NDJSON (`application/x-ndjson`) or CSV (`text/csv`), Accept-Encoding for
  zstd or gzip.
"""

_ERRORS_HEAD = """\
# Errors of the API

<!-- Written by `callboard reference errors`; a test compares. Change the table in `api/faults.py`. -->

An error is a problem document (RFC 9457, `application/problem+json`): `status`, `title`, a `detail` for people with the
cause and the fix, and a `code` for programs. No code changes its meaning. An error in the parameters names the
`argument`; one in a document has all of its `mistakes` at once.

| code | status | what it means, and what to do |
| --- | --- | --- |
"""


def openapi_text() -> str:
    """`docs/reference/openapi.json`."""
    return msgspec.json.format(msgspec.json.encode(document()), indent=2).decode() + "\n"


def errors_page() -> str:
    """`docs/reference/errors.md`."""
    rows = (f"| `{fault.code}` | {int(fault.status)} | {fault.words} |\n" for fault in ALL_FAULTS)
    return _ERRORS_HEAD + "".join(rows)


def api_page() -> str:
    """`docs/reference/api.md`."""
    return _API_HEAD + "".join(_operations(document()))


def _operations(root: dict[str, Any]) -> Iterator[str]:
    for tag in root["tags"]:
        yield f"\n## {tag['name']}\n"
        for path, methods in root["paths"].items():
            for method, operation in methods.items():
                if tag["name"] in operation["tags"]:
                    yield from _operation(f"{method.upper()} {path}", operation)


def _operation(name: str, operation: dict[str, Any]) -> Iterator[str]:
    yield f"\n### {name}\n\n{operation['summary']} {operation['description']}\n"
    parameters = [each for each in operation["parameters"] if each["in"] == "query"]
    if parameters:
        yield "\n| parameter | is | meaning |\n| --- | --- | --- |\n"
    for parameter in parameters:
        words = parameter.get("description", "").replace("|", "\\|")
        yield f"| `{parameter['name']}` | {_kind(parameter['schema'])} | {words} |\n"


def _kind(schema: dict[str, Any]) -> str:
    match schema:
        case {"enum": list(words)}:
            return ", ".join(f"`{word}`" for word in words)
        case {"type": "array", "items": inner}:
            return f"list: {_kind(inner)}"
        case {"type": str(kind)}:
            return str(schema.get("format", kind))
    return "text"
