"""How many calls there are: now, by whatever one likes, at most today, and in the last hour."""

from collections.abc import Callable, Sequence
from enum import IntEnum
from functools import lru_cache
from typing import Annotated, Literal
from weakref import WeakKeyDictionary

import msgspec

from callboard.api.calls_query import CallFilters, Id, chosen
from callboard.api.fields import timestamp
from callboard.api.parameters import read_query
from callboard.api.route import JSON, Asked, Route, answer_json
from callboard.api.schemas import Series, Stats
from callboard.directory.countries import NAMES
from callboard.directory.directory import Directory
from callboard.directory.records import ROOT
from callboard.http.values import Reply
from callboard.operations.count import CALL_SERIES, COUNT_CALLS, CallSeries, CountCalls, Counted
from callboard.operations.loads import STEP
from callboard.table.questions.counters import By, Groups

__all__ = ["ROUTES"]

ByWord = Literal["state", "direction", "customer", "account", "vendor", "connection", "switch", "country"]


class StatsQuery(CallFilters, frozen=True, kw_only=True):
    """Which calls, and by what they are counted."""

    by: Annotated[tuple[ByWord, ...], msgspec.Meta(max_length=2)] = ()
    """One thing or two, with a comma; of two, every pair that there is."""
    limit: Annotated[int, msgspec.Meta(ge=1)] | None = None
    """So many of the largest groups; left out, all. The totals are of all calls either way."""


class SeriesQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Whose calls, and how far back."""

    customer: Id | None = None
    """With all below; left out, one's own."""
    minutes: Annotated[int, msgspec.Meta(ge=1, le=60)] = 60


async def _count(asked: Asked) -> Reply:
    asked.desk.check(COUNT_CALLS, asked.principal)
    query = read_query(asked.request, StatsQuery)
    by = tuple(By(word) for word in dict.fromkeys(query.by))
    arguments = CountCalls(which=chosen(query), by=by, most=query.limit)
    counted = asked.desk.perform(COUNT_CALLS, asked.principal, arguments, asked.request.at)
    operator = asked.principal.customer == ROOT
    groups = _group_views(asked.desk.directory, by, counted.groups, operator=operator)
    return answer_json(_view(counted, asked.request.at) | {"groups": groups})


def _view(counted: Counted, at: float) -> dict[str, object]:
    peak = counted.peak
    return {
        "at": timestamp(at),
        "total": counted.total,
        "answered": counted.answered,
        "ringing": counted.ringing,
        "suspect": counted.suspect,
        "peaks": None if peak is None else {"today": {"calls": peak.calls, "at": timestamp(peak.at)}},
    }


def _group_views(
    directory: Directory, by: tuple[By, ...], groups: Groups, *, operator: bool
) -> Sequence[msgspec.Struct]:
    """The names are `name` of the first thing that is counted by, and `second_name` of the second."""
    columns = [_shown(each, column) for each, column in zip(by, groups.keys, strict=False)]
    names = [_names(directory, each, column, operator=operator) for each, column in zip(by, columns, strict=False)]
    return list(map(_view_of(by), *columns, *names, groups.calls, groups.answered))


@lru_cache(maxsize=len(By) ** 2)
def _view_of(by: tuple[By, ...]) -> Callable[..., msgspec.Struct]:
    """What holds a group that is counted by these: a struct, for there may be thousands of them in one answer."""
    fields = (*(each.value for each in by), *("name", "second_name")[: len(by)], "calls", "answered")
    return msgspec.defstruct("GroupView", fields, frozen=True, gc=False)


class _Known(msgspec.Struct):
    """Names that were looked up in a directory as it is: whatever changes there, they are looked up again."""

    revision: int
    names: dict[tuple[By, bool], dict[object, str]] = {}
    """By what they are names of, and whether the operator reads them."""


_KNOWN: WeakKeyDictionary[Directory, _Known] = WeakKeyDictionary()


def _names(directory: Directory, by: By, keys: Sequence[object], *, operator: bool) -> list[str]:
    """Each name is looked up once, however many groups it stands in, and however often it is asked for."""
    known = _KNOWN.get(directory)
    if known is None or known.revision != directory.revision:
        known = _KNOWN[directory] = _Known(directory.revision)
    names = known.names.setdefault((by, operator), {})
    try:
        return list(map(names.__getitem__, keys))
    except KeyError:
        names |= {key: _name(directory, by, key, operator=operator) for key in set(keys) - names.keys()}
        return list(map(names.__getitem__, keys))


def _name(directory: Directory, by: By, key: object, *, operator: bool) -> str:
    """Vendors and connections are the operator's: others know them by their ids."""
    if operator or key is None or by not in (By.VENDOR, By.CONNECTION):
        return _NAMES[by](directory, key)
    return f"{by.value} {key}"


def _shown(by: By, keys: Sequence[object]) -> Sequence[object]:
    if by not in (By.STATE, By.DIRECTION):
        return keys
    return [key.name.lower() if isinstance(key, IntEnum) else key for key in keys]


def _customer(directory: Directory, key: object) -> str:
    record = directory.customer(key) if isinstance(key, int) else None
    return record.name if record else ""


def _account(directory: Directory, key: object) -> str:
    record = directory.account(key) if isinstance(key, int) else None
    return (record.name or record.sip_user) if record else ""


def _vendor(directory: Directory, key: object) -> str:
    record = directory.vendor(key) if isinstance(key, int) else None
    return record.name if record else ""


def _connection(directory: Directory, key: object) -> str:
    record = directory.connection(key) if isinstance(key, int) else None
    return record.name if record else ""


def _itself(directory: Directory, key: object) -> str:
    return str(key)


_NAMES: dict[By, Callable[[Directory, object], str]] = {
    By.STATE: _itself,
    By.DIRECTION: _itself,
    By.SWITCH: _itself,
    By.COUNTRY: lambda directory, key: NAMES.get(str(key), str(key)),
    By.CUSTOMER: _customer,
    By.ACCOUNT: _account,
    By.VENDOR: _vendor,
    By.CONNECTION: _connection,
}
"""What people call a value; empty for nobody known."""


async def _series(asked: Asked) -> Reply:
    asked.desk.check(CALL_SERIES, asked.principal)
    query = read_query(asked.request, SeriesQuery)
    arguments = CallSeries(customer=query.customer, since=asked.request.at - 60.0 * query.minutes)
    series = asked.desk.perform(CALL_SERIES, asked.principal, arguments, asked.request.at)
    return answer_json(
        {
            "step": int(STEP),
            "begin": timestamp(series.begin),
            "calls": series.calls,
            "answered": series.answered,
        }
    )


ROUTES = (
    Route(
        method="GET",
        path="/stats",
        operation=COUNT_CALLS,
        endpoint=_count,
        query=StatsQuery,
        gives={JSON: Stats},
        example="by=customer&limit=10",
    ),
    Route(
        method="GET",
        path="/stats/series",
        operation=CALL_SERIES,
        endpoint=_series,
        query=SeriesQuery,
        gives={JSON: Series},
        example="minutes=15",
    ),
)
