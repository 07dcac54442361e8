"""Refusals in the vendor's form."""

from collections.abc import Iterator

import pytest

from callboard.calls.refusals import (
    CallNotFound,
    Forbidden,
    ForbiddenAddress,
    InvalidArgument,
    Malformed,
    MissingArgument,
    Refusal,
    Unauthenticated,
    Unavailable,
    UnknownMethod,
    WrongCredentials,
)
from callboard.dialects.ozeki.faults import FAULTS, fault_of


def leaves(kind: type[Refusal]) -> Iterator[type[Refusal]]:
    """Every refusal that can be raised: the leaves of the tree, and the branches that are raised themselves."""
    for child in kind.__subclasses__():
        yield child
        yield from leaves(child)


@pytest.mark.parametrize("kind", sorted(set(leaves(Refusal)), key=str))
def test_every_refusal_has_a_code_and_words(kind: type[Refusal]) -> None:
    assert 300 <= FAULTS[kind].code <= 601
    assert FAULTS[kind].message


@pytest.mark.parametrize(
    ("refusal", "code", "message"),
    [
        (Malformed("why"), 300, "Error occured during parsing message: 'why'"),
        (UnknownMethod("-"), 301, "Not implemented command: 'Hangup'"),
        (MissingArgument("-", "CallId"), 302, "Missing or invalid parameter 'CallId' for command 'Hangup'"),
        (InvalidArgument("-", "CallId"), 302, "Missing or invalid parameter 'CallId' for command 'Hangup'"),
        (Unavailable("-"), 303, "Command 'Hangup' cannot be used here"),
        (Unauthenticated("-"), 304, "Authentication required"),
        (WrongCredentials("-"), 305, "Authentication failed, bad username or password"),
        (Forbidden("-"), 306, "User is not allowed to use API in ACL"),
        (ForbiddenAddress("-"), 307, "Use API from this address is forbidden"),
        (CallNotFound("-"), 601, "Call not found with ID '000FU'"),
    ],
)
def test_the_vendors_messages_to_the_letter(refusal: Refusal, code: int, message: str) -> None:
    assert fault_of(refusal, "Hangup", "000FU") == (code, message)


def test_what_the_client_sent_is_repeated_as_it_is_but_not_at_any_length() -> None:
    assert fault_of(UnknownMethod("-"), "{reason} %s {0}").message == "Not implemented command: '{reason} %s {0}'"
    assert len(fault_of(UnknownMethod("-"), "x" * 10_000).message) < 200
    assert len(fault_of(CallNotFound("-"), "Hangup", "x" * 10_000).message) < 200
