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

__all__ = ["FAULTS", "Fault", "problem", "refused"]


class Fault(NamedTuple):
    """A status, and the word that tells apart what shares it."""

    status: HTTPStatus
    code: str


FAULTS: dict[type[Refusal], Fault] = {
    Unauthenticated: Fault(HTTPStatus.UNAUTHORIZED, "unauthenticated"),
    WrongCredentials: Fault(HTTPStatus.UNAUTHORIZED, "wrong_credentials"),
    StaleNonce: Fault(HTTPStatus.UNAUTHORIZED, "unauthenticated"),
    Throttled: Fault(HTTPStatus.TOO_MANY_REQUESTS, "throttled"),
    ForbiddenAddress: Fault(HTTPStatus.FORBIDDEN, "forbidden_address"),
    Forbidden: Fault(HTTPStatus.FORBIDDEN, "forbidden"),
    Malformed: Fault(HTTPStatus.BAD_REQUEST, "malformed"),
    UnknownMethod: Fault(HTTPStatus.NOT_FOUND, "no_such_resource"),
    MissingArgument: Fault(HTTPStatus.BAD_REQUEST, "missing_argument"),
    InvalidArgument: Fault(HTTPStatus.BAD_REQUEST, "invalid_argument"),
    Mistaken: Fault(HTTPStatus.UNPROCESSABLE_ENTITY, "mistakes_in_document"),
    NotFound: Fault(HTTPStatus.NOT_FOUND, "not_found"),
    CallNotFound: Fault(HTTPStatus.NOT_FOUND, "call_not_found"),
    AccountNotFound: Fault(HTTPStatus.NOT_FOUND, "account_not_found"),
    CustomerNotFound: Fault(HTTPStatus.NOT_FOUND, "customer_not_found"),
    Conflict: Fault(HTTPStatus.CONFLICT, "conflict"),
    Outdated: Fault(HTTPStatus.PRECONDITION_FAILED, "changed_meanwhile"),
    Unavailable: Fault(HTTPStatus.SERVICE_UNAVAILABLE, "unavailable"),
}

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
