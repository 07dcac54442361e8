"""Refusals in the vendor's form."""

import xmlrpc.client
from collections.abc import Iterator

import pytest

from callboard.calls.refusals import InvalidArgument, Refusal
from callboard.dialects.sippy.faults import FAULTS, fault_document


def leaves(kind: type[Refusal]) -> Iterator[type[Refusal]]:
    """Every refusal that can be raised: the leaves of the tree, and the branches that are raised themselves."""
    for child in kind.__subclasses__():
        yield child
        yield from leaves(child)


@pytest.mark.parametrize("kind", sorted(set(leaves(Refusal)), key=str))
def test_every_refusal_has_a_code_and_words(kind: type[Refusal]) -> None:
    assert FAULTS[kind].code > 0
    assert FAULTS[kind].words


def test_a_fault_goes_on_with_the_refusals_own_words() -> None:
    with pytest.raises(xmlrpc.client.Fault) as caught:
        xmlrpc.client.loads(fault_document(InvalidArgument("i_account must be an integer", "i_account")))
    assert caught.value.faultCode == 400
    assert caught.value.faultString == "Invalid parameter: i_account must be an integer"
