"""Where numbers lead in the world: the table that comes with Callboard, and an operator's own as CSV."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from difflib import get_close_matches
from functools import cache
from importlib.resources import files

from callboard.directory.countries import alpha_3
from callboard.directory.mistakes import DirectoryError, number_fault, text_fault
from callboard.directory.numbers import international
from callboard.directory.prefixes import PrefixTable
from callboard.directory.records import Destination

__all__ = ["COLUMNS", "built_in", "destination_faults", "find_faults", "read_csv"]

COLUMNS = ("prefix", "name", "country", "group")
"""The columns of an operator's table; the last may be missing."""

_NEEDED = COLUMNS[:3]


@cache
def built_in() -> PrefixTable[Destination]:
    """The destinations that come with Callboard: countries, mobile and other special numbers, North American states.

    The table is generated from the metadata of `phonenumbers` by `scripts/generate_destinations.py`.
    """
    text = files("callboard.directory").joinpath("destinations.tsv").read_text("utf-8")
    table: dict[str, Destination] = {}
    for line in text.splitlines()[1:]:
        name, country, group, prefixes = line.split("\t")
        for prefix in prefixes.split(" "):
            table[prefix] = Destination(prefix=prefix, name=name, country=country, group=group)
    return PrefixTable(table)


def destination_faults(destinations: Iterable[Destination]) -> list[str]:
    """All that is wrong with an operator's destinations."""
    return [f"destination {row.prefix!r}, {field}: {fault}" for _, row, field, fault in find_faults(destinations)]


def find_faults(destinations: Iterable[Destination]) -> Iterator[tuple[int, Destination, str, str]]:
    """What is wrong, with the place in the sequence, the destination and the field."""
    seen: set[str] = set()
    for place, row in enumerate(destinations):
        for field, fault in _own_faults(row):
            yield place, row, field, fault
        if row.prefix in seen:
            yield place, row, "prefix", "is given twice: keep one of them"
        seen.add(row.prefix)


def _own_faults(row: Destination) -> Iterator[tuple[str, str]]:
    found = {
        "prefix": number_fault(row.prefix) if row.prefix else "is empty: give at least the country's calling code",
        "name": text_fault(row.name) if row.name.strip() else "is empty: give a name",
        "country": _country_fault(row.country),
        "group": text_fault(row.group),
    }
    return ((field, fault) for field, fault in found.items() if fault)


def _country_fault(country: str) -> str:
    """No country at all is right for satellites and other numbers of no country."""
    if not country or alpha_3(country) == country:
        return ""
    return f"{country!r} is no country: give the ISO 3166 code of three letters, such as PHL, or nothing"


# --- an operator's own table ---


def read_csv(text: str) -> tuple[Destination, ...]:
    """Read an operator's table: columns `prefix,name,country` and perhaps `group`, as in a rate deck.

    Separators are commas, semicolons or tabs. If the first line names the columns, they may stand in any order.
    Countries are ISO 3166 codes of two or three letters, or nothing.

    Raises `DirectoryError` with all mistakes and their lines.
    """
    rows = _rows(text.removeprefix("\ufeff"))
    header, body = _header(rows)
    mistakes: list[str] = []
    lines: list[int] = []
    destinations: list[Destination] = []
    for line, cells in body:
        if len(cells) == len(header):
            lines.append(line)
            destinations.append(_destination(dict(zip(header, cells, strict=True))))
        else:
            mistakes.append(f"line {line}: has {len(cells)} columns, not {len(header)}: quote texts that have commas")
    mistakes += [f"line {lines[place]}, {field}: {fault}" for place, _, field, fault in find_faults(destinations)]
    if mistakes:
        raise DirectoryError(mistakes)
    return tuple(destinations)


def _rows(text: str) -> list[tuple[int, list[str]]]:
    """The rows that are not empty, each with the number of its last line."""
    first = text.lstrip().partition("\n")[0]
    separator = max(",;\t", key=first.count)
    reader = csv.reader(text.splitlines(keepends=True), delimiter=separator, strict=True)
    try:
        return [(reader.line_num, [cell.strip() for cell in cells]) for cells in reader if any(map(str.strip, cells))]
    except csv.Error as error:
        raise DirectoryError([f"line {reader.line_num}: cannot be read as CSV ({error}): check the quotes"]) from None


def _header(rows: list[tuple[int, list[str]]]) -> tuple[Sequence[str], list[tuple[int, list[str]]]]:
    """The columns' names, and the rows below them; without a heading the columns stand in their usual order."""
    if not rows:
        raise DirectoryError([f"the table is empty: give rows of {','.join(COLUMNS)}"])
    line, cells = rows[0]
    names = [cell.lower() for cell in cells]
    if not set(names) & set(COLUMNS):
        return COLUMNS[: max(len(_NEEDED), min(len(cells), len(COLUMNS)))], rows
    mistakes = [f"line {line}: {_unknown_column(name)}" for name in names if name not in COLUMNS]
    mistakes += [f"line {line}: the column {name!r} is missing: add it" for name in _NEEDED if name not in names]
    mistakes += [
        f"line {line}: the column {name!r} is there twice: remove one" for name in COLUMNS if names.count(name) > 1
    ]
    if mistakes:
        raise DirectoryError(mistakes)
    return names, rows[1:]


def _unknown_column(name: str) -> str:
    close = get_close_matches(name, COLUMNS, 1)
    return f"there is no column {name!r}: {f'did you mean {close[0]!r}?' if close else 'remove it'}"


def _destination(cells: dict[str, str]) -> Destination:
    country = cells["country"]
    return Destination(
        prefix=international(cells["prefix"]),
        name=cells["name"],
        country=alpha_3(country) or country,
        group=cells.get("group", ""),
    )
