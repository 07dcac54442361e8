"""Refusals in the vendor's form."""

import json
from collections.abc import Iterator

import pytest

from callboard.calls.refusals import CustomerNotFound, Forbidden, InvalidArgument, MissingArgument, Refusal
from callboard.dialects.enswitch.faults import FAULTS, fault_document

CODES = {"400", "401", "402", "404", "500"}
"""Those of the API's introduction that stand for an error, without 403, which is about rate plans."""


def leaves(kind: type[Refusal]) -> Iterator[type[Refusal]]:
    """Every refusal that can be raised: the leaves of the tree, and the branches that are raised themselves."""
    for child in kind.__subclasses__():
        yield child
        yield from leaves(child)


@pytest.mark.parametrize("kind", sorted(set(leaves(Refusal)), key=str))
def test_every_refusal_has_a_code_and_words(kind: type[Refusal]) -> None:
    assert FAULTS[kind].code in CODES
    assert FAULTS[kind].words


@pytest.mark.parametrize(
    ("refusal", "code", "key", "message"),
    [
        (InvalidArgument("sort is wrong", "sort"), "400", "sort", "Invalid parameter: sort is wrong"),
        (MissingArgument("give callid", "callid"), "400", "callid", "Missing parameter: give callid"),
        (CustomerNotFound("customer 9 not found"), "400", "customer", "Invalid parameter: customer 9 not found"),
        (Forbidden("ask"), "402", "", "Your role does not allow this: ask"),
        (Forbidden('\ud800 \x00 é " </script>'), "402", "", 'Your role does not allow this:  \x00 é " </script>'),
    ],
)
def test_a_refusal_is_a_response_without_data(refusal: Refusal, code: str, key: str, message: str) -> None:
    assert json.loads(fault_document(refusal)) == {"responses": [{"code": code, "key": key, "message": message}]}
