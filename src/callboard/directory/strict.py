"""Plain data into records, strictly: nothing unknown, nothing missing, the right types, every mistake with its path."""

from collections.abc import Collection, Mapping
from difflib import get_close_matches
from typing import Any, Generic, TypeVar

import msgspec

__all__ = ["Reading", "read_sections", "read_table", "unknown_key"]

Kind = TypeVar("Kind", bound=msgspec.Struct)

_WANTED: dict[object, str] = {
    str: "a text in quotes",
    int: "a whole number",
    bool: "true or false",
    tuple[str, ...]: "a list of texts",
    int | None: "a whole number",
}
"""A field's type in words."""

_BLANK: dict[object, object] = {str: "", int: 0}
"""What stands for a required value that cannot be read, so that the rest can be checked."""


class Reading(msgspec.Struct, Generic[Kind], frozen=True):
    """One table of the document, read."""

    path: str
    """Where it stands, such as `accounts[2]`."""
    value: Kind
    """The record; where something in it could not be read, with blanks, only to check others against."""
    secrets: Mapping[str, str]
    """Plain secrets that came with it, by key."""
    mistakes: tuple[str, ...]


def unknown_key(path: str, key: str, known: Collection[str]) -> str:
    """The mistake that a key is not one that is known."""
    close = get_close_matches(key, known, 1)
    return f"{path}: there is no such key; {f'did you mean {close[0]}?' if close else 'remove it'}"


def read_sections(data: Mapping[str, object], known: Collection[str]) -> tuple[dict[str, list[object]], list[str]]:
    """The lists that make up a document, by section, and what is wrong with its top level."""
    mistakes = [unknown_key(key, key, known) for key in data if key not in known]
    sections: dict[str, list[object]] = {}
    for key in known:
        value = data.get(key)
        if isinstance(value, list):
            sections[key] = value
        elif key in data:
            mistakes.append(f"{key}: give a list of tables, one for each ([[{key}]] in TOML)")
    return sections, mistakes


def read_table(path: str, data: object, kind: type[Kind], secrets: Collection[str] = ()) -> Reading[Kind] | str:
    """Read one table as a `kind` of struct, keys in `secrets` apart. A text is the mistake that it is no table."""
    if not isinstance(data, dict):
        return f"{path}: give a table of keys and values"
    fields = msgspec.structs.fields(kind)
    types: dict[str, Any] = {field.name: field.type for field in fields} | dict.fromkeys(secrets, str)
    values: dict[str, object] = {field.name: _BLANK[field.type] for field in fields if field.required}
    mistakes = [unknown_key(f"{path}.{key}", key, types) for key in data if key not in types]
    mistakes += [f"{path}.{key}: is missing; give {_WANTED[types[key]]}" for key in values if key not in data]
    for key in types.keys() & data.keys():
        try:
            values[key] = msgspec.convert(data[key], types[key])
        except msgspec.ValidationError:
            mistakes.append(f"{path}.{key}: give {_WANTED[types[key]]}, not {_in_words(data[key])}")
    apart = {key: str(values.pop(key)) for key in secrets if key in values}
    return Reading(path, kind(**values), apart, tuple(sorted(mistakes)))


def _in_words(value: object) -> str:
    """What kind of value this is. Never the value itself, which may be secret."""
    kinds = {str: "a text", bool: "true or false", int: "a number", float: "a number with a fraction", dict: "a table"}
    if isinstance(value, list):
        return "a list that holds other things" if value else "an empty list"
    return kinds.get(type(value), "nothing" if value is None else "a value of another kind")
