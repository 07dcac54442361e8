"""The XML of an answer: `<Response>` with Code and Message, then the calls if there are to be any.

The layout is that of the vendor's examples, byte for byte. The declaration names no encoding, so it is UTF-8 (XML 1.0
section 4.3.3).
"""

from collections.abc import Iterable, Iterator
from datetime import tzinfo

from callboard.dialects.ozeki.fields import Shown, field
from callboard.dialects.ozeki.profiles import Profile
from callboard.dialects.xml import xml_text
from callboard.http.values import Block
from callboard.table.written.layout import Field, Layout, parts_of

__all__ = ["DONE", "OK", "answer", "call_list", "layout"]

OK = 200
DONE = "Command successfully executed"
"""The message that goes with it."""

_END = "</Response>"


def _head(profile: Profile, code: int, message: str) -> str:
    return (
        f'<?xml version="1.0"?>\n<Response{profile.namespaces}>\n'
        f"  <Code>{code}</Code>\n  <Message>{xml_text(message)}</Message>\n"
    )


def answer(profile: Profile, code: int = OK, message: str = DONE) -> bytes:
    """An answer that has a code and its message only."""
    return f"{_head(profile, code, message)}{_END}".encode()


def layout(profile: Profile, zone: tzinfo | None) -> Layout:
    """The row of a call, with its times in a zone; None is the system's."""
    start, end = f"    <{profile.row}>\n", f"    </{profile.row}>\n"
    fields = (
        Field[Shown]("", lambda row: start),
        *map(field, profile.fields),
        Field[Shown]("", lambda row: end),
    )
    return Layout(tuple(parts_of(fields, lambda call: Shown(call, zone))))


def call_list(profile: Profile, rows: Iterable[Block], count: int) -> Iterator[Block]:
    """The answer that lists so many calls, whose rows come block by block."""
    head = _head(profile, OK, DONE)
    if not count:
        yield f"{head}  <ActiveCalls />\n{_END}".encode()
        return
    yield f"{head}  <ActiveCalls>\n".encode()
    yield from rows
    yield f"  </ActiveCalls>\n{_END}".encode()
