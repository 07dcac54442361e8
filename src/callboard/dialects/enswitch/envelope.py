"""The envelope of every answer: `{"responses":[{"code":"200","key":"","message":"OK"}],"data":...}`.

The code is a string: clients in the field decode it as one. The data are an array for lists, an object for one thing,
and absent where there are none.
"""

import re
from collections.abc import Iterable, Iterator, Mapping

import msgspec

from callboard.http.values import Block

__all__ = ["Member", "data", "listing", "plain", "without_data"]

Member = str | int
"""What stands in a row."""

_SURROGATES = re.compile("[\ud800-\udfff]")


def plain(text: str) -> str:
    """The text without what UTF-8 cannot hold."""
    return text if text.isascii() else _SURROGATES.sub("", text)


def without_data(code: str, key: str, message: str) -> bytes:
    """An answer that is only a response. `key` names the parameter that it is about, if it is about one."""
    return _head(code, key, message) + b"}"


def data(members: Mapping[str, Member]) -> bytes:
    """The answer that is one object."""
    return _OK + b',"data":' + msgspec.json.encode(members) + b"}"


def listing(blocks: Iterable[Block]) -> Iterator[Block]:
    """The answer that is an array; the blocks are its items, with commas between."""
    yield _OK + b',"data":['
    yield from blocks
    yield b"]}"


def _head(code: str, key: str, message: str) -> bytes:
    response = {"code": code, "key": plain(key), "message": plain(message)}
    return b'{"responses":[' + msgspec.json.encode(response) + b"]"


_OK = _head("200", "", "OK")
