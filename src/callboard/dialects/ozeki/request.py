"""Their parameters -> who asks, and our arguments.

Names count in either case, as the vendor's own pages write them now so, now so. Names that a command does not have are
passed over.
"""

from collections.abc import Mapping

from callboard.access.claims import PasswordClaim
from callboard.calls.refusals import Malformed, MissingArgument
from callboard.dialects.ozeki.call_id import call_number
from callboard.dialects.ozeki.fields import LISTED
from callboard.http.parameters import ParameterError, read_parameters
from callboard.http.values import Request
from callboard.operations.disconnect import DisconnectCall
from callboard.operations.list_calls import ListCalls
from callboard.table.questions.filters import Filter

__all__ = ["ACTIVE_CALLS", "Parameters", "command", "credentials", "disconnect_call", "read", "text"]

Parameters = Mapping[str, str]
"""By name in lower case; of equal names the last."""

_METHODS = ("GET", "POST")

ACTIVE_CALLS = ListCalls(as_party=True, where=Filter(states=LISTED))
"""Of ListActiveCalls, which takes no parameters: the calls of the login's customer and all below, and those to them."""


def read(request: Request) -> Parameters:
    """The parameters of a request. Raises Malformed for one that cannot be read."""
    if request.method not in _METHODS:
        raise Malformed(f"send the request with {' or '.join(_METHODS)}")
    try:
        return {name.lower(): value for name, value in read_parameters(request)}
    except ParameterError as error:
        raise Malformed(str(error)) from None


def text(parameters: Parameters, name: str) -> str:
    """A parameter by its name in the vendor's spelling; empty if absent."""
    return parameters.get(name.lower(), "")


def command(parameters: Parameters) -> str:
    """The command's name as the client writes it. Raises Malformed if there is none."""
    given = text(parameters, "command").strip()
    if not given:
        raise Malformed("the request has no command: give one, such as command=ListActiveCalls")
    return given


def credentials(parameters: Parameters, address: str) -> PasswordClaim | None:
    """Username and Password; None unless both are there."""
    name, password = text(parameters, "Username"), text(parameters, "Password")
    return PasswordClaim(name, password, address) if name and password else None


def disconnect_call(parameters: Parameters) -> DisconnectCall:
    """Of Hangup. Raises MissingArgument without a CallId, CallNotFound for one that no call can have."""
    given = text(parameters, "CallId").strip()
    if not given:
        raise MissingArgument("CallId is required: give it as ListActiveCalls shows it", "CallId")
    return DisconnectCall(number=call_number(given), as_party=True)
