"""Query parameters and JSON bodies -> the struct that describes them. What is not known or not meant is refused."""

import re
from collections.abc import Collection, Mapping
from datetime import datetime
from difflib import get_close_matches
from functools import cache
from typing import Any, Literal, NamedTuple, TypeVar, get_args, get_origin

import msgspec

from callboard.calls.refusals import InvalidArgument, Malformed
from callboard.http.parameters import ParameterError, split_query
from callboard.http.values import Request

__all__ = ["LAST_SECOND", "is_list", "read_body", "read_query", "read_value", "words_of"]

S = TypeVar("S", bound=msgspec.Struct)

LAST_SECOND = 4_102_444_799
"""The end of this century, in Unix seconds: what is more are no seconds."""

_EXACT = 2**53
"""Up to here a float holds every whole number."""

_NUMBER = re.compile(r"[-+0-9.e]+", re.IGNORECASE)
_AT = re.compile(r" - at `\$\.?(?P<path>[^`]*)`$")


class _Kind(NamedTuple):
    """What a field's type says of the texts that are read for it."""

    is_list: bool
    is_text: bool
    is_moment: bool
    words: tuple[str, ...]


@cache
def _kinds(wanted: type[msgspec.Struct]) -> Mapping[str, _Kind]:
    """The fields' by their encoded names: to look at the types takes longer than to read a query."""
    types = {field.encode_name: field.type for field in msgspec.structs.fields(wanted)}
    return {
        name: _Kind(is_list(kind), _is_text(kind), _is_moment(kind), words_of(kind)) for name, kind in types.items()
    }


def read_query(request: Request, wanted: type[S], members: Mapping[str, object] | None = None) -> S:
    """The query as `wanted`: a field each, by its encoded name; lists are written with commas, or by saying the name
    again.

    `members` of a JSON document stand beside it: a text there is read as in the query, the values of a list as they
    are. What is null or an empty list is refused, for it may be meant as nothing and would be taken for everything.

    Raises InvalidArgument, naming the parameter, for a value that does not fit, for a name that is not there, and for
    one that comes twice where there is one value.
    """
    kinds = _kinds(wanted)
    given: dict[str, Any] = {}
    for name, value in (*_pairs(request), *(members or {}).items()):
        if name not in kinds:
            raise InvalidArgument(f"there is no parameter {name[:40]!r}{_meant(name, kinds)}", name[:40])
        if kinds[name].is_list:
            given.setdefault(name, []).extend(_several(name, value))
        elif name in given:
            raise InvalidArgument(f"{name} is given twice, and has one value", name)
        else:
            given[name] = _single(name, value, kinds[name])
    for name, values in given.items():
        _check_words(name, values if isinstance(values, list) else [values], kinds[name].words)
    try:
        return msgspec.convert(given, wanted, strict=False)
    except msgspec.ValidationError as error:
        raise _invalid(error, wanted) from None


def _several(name: str, value: object) -> list[str]:
    if isinstance(value, list):
        if not value:
            raise InvalidArgument(f"{name}: an empty list chooses nothing: leave it out, or give it a value", name)
        return [_text(name, one) for one in value]
    return _text(name, value).split(",")


def _single(name: str, value: object, kind: _Kind) -> str:
    text = _text(name, value)
    if text.lower() == "null" and not kind.is_text:
        # msgspec would take the word for None, and so a filter for none.
        raise InvalidArgument(f"{name}: leave it out, or give it a value", name)
    if kind.is_moment and _NUMBER.fullmatch(text) and not _is_unix_time(text):
        raise InvalidArgument(f"{name}: write it like 2026-11-21T15:04:05Z, or in Unix seconds", name)
    return text


def _text(name: str, value: object) -> str:
    """A value as it would stand in a query."""
    match value:
        case bool():
            return "true" if value else "false"
        case str() | int() | float():
            return str(value)
        case None:
            raise InvalidArgument(f"{name}: leave it out, or give it a value", name)
    raise InvalidArgument(
        f"{name}: give it a text, a number, true or false; or, if it has several values, a list", name
    )


