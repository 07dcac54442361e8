"""JSON from outside, as what it should be."""

from typing import TypeVar

import msgspec

__all__ = ["decoded"]

T = TypeVar("T")


def decoded(body: bytes, kind: type[T]) -> T:
    """The document. Raises `ValueError` for whatever else stands there: other types, bad UTF-8, a bottomless nest."""
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ValueError(str(error)) from None
