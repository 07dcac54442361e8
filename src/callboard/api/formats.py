"""Lists as JSON, NDJSON or CSV, whichever is asked for, rendered block by block while they are sent."""

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Literal, NamedTuple, TypeVar

import msgspec

from callboard.http.blocks import body, in_blocks
from callboard.http.values import Block, Reply, Request

__all__ = ["CSV", "JSON", "NDJSON", "SEPARATORS", "Format", "Rows", "answer_rows", "answer_written", "format_of"]

JSON = "application/json"
NDJSON = "application/x-ndjson"
CSV = "text/csv"

Format = Literal["json", "ndjson", "csv"]
View = Mapping[str, object]
T = TypeVar("T")

_TYPES: dict[str, Format] = {
    JSON: "json",
    NDJSON: "ndjson",
    "application/ndjson": "ndjson",
    "application/jsonl": "ndjson",
    CSV: "csv",
}
_CONTENT_TYPES: dict[Format, str] = {
    "json": JSON,
    "ndjson": NDJSON,
    "csv": f"{CSV}; charset=utf-8; header=present",
}
SEPARATORS: dict[Format, bytes] = {"json": b",", "ndjson": b"\n"}
"""What stands between two rows."""
_WEIGHT = re.compile(r";\s*q=([0-9.]+)")


def format_of(request: Request, word: Format | None) -> Format:
    """The format that is asked for by a word or, without one, by the Accept header; JSON where that names none."""
    if word is not None:
        return word
    found: list[tuple[float, Format]] = []
    for part in request.headers.get("accept", "").split(","):
        form = _TYPES.get(part.partition(";")[0].strip().lower())
        if form is not None:
            found.append((_weight(part), form))
    best = max(found, key=lambda each: each[0], default=(0.0, "json"))
    return best[1] if best[0] > 0 else "json"


def _weight(part: str) -> float:
    """Of a media range (RFC 9110 section 12.4.2)."""
    given = _WEIGHT.search(part)
    try:
        return 1.0 if given is None else float(given[1])
    except ValueError:
        return 0.0


class Rows(NamedTuple):
    """A list: what stands before it in JSON, the name it has there, and the columns it has in CSV."""

    head: View
    name: str
    columns: tuple[str, ...]
    """A column `a_b` is the member `b` of the member `a`, where there is no member of the whole name."""


def answer_rows(
    form: Format,
    rows: Rows,
    items: Sequence[T],
    views: Callable[[T], Iterable[View]],
    *headers: tuple[str, str],
) -> Reply:
    """The list, a row for each view of each item. A long one is rendered while it is sent."""
    document: Iterable[Block]
    match form:
        case "json":
            document = _as_json(rows, items, views)
        case "ndjson":
            document = (b"".join(_lines(block, views)) for block in in_blocks(items))
        case "csv":
            document = _as_csv(rows.columns, items, views)
    return _reply(form, document, len(items), headers)


def answer_written(
    form: Literal["json", "ndjson"], rows: Rows, written: Iterable[Block], count: int, *headers: tuple[str, str]
) -> Reply:
    """The list, so many rows of which come written, with `SEPARATORS` between them."""
    document = _in_json(rows, written) if form == "json" else _closed(written, b"\n" if count else b"")
    return _reply(form, document, count, headers)


def _reply(form: Format, document: Iterable[Block], count: int, headers: tuple[tuple[str, str], ...]) -> Reply:
    headers = (("Vary", "Accept"), *headers)
    return Reply(content_type=_CONTENT_TYPES[form], headers=headers, body=body(document, count))


def _closed(written: Iterable[Block], end: bytes) -> Iterator[Block]:
    yield from written
    yield end


def _in_json(rows: Rows, written: Iterable[Block]) -> Iterator[Block]:
    yield msgspec.json.encode(rows.head)[:-1] + f',"{rows.name}":['.encode()
    yield from written
    yield b"]}"


def _as_json(rows: Rows, items: Sequence[T], views: Callable[[T], Iterable[View]]) -> Iterator[Block]:
    blocks = (b",".join(map(msgspec.json.encode, _views(block, views))) for block in in_blocks(items))
    return _in_json(rows, ((b"," if number else b"") + block for number, block in enumerate(blocks)))


def _views(block: Sequence[T], views: Callable[[T], Iterable[View]]) -> Iterator[View]:
    return (view for item in block for view in views(item))


def _lines(block: Sequence[T], views: Callable[[T], Iterable[View]]) -> Iterator[bytes]:
    return (msgspec.json.encode(view) + b"\n" for view in _views(block, views))


def _as_csv(columns: tuple[str, ...], items: Sequence[T], views: Callable[[T], Iterable[View]]) -> Iterator[bytes]:
    yield _csv_lines([columns])
    for block in in_blocks(items):
        yield _csv_lines([_member(view, column) for column in columns] for view in _views(block, views))


def _member(view: View, column: str) -> object:
    if column in view:
        return view[column]
    name, _, inner = column.rpartition("_")
    within = view.get(name)
    return within.get(inner) if isinstance(within, Mapping) else None


_HARMLESS = re.compile(r"[^=+\-@\t\r].*|[+-]?[0-9.]*", re.DOTALL)
"""Cells that no spreadsheet takes for a formula; a number with its sign, such as +4930123456, stays what it is."""


def _csv_lines(rows: Iterable[Iterable[object]]) -> bytes:
    """Lines of CSV (RFC 4180). Null is an empty field; what a spreadsheet would take for a formula gets a quote."""
    written = io.StringIO()
    csv.writer(written).writerows([_cell(cell) for cell in row] for row in rows)
    return written.getvalue().encode()


def _cell(cell: object) -> str:
    match cell:
        case None:
            return ""
        case bool():
            return "true" if cell else "false"
        case _:
            text = str(cell)
            return text if _HARMLESS.fullmatch(text) else f"'{text}"
