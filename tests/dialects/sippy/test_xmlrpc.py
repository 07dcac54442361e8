"""XML-RPC in and out, with Python's own client, ElementTree and lxml as judges."""

import math
import re
import xml.etree.ElementTree as ET
import xmlrpc.client
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from callboard.calls.refusals import Malformed
from callboard.dialects.sippy import xmlrpc as codec
from callboard.dialects.sippy.xmlrpc import MethodCall, read_call


def call(params: str, declaration: str = "<?xml version='1.0'?>") -> bytes:
    return f"{declaration}<methodCall><methodName>listAllCalls</methodName>{params}</methodCall>".encode()


def one(value: str) -> bytes:
    return call(f"<params><param><value>{value}</value></param></params>")


# --- reading ---


@pytest.mark.parametrize(
    ("document", "params"),
    [
        (call(""), ()),
        (call("<params></params>"), ()),
        (call("<params/>"), ()),
        (one("<struct></struct>"), ({},)),
        (one("<nil/>"), (None,)),
        (one("text without a tag"), ("text without a tag",)),
        (
            one("<struct><member><name>recursive</name><value><int>1</int></value></member></struct>"),
            ({"recursive": 1},),
        ),
        (one("<boolean>1</boolean>"), (True,)),
        (one("<i4>3</i4>"), (3,)),
        (one("<i8>9007199254740993</i8>"), (9007199254740993,)),
        (one("<string></string>"), ("",)),
        (one("<array><data><value><int>1</int></value></data></array>"), ([1],)),
        (call("<params>\n <param>\n  <value> <int>7</int> </value>\n </param>\n</params>"), (7,)),
    ],
)
def test_a_request_is_read(document: bytes, params: tuple[object, ...]) -> None:
    assert read_call(document) == MethodCall("listAllCalls", params)


def test_a_document_in_latin_1_is_read_as_it_declares() -> None:
    declared = call(
        "<params><param><value>Zürich</value></param></params>", '<?xml version="1.0" encoding="iso-8859-1"?>'
    )
    assert read_call(declared.decode().encode("latin-1")).params == ("Zürich",)


def test_a_document_in_utf_16_is_read() -> None:
    declared = call("<params><param><value>Zürich</value></param></params>", '<?xml version="1.0" encoding="utf-16"?>')
    assert read_call(declared.decode().encode("utf-16")).params == ("Zürich",)


LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))

HOSTILE = {
    "nothing": b"",
    "no XML": b"recursive=1",
    "cut off": call("")[:-4],
    "not a call": b"<html><body>hello</body></html>",
    "no method": b"<methodCall><methodName></methodName></methodCall>",
    "a fault": b"<methodResponse><fault><value><int>1</int></value></fault></methodResponse>",
    "a document type": b"<!DOCTYPE methodCall><methodCall><methodName>a</methodName></methodCall>",
    "a billion laughs": f'<!DOCTYPE m [<!ENTITY l0 "ha">{LAUGHS}]>{call("&l9;", "").decode()}'.encode(),
    "a file": b'<!DOCTYPE m [<!ENTITY f SYSTEM "file:///etc/hostname">]><methodCall><methodName>&f;</methodName></methodCall>',
    "an instruction": b"<methodCall><?php exit ?><methodName>a</methodName></methodCall>",
    "an undefined entity": one("&nbsp;"),
    "too deep": one("<array><data><value>" * 12 + "</value></data></array>" * 12),
    "too many elements": one(f"<array><data>{'<value/>' * codec.MAX_ELEMENTS}</data></array>"),
    "too long": one("x" * codec.MAX_SIZE),
    "bad UTF-8": one("caf") + b"\xff",
    "bad UTF-8 inside": one("caf~").replace(b"~", b"\xe9"),
    "an unknown encoding": call("", '<?xml version="1.0" encoding="klingon"?>'),
    "an encoding that is a program": call("", '<?xml version="1.0" encoding="zlib_codec"?>'),
    "an encoding with escapes": call("", '<?xml version="1.0" encoding="unicode_escape"?>'),
    "an integer of words": one("<int>many</int>"),
    "an integer without end": one(f"<int>{'9' * 5000}</int>"),
    "a boolean of words": one("<boolean>yes</boolean>"),
    "a decimal of words": one("<bigdecimal>many</bigdecimal>"),
    "base64 of no kind": one("<base64>ü</base64>"),
    "a struct with a name only": one("<struct><member><name>order</name></member></struct>"),
    "a struct with an array for a name": one("<struct><value><array></array></value><value>1</value></struct>"),
    "an unknown type": one("<complex>1</complex>"),
    "the end of what never began": b"<methodCall><methodName>a</methodName></struct></methodCall>",
}


