"""Print for people and for programs: aligned tables, JSON, CSV."""

import csv
import io
import re
import shutil
import sys
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from typing import Any

from callboard.cli.failures import ExitCode, Failure

__all__ = [
    "Output",
    "as_csv",
    "as_json",
    "as_table",
    "cut",
    "printable",
    "say",
    "terminal_width",
    "write",
    "write_bytes",
]


class Output(StrEnum):
    """How rows are printed."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"


def write(text: str) -> None:
    """Print a whole text to standard output, at once; what the terminal's encoding lacks is shown as `?`.

    Raises `Failure` where nothing can be written; that nobody reads on (`| head`) is left to the one who started us.
    """
    with _output() as out:
        encoding = out.encoding or "utf-8"
        out.write(text.encode(encoding, "replace").decode(encoding))
        out.flush()


def write_bytes(document: bytes) -> None:
    """Print a document as it is, whatever the terminal's encoding. Raises as `write` does."""
    with _output() as out:
        out.buffer.write(document)
        out.flush()


@contextmanager
def _output() -> Iterator[Any]:
    if sys.stdout is None:
        raise _unwritten("it is closed")
    try:
        yield sys.stdout
    except BrokenPipeError:
        raise
    except OSError as error:
        raise _unwritten(error.strerror or "") from None


def _unwritten(why: str) -> Failure:
    return Failure(f"cannot write to standard output: {why}", "", ExitCode.REFUSED)


def say(words: str) -> None:
    """Print a line. What is not for the eye is written out: it may come from elsewhere."""
    write(f"{printable(words)}\n")


def terminal_width() -> int:
    """The columns of the terminal that is written to; 0 where it is a file or another program."""
    return shutil.get_terminal_size().columns if sys.stdout and sys.stdout.isatty() else 0


def as_json(value: object) -> str:
    """A value as indented JSON."""
    import msgspec

    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode() + "\n"


_HARMLESS = re.compile(r"[^=+\-@\t\r].*|[+-]?[0-9.]*", re.DOTALL)
"""Cells that no spreadsheet takes for a formula; a number with its sign, such as +4930123456, stays what it is."""


def as_csv(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Rows as CSV (RFC 4180, but with plain newlines), names of the columns first. None is an empty field.

    What a spreadsheet would take for a formula gets a quote before it: callers choose their own names.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(head)
    writer.writerows([_cell(value) for value in row] for row in rows)
    return text.getvalue()


def _cell(value: object) -> object:
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"'{value}" if isinstance(value, str) and not _HARMLESS.fullmatch(value) else value


def as_table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Rows aligned in columns, for people: numbers to the right, nothing that could act on the terminal."""
    rows = list(rows)
    texts = [list(head), *([printable("" if cell is None else str(cell)) for cell in row] for row in rows)]
    widths = [max(map(_width, column)) for column in zip(*texts, strict=True)]
    right = [bool(rows) and all(isinstance(row[place], int | float) for row in rows) for place in range(len(head))]
    lines = (
        "  ".join(_pad(cell, width, to_right) for cell, width, to_right in zip(row, widths, right, strict=True))
        for row in texts
    )
    return "".join(f"{line.rstrip()}\n" for line in lines)


def cut(text: str, columns: int) -> str:
    """The text with each line cut to so many columns of a terminal; 0: as it is."""
    return "".join(f"{_cut_line(line, columns)}\n" for line in text.split("\n")[:-1]) if columns else text


def _cut_line(line: str, columns: int) -> str:
    if _width(line) <= columns:
        return line
    while _width(line) >= columns:
        line = line[:-1]
    return f"{line}…"


def printable(text: str) -> str:
    """The text with what is not for the eye written out, such as `\\x1b`: callers choose their own names."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)


def _width(text: str) -> int:
    """How many columns of a terminal the text takes (Unicode annex 11)."""
    if text.isascii():
        return len(text)
    return sum(0 if unicodedata.combining(char) else 2 if _wide(char) else 1 for char in text)


def _wide(char: str) -> bool:
    return unicodedata.east_asian_width(char) in "WF"


def _pad(text: str, width: int, to_right: bool) -> str:
    space = " " * (width - _width(text))
    return space + text if to_right else text + space
