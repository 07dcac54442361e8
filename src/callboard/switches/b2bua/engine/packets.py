"""From a packet to a message of the `sippy` package, or a clear refusal.

Everything a handler will look at is parsed here, under one guard, so that no header can surprise it later (`sippy`
parses headers when they are first asked for, and raises anything). Bytes beyond ASCII are carried as surrogates: a
body's length in characters is then its length in bytes, and what goes out is what came in.
"""

import re
from functools import partial
from typing import Any
from urllib.parse import quote, unquote

import sippy.SipURL
from sippy.SipRequest import SipRequest
from sippy.SipResponse import SipResponse

# A URI's user part is taken out of its %-escapes when it is read and put back when it is written: both must keep bytes
# that are no UTF-8, or a message with one cannot be answered at all.
sippy.SipURL.quote = partial(quote, errors="surrogateescape")
sippy.SipURL.unquote = partial(unquote, errors="surrogateescape")

__all__ = ["LARGEST", "Unreadable", "courtesy", "is_keepalive", "read"]

LARGEST = 16 * 1024
"""Bytes. Nothing we carry comes near it; RFC 3261 section 18.1.1 wants UDP messages below the path's MTU anyway."""

_START = re.compile(rb"(?:SIP/2\.0 [1-6][0-9]{2}(?: |\r)|[A-Za-z0-9.!%*_+`'~-]{1,64} [^\s]{1,1024} SIP/2\.0\r?\n)")
_OTHER_VERSION = re.compile(rb"[^\r\n]{1,2048} SIP/(?!2\.0\s*\r?\n)[0-9.]{1,8}\s*\r?\n")
_OTHER_SCHEME = re.compile(rb"\S{1,64} (?!sips?:)[A-Za-z][A-Za-z0-9+.-]{0,32}:", re.IGNORECASE)
_LENGTH = re.compile(r"^(?:content-length|l)[ \t]*:[ \t]*(.*?)[ \t]*$", re.IGNORECASE | re.MULTILINE)
_FALSE_ENDS = re.compile(r"[\x0b\x0c\x1c\x1d\x1e]")
"""Control characters that Python takes for the end of a line and SIP does not."""
_SINGLE = ("from", "to", "call-id", "cseq", "max-forwards")
_HIGHEST_SEQUENCE = 2**31 - 1
_LONGEST = 1024
"""Characters of a Call-ID, tag or branch."""


class Unreadable(ValueError):  # noqa: N818  it says what the packet is
    """The packet is not a SIP message that can be handled. `code` and `reason` say how a request is answered."""

    def __init__(self, reason: str, code: int = 400) -> None:
        super().__init__(reason)
        self.reason = reason
        self.code = code


def is_keepalive(data: bytes) -> bool:
    """Whether this is what phones send to keep a NAT binding open (RFC 5626 section 4.4.1), not a message."""
    return len(data) <= 8 and not data.strip(b"\r\n\0 ")


def read(data: bytes) -> Any:
    """The request or response in a packet. Raises `Unreadable`."""
    if len(data) > LARGEST:
        raise Unreadable("Message Too Large", 513)
    data = data.lstrip(b"\r\n")
    if not _START.match(data):
        raise Unreadable("Version Not Supported", 505) if _OTHER_VERSION.match(data) else Unreadable("Bad Request Line")
    text = data.decode("ascii", "surrogateescape")
    head, separator, body = text.partition("\r\n\r\n")
    if not separator:
        raise Unreadable("Incomplete Header")
    if not data.startswith(b"SIP/") and _OTHER_SCHEME.match(data):
        raise Unreadable("Unsupported URI Scheme", 416)
    lengths = _LENGTH.findall(head)
    if len(lengths) > 1 or not all(length.isdigit() for length in lengths):
        raise Unreadable("Bad Content-Length")
    text = f"{_FALSE_ENDS.sub(' ', head)}\r\n\r\n{body}"
    try:
        message = SipResponse(text) if data.startswith(b"SIP/") else SipRequest(text)
        _check(message)
    except Unreadable:
        raise
    except Exception as error:
        # The package raises whatever its parsing stumbles over: AttributeError, IndexError, bare Exception.
        raise Unreadable("Bad Request") from error
    return message


