"""What can be asked for: the filters of lists, and how Python's values stand in an address or in a document."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TypedDict

__all__ = ["CallFilters", "HistoryFilters", "filters", "members", "query"]

Texts = str | Sequence[str]
Ids = int | Sequence[int]


class _Parties(TypedDict, total=False):
    """Whose calls, and between which numbers; as texts are compared in full, by beginning, or by what stands in them.

    Where there are several values, one of them must hold; every filter that is given must.
    """

    direction: Texts
    customer: Ids
    recursive: bool
    account: Ids
    device: Ids
    vendor: Ids
    connection: Ids
    did: Ids
    machine: Ids
    switch: Texts
    country: Texts
    caller: Texts
    caller_prefix: Texts
    caller_contains: Texts
    caller_name: Texts
    caller_name_contains: Texts
    dialed: Texts
    dialed_prefix: Texts
    dialed_contains: Texts
    callee: Texts
    callee_prefix: Texts
    callee_contains: Texts
    min_duration: float
    max_duration: float


class CallFilters(_Parties, total=False):
    """Which of the calls that are up; the filters of `GET /v1/calls`."""

    state: Texts
    suspect: bool
    started_from: datetime
    started_before: datetime


class HistoryFilters(_Parties, total=False):
    """Which of the ended calls; the filters of `GET /v1/history`."""

    cause: Texts
    ended_from: datetime
    ended_before: datetime


def filters(given: Mapping[str, object]) -> dict[str, str]:
    """Filters as a query has them.

    Raises `ValueError` for what would choose other calls than it says: a comma in a text, an empty list.
    """
    for name, value in given.items():
        _check(name, value)
    return query(given)


def _check(name: str, value: object) -> None:
    several = [value] if isinstance(value, str) else value
    if isinstance(several, Sequence):
        if not several:
            raise ValueError(f"{name}: an empty list chooses nothing; leave it out to choose all")
        if any(isinstance(one, str) and "," in one for one in several):
            raise ValueError(f"{name}: a comma divides values; give several as a list")


def query(given: Mapping[str, object]) -> dict[str, str]:
    """Values as a query has them; what is None is left out."""
    return {name: _text(name, value) for name, value in given.items() if value is not None}


def _text(name: str, value: object) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case datetime():
            return _moment(name, value)
        case str() | int() | float():
            return str(value)
        case Sequence():
            return ",".join(_text(name, one) for one in value)
    raise TypeError(f"{name}: {type(value).__name__} cannot be asked for")


def _moment(name: str, at: datetime) -> str:
    if at.tzinfo is None:
        raise ValueError(f"{name}: the time needs a zone, such as datetime.now(UTC)")
    return at.isoformat()


def members(given: Mapping[str, object]) -> dict[str, object]:
    """Filters as a document has them. Raises as `filters` does."""
    for name, value in given.items():
        _check(name, value)
    return {name: _member(name, value) for name, value in given.items() if value is not None}


def _member(name: str, value: object) -> object:
    if isinstance(value, datetime):
        return _moment(name, value)
    return list(value) if isinstance(value, Sequence) and not isinstance(value, str) else value
