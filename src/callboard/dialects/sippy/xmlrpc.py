"""XML-RPC, bytes <-> values: requests are read with DTDs forbidden and within bounds, answers are written as text.

The specification: http://xmlrpc.com/spec.md. The answers' layout is that of Python's `xmlrpc.client.dumps`, and every
scalar stands in an explicit type tag, because clients in the field read them with regular expressions.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple
from xml.parsers import expat
from xmlrpc.client import Error, Unmarshaller

from callboard.calls.refusals import Malformed
from callboard.dialects.xml import xml_text
from callboard.http.values import Block

__all__ = [
    "MAX_DEPTH",
    "MAX_ELEMENTS",
    "MAX_SIZE",
    "MEMBER_END",
    "MethodCall",
    "Value",
    "array_response",
    "boolean",
    "double",
    "fault",
    "integer",
    "member_start",
    "nil",
    "read_call",
    "response",
    "string",
    "struct",
    "value",
]

MAX_SIZE = 1024 * 1024
"""Bytes of a request."""
MAX_DEPTH = 32
"""Elements inside one another."""
MAX_ELEMENTS = 10_000

_ENCODINGS = ("UTF-8", "UTF-16", "ISO-8859-1", "US-ASCII")

Value = None | bool | int | float | str | Sequence["Value"] | Mapping[str, "Value"]
"""What can be written."""


# --- reading ---------------------------------------------------------------------------------------------------------


class MethodCall(NamedTuple):
    """A request: the method's name and its parameters, of whatever types the client chose."""

    method: str
    params: tuple[object, ...]


# Whatever a hostile document makes of the parser, of a codec it names, or of the standard library's unmarshaller.
_UNREADABLE = (expat.ExpatError, Error, ValueError, TypeError, LookupError, AttributeError, ArithmeticError)


def read_call(document: bytes) -> MethodCall:
    """Read a `methodCall`. Raises Malformed for anything that is none, or is beyond the bounds."""
    if len(document) > MAX_SIZE:
        raise Malformed(f"The request is longer than {MAX_SIZE} bytes.")
    reader = Unmarshaller()
    parser = _guarded_parser(reader)
    try:
        reader.xml("", None)
        parser.Parse(document, True)
        params = reader.close()
        method = reader.getmethodname()
    except _UNREADABLE as error:
        raise Malformed(f"The request is not readable XML-RPC: {str(error)[:200] or type(error).__name__}.") from None
    if not method:
        raise Malformed("The request names no method: a methodCall with a methodName is needed.")
    return MethodCall(method.strip(), tuple(params))


def _guarded_parser(reader: Unmarshaller) -> expat.XMLParserType:
    parser = expat.ParserCreate()
    parser.buffer_text = True
    depth = elements = 0

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal depth, elements
        depth += 1
        elements += 1
        if depth > MAX_DEPTH:
            raise Malformed(f"The request nests elements more than {MAX_DEPTH} deep.")
        if elements > MAX_ELEMENTS:
            raise Malformed(f"The request has more than {MAX_ELEMENTS} elements.")
        reader.start(tag, attributes)

    def end(tag: str) -> None:
        nonlocal depth
        depth -= 1
        reader.end(tag)

    parser.XmlDeclHandler = _check_encoding
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = reader.data
    parser.StartDoctypeDeclHandler = _forbid
    parser.EntityDeclHandler = _forbid
    parser.ProcessingInstructionHandler = _forbid
    return parser


def _check_encoding(version: str, encoding: str | None, standalone: int) -> None:
    """Allow what the parser reads by itself; anything else would reach into Python's codecs."""
    if encoding is not None and encoding.upper() not in _ENCODINGS:
        raise Malformed(f"The request is in the encoding {encoding[:40]!r}: use one of {', '.join(_ENCODINGS)}.")


def _forbid(*_: object) -> None:
    raise Malformed("The request has a document type, an entity or a processing instruction: leave it out.")


# --- writing ---------------------------------------------------------------------------------------------------------


def string(text: str) -> str:
    """An empty one is `<string></string>`: some clients do not know the short form."""
    return f"<string>{xml_text(text)}</string>"


def integer(number: int) -> str:
    """A whole number."""
    return f"<int>{number}</int>"


def boolean(truth: bool) -> str:
    """1 or 0."""
    return f"<boolean>{truth:d}</boolean>"


def double(number: float) -> str:
    """Decimal digits, to the nanosecond; never an exponent, infinity or NaN, which XML-RPC does not have."""
    if not math.isfinite(number):
        return "<double>0.0</double>"
    text = repr(round(number, 9))
    return f"<double>{f'{number:.9f}' if 'e' in text else text}</double>"


def nil() -> str:
    """Nothing: an extension of XML-RPC that the vendor's interface uses."""
    return "<nil/>"


def member_start(name: str) -> str:
    """What stands before the value of a member of a struct; `MEMBER_END` stands behind it."""
    return f"<member>\n<name>{xml_text(name)}</name>\n<value>"


MEMBER_END = "</value>\n</member>\n"


def struct(members: Iterable[str]) -> str:
    """A struct of members that are markup already."""
    return f"<struct>\n{''.join(members)}</struct>"


def value(content: Value) -> str:
    """Any value as markup."""
    match content:
        case None:
            return nil()
        case bool():
            return boolean(content)
        case int():
            return integer(content)
        case float():
            return double(content)
        case str():
            return string(content)
        case Mapping():
            return struct(f"{member_start(name)}{value(item)}{MEMBER_END}" for name, item in content.items())
        case _:
            items = "".join(f"<value>{value(item)}</value>\n" for item in content)
            return f"<array><data>\n{items}</data></array>"


_DECLARATION = "<?xml version='1.0' encoding='UTF-8'?>\n"
_HEAD = f"{_DECLARATION}<methodResponse>\n<params>\n<param>\n<value>"
_TAIL = "</value>\n</param>\n</params>\n</methodResponse>\n"


def response(content: Value) -> bytes:
    """The answer of a method that returns this value."""
    return f"{_HEAD}{value(content)}{_TAIL}".encode()


def array_response(blocks: Iterable[Block]) -> Iterator[Block]:
    """The answer of a method that returns a bare array; each block is the markup of some of its `<value>`s."""
    yield f"{_HEAD}<array><data>\n".encode()
    yield from blocks
    yield f"</data></array>{_TAIL}".encode()


def fault(code: int, text: str) -> bytes:
    """The answer of a method that failed. The code comes first: clients look for it there."""
    content = value({"faultCode": code, "faultString": text})
    return f"{_DECLARATION}<methodResponse>\n<fault>\n<value>{content}</value>\n</fault>\n</methodResponse>\n".encode()
