"""Calls as rows of JSON: the fields that stand still as one text, those that run as clocks."""

from collections.abc import Callable, Iterator
from functools import lru_cache
from itertools import groupby

import msgspec

from callboard.api.fields import CALL_FIELDS
from callboard.calls.legs import Call
from callboard.http.blocks import in_blocks
from callboard.http.values import Block
from callboard.table.questions.selection import Selection
from callboard.table.table import Table
from callboard.table.written.layout import Clock, Layout, Run, Running, Text, plain_row

__all__ = ["EVERY_FIELD", "layout", "rows"]

EVERY_FIELD = tuple(CALL_FIELDS)
"""What is shown unless somebody wants less."""

_CLOCKS = {"delay": Running.DELAY, "duration": Running.TALK}


@lru_cache(maxsize=64)
def layout(fields: tuple[str, ...], separator: bytes) -> Layout:
    """The row with these fields."""
    return Layout(tuple(_parts(fields)), separator)


def _parts(fields: tuple[str, ...]) -> Iterator[Text | Clock]:
    for name, together in groupby(fields, lambda name: name if name in _CLOCKS else None):
        names = tuple(together)
        start = b"{" if names[0] == fields[0] else b","
        end = b"}" if names[-1] == fields[-1] else b""
        if name is None:
            yield Text(_written(names, start, end))
        else:
            yield Clock(start + f'"{name}":'.encode(), end, Run(_CLOCKS[name], exact=True))


def _written(names: tuple[str, ...], start: bytes, end: bytes) -> Callable[[Call], bytes]:
    fields = tuple((name, CALL_FIELDS[name]) for name in names)

    def render(call: Call) -> bytes:
        return start + msgspec.json.encode({name: of(call, 0.0) for name, of in fields})[1:-1] + end

    return render


_KEPT = Layout(tuple(_parts(EVERY_FIELD)), b",")
"""Of the rows that are kept. It is made once: a table keeps the rows of each layout that it meets, to the end."""


def rows(table: Table, calls: Selection, now: float, fields: tuple[str, ...], separator: bytes) -> Iterator[Block]:
    """The rows of these calls with a separator of one byte between them, block by block, written when they are asked
    for. Rows with every field are kept for the next who asks.
    """
    own = layout(fields, separator)
    if fields == EVERY_FIELD:
        yield from table.arena(_KEPT).rows(calls, now, own)
        return
    for number, block in enumerate(in_blocks(calls)):
        yield (separator if number else b"") + separator.join([plain_row(own, call, now) for call in block])
