"""Refusals in the vendor's form: one table from ours to faultCode and the first words of faultString.

The vendor publishes no list of codes. Ours are those of the HTTP status of the same meaning, never negative (a client
in the field reads digits only), and `faultString` goes on with the refusal's own sentence.
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
from callboard.dialects.sippy import xmlrpc

__all__ = ["FAULTS", "Fault", "fault_document", "fault_of"]


class Fault(NamedTuple):
    """A code and the words that stand for it."""

    code: int
    words: str


FAULTS: dict[type[Refusal], Fault] = {
    Unauthenticated: Fault(401, "Authentication required"),
    WrongCredentials: Fault(401, "Authentication failed"),
    StaleNonce: Fault(401, "Authentication required"),
    Throttled: Fault(429, "Too many failed attempts"),
    ForbiddenAddress: Fault(403, "Access denied"),
    Forbidden: Fault(403, "Access denied"),
    Malformed: Fault(400, "Bad request"),
    UnknownMethod: Fault(501, "Unknown method"),
    MissingArgument: Fault(400, "Missing parameter"),
    InvalidArgument: Fault(400, "Invalid parameter"),
    Mistaken: Fault(400, "Bad request"),
    NotFound: Fault(404, "Not found"),
    CallNotFound: Fault(404, "Call not found or not accessible"),
    AccountNotFound: Fault(404, "Account not found or not accessible"),
    CustomerNotFound: Fault(404, "Customer not found or not accessible"),
    Conflict: Fault(409, "Conflict"),
    Outdated: Fault(412, "Changed meanwhile"),
    Unavailable: Fault(503, "Temporarily unavailable"),
}


def fault_of(refusal: Refusal) -> Fault:
    """The code and the full faultString of a refusal."""
    code, words = FAULTS[type(refusal)]
    return Fault(code, f"{words}: {refusal.message}")


def fault_document(refusal: Refusal) -> bytes:
    """The refusal as an XML-RPC answer."""
    return xmlrpc.fault(*fault_of(refusal))
