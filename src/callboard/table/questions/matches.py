"""Whether one call fits a filter: the same answer as `filters.matching` gives for the whole table, a call at a time."""

import re
from collections.abc import Callable, Iterator
from operator import attrgetter

from callboard.calls.legs import Call
from callboard.table.questions.filters import Filter, How, TextMatch, pattern, some
from callboard.table.store.columns import NUMBERS

__all__ = ["Fits", "fits"]

Fits = Callable[[Call, float], bool]
"""Whether a call fits at a moment (Unix seconds), which counts where the filter is about durations."""

_OF_CALL: dict[str, Callable[[Call], object]] = {
    "customers": lambda call: call.placement.customer,
    "callee_customers": lambda call: call.placement.callee_customer,
    "account": lambda call: call.placement.account,
    "device": lambda call: call.placement.device,
    "callee_account": lambda call: call.placement.callee_account,
    "callee_device": lambda call: call.placement.callee_device,
    "vendor": lambda call: call.placement.vendor,
    "connection": lambda call: call.placement.connection,
    "did": lambda call: call.placement.did,
    "machine": lambda call: call.placement.machine,
    "switch": lambda call: call.key.switch,
    "country": lambda call: call.placement.country,
    "prefixes": lambda call: call.placement.prefix,
    "states": lambda call: call.state,
    "directions": lambda call: call.placement.direction,
}
"""Conditions that name the values of which one must stand there, and what stands there."""


def fits(wanted: Filter) -> Fits:
    """The filter as a function of one call. What rules out most calls, whose they are, is asked first."""
    tests = tuple(_tests(wanted))

    def all_fit(call: Call, now: float) -> bool:
        for test in tests:  # noqa: SIM110  a generator would cost more than the tests do
            if not test(call, now):
                return False
        return True

    return all_fit


def _tests(wanted: Filter) -> Iterator[Fits]:
    for name, of in _OF_CALL.items():
        value = getattr(wanted, name)
        if value is not None:
            yield _is_among(of, some(value))
    if wanted.parties is not None:
        yield _is_either("customer", "callee_customer", wanted.parties)
    if wanted.party_account is not None:
        yield _is_either("account", "callee_account", some(wanted.party_account))
    if wanted.party_device is not None:
        yield _is_either("device", "callee_device", some(wanted.party_device))
    if wanted.suspect is not None:
        suspect = wanted.suspect
        yield lambda call, now: (call.suspect_since is not None) is suspect
    yield from _times(wanted)
    for text in wanted.texts:
        yield _compares(text)


def _is_among(of: Callable[[Call], object], values: frozenset[object]) -> Fits:
    return lambda call, now: of(call) in values


def _is_either(one: str, other: str, ids: frozenset[int]) -> Fits:
    both = attrgetter(f"placement.{one}", f"placement.{other}")
    return lambda call, now: not ids.isdisjoint(both(call))


def _times(wanted: Filter) -> Iterator[Fits]:
    at_least, at_most = wanted.min_duration, wanted.max_duration
    first, before = wanted.started_from, wanted.started_before
    if first is not None:
        yield lambda call, now: call.started_at >= first
    if before is not None:
        yield lambda call, now: call.started_at < before
    if at_least is not None:
        yield lambda call, now: call.duration(now) >= at_least
    if at_most is not None:
        yield lambda call, now: call.duration(now) <= at_most


def _compares(text: TextMatch) -> Fits:
    """As `matching` does: prefixes of numbers letter by letter, everything else in either case."""
    of = attrgetter(text.field.value)
    if text.how is How.PREFIX and text.field.value in NUMBERS:
        return lambda call, now: of(call).startswith(text.texts)
    patterns: list[re.Pattern[str]] = [pattern(one, text.how) for one in text.texts]
    return lambda call, now: any(one.fullmatch(of(call)) for one in patterns)
