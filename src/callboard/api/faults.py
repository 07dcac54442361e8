"""Refusals as problem details (RFC 9457): one table from ours to the HTTP status and a word for programs."""

from http import HTTPStatus
from math import ceil
from typing import NamedTuple

import msgspec

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
from callboard.http.values import Reply

__all__ = [
    "ALL_FAULTS",
    "BROKEN_OFF",
    "FAULTS",
    "GOING_AWAY",
    "KEY_REUSED",
    "UNDER_WAY",
    "WRONG_METHOD",
    "Fault",
    "problem",
    "refused",
]


class Fault(NamedTuple):
    """A status, the word that tells apart what shares it, and what that means and asks for."""

    status: HTTPStatus
    code: str
    words: str


_NOT_SIGNED_IN = Fault(
    HTTPStatus.UNAUTHORIZED,
    "unauthenticated",
    "No credentials came, or none that can be read. Send HTTP Basic, or `Authorization: Bearer` with a token.",
)

FAULTS: dict[type[Refusal], Fault] = {
    Unauthenticated: _NOT_SIGNED_IN,
    StaleNonce: _NOT_SIGNED_IN,
    WrongCredentials: Fault(
        HTTPStatus.UNAUTHORIZED,
        "wrong_credentials",
        "The name and password, or the token, do not fit, or hold no longer. Which part is wrong is never told.",
    ),
    Throttled: Fault(
        HTTPStatus.TOO_MANY_REQUESTS,
        "throttled",
        "Too many sign-ins failed from there. Wait for the seconds in `Retry-After`.",
    ),
    ForbiddenAddress: Fault(
        HTTPStatus.FORBIDDEN,
        "forbidden_address",
        "The login may not be used from this address. Ask from another, or have the address allowed.",
    ),
    Forbidden: Fault(
        HTTPStatus.FORBIDDEN,
        "forbidden",
        "The login lacks the right that `detail` names. `GET /v1/whoami` tells which rights it has.",
    ),
    Malformed: Fault(HTTPStatus.BAD_REQUEST, "malformed", "The request cannot be read; `detail` tells where."),
    UnknownMethod: Fault(
        HTTPStatus.NOT_FOUND, "no_such_resource", "There is nothing at this path. `GET /v1/openapi.json` has them all."
    ),
    MissingArgument: Fault(
        HTTPStatus.BAD_REQUEST, "missing_argument", "The parameter or member in `argument` is needed."
    ),
    InvalidArgument: Fault(
        HTTPStatus.BAD_REQUEST,
        "invalid_argument",
        "The parameter or member in `argument` is not known, or cannot have that value; `detail` tells what it can.",
    ),
    Mistaken: Fault(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "mistakes_in_document",
        "The document was read, and nothing was done: `mistakes` has all that is wrong with it.",
    ),
    NotFound: Fault(HTTPStatus.NOT_FOUND, "not_found", "There is no such thing, or it is not this login's to see."),
    CallNotFound: Fault(
        HTTPStatus.NOT_FOUND,
        "call_not_found",
        "No such call is up, nor ended in the last ten minutes, that this login may see.",
    ),
    AccountNotFound: Fault(
        HTTPStatus.NOT_FOUND, "account_not_found", "There is no such account in this login's part of the customers."
    ),
    CustomerNotFound: Fault(
        HTTPStatus.NOT_FOUND, "customer_not_found", "There is no such customer in this login's part of the customers."
    ),
    Conflict: Fault(
        HTTPStatus.CONFLICT,
        "conflict",
        "It does not fit what there is by now; `detail` tells what to look at before it is asked for again.",
    ),
    Outdated: Fault(
        HTTPStatus.PRECONDITION_FAILED,
        "changed_meanwhile",
        "Somebody changed it since it was read. Read it again, and send its new `ETag` in `If-Match`.",
    ),
    Unavailable: Fault(
        HTTPStatus.SERVICE_UNAVAILABLE, "unavailable", "Something that is needed is down at present. Try again."
    ),
}

WRONG_METHOD = Fault(
    HTTPStatus.METHOD_NOT_ALLOWED,
    "method_not_allowed",
    "The path is right, the method is not: `Allow` has those that are.",
)
KEY_REUSED = Fault(
    HTTPStatus.UNPROCESSABLE_ENTITY,
    "idempotency_key_reused",
    "The `Idempotency-Key` came with another request before. Take a new one for each request.",
)
UNDER_WAY = Fault(
    HTTPStatus.CONFLICT,
    "request_under_way",
    "The same request, with the same `Idempotency-Key`, is being answered. Send it again in a moment.",
)
BROKEN_OFF = Fault(
    HTTPStatus.CONFLICT,
    "outcome_unknown",
    "The server stopped while it answered the same request, with the same `Idempotency-Key`. Look what came of it "
    "(`GET /v1/commands?call=`, `GET /v1/audit`), and take a new key if it is to be done again.",
)
GOING_AWAY = Fault(
    HTTPStatus.SERVICE_UNAVAILABLE, "going_away", "The server stops, and ends its streams. Connect again in a moment."
)

ALL_FAULTS = tuple(dict.fromkeys((*FAULTS.values(), WRONG_METHOD, KEY_REUSED, UNDER_WAY, BROKEN_OFF, GOING_AWAY)))
"""Each that there is, once."""

_ASK_FOR_PASSWORD = ("WWW-Authenticate", 'Basic realm="Callboard", charset="UTF-8"')
_ASK_FOR_TOKEN = ("WWW-Authenticate", 'Bearer realm="Callboard"')


def problem(fault: Fault, detail: str, *headers: tuple[str, str], **more: object) -> Reply:
    """A problem document. Members beside the standard's: `code`, and `more`."""
    content = {"title": fault.status.phrase, "status": int(fault.status), "detail": detail, "code": fault.code, **more}
    return Reply(
        status=fault.status,
        content_type="application/problem+json",
        headers=headers,
        body=msgspec.json.encode(content),
    )


def refused(refusal: Refusal) -> Reply:
    """A refusal as a problem document."""
    fault = FAULTS[type(refusal)]
    match refusal:
        case Throttled():
            return problem(fault, refusal.message, ("Retry-After", str(ceil(refusal.wait))))
        case MissingArgument() | InvalidArgument():
            return problem(fault, refusal.message, argument=refusal.argument)
        case Mistaken():
            return problem(fault, refusal.message, mistakes=refusal.mistakes)
    if fault.status is HTTPStatus.UNAUTHORIZED:
        return problem(fault, refusal.message, _ASK_FOR_TOKEN, _ASK_FOR_PASSWORD)
    return problem(fault, refusal.message)
