"""Reading and writing the parts of SIP messages that the engine uses, over the `sippy` package's message classes."""

import re
from collections.abc import Callable, Iterable
from typing import Any

from sippy.SipConf import SipConf
from sippy.SipHeader import SipHeader
from sippy.SipURL import SipURL

from callboard.switches.b2bua.engine.transactions import Transactions, is_open

__all__ = [
    "ALLOWED",
    "KNOWN",
    "SERVER",
    "body_text",
    "clean",
    "display_name",
    "has_other_body",
    "header",
    "header_text",
    "hops",
    "quoted_name",
    "respond",
    "unsupported_extensions",
    "uri_is_sane",
    "words",
]

SERVER = "Callboard"
SipConf.my_uaname = SERVER
# Ports are always written: the package's rule for leaving out 5060 costs a tenth of all time.
SipConf.port_needed = staticmethod(lambda *_: True)

ALLOWED = "INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, REGISTER"
KNOWN = frozenset(
    [
        "INVITE",
        "ACK",
        "CANCEL",
        "BYE",
        "OPTIONS",
        "INFO",
        "REGISTER",
        "REFER",
        "MESSAGE",
        "SUBSCRIBE",
        "NOTIFY",
        "UPDATE",
        "PRACK",
        "PUBLISH",
    ]
)
"""The methods there are (RFC 3261 section 21.4.6): a known one that we do not do is 405, any other is 501."""

_CONTROLS = re.compile(r"[\x00-\x1f\x7f]+")
_URI = re.compile(r"sips?:[!-~]{1,512}")
_LONGEST_NAME = 128
"""Characters of a display name that is passed on."""


def words(text: str, limit: int = 1024) -> str:
    """Text of a message as Unicode, for the wire: bytes that are not UTF-8 become U+FFFD."""
    text = text[:limit]
    if text.isascii():
        return text
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def clean(text: str, limit: int = 256) -> str:
    """Text without control characters, fit for a header line."""
    return _CONTROLS.sub(" ", text)[:limit].strip()


def display_name(address: Any) -> str:
    """The display name of a From or To, its quoting undone."""
    return words(re.sub(r"\\(.)", r"\1", address.name or ""))


def quoted_name(name: str) -> str:
    """A display name as a quoted string with a blank behind it (RFC 3261 section 25.1), "" for none."""
    name = clean(name, _LONGEST_NAME).encode("utf-8", "replace").decode("ascii", "surrogateescape")
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}" ' if escaped else ""


def uri_is_sane(uri: str) -> bool:
    """Whether a URI can be written into a request: printable ASCII without blanks or angle brackets."""
    if not _URI.fullmatch(uri) or set('<>"') & set(uri):
        return False
    try:
        return bool(SipURL(uri).host)
    except (ValueError, IndexError):
        return False


def header(name: str, text: str) -> Any:
    """A header with this value as it stands."""
    return SipHeader(name=name, bodys=text)


def header_text(message: Any, name: str) -> str:
    """The first header of a name as it came, "" without one."""
    for found in message.headers:
        if found.name == name:
            return words(str(found.body.body or ""), 4096)
    return ""


def body_text(message: Any) -> str:
    """The message's body, "" without one."""
    return str(message.body) if message.body is not None else ""


def has_other_body(message: Any) -> bool:
    """Whether the body is something else than a session description, alone or as a part of several."""
    if message.body is None:
        return False
    kind = str(message.body.mtype.name).strip().lower()
    return kind != "application/sdp" and not kind.startswith("multipart/")


def unsupported_extensions(request: Any) -> str:
    """What a request requires of us that we do not have (RFC 3261 section 8.2.2.3): everything."""
    return clean(", ".join(str(body) for body in request.getHFBodys("require")))


def hops(request: Any) -> int:
    """Max-Forwards of a request, 70 without one."""
    for body in request.getHFBodys("max-forwards"):
        return int(body.getNum())
    return 70


def respond(
    transactions: Transactions,
    request: Any,
    transaction: Any,
    code: int,
    reason: str,
    *,
    tag: str = "",
    headers: Iterable[Any] = (),
    body: Any = None,
    acknowledged: Callable[[Any], None] | None = None,
) -> bool:
    """Answer a request. False if it had its final answer already; then nothing is sent."""
    if not is_open(transaction):
        return False
    response = request.genResponse(code, clean(reason) or "Unspecified", body, SERVER)
    to = response.getHFBody("to")
    if tag and code > 100 and to.getTag() is None:
        to.setTag(tag)
    response.appendHeaders(list(headers))
    transactions.sendResponse(response, transaction, ack_cb=acknowledged)
    return True
