"""The reference of the API as one page, made from the OpenAPI document: no script, nothing from elsewhere."""

import base64
import hashlib
import re
from collections.abc import Iterator
from functools import cache
from html import escape
from http import HTTPStatus
from typing import Any

import msgspec

from callboard.api.faults import ALL_FAULTS
from callboard.api.openapi import document
from callboard.http.values import Reply

__all__ = ["openapi_reply", "page_reply"]

Node = dict[str, Any]

_STYLE = """
:root { color-scheme: light dark; --ink: #1c2430; --soft: #5b6675; --line: #d9dfe7; --paper: #fff; --tint: #f4f6f9;
  --link: #0b5cad; --get: #0b6b4f; --post: #8a4b00; --put: #5b3fa8; --patch: #5b3fa8; --delete: #a3212b; }
@media (prefers-color-scheme: dark) { :root { --ink: #e4e9f0; --soft: #9aa7b8; --line: #2d3744; --paper: #12171e;
  --tint: #1a212b; --link: #7db7f5; --get: #57c7a3; --post: #e6a45c; --put: #b6a2f2; --patch: #b6a2f2;
  --delete: #f28b93; } }
* { box-sizing: border-box; }
body { margin: 0; color: var(--ink); background: var(--paper); font: 16px/1.55 system-ui, sans-serif; }
a { color: var(--link); text-decoration: none; } a:hover, a:focus { text-decoration: underline; }
.frame { display: grid; grid-template-columns: 17rem minmax(0, 1fr); max-width: 84rem; margin: 0 auto; }
nav { position: sticky; top: 0; align-self: start; max-height: 100vh; overflow: auto; padding: 1.5rem 1rem;
  border-right: 1px solid var(--line); font-size: .875rem; }
nav h2 { margin: 1.1rem 0 .25rem; font-size: .75rem; text-transform: uppercase; letter-spacing: .06em;
  color: var(--soft); }
nav ul { list-style: none; margin: 0; padding: 0; } nav li { padding: .1rem 0; overflow-wrap: anywhere; }
main { padding: 1.5rem 2rem 4rem; min-width: 0; }
h1 { margin: 0 0 .25rem; font-size: 1.75rem; } section > h2 { margin: 2.5rem 0 .5rem; text-transform: capitalize; }
article { border-top: 1px solid var(--line); padding: 1.25rem 0; }
article h3 { margin: 0; font-size: 1rem; font-weight: 600; overflow-wrap: anywhere; }
.method { display: inline-block; min-width: 3.6rem; font-weight: 700; }
.get { color: var(--get); } .post { color: var(--post); } .put { color: var(--put); } .patch { color: var(--patch); }
.delete { color: var(--delete); }
code, pre, h3 .path { font-family: ui-monospace, "SF Mono", Menlo, Consolas, monospace; font-size: .875em; }
pre { background: var(--tint); border: 1px solid var(--line); border-radius: 6px; padding: .6rem .8rem;
  overflow-x: auto; }
table { border-collapse: collapse; width: 100%; table-layout: fixed; margin: .5rem 0; font-size: .9rem; }
th, td { text-align: left; vertical-align: top; padding: .35rem .75rem .35rem 0; border-bottom: 1px solid var(--line); }
th { color: var(--soft); font-weight: 600; }
th:first-child { width: 24%; } th:nth-child(2) { width: 30%; } td { overflow-wrap: anywhere; }
.soft { color: var(--soft); } details { margin: .4rem 0; } summary { cursor: pointer; color: var(--link); }
@media (max-width: 50rem) { .frame { grid-template-columns: minmax(0, 1fr); }
  nav { position: static; max-height: 40vh; border-right: 0; border-bottom: 1px solid var(--line); }
  main { padding: 1rem; } }
"""

_CODE = re.compile(r"`([^`]+)`")


def openapi_reply() -> Reply:
    """The document as JSON."""
    return Reply(content_type="application/json", headers=(("Cache-Control", "no-cache"),), body=_document())


@cache
def _document() -> bytes:
    return msgspec.json.encode(document())


def page_reply() -> Reply:
    """The page. It may load nothing and run nothing; its one style sheet is known by its digest."""
    digest = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
    nothing_else = "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; {nothing_else}"
    headers = (
        ("Content-Security-Policy", policy),
        ("Referrer-Policy", "no-referrer"),
        ("X-Content-Type-Options", "nosniff"),
        ("Cache-Control", "no-cache"),
    )
    return Reply(content_type="text/html; charset=utf-8", headers=headers, body=_page())


@cache
def _page() -> bytes:
    return "".join(_pieces(document())).encode()


def _pieces(root: Node) -> Iterator[str]:
    info = root["info"]
    yield '<!doctype html><html lang="en"><head><meta charset="utf-8">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1"><title>Callboard API</title>'
    yield f'<style>{_STYLE}</style></head><body><div class="frame">'
    yield from _contents(root)
    yield f'<main><h1>{escape(info["title"])} API</h1><p class="soft">Version {escape(info["version"])}</p>'
    yield f"<p>{_text(info['description'])}</p>"
    yield '<p><a href="/v1/openapi.json">The same as an OpenAPI 3.1 document</a></p>'
    for tag in root["tags"]:
        yield f'<section id="{_anchor(tag["name"])}"><h2>{escape(tag["name"])}</h2>'
        for path, method, operation in _operations(root, tag["name"]):
            yield from _operation(path, method, operation)
        yield "</section>"
    yield from _schemas(root["components"]["schemas"])
    yield from _errors()
    yield "</main></div></body></html>"


