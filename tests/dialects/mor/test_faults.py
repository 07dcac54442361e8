"""Refusals in the vendor's words."""

from collections.abc import Iterator

import pytest

from callboard.calls.refusals import InvalidArgument, Malformed, Refusal, Throttled, Unauthenticated
from callboard.dialects.mor.faults import ARGUMENTS, FAULTS, words_of


def leaves(kind: type[Refusal]) -> Iterator[type[Refusal]]:
    """Every refusal that can be raised: the leaves of the tree, and the branches that are raised themselves."""
    for child in kind.__subclasses__():
        yield child
        yield from leaves(child)


@pytest.mark.parametrize("kind", sorted(set(leaves(Refusal)), key=str))
def test_every_refusal_has_words(kind: type[Refusal]) -> None:
    words = FAULTS[kind]
    assert words
    assert words == words.strip()


def test_the_ten_texts_of_the_page_in_its_order() -> None:
    assert list(ARGUMENTS.values()) == [
        "Server was not found",
        "Direction was not found",
        "Originating User was not found",
        "Originating Device was not found",
        "Terminating User was not found",
        "Terminating Device was not found",
        "Destination Group was not found",
        "Status value must be Ringing or Answered",
        "Provider was not found",
        "Did was not found",
    ]


def test_texts_of_the_vendor_stand_alone_and_ours_say_why() -> None:
    assert words_of(Unauthenticated("u is missing")) == "Access Denied"
    assert words_of(InvalidArgument("what", "s_server")) == "Server was not found"
    assert words_of(InvalidArgument("what {} is it", "s_other")) == "Parameter is incorrect: what {} is it"
    assert words_of(Malformed("no JSON")) == "Parameters cannot be read: no JSON"
    assert words_of(Throttled("wait 4 s", 4.0)) == "wait 4 s"
