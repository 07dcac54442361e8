"""Refusals in the vendor's words: texts alone, there are no codes, and clients compare them to the letter.

The texts are those of the vendor's pages (MOR API; MOR API active calls get), without the blanks that the printed
example has around them. Where the vendor has no text the words are ours, with the refusal's own sentence in them.
"""

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

__all__ = ["API_DISABLED", "ARGUMENTS", "FAULTS", "GET_DISABLED", "NO_DATA", "words_of"]

API_DISABLED = "API Requests are disabled"
GET_DISABLED = "GET Requests are disabled"
NO_DATA = "No data found..."
"""A message, not an error."""

FAULTS: dict[type[Refusal], str] = {
    Unauthenticated: "Access Denied",
    WrongCredentials: "Incorrect hash",
    StaleNonce: "Incorrect hash",
    Throttled: "{}",
    ForbiddenAddress: "Access Denied",
    Forbidden: "You are not authorized to use this functionality",
    Malformed: "Parameters cannot be read: {}",
    UnknownMethod: "Feature is disabled",
    MissingArgument: "Parameter is missing: {}",
    InvalidArgument: "Parameter is incorrect: {}",
    Mistaken: "Parameters cannot be read: {}",
    NotFound: "Not found",
    CallNotFound: "Call was not found",
    AccountNotFound: "Device was not found",
    CustomerNotFound: "User was not found",
    Conflict: "{}",
    Outdated: "{}",
    Unavailable: "Temporarily unavailable: {}",
}
"""What is said of each; `{}` is the refusal's own sentence."""

ARGUMENTS = {
    "s_server": "Server was not found",
    "s_country": "Direction was not found",
    "s_user_id": "Originating User was not found",
    "s_device": "Originating Device was not found",
    "s_dst_user_id": "Terminating User was not found",
    "s_dst_device": "Terminating Device was not found",
    "s_destination_group": "Destination Group was not found",
    "s_status": "Status value must be Ringing or Answered",
    "s_provider": "Provider was not found",
    "s_did": "Did was not found",
}
"""What is said of a parameter's value, in the order of the vendor's list: if several are wrong the first one counts."""


def words_of(refusal: Refusal) -> str:
    """The text of a refusal."""
    if isinstance(refusal, InvalidArgument) and refusal.argument in ARGUMENTS:
        return ARGUMENTS[refusal.argument]
    return FAULTS[type(refusal)].format(refusal.message)