def _check(message: Any) -> None:
    counts = dict.fromkeys(_SINGLE, 0)
    for header in message.headers:
        if header.name in counts:
            counts[header.name] += 1
    if any(counts[name] != 1 for name in _SINGLE[:4]) or counts["max-forwards"] > 1:
        raise Unreadable("Missing Or Repeated Header")
    number, method = message.getHFBody("cseq").getCSeq()
    if not 0 <= number <= _HIGHEST_SEQUENCE:
        raise Unreadable("Bad CSeq")
    _check_identifiers(message)
    if message.body is not None:
        message.body.mtype.parse()
    if isinstance(message, SipRequest):
        _check_request(message, method)
    elif method == "INVITE" and message.getSCode()[0] < 300:
        _parse_all(message, "contact", "record-route")


def _check_identifiers(message: Any) -> None:
    vias = message.getHFBodys("via")
    _check_via(vias[0])
    names = [
        str(message.getHFBody("call-id")),
        message.getHFBody("from").getTag() or "",
        message.getHFBody("to").getTag() or "",
        vias[0].getBranch() or "",
    ]
    if not names[0] or any(len(name) > _LONGEST for name in names):
        raise Unreadable("Bad Identifier")


def _check_via(via: Any) -> None:
    host, port = via.getAddr()
    via.getTAddr()
    if not host or (port is not None and not 0 <= port <= 65535) or via.sipver.replace(" ", "").upper() != "SIP/2.0":
        raise Unreadable("Bad Via")


def _check_request(request: Any, method: str) -> None:
    if method != request.getMethod():
        raise Unreadable("CSeq Method Does Not Match")
    if not request.ruri.host:
        raise Unreadable("Bad Request-URI")
    _parse_all(request, "contact", "record-route", "expires", "max-forwards", "content-length", "require")
    for body in request.getHFBodys("max-forwards"):
        if not 0 <= body.getNum() <= 255:
            raise Unreadable("Bad Max-Forwards")
    for body in request.getHFBodys("record-route"):
        body.getTAddr()


def _parse_all(message: Any, *names: str) -> None:
    for header in message.headers:
        if header.name in names:
            header.getBody()


# The headers an answer must repeat (RFC 3261 section 8.2.6.2), with their compact forms.
_COPIED = {
    b"via": b"Via",
    b"v": b"Via",
    b"from": b"From",
    b"f": b"From",
    b"to": b"To",
    b"t": b"To",
    b"call-id": b"Call-ID",
    b"i": b"Call-ID",
    b"cseq": b"CSeq",
}


def courtesy(data: bytes, error: Unreadable) -> bytes | None:
    """An answer to a request that cannot be read, as far as its headers allow one; None if they do not.

    Only what the sender wrote itself is sent back, and only to where the packet came from.
    """
    head = data.lstrip(b"\r\n")[:LARGEST].split(b"\r\n\r\n", 1)[0]
    start, *lines = head.split(b"\r\n")
    if start.startswith((b"SIP/", b"ACK ")) or b" " not in start:
        return None
    copied: list[bytes] = []
    for line in lines:
        name, colon, value = line.partition(b":")
        canonical = _COPIED.get(name.strip().lower()) if colon else None
        if canonical and (canonical == b"Via" or not any(entry.startswith(canonical + b":") for entry in copied)):
            copied.append(canonical + b": " + re.sub(rb"[\x00-\x1f\x7f]", b" ", value.strip()))
    present = {entry.split(b":", 1)[0] for entry in copied}
    if present != {b"Via", b"From", b"To", b"Call-ID", b"CSeq"}:
        return None
    status = f"SIP/2.0 {error.code} {error.reason}".encode()
    return b"\r\n".join([status, *copied, b"Content-Length: 0", b"", b""])
