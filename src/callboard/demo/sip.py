"""SIP messages as values (RFC 3261 sections 7 and 20): a tolerant, bounded reader and a strict printer."""

import re
from typing import TypeVar

import msgspec

__all__ = [
    "MAX_MESSAGE",
    "Address",
    "Headers",
    "Message",
    "Request",
    "Response",
    "Unreadable",
    "encode",
    "host_and_port",
    "items",
    "parameter",
    "parse",
    "read_address",
    "reply",
    "user_of",
    "with_headers",
]

MAX_MESSAGE = 65_535
"""Bytes; no UDP datagram is longer."""
_MAX_HEADERS = 256
_MAX_LINE = 8192

Headers = tuple[tuple[str, str], ...]
"""Names and values in their order."""

# RFC 3261 section 7.3.3, RFC 3515 (r), RFC 3892 (b) and RFC 6665 (o, u).
_COMPACT = {
    "b": "referred-by",
    "c": "content-type",
    "e": "content-encoding",
    "f": "from",
    "i": "call-id",
    "k": "supported",
    "l": "content-length",
    "m": "contact",
    "o": "event",
    "r": "refer-to",
    "s": "subject",
    "t": "to",
    "u": "allow-events",
    "v": "via",
}
_ONCE = ("from", "to", "call-id", "cseq")
_REASONS = {
    100: "Trying",
    180: "Ringing",
    200: "OK",
    400: "Bad Request",
    405: "Method Not Allowed",
    408: "Request Timeout",
    481: "Call/Transaction Does Not Exist",
    486: "Busy Here",
    487: "Request Terminated",
    488: "Not Acceptable Here",
    491: "Request Pending",
    500: "Server Internal Error",
    503: "Service Unavailable",
    603: "Decline",
}


class Unreadable(ValueError):  # noqa: N818 - names the message, as the refusals do
    """The bytes are no SIP message that can be acted on; the message says why."""


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """What requests and responses have in common."""

    headers: Headers
    body: bytes = b""

    def all(self, name: str) -> tuple[str, ...]:
        """The values of every header of this name, in order. The name may be of any case; compact forms are found."""
        wanted = name.lower()
        return tuple(value for key, value in self.headers if _canonical(key) == wanted)

    def first(self, name: str) -> str:
        """The value of the first header of this name, "" without one."""
        values = self.all(name)
        return values[0] if values else ""

    @property
    def call_id(self) -> str:
        """The Call-ID."""
        return self.first("Call-ID")

    @property
    def sequence(self) -> int:
        """The number in CSeq."""
        return int(self.first("CSeq").split()[0])

    @property
    def sequence_method(self) -> str:
        """The method in CSeq: which request a response answers."""
        return self.first("CSeq").split()[1]

    @property
    def branch(self) -> str:
        """The transaction's name: the branch of the topmost Via."""
        return parameter(items(self.first("Via"))[0], "branch")


class Request(Message, frozen=True, kw_only=True):
    """A request."""

    method: str
    uri: str


class Response(Message, frozen=True, kw_only=True):
    """A response."""

    code: int
    reason: str = ""


_AnyMessage = TypeVar("_AnyMessage", bound=Message)


# --- reading ---------------------------------------------------------------------------------------------------------

_REQUEST_LINE = re.compile(r"([A-Za-z0-9.!%*_+`'~-]{1,32}) +(\S.*?) +SIP/2\.0", re.IGNORECASE)
_STATUS_LINE = re.compile(r"SIP/2\.0 +([1-6][0-9]{2})(?: +(.*))?", re.IGNORECASE)
_HEADER = re.compile(r"([A-Za-z0-9.!%*_+`'~-]+)[ \t]*:[ \t]*(.*)", re.DOTALL)
_LINE_END = re.compile(r"\r?\n")
_FOLD = re.compile(r"\r?\n[ \t]+")
_CSEQ = re.compile(r"([0-9]{1,10})\s+(\S+)")


def parse(data: bytes) -> Request | Response:
    """Read one datagram. Raises `Unreadable` if it is no SIP message or lacks what every message must have."""
    if len(data) > MAX_MESSAGE:
        raise Unreadable(f"the message is longer than {MAX_MESSAGE} bytes")
    head, body = _halves(data.lstrip(b"\r\n"))
    first, *lines = _LINE_END.split(_FOLD.sub(" ", head.decode("utf-8", "replace")))
    if len(lines) > _MAX_HEADERS or max(map(len, lines), default=0) > _MAX_LINE:
        raise Unreadable(f"the message has more than {_MAX_HEADERS} headers or one of over {_MAX_LINE} characters")
    message = _start(first, tuple(_header(line) for line in lines if line))
    _check(message)
    return msgspec.structs.replace(message, body=_bounded_body(message, body))


def _halves(data: bytes) -> tuple[bytes, bytes]:
    for gap in (b"\r\n\r\n", b"\n\n"):
        head, found, body = data.partition(gap)
        if found:
            return head, body
    raise Unreadable("the message's headers do not end")


def _header(line: str) -> tuple[str, str]:
    found = _HEADER.fullmatch(line)
    if found is None:
        raise Unreadable(f"{line[:40]!r} is no header")
    return found[1], found[2].strip()


def _start(line: str, headers: Headers) -> Request | Response:
    if found := _STATUS_LINE.fullmatch(line.rstrip()):
        return Response(code=int(found[1]), reason=found[2] or "", headers=headers)
    if found := _REQUEST_LINE.fullmatch(line.rstrip()):
        return Request(method=found[1], uri=found[2], headers=headers)
    raise Unreadable(f"{line[:40]!r} begins neither a request nor a response")


