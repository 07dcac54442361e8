"""Names and values from a query, a form or a JSON body, the way clients of telephone systems write them."""

import re
from urllib.parse import unquote_to_bytes

import msgspec

from callboard.http.values import Request

__all__ = ["ParameterError", "Parameters", "read_parameters", "split_query"]

Parameters = tuple[tuple[str, str], ...]
"""Names and values in the order in which they came; a name may come more than once."""

LIMIT = 1000
"""Parameters in one request."""

_SEPARATORS = re.compile(b"[&;]")


class ParameterError(ValueError):
    """The parameters cannot be read; the message says why, for people."""


def split_query(raw: bytes, limit: int = LIMIT) -> Parameters:
    """Split `a=1&b=2`, a query or a form's body. `;` separates like `&` (HTML 4.01 B.2.2; Enswitch's pages use it).

    `+` and `%20` are spaces; what is no UTF-8 is replaced by U+FFFD. Raises ParameterError beyond `limit` parameters.
    """
    if raw.count(b"&") + raw.count(b";") > 2 * limit:
        raise ParameterError(f"The request has more than {limit} parameters.")
    pairs = [piece.partition(b"=") for piece in _SEPARATORS.split(raw) if piece]
    if len(pairs) > limit:
        raise ParameterError(f"The request has more than {limit} parameters.")
    return tuple((_decoded(name), _decoded(value)) for name, _, value in pairs)


def _decoded(text: bytes) -> str:
    return unquote_to_bytes(text.replace(b"+", b" ")).decode("utf-8", "replace")


def read_parameters(request: Request, limit: int = LIMIT) -> Parameters:
    """All parameters of a request: those of the query, then those of the body.

    The body is read as JSON if its type says so, as a form if its type says so or it has none; another type's is left
    alone. Raises ParameterError for JSON that is no object, and beyond `limit` parameters.
    """
    pairs = split_query(request.query, limit) + _body_parameters(request, limit)
    if len(pairs) > limit:
        raise ParameterError(f"The request has more than {limit} parameters.")
    return pairs


def _body_parameters(request: Request, limit: int) -> Parameters:
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if not request.body.strip():
        return ()
    if content_type == "application/json" or content_type.endswith("+json"):
        return _json_parameters(request.body)
    if content_type in ("application/x-www-form-urlencoded", ""):
        return split_query(request.body.strip(), limit)
    return ()


def _json_parameters(body: bytes) -> Parameters:
    try:
        members = msgspec.json.decode(body, type=dict[str, object])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ParameterError(f"The body is no JSON object: {error}.") from None
    return tuple((name, _text(value)) for name, value in members.items())


def _text(value: object) -> str:
    """A JSON value as a form would send it: true as 1, false as 0, null as nothing, lists and objects as JSON."""
    match value:
        case str():
            return value
        case None:
            return ""
        case bool():
            return "1" if value else "0"
        case _:
            return msgspec.json.encode(value).decode()
