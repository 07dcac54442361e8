"""A single value: read it as its setting's type, say in words what it may be, write it as TOML."""

import json
import math
from enum import Enum

import msgspec
from msgspec import inspect as shapes

from callboard.config.tree import Setting

__all__ = ["choices", "read_value", "shown", "toml", "wanted"]

_LISTS = (shapes.VarTupleType, shapes.ListType, shapes.SetType, shapes.FrozenSetType)


def read_value(setting: Setting, value: object, is_text: bool) -> object:
    """The value as the setting's type. Text from outside a file is read: lists are separated by commas.

    Raises `msgspec.ValidationError` if it does not fit.
    """
    if is_text and isinstance(value, str) and isinstance(setting.shape, _LISTS):
        value = [item.strip() for item in value.split(",") if item.strip()]
    return msgspec.convert(value, setting.type, strict=not is_text)


def wanted(shape: shapes.Type) -> str:
    """What a value may be, for people: `a whole number of at least 1`."""
    match shape:
        case shapes.Metadata():
            described = (shape.extra_json_schema or {}).get("description")
            return str(described) if described else wanted(shape.type)
        case shapes.BoolType():
            return "true or false"
        case shapes.IntType():
            return "a whole number" + _bounds(shape)
        case shapes.FloatType():
            return "a number" + _bounds(shape)
        case shapes.StrType():
            return "a text" + (f" that matches {shape.pattern}" if shape.pattern else "")
        case shapes.LiteralType() | shapes.EnumType():
            return "one of " + ", ".join(map(toml, choices(shape)))
        case shapes.VarTupleType() | shapes.ListType() | shapes.SetType() | shapes.FrozenSetType():
            items = "texts" if shape.item_type == shapes.StrType() else f"items, each {wanted(shape.item_type)}"
            return f"a list of {'one or more ' if shape.min_length else ''}{items}"
        case shapes.DictType():
            return f"a table, each value {wanted(shape.value_type)}"
        case shapes.UnionType():
            return " or ".join(wanted(each) for each in shape.types if not isinstance(each, shapes.NoneType))
        case _:
            return type(shape).__name__


def _bounds(shape: shapes.IntType | shapes.FloatType) -> str:
    """The bounds of a number; how much `ge`, `gt`, `le` and `lt` say is how much is told."""
    if shape.ge is not None and shape.le is not None:
        return f" from {shape.ge} to {shape.le}"
    parts = [
        words.format(bound)
        for words, bound in (
            ("of at least {}", shape.ge),
            ("above {}", shape.gt),
            ("of at most {}", shape.le),
            ("below {}", shape.lt),
        )
        if bound is not None
    ]
    return " " + " and ".join(parts) if parts else ""


def choices(shape: shapes.Type) -> tuple[str, ...]:
    """The words that a value, or an item of a list, can be; empty if it is free."""
    match shape:
        case shapes.LiteralType():
            return tuple(map(str, shape.values))
        case shapes.EnumType():
            return tuple(str(member.value) for member in shape.cls)
        case shapes.VarTupleType() | shapes.ListType() | shapes.SetType() | shapes.FrozenSetType():
            return choices(shape.item_type)
        case _:
            return ()


def shown(value: object) -> str:
    """A value as somebody gave it, cut to what fits on a line."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 60 else f"{text[:57]}..."


def toml(value: object) -> str:
    """A value as it stands after `=` in TOML 1.0."""
    match value:
        case bool():
            return "true" if value else "false"
        case Enum():
            return toml(value.value)
        case int():
            return str(value)
        case float():
            return repr(value) if math.isfinite(value) else str(value)
        case str():
            return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
        case dict():
            return "{" + ", ".join(f"{toml(str(key))} = {toml(item)}" for key, item in value.items()) + "}"
        case frozenset() | set():
            return toml(sorted(value, key=str))
        case tuple() | list():
            return "[" + ", ".join(map(toml, value)) + "]"
        case _:
            raise TypeError(f"{type(value).__name__} has no form in TOML")
