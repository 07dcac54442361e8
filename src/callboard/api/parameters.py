"""Query parameters and JSON bodies -> the struct that describes them. What is not known or not meant is refused."""

import re
from typing import Any, TypeVar, get_args, get_origin

import msgspec

from callboard.calls.refusals import InvalidArgument, Malformed
from callboard.http.parameters import ParameterError, split_query
from callboard.http.values import Request

__all__ = ["read_body", "read_query"]

S = TypeVar("S", bound=msgspec.Struct)

_AT = re.compile(r" - at `\$\.?(?P<path>[^`]*)`$")


def read_query(request: Request, wanted: type[S]) -> S:
    """The query as `wanted`: a field each, by its encoded name; lists are written with commas, or by saying the name
    again.

    Raises InvalidArgument, naming the parameter, for a value that does not fit and for a name that is not there.
    """
    fields = {field.encode_name: field.type for field in msgspec.structs.fields(wanted)}
    given: dict[str, Any] = {}
    for name, value in _pairs(request):
        if name not in fields:
            raise InvalidArgument(f"there is no parameter {name[:40]!r}, only {', '.join(fields) or 'none'}", name[:40])
        if _is_list(fields[name]):
            given.setdefault(name, []).extend(value.split(","))
        else:
            given[name] = value
    try:
        return msgspec.convert(given, wanted, strict=False)
    except msgspec.ValidationError as error:
        raise _invalid(error) from None


def read_body(request: Request, wanted: Any) -> Any:
    """The JSON body as `wanted`. Raises Malformed for what is no JSON and InvalidArgument for what does not fit."""
    try:
        return msgspec.json.decode(request.body or b"{}", type=wanted)
    except msgspec.ValidationError as error:
        raise _invalid(error) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Malformed(f"the body is no JSON: {error}") from None


def _pairs(request: Request) -> tuple[tuple[str, str], ...]:
    try:
        return split_query(request.query)
    except ParameterError as error:
        raise Malformed(str(error)) from None


def _is_list(kind: Any) -> bool:
    """Whether a field, or one of the alternatives that its type names, holds several values."""
    origin = get_origin(kind)
    if origin in (tuple, list, frozenset, set):
        return True
    return any(_is_list(one) for one in get_args(kind))


def _invalid(error: msgspec.ValidationError) -> InvalidArgument:
    """msgspec's words end in the place, such as `$.limit` or `$.state[0]`."""
    words = str(error)
    found = _AT.search(words)
    argument = re.split(r"[.\[]", found["path"])[0] if found else ""
    cause = _AT.sub("", words)
    return InvalidArgument(f"{argument or 'the document'}: {cause[:1].lower()}{cause[1:]}", argument)
