"""Pages of what was: places in the journal as cursors, moments as people write them, and what both resources share."""

import base64
import binascii
from datetime import datetime
from typing import Any

import msgspec

from callboard.calls.refusals import InvalidArgument
from callboard.operations.past import Cursor, Span

__all__ = ["read_cursor", "span_of", "write_cursor"]

_LONGEST = 200
"""Characters of a cursor."""


def write_cursor(place: Cursor | None) -> str | None:
    """A place in the journal, as clients hand it back; it says nothing that they have not seen."""
    if place is None:
        return None
    return base64.urlsafe_b64encode(msgspec.json.encode((place.at, place.key))).decode().rstrip("=")


def read_cursor(text: str | None, key: Any) -> Cursor | None:
    """The place, whose key is of this type. Raises InvalidArgument for what was never a cursor of this list."""
    if text is None:
        return None
    try:
        padded = text[:_LONGEST] + "=" * (-len(text[:_LONGEST]) % 4)
        place = msgspec.json.decode(base64.urlsafe_b64decode(padded.encode("ascii")), type=tuple[float, key])
    except (binascii.Error, ValueError, msgspec.DecodeError):
        raise InvalidArgument("cursor: give the `next` of the page before, or leave it out", "cursor") from None
    return Cursor(*place)


def span_of(since: datetime | None, until: datetime | None) -> Span:
    """The span between two moments, which have a zone."""
    return Span(since=since.timestamp() if since else None, until=until.timestamp() if until else None)