def _check(message: Request | Response) -> None:
    for name in _ONCE:
        if len(message.all(name)) != 1:
            raise Unreadable(f"the message needs exactly one header {name}")
    if not items(message.first("Via")):
        raise Unreadable("the message has no Via")
    sequence = _CSEQ.fullmatch(message.first("CSeq"))
    if sequence is None or int(sequence[1]) >= 2**32:
        raise Unreadable("the CSeq cannot be read")
    if isinstance(message, Request) and message.method != sequence[2]:
        raise Unreadable("the CSeq names another method than the request")


def _bounded_body(message: Message, body: bytes) -> bytes:
    stated = message.first("Content-Length")
    if not stated:
        return body
    if not stated.isascii() or not stated.isdigit() or len(stated) > 9 or int(stated) > len(body):
        raise Unreadable("the Content-Length does not fit the message")
    return body[: int(stated)]


def _canonical(name: str) -> str:
    lower = name.lower()
    return _COMPACT.get(lower, lower)


# --- parts of headers ------------------------------------------------------------------------------------------------

_ITEM = re.compile(r'(?:"(?:[^"\\]|\\.)*"|<[^>]*>|[^",<])+', re.DOTALL)
_NAMED = re.compile(r'\s*(?:"((?:[^"\\]|\\.)*)"|([^<"]*?))\s*<([^<>]*)>(.*)', re.DOTALL)
_PARAMETER = re.compile(r';\s*([^\s=;"]+)\s*(?:=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;,"]*)))?', re.DOTALL)
_HOST_PORT = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^\s:;?>\[\]]+)(?::([0-9]{1,5}))?")


class Address(msgspec.Struct, frozen=True):
    """What From, To, Contact and their like hold: a URI, a display name, and parameters."""

    uri: str
    name: str = ""
    tag: str = ""

    def __str__(self) -> str:
        name = self.name.replace("\\", "\\\\").replace('"', '\\"')
        shown = f'"{name}" <{self.uri}>' if name else f"<{self.uri}>"
        return f"{shown};tag={self.tag}" if self.tag else shown


def items(value: str) -> tuple[str, ...]:
    """The members of a header that is a list separated by commas; quotes and angle brackets are minded."""
    return tuple(item.strip() for item in _ITEM.findall(value) if item.strip())


def read_address(value: str) -> Address:
    """Read a From, To, Contact, Route or Record-Route value. Raises `Unreadable`."""
    if found := _NAMED.fullmatch(value):
        name = found[2] if found[1] is None else re.sub(r"\\(.)", r"\1", found[1])
        return Address(found[3].strip(), name, parameter(found[4], "tag"))
    uri, mark, parameters = value.partition(";")
    uri = uri.strip()
    if not uri or any(sign in uri for sign in '<>" '):
        raise Unreadable(f"{value[:40]!r} is no address")
    return Address(uri, "", parameter(mark + parameters, "tag"))


def parameter(value: str, name: str) -> str:
    """A parameter `;name=value` of a header's value, "" if it is not there or has no value."""
    for key, quoted, bare in _PARAMETER.findall(value):
        if key.lower() == name:
            return str(quoted or bare)
    return ""


def user_of(uri: str) -> str:
    """The user part of a SIP URI, "" without one."""
    rest = uri.partition(":")[2]
    user, mark, _ = rest.rpartition("@")
    return user.partition(":")[0].partition(";")[0] if mark else ""


def host_and_port(uri: str) -> tuple[str, int]:
    """Host and port of a SIP URI, or of a bare `host:port`. Raises `Unreadable`."""
    rest = re.sub(r"^sips?:", "", uri, flags=re.IGNORECASE).rpartition("@")[2]
    found = _HOST_PORT.match(rest)
    port = int(found[2] or 5060) if found else 0
    if found is None or not 0 < port < 65_536:
        raise Unreadable(f"{uri[:60]!r} has no host and port")
    return found[1].strip("[]"), port


# --- writing ---------------------------------------------------------------------------------------------------------


def encode(message: Request | Response) -> bytes:
    """The message as a datagram, Content-Length included. Raises ValueError rather than let a value break a line."""
    if isinstance(message, Request):
        start = f"{message.method} {message.uri} SIP/2.0"
    else:
        start = f"SIP/2.0 {message.code} {message.reason or _REASONS.get(message.code, 'Status')}"
    kept = ((name, value) for name, value in message.headers if _canonical(name) != "content-length")
    lines = [start, *(f"{name}: {value}" for name, value in kept), f"Content-Length: {len(message.body)}"]
    for line in lines:
        if any(sign in line for sign in "\r\n\0"):
            raise ValueError(f"{line[:40]!r} cannot stand in a SIP message: it holds a line break or a zero")
    return "\r\n".join(lines).encode("utf-8", "replace") + b"\r\n\r\n" + message.body


def reply(
    request: Request, code: int, *, reason: str = "", tag: str = "", headers: Headers = (), body: bytes = b""
) -> Response:
    """A response to a request, RFC 3261 section 8.2.6. `tag` completes To where the request has none."""
    to = request.first("To")
    if tag and code > 100 and not read_address(to).tag:
        to = f"{to};tag={tag}"
    copied = (
        *(("Via", value) for value in request.all("Via")),
        ("From", request.first("From")),
        ("To", to),
        ("Call-ID", request.call_id),
        ("CSeq", request.first("CSeq")),
        *(("Record-Route", value) for value in request.all("Record-Route")),
    )
    return Response(code=code, reason=reason, headers=copied + headers, body=body)


def with_headers(message: _AnyMessage, *headers: tuple[str, str]) -> _AnyMessage:
    """The same message with these headers added at its end."""
    return msgspec.structs.replace(message, headers=message.headers + headers)
