"""The XML of an answer: `<Response>` with Code and Message, then the calls if there are to be any.

The layout is that of the vendor's examples, byte for byte. The declaration names no encoding, so it is UTF-8 (XML 1.0
section 4.3.3).
"""

from collections.abc import Iterator, Sequence

from callboard.calls.legs import Call
from callboard.dialects.ozeki.fields import Moment
from callboard.dialects.ozeki.profiles import Profile
from callboard.dialects.xml import xml_text
from callboard.http.blocks import in_blocks

__all__ = ["DONE", "OK", "answer", "call_list", "row"]

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


def row(profile: Profile, call: Call, moment: Moment) -> str:
    """One call."""
    members = "".join([field.render(call, moment) for field in profile.fields])
    return f"    <{profile.row}>\n{members}    </{profile.row}>\n"


def call_list(profile: Profile, calls: Sequence[Call], moment: Moment) -> Iterator[bytes]:
    """The answer that lists these calls, block by block, rendered when they are asked for."""
    head = _head(profile, OK, DONE)
    if not calls:
        yield f"{head}  <ActiveCalls />\n{_END}".encode()
        return
    yield f"{head}  <ActiveCalls>\n".encode()
    for block in in_blocks(calls):
        yield "".join([row(profile, call, moment) for call in block]).encode()
    yield f"  </ActiveCalls>\n{_END}".encode()
