"""The head of an answer, as bytes (RFC 9112): written here, so that names are sent as they are written.

Clients that look for `WWW-Authenticate` letter by letter would miss it in lower case: Python's `xmlrpc.client` hands
them the headers in a plain dict.
"""

import re
import time
from email.utils import formatdate
from functools import lru_cache
from http import HTTPStatus

from callboard.http.values import Reply

__all__ = ["check", "head", "is_framed", "refusal"]

_WITHOUT_LENGTH = (204, 304)
_FIELD_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_FIELD_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")
_STATUS = {status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n".encode() for status in HTTPStatus}


def check(reply: Reply) -> None:
    """Raises ValueError for what cannot be sent: a header that would break the message open (RFC 9110 section 5.5)."""
    _fields(reply.content_type, reply.headers)
    if reply.status not in _STATUS:
        raise ValueError(f"there is no status {reply.status}")


def is_framed(reply: Reply) -> bool:
    """Whether there is a body, and so something in the head that tells its end."""
    return reply.status not in _WITHOUT_LENGTH


def head(reply: Reply, length: int | None, keep_alive: bool) -> bytes:
    """Status line and headers of an answer whose body has so many bytes; None: it comes in chunks."""
    content_type, own = _fields(reply.content_type, reply.headers)
    framing = b""
    if is_framed(reply):
        framing = b"Transfer-Encoding: chunked\r\n" if length is None else b"Content-Length: %d\r\n" % length
    close = b"" if keep_alive else b"Connection: close\r\n"
    return b"".join((_STATUS[reply.status], _date(int(time.time())), content_type, framing, own, close, b"\r\n"))


@lru_cache(maxsize=1)
def _date(second: int) -> bytes:
    return f"Date: {formatdate(second, usegmt=True)}\r\n".encode()


@lru_cache(maxsize=256)
def _fields(content_type: str, headers: tuple[tuple[str, str], ...]) -> tuple[bytes, bytes]:
    """The line of the content type, and those of the other headers. The same ones are sent again and again."""
    return _line("Content-Type", content_type) if content_type else b"", b"".join(_line(*field) for field in headers)


@lru_cache(maxsize=256)
def _line(name: str, value: str) -> bytes:
    """One line, kept by itself too: in many answers one header differs from the last time, and the others do not."""
    if not _FIELD_NAME.fullmatch(name) or not _FIELD_VALUE.fullmatch(value):
        raise ValueError(f"the header {name!r} cannot be sent")
    return f"{name}: {value}\r\n".encode("latin-1")


_WORDS = {
    HTTPStatus.BAD_REQUEST: "The request cannot be read as HTTP.",
    HTTPStatus.REQUEST_TIMEOUT: "The request did not come in time.",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "The request's body is too large.",
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE: "The request's line and headers are too large.",
    HTTPStatus.SERVICE_UNAVAILABLE: "Too many connections: come back later.",
}


def refusal(status: HTTPStatus) -> bytes:
    """The whole answer to a request that is not even handed on; the connection is closed after it."""
    words = f"{_WORDS[status]}\n".encode()
    head = (
        f"HTTP/1.1 {status.value} {status.phrase}\r\nContent-Type: text/plain; charset=utf-8\r\n"
        f"Content-Length: {len(words)}\r\nConnection: close\r\n\r\n"
    )
    return head.encode() + words
