"""Print for people and for programs: aligned tables, JSON, CSV."""

import csv
import io
import sys
import unicodedata
from collections.abc import Iterable, Sequence
from enum import StrEnum

__all__ = ["Output", "as_csv", "as_json", "as_table", "cut", "write"]


class Output(StrEnum):
    """How rows are printed."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"


def write(text: str) -> None:
    """Print a whole text to standard output; what the terminal's encoding lacks is shown as `?`."""
    encoding = sys.stdout.encoding or "utf-8"
    sys.stdout.write(text.encode(encoding, "replace").decode(encoding))


def as_json(value: object) -> str:
    """A value as indented JSON."""
    import msgspec

    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode() + "\n"


def as_csv(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Rows as CSV (RFC 4180, but with plain newlines), names of the columns first. None is an empty field."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(head)
    writer.writerows(rows)
    return text.getvalue()


def as_table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Rows aligned in columns, for people: numbers to the right, nothing that could act on the terminal."""
    rows = list(rows)
    texts = [list(head), *([_printable(cell) for cell in row] for row in rows)]
    widths = [max(map(_width, column)) for column in zip(*texts, strict=True)]
    right = [bool(rows) and all(isinstance(row[place], int | float) for row in rows) for place in range(len(head))]
    lines = (
        "  ".join(_pad(cell, width, to_right) for cell, width, to_right in zip(row, widths, right, strict=True))
        for row in texts
    )
    return "".join(f"{line.rstrip()}\n" for line in lines)


def cut(text: str, columns: int) -> str:
    """The text with each line cut to so many columns of a terminal."""
    return "".join(f"{_cut_line(line, columns)}\n" for line in text.splitlines())


def _cut_line(line: str, columns: int) -> str:
    if _width(line) <= columns:
        return line
    while _width(line) >= columns:
        line = line[:-1]
    return f"{line}…"


def _printable(cell: object) -> str:
    """The cell's text, with `?` for each character that is not for the eye: callers choose their own names."""
    text = "" if cell is None else str(cell)
    return "".join(char if char.isprintable() else "?" for char in text)


def _width(text: str) -> int:
    """How many columns of a terminal the text takes (Unicode annex 11)."""
    return sum(0 if unicodedata.combining(char) else 2 if _wide(char) else 1 for char in text)


def _wide(char: str) -> bool:
    return unicodedata.east_asian_width(char) in "WF"


def _pad(text: str, width: int, to_right: bool) -> str:
    space = " " * (width - _width(text))
    return space + text if to_right else text + space
