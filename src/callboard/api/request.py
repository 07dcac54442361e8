"""Our own parameters -> claim and arguments. Strict: what is not known or not meant is refused, with what there is."""

import base64
import binascii
from collections.abc import Mapping

from callboard.access.claims import PasswordClaim, TokenClaim
from callboard.calls.refusals import CallNotFound, InvalidArgument, Malformed, Unauthenticated
from callboard.calls.state import LIVE, State
from callboard.http.parameters import ParameterError, split_query
from callboard.http.values import Request
from callboard.operations.desk import Reach
from callboard.operations.list_calls import ListCalls
from callboard.table.filters import Filter, Order

__all__ = ["ORDERS", "STATES", "call_number", "claim", "list_calls"]

ORDERS = {
    "oldest_first": Order.OLDEST_FIRST,
    "newest_first": Order.NEWEST_FIRST,
    "longest_first": Order.LONGEST_FIRST,
    "shortest_first": Order.SHORTEST_FIRST,
}
STATES = {state.name.lower(): state for state in State}

_IDS = ("customer", "account", "vendor", "connection")
_NAMES = (*_IDS, "recursive", "state", "order")
_TRUTHS = {"1": True, "true": True, "0": False, "false": False}
_MAX_ID = 2**31 - 1
_MAX_NUMBER = 2**63 - 1


def claim(request: Request) -> PasswordClaim | TokenClaim:
    """The claim of HTTP Basic (RFC 7617, UTF-8) or of a token (RFC 6750). Raises Unauthenticated if there is none."""
    scheme, _, credentials = request.headers.get("authorization", "").partition(" ")
    match scheme.lower():
        case "basic":
            return _password_claim(credentials.strip(), request.client)
        case "bearer":
            return TokenClaim(credentials.strip(), request.client)
        case _:
            raise Unauthenticated("sign in with HTTP Basic (name and password) or with a token (Bearer)")


def _password_claim(credentials: str, address: str) -> PasswordClaim:
    try:
        name, colon, password = base64.b64decode(credentials, validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        raise Unauthenticated("the Authorization header cannot be read: Base64 of name:password is needed") from None
    if not colon:
        raise Unauthenticated("the Authorization header lacks the colon between name and password")
    return PasswordClaim(name, password, address)


def list_calls(request: Request) -> ListCalls:
    """Of `GET /v1/calls`: customer, recursive, account, vendor, connection, state (several with commas), order.

    Calls that ended, which the table keeps for a moment, are listed only if `state` asks for them.
    """
    given = _query(request)
    ids = {name: _identity(given, name) for name in _IDS}
    return ListCalls(
        customer=ids["customer"],
        reach=Reach.SUBTREE if _truth(given, "recursive", True) else Reach.OWN,
        where=Filter(account=ids["account"], vendor=ids["vendor"], connection=ids["connection"], states=_states(given)),
        order=_order(given),
    )


def _query(request: Request) -> Mapping[str, str]:
    try:
        pairs = split_query(request.query)
    except ParameterError as error:
        raise Malformed(str(error)) from None
    for name, _ in pairs:
        if name not in _NAMES:
            raise InvalidArgument(f"there is no parameter {name[:40]!r}, only {', '.join(_NAMES)}", name[:40])
    return dict(pairs)


def _identity(given: Mapping[str, str], name: str) -> int | None:
    digits = given.get(name)
    if digits is None:
        return None
    if not _is_number(digits, 10) or not 1 <= int(digits) <= _MAX_ID:
        raise InvalidArgument(f"{name} must be a number from 1 to {_MAX_ID}", name)
    return int(digits)


def _is_number(digits: str, longest: int) -> bool:
    return digits.isascii() and digits.isdigit() and len(digits) <= longest


def _truth(given: Mapping[str, str], name: str, default: bool) -> bool:
    word = given.get(name)
    if word is None:
        return default
    if word.lower() not in _TRUTHS:
        raise InvalidArgument(f"{name} must be true or false", name)
    return _TRUTHS[word.lower()]


def _states(given: Mapping[str, str]) -> frozenset[State]:
    words = given.get("state")
    if words is None:
        return LIVE
    for word in words.split(","):
        if word not in STATES:
            raise InvalidArgument(f"state must be some of {', '.join(STATES)}, with commas between", "state")
    return frozenset(STATES[word] for word in words.split(","))


def _order(given: Mapping[str, str]) -> Order:
    word = given.get("order", "oldest_first")
    if word not in ORDERS:
        raise InvalidArgument(f"order must be one of {', '.join(ORDERS)}", "order")
    return ORDERS[word]


def call_number(text: str) -> int:
    """A call's number from a path. Raises CallNotFound for what no call has."""
    if not _is_number(text, 19) or int(text) > _MAX_NUMBER:
        raise CallNotFound("no call has such an id")
    return int(text)
