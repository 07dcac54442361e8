"""Refusals in the vendor's form: one table from ours to the code of the response and the first words of its message.

The codes are those of the API's introduction; of the texts only "OK" is published. The message goes on with the
refusal's own sentence, and `key` names the parameter that is wrong.
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
from callboard.dialects.enswitch.envelope import without_data

__all__ = ["FAULTS", "Fault", "fault_document"]


class Fault(NamedTuple):
    """A code, the words that stand for it, and the parameter that it is always about."""

    code: str
    words: str
    key: str = ""


FAULTS: dict[type[Refusal], Fault] = {
    Unauthenticated: Fault("401", "Authentication required"),
    WrongCredentials: Fault("401", "Authentication failed"),
    StaleNonce: Fault("401", "Authentication required"),
    Throttled: Fault("401", "Too many failed attempts"),
    ForbiddenAddress: Fault("401", "Access denied"),
    Forbidden: Fault("402", "Your role does not allow this"),
    Malformed: Fault("400", "Invalid request"),
    UnknownMethod: Fault("404", "Function not found"),
    MissingArgument: Fault("400", "Missing parameter"),
    InvalidArgument: Fault("400", "Invalid parameter"),
    Mistaken: Fault("400", "Invalid request"),
    NotFound: Fault("404", "Not found"),
    CallNotFound: Fault("404", "Call not found"),
    AccountNotFound: Fault("404", "Account not found"),
    # The lists know no 404: a customer that is none, or a stranger, is a wrong parameter.
    CustomerNotFound: Fault("400", "Invalid parameter", "customer"),
    Conflict: Fault("400", "Invalid request"),
    Outdated: Fault("400", "Invalid request"),
    Unavailable: Fault("500", "Temporarily unavailable"),
}


def fault_document(refusal: Refusal) -> bytes:
    """The refusal as an answer."""
    code, words, key = FAULTS[type(refusal)]
    if isinstance(refusal, MissingArgument | InvalidArgument):
        key = refusal.argument
    return without_data(code, key, f"{words}: {refusal.message}")
