"""Our own parameters -> claim and arguments. Strict: what is not known or not meant is refused, with what there is."""

from collections.abc import Mapping

from callboard.access.claims import PasswordClaim, TicketClaim, TokenClaim
from callboard.api.calls_query import CallFilters, chosen
from callboard.api.parameters import read_query
from callboard.calls.refusals import CallNotFound, Malformed, Unauthenticated
from callboard.http.credentials import read_authorization, read_basic
from callboard.http.parameters import ParameterError, split_query
from callboard.http.values import Request
from callboard.operations.list_calls import ListCalls

__all__ = ["call_number", "claim", "list_calls", "ticket_claim"]

_MAX_NUMBER = 2**63 - 1
_DIGITS = len(str(_MAX_NUMBER))


def claim(request: Request) -> PasswordClaim | TokenClaim:
    """The claim of HTTP Basic (RFC 7617, UTF-8) or of a token (RFC 6750). Raises Unauthenticated if there is none."""
    scheme, credentials = read_authorization(request.headers.get("authorization", ""))
    match scheme:
        case "basic":
            return _password_claim(credentials, request.client)
        case "bearer":
            return TokenClaim(credentials, request.client)
        case _:
            raise Unauthenticated("sign in with HTTP Basic (name and password) or with a token (Bearer)")


def ticket_claim(request: Request) -> TicketClaim | None:
    """The ticket in the query; None if there is none."""
    try:
        pairs = split_query(request.query)
    except ParameterError as error:
        raise Malformed(str(error)) from None
    return next((TicketClaim(value, request.client) for name, value in pairs if name == "ticket"), None)


def _password_claim(credentials: str, address: str) -> PasswordClaim:
    try:
        name, password = read_basic(credentials)
    except ValueError as error:
        raise Unauthenticated(str(error)) from None
    return PasswordClaim(name, password, address)


def list_calls(request: Request, members: Mapping[str, object] | None = None) -> ListCalls:
    """The filters of `GET /v1/calls`, and nothing else: whose calls, and which. Some may stand in a JSON document.

    Calls that ended, which the table keeps for a moment, are among them only if `state` asks for them.
    """
    return chosen(read_query(request, CallFilters, members))


def call_number(text: str) -> int:
    """A call's number from a path. Raises CallNotFound for what no call has."""
    if not (text.isascii() and text.isdigit() and len(text) <= _DIGITS) or int(text) > _MAX_NUMBER:
        raise CallNotFound("no call has such an id")
    return int(text)