def _operations(root: Node, tag: str) -> Iterator[tuple[str, str, Node]]:
    for path, methods in root["paths"].items():
        for method, operation in methods.items():
            if tag in operation["tags"]:
                yield path, method, operation


def _contents(root: Node) -> Iterator[str]:
    yield '<nav aria-label="Contents"><strong>Callboard API</strong>'
    for tag in root["tags"]:
        yield f"<h2>{escape(tag['name'])}</h2><ul>"
        for path, method, operation in _operations(root, tag["name"]):
            words = f'<span class="method {method}">{method.upper()}</span> {escape(path.removeprefix("/v1"))}'
            yield f'<li><a href="#{operation["operationId"]}">{words}</a></li>'
        yield "</ul>"
    yield '<h2>More</h2><ul><li><a href="#schemas">Schemas</a></li><li><a href="#errors">Errors</a></li></ul></nav>'


def _operation(path: str, method: str, operation: Node) -> Iterator[str]:
    name = f'<span class="method {method}">{method.upper()}</span> <span class="path">{escape(path)}</span>'
    yield f'<article id="{operation["operationId"]}"><h3>{name}</h3>'
    yield f'<p>{_text(operation["summary"])}</p><p class="soft">{_text(operation["description"])}</p>'
    yield from _parameters(operation.get("parameters", []))
    if "requestBody" in operation:
        yield f"<p>Body: {_bodies(operation['requestBody']['content'])}</p>"
    for status, response in operation["responses"].items():
        if status.startswith(("1", "2")):
            yield f"<p>Answer {status}: {_bodies(response.get('content', {})) or _text(response['description'])}</p>"
    for sample in operation["x-codeSamples"]:
        yield f"<pre><code>{escape(sample['source'])}</code></pre>"
    yield "</article>"


def _parameters(parameters: list[Node]) -> Iterator[str]:
    if not parameters:
        return
    yield "<table><thead><tr><th>Parameter</th><th>Is</th><th>Meaning</th></tr></thead><tbody>"
    for parameter in parameters:
        where = "" if parameter["in"] == "query" else f' <span class="soft">{parameter["in"]}</span>'
        yield f"<tr><td><code>{escape(parameter['name'])}</code>{where}</td><td>{_kind(parameter['schema'])}</td>"
        yield f"<td>{_text(parameter.get('description', ''))}</td></tr>"
    yield "</tbody></table>"


def _bodies(content: Node) -> str:
    return ", ".join(f"<code>{escape(kind)}</code> {_kind(body['schema'])}" for kind, body in content.items())


def _kind(schema: Node) -> str:
    """What a value may be, in a few words."""
    match schema:
        case {"$ref": str(reference)}:
            name = reference.rpartition("/")[2]
            return f'<a href="#{_anchor(name)}">{escape(name)}</a>'
        case {"anyOf": list(options)}:
            return " or ".join(map(_kind, options))
        case {"enum": list(words)}:
            return ", ".join(f"<code>{escape(str(word))}</code>" for word in words)
        case {"type": "array"}:
            return f"list of {_kind(schema['items'])}" if "items" in schema else "list"
        case {"type": str(kind)}:
            return f"{escape(schema.get('format', kind))}{_bounds(schema)}"
    return "anything"


def _bounds(schema: Node) -> str:
    low, high = schema.get("minimum"), schema.get("maximum")
    if high is None:
        return "" if low is None else f" from {low}"
    return f" to {high}" if low is None else f" {low} to {high}"


def _schemas(schemas: Node) -> Iterator[str]:
    yield '<section id="schemas"><h2>Schemas</h2>'
    for name, schema in schemas.items():
        yield f'<article id="{_anchor(name)}"><h3><span class="path">{escape(name)}</span></h3>'
        yield f"<p>{_text(schema.get('description', ''))}</p>"
        if "properties" in schema:
            yield "<table><thead><tr><th>Member</th><th>Is</th><th>Meaning</th></tr></thead><tbody>"
            for member, inner in schema["properties"].items():
                yield f"<tr><td><code>{escape(member)}</code></td><td>{_kind(inner)}</td>"
                yield f"<td>{_text(inner.get('description', ''))}</td></tr>"
            yield "</tbody></table>"
        else:
            yield f"<p>{_kind(schema)}</p>"
        yield "</article>"
    yield "</section>"


def _errors() -> Iterator[str]:
    yield '<section id="errors"><h2>Errors</h2>'
    yield "<table><thead><tr><th>Code</th><th>Status</th><th>What it means, and what to do</th></tr></thead><tbody>"
    for fault in ALL_FAULTS:
        yield f"<tr><td><code>{fault.code}</code></td><td>{int(fault.status)} {HTTPStatus(fault.status).phrase}</td>"
        yield f"<td>{_text(fault.words)}</td></tr>"
    yield "</tbody></table></section>"


def _anchor(name: str) -> str:
    return f"about-{re.sub('[^A-Za-z0-9]+', '-', name)}"


def _text(words: str) -> str:
    """Words with what stands between backquotes as code."""
    return _CODE.sub(r"<code>\1</code>", escape(words))
