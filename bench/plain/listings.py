"""A whole listing in each format, with the library that most would take."""

import xmlrpc.client
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from itertools import chain
from typing import NamedTuple

import msgspec
import orjson
from lxml import etree

from bench.plain import rows
from bench.plain.records import PlainCall

__all__ = ["LISTINGS", "Listing"]

Calls = Sequence[PlainCall]


class Listing(NamedTuple):
    """One way to write a listing."""

    format: str
    """Whose rows they are, as in `bench.asking`."""
    library: str
    write: Callable[[Calls], bytes]


def _now() -> datetime:
    return datetime.now(UTC)


def _rest(calls: Calls) -> bytes:
    now = _now()
    return msgspec.json.encode({"calls": [rows.rest(call, now) for call in calls]})


def _sippy(calls: Calls) -> bytes:
    now = _now()
    answer = [rows.sippy(call, now) for call in calls]
    return xmlrpc.client.dumps((answer,), methodresponse=True, allow_none=True).encode()


def _enswitch(calls: Calls) -> bytes:
    now = _now()
    data = list(chain.from_iterable(rows.enswitch(call, now) for call in calls))
    return orjson.dumps({"responses": [{"code": "200", "key": "", "message": "OK"}], "data": data})


def _ozeki(calls: Calls) -> bytes:
    now = _now()
    root = etree.Element("Response")
    etree.SubElement(root, "Code").text = "200"
    listed = etree.SubElement(root, "ActiveCalls")
    for call in calls:
        _element(listed, "Call", rows.ozeki(call, now))
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)


def _mor(calls: Calls) -> bytes:
    now = _now()
    root = etree.Element("page")
    for call in calls:
        _element(root, "active_call", rows.mor(call, now))
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)


def _element(parent: etree._Element, name: str, row: rows.Row) -> None:
    element = etree.SubElement(parent, name)
    for key, value in row.items():
        etree.SubElement(element, key).text = str(value)


LISTINGS = (
    Listing("rest", "msgspec, as in Litestar", _rest),
    Listing("enswitch", "orjson", _enswitch),
    Listing("ozeki", "lxml", _ozeki),
    Listing("mor", "lxml", _mor),
    Listing("sippy", "xmlrpc.client", _sippy),
)