@pytest.mark.parametrize("document", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_or_broken_request_is_refused(document: bytes) -> None:
    with pytest.raises(Malformed):
        read_call(document)


@given(st.binary(max_size=200))
def test_no_bytes_break_the_reader(noise: bytes) -> None:
    with pytest.raises(Malformed):
        read_call(noise)


TAGS = sorted({*xmlrpc.client.Unmarshaller.dispatch, "methodCall", "param", "member", "data", "x:value", "other"})
trees = st.recursive(
    st.sampled_from(["", "1", "-5", "word", "2.5", "=", "20210822T10:11:52"]),
    lambda inner: st.builds(
        lambda tag, parts: f"<{tag}>{''.join(parts)}</{tag}>", st.sampled_from(TAGS), st.lists(inner, max_size=4)
    ),
    max_leaves=20,
)


@given(trees)
def test_no_arrangement_of_tags_breaks_the_reader(tree: str) -> None:
    document = f"<methodCall xmlns:x='y'><methodName>a</methodName>{tree}</methodCall>".encode()
    with suppress(Malformed):
        assert read_call(document).method


scalars = st.none() | st.booleans() | st.integers(-(2**31), 2**31 - 1) | st.text()
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


@given(values)
def test_what_pythons_client_writes_is_read(value: Any) -> None:
    document = xmlrpc.client.dumps((value,), "m", allow_none=True)
    if re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\r]", document):
        return  # it writes characters that XML does not have, or that a reader must turn into another
    assert read_call(document.encode()).params == (value,)


# --- writing ---

FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
any_text = st.text(st.characters(codec=None, exclude_categories=()), max_size=30) | st.text(
    "<>&\r\n\t \x00]'\"\ud800é\U0001f600"
)
writable = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**31), 2**31 - 1) | any_text | st.floats(-1e6, 1e6),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abcXYZ_<&", min_size=1), inner, max_size=4),
    max_leaves=12,
)


def as_read(value: Any) -> Any:
    """What a reader must get for a value that was written: text without what XML cannot hold, doubles to 1e-9."""
    match value:
        case str():
            return FORBIDDEN.sub("", value)
        case float():
            return pytest.approx(value, abs=1e-9)
        case list():
            return [as_read(item) for item in value]
        case dict():
            return {name: as_read(item) for name, item in value.items()}
    return value


def read_element(element: Any) -> Any:
    """The value that an element of any DOM holds: a reader that shares nothing with Python's unmarshaller."""
    (content,) = element
    match content.tag:
        case "nil":
            return None
        case "boolean":
            return {"0": False, "1": True}[content.text]
        case "int":
            return int(content.text)
        case "double":
            assert re.fullmatch(r"-?\d+\.\d+", content.text)
            return float(content.text)
        case "string":
            return content.text or ""
        case "array":
            return [read_element(item) for item in content.find("data")]
        case "struct":
            return {member.find("name").text or "": read_element(member.find("value")) for member in content}
    raise AssertionError(content.tag)


@given(writable)
def test_every_reader_gets_what_was_written(value: Any) -> None:
    document = codec.response(value)
    expected = as_read(value)
    (found,), _ = xmlrpc.client.loads(document)
    assert found == expected
    assert read_element(ET.fromstring(document).find("params/param/value")) == expected
    assert read_element(etree.fromstring(document).find("params/param/value")) == expected


@given(st.floats())
def test_a_double_is_always_plain_digits(number: float) -> None:
    found = re.fullmatch(r"<double>(-?\d+\.\d+)</double>", codec.double(number))
    assert found is not None
    expected = number if math.isfinite(number) else 0.0
    assert float(found[1]) == pytest.approx(expected, abs=1e-9)


def test_a_double_looks_as_it_is_written_by_hand() -> None:
    assert [codec.double(x) for x in (0.0, 6.102700465, 0.25, 1e-9, 1e17)] == [
        f"<double>{text}</double>"
        for text in ("0.0", "6.102700465", "0.25", "0.000000001", "100000000000000000.000000000")
    ]


def test_the_layout_is_that_of_pythons_client() -> None:
    value: Any = [{"a": "x", "b": 1, "c": 2.5, "d": True, "e": ["<"]}]
    python = xmlrpc.client.dumps((value,), methodresponse=True)
    assert codec.response(value).decode() == python.replace("'1.0'?", "'1.0' encoding='UTF-8'?")


def test_an_empty_string_keeps_both_its_tags() -> None:
    assert b"<value><string></string></value>" in codec.response("")


def test_a_fault_has_its_code_first_and_is_read_by_pythons_client() -> None:
    document = codec.fault(404, "no <such> thing")
    assert document.index(b"faultCode") < document.index(b"faultString")
    with pytest.raises(xmlrpc.client.Fault, match="no <such> thing") as caught:
        xmlrpc.client.loads(document)
    assert caught.value.faultCode == 404


@pytest.mark.parametrize("count", [0, 1, 3])
def test_an_array_in_blocks_is_the_same_as_in_one_piece(count: int) -> None:
    blocks = [f"<value>{codec.integer(n)}</value>\n".encode() for n in range(count)]
    assert b"".join(codec.array_response(blocks)) == codec.response(list(range(count)))
