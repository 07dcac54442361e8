"""Refusals as problem details."""

from collections.abc import Iterator

import pytest

from callboard.api.faults import FAULTS, refused
from callboard.calls.refusals import InvalidArgument, Refusal
from tests.api.conftest import problem


def descendants(kind: type[Refusal]) -> Iterator[type[Refusal]]:
    for child in kind.__subclasses__():
        yield child
        yield from descendants(child)


@pytest.mark.parametrize("kind", sorted(set(descendants(Refusal)), key=str))
def test_every_refusal_has_a_status_and_a_code(kind: type[Refusal]) -> None:
    assert 400 <= FAULTS[kind].status < 600
    assert FAULTS[kind].code


def test_a_bad_argument_is_named() -> None:
    found = problem(refused(InvalidArgument("order must be one of two", "order")))
    assert found == {
        "title": "Bad Request",
        "status": 400,
        "detail": "order must be one of two",
        "code": "invalid_argument",
        "argument": "order",
    }
