"""XML as the dialects write it: strings, with one function that makes any text safe."""

import re
from collections.abc import Callable

__all__ = ["element", "xml_text"]

# XML 1.0 section 2.2: the characters a document can hold; section 2.4: those that markup needs. A carriage return is
# escaped because section 2.11 has parsers turn it into a line feed.
_SPECIAL = re.compile("[&<>\r\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"}


def xml_text(text: str) -> str:
    """The text as XML character data. Characters that XML cannot hold (control characters, surrogates) are left out."""
    return _SPECIAL.sub(_escape, text)


def element(name: str, close: str = "/>") -> Callable[[str], str]:
    """What writes elements of this name around a text. One without a text closes itself, as `close` says."""
    start, end, empty = f"<{name}>", f"</{name}>", f"<{name}{close}"

    def write(text: str) -> str:
        safe = xml_text(text)
        return f"{start}{safe}{end}" if safe else empty

    return write


def _escape(found: re.Match[str]) -> str:
    return _ESCAPES.get(found[0], "")
