"""The vendor's documents: rows, a message, or an error, each below one `<page>`."""

from collections.abc import Iterable, Iterator

from callboard.dialects.xml import element
from callboard.http.values import Block

__all__ = ["error", "message", "page"]

_START = '<?xml version="1.0" encoding="UTF-8"?>\n<page>\n'
_END = "</page>\n"

_error = element("error")
_message = element("message")


def page(rows: Iterable[Block]) -> Iterator[Block]:
    """The document with these rows, which come in blocks."""
    yield _START.encode()
    yield from rows
    yield _END.encode()


def error(words: str) -> bytes:
    """The document that says why there are no rows."""
    return _status(_error(words))


def message(words: str) -> bytes:
    """The document that says what there is instead of rows."""
    return _status(_message(words))


def _status(inner: str) -> bytes:
    return f"{_START}<status>\n{inner}\n</status>\n{_END}".encode()
