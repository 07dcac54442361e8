"""Refusals in the vendor's form: one table from ours to the code and message of ozekiphone.com p_4235.

The messages are those of the page to the letter, "occured" included: clients compare them.
"""

from typing import NamedTuple

from callboard.access.access import StaleNonce
from callboard.calls.refusals import (
    AccountNotFound,
    CallNotFound,
    Conflict,
    CustomerNotFound,
    Forbidden,
    ForbiddenAddress,
    InvalidArgument,
    Malformed,
    MissingArgument,
    Mistaken,
    NotFound,
    Outdated,
    Refusal,
    Throttled,
    Unauthenticated,
    Unavailable,
    UnknownMethod,
    WrongCredentials,
)

__all__ = ["FAULTS", "Fault", "fault_of"]


class Fault(NamedTuple):
    """A code and its message, in which names in braces stand for what the request was about."""

    code: int
    message: str


_PARSE_ERROR = Fault(300, "Error occured during parsing message: '{reason}'")
_NOT_IMPLEMENTED = Fault(301, "Not implemented command: '{command}'")
_INVALID_PARAMETER = Fault(302, "Missing or invalid parameter '{argument}' for command '{command}'")
_INAPPROPRIATE = Fault(303, "Command '{command}' cannot be used here")
_REQUIRED = Fault(304, "Authentication required")
_FAILED = Fault(305, "Authentication failed, bad username or password")
_FORBIDDEN_USER = Fault(306, "User is not allowed to use API in ACL")
_FORBIDDEN_ADDRESS = Fault(307, "Use API from this address is forbidden")
_CALL_NOT_FOUND = Fault(601, "Call not found with ID '{call_id}'")

FAULTS: dict[type[Refusal], Fault] = {
    Unauthenticated: _REQUIRED,
    WrongCredentials: _FAILED,
    StaleNonce: _FAILED,
    Throttled: _FAILED,
    ForbiddenAddress: _FORBIDDEN_ADDRESS,
    Forbidden: _FORBIDDEN_USER,
    Malformed: _PARSE_ERROR,
    UnknownMethod: _NOT_IMPLEMENTED,
    MissingArgument: _INVALID_PARAMETER,
    InvalidArgument: _INVALID_PARAMETER,
    Mistaken: _PARSE_ERROR,
    NotFound: _CALL_NOT_FOUND,
    CallNotFound: _CALL_NOT_FOUND,
    # Nothing here names an account or a customer: it is the login's own that is gone.
    AccountNotFound: _FORBIDDEN_USER,
    CustomerNotFound: _FORBIDDEN_USER,
    Conflict: _INAPPROPRIATE,
    Outdated: _INAPPROPRIATE,
    Unavailable: _INAPPROPRIATE,
}

_SHOWN = 80
"""Characters of what the client sent that an answer repeats."""


def fault_of(refusal: Refusal, command: str = "", call_id: str = "") -> Fault:
    """The code and the full message of a refusal; `command` and `call_id` are what the request had for them."""
    code, message = FAULTS[type(refusal)]
    argument = refusal.argument if isinstance(refusal, MissingArgument | InvalidArgument) else ""
    return Fault(
        code,
        message.format(reason=refusal.message, argument=argument, command=command[:_SHOWN], call_id=call_id[:_SHOWN]),
    )