def _meant(name: str, known: Collection[str]) -> str:
    near = get_close_matches(name, known, n=1)
    return f": did you mean {near[0]}?" if near else f", only {', '.join(known) or 'none'}"


def _check_words(name: str, values: list[str], words: tuple[str, ...]) -> None:
    """Say more than that a word is not known, where all of them are."""
    for value in values if words else ():
        if value not in words:
            raise InvalidArgument(f"{name}: there is no {value[:40]!r}{_meant(value, words)}", name)


def read_body(request: Request, wanted: Any) -> Any:
    """The JSON body as `wanted`. Raises Malformed for what is no JSON and InvalidArgument for what does not fit."""
    try:
        return read_value(_whole_numbers(msgspec.json.decode(request.body or b"{}")), wanted)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Malformed(f"the body is no JSON: {error}") from None


def read_value(value: Any, wanted: Any) -> Any:
    """A value from JSON as `wanted`. Raises InvalidArgument, naming the member."""
    try:
        return msgspec.convert(value, wanted)
    except msgspec.ValidationError as error:
        raise _invalid(error, wanted) from None


def _whole_numbers(value: Any) -> Any:
    """To JSON, 30.0 is a whole number as 30 is (JSON Schema section 4.2.3)."""
    match value:
        case float() if value.is_integer() and abs(value) < _EXACT:
            return int(value)
        case list():
            return [_whole_numbers(one) for one in value]
        case dict():
            return {name: _whole_numbers(one) for name, one in value.items()}
    return value


def _pairs(request: Request) -> tuple[tuple[str, str], ...]:
    try:
        return split_query(request.query)
    except ParameterError as error:
        raise Malformed(str(error)) from None


_TYPE = re.compile(r"`([a-z]+)(?: \| null)?`")
_FOR_PEOPLE = {
    "int": "a whole number",
    "float": "a number",
    "str": "a text",
    "bool": "true or false",
    "array": "a list",
    "object": "an object",
}
"""msgspec's names of types."""
_UNKNOWN = re.compile(r"Object contains unknown field `(?P<name>.*)`", re.DOTALL)


def is_list(kind: Any) -> bool:
    """Whether a field, or one of the alternatives that its type names, holds several values."""
    origin = get_origin(kind)
    if origin in (tuple, list, frozenset, set):
        return True
    return any(is_list(one) for one in get_args(kind))


def _is_text(kind: Any) -> bool:
    return kind is str or any(_is_text(one) for one in get_args(kind))


def _is_moment(kind: Any) -> bool:
    return kind is datetime or any(_is_moment(one) for one in get_args(kind))


def _is_unix_time(text: str) -> bool:
    try:
        return 0 <= float(text) <= LAST_SECOND
    except ValueError:
        return False


def words_of(kind: Any) -> tuple[str, ...]:
    """The words that a field, or the values in it, can be; empty if it is not one of certain words."""
    if get_origin(kind) is Literal:
        return get_args(kind)
    return next((words for one in get_args(kind) if (words := words_of(one))), ())


def _invalid(error: msgspec.ValidationError, wanted: Any) -> InvalidArgument:
    """msgspec's words end in the place, such as `$.limit` or `$.state[0]`."""
    words = str(error)
    found = _AT.search(words)
    argument = re.split(r"[.\[]", found["path"])[0] if found else ""
    unknown = None if argument else _UNKNOWN.fullmatch(words)
    if unknown:
        name = unknown["name"]
        known = getattr(wanted, "__struct_encode_fields__", ())
        return InvalidArgument(f"there is no {name[:40]!r} here{_meant(name[:200], known)}", name[:40])
    cause = _TYPE.sub(lambda type_: _FOR_PEOPLE.get(type_[1], type_[1]), _AT.sub("", words))
    return InvalidArgument(f"{argument or 'the document'}: {cause[:1].lower()}{cause[1:]}", argument)
