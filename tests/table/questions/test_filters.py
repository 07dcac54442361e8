"""Filters and orders, compared with what looking at each call gives."""

from collections.abc import Callable
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callboard.calls.events import LegAnswered, LegSeen
from callboard.calls.legs import Call, LegId, Placement, Side
from callboard.table.questions.filters import Field, Filter, How, TextMatch, pattern
from callboard.table.store.numbering import Numbering
from callboard.table.table import Table
from tests.table.history import SWITCH, leg
from tests.table.some import NOW, ids, prefixes, tables


def chosen(table: Table, wanted: Filter) -> set[int]:
    return {call.number for call in table.select(wanted, now=NOW)}


@given(tables(), prefixes)
def test_a_prefix_finds_exactly_the_numbers_that_begin_with_it(table: Table, prefix: str) -> None:
    for field in (Field.CALLER, Field.CALLEE, Field.DIALED):
        expected = {call.number for call in table.calls() if getattr(call, field.value).startswith(prefix)}
        assert chosen(table, Filter(texts=(TextMatch(field, How.PREFIX, prefix),))) == expected


@given(tables(), st.sampled_from(Field), prefixes)
def test_texts_are_compared_as_wanted(table: Table, field: Field, text: str) -> None:
    compared: dict[How, Callable[[str], bool]] = {
        How.EXACT: lambda value: value == text,
        How.PREFIX: lambda value: value.startswith(text),
        How.SUFFIX: lambda value: value.endswith(text),
        How.CONTAINS: lambda value: text in value,
    }
    for how, fits in compared.items():
        expected = {call.number for call in table.calls() if fits(getattr(call, field.value))}
        assert chosen(table, Filter(texts=(TextMatch(field, how, text),))) == expected


@given(tables(), prefixes)
def test_a_pattern_is_what_sql_means_by_it(table: Table, text: str) -> None:
    for wanted, how in ((f"{text}%", How.PREFIX), (f"%{text}", How.SUFFIX), (f"%{text}%", How.CONTAINS)):
        like = Filter(texts=(TextMatch(Field.CALLEE, How.LIKE, wanted),))
        assert chosen(table, like) == chosen(table, Filter(texts=(TextMatch(Field.CALLEE, how, text),)))


def test_a_pattern_takes_nothing_else_for_special_and_letters_in_either_case() -> None:
    blocks = count(1, 10_000)
    table = Table(lambda legs: Placement(), Numbering(0, lambda size: next(blocks)), epoch=1)
    for name in ("a.c*", "abc", "ABBC", "xabc"):
        table.accept(LegSeen(1.0, leg(name, name, Side.CALLER, 1.0, number=name)), 1.0)

    def like(pattern: str) -> set[str]:
        wanted = Filter(texts=(TextMatch(Field.CALLER, How.LIKE, pattern),))
        return {call.caller for call in table.select(wanted)}

    assert like("a.c*") == {"a.c*"}
    assert like("a_c") == {"abc"}
    assert like("a%c") == {"abc", "ABBC"}
    assert like("%") == {"a.c*", "abc", "ABBC", "xabc"}


def like_as_defined(wanted: str, value: str) -> bool:
    """SQL's LIKE by its definition, slow and plain."""
    if not wanted:
        return not value
    if wanted[0] == "%":
        return any(like_as_defined(wanted[1:], value[start:]) for start in range(len(value) + 1))
    return bool(value) and wanted[0] in ("_", value[0]) and like_as_defined(wanted[1:], value[1:])


@given(st.text("ab%_", max_size=8), st.text("ab", max_size=8))
def test_any_pattern_fits_what_its_definition_says(wanted: str, value: str) -> None:
    assert bool(pattern(wanted, How.LIKE).fullmatch(value)) == like_as_defined(wanted, value)


@pytest.mark.parametrize("piece", ["%1", "%_", "%%", "%11%"])
def test_a_hostile_pattern_is_done_with_at_once(piece: str) -> None:
    assert pattern(piece * 2000 + "x", How.LIKE).fullmatch("1" * 5000) is None


@given(tables(), ids, ids, st.frozensets(st.integers(1, 4)))
def test_conditions_add_up(table: Table, account: int | None, vendor: int | None, customers: frozenset[int]) -> None:
    def fits(call: Call) -> bool:
        placement = call.placement
        return (
            (account is None or placement.account == account)
            and (vendor is None or placement.vendor == vendor)
            and placement.customer in customers
        )

    wanted = Filter(account=account, vendor=vendor, customers=customers)
    assert chosen(table, wanted) == {call.number for call in table.calls() if fits(call)}


@given(tables(), st.frozensets(st.integers(1, 4)))
def test_a_party_is_the_owner_or_the_one_who_is_called(table: Table, customers: frozenset[int]) -> None:
    expected = {
        call.number
        for call in table.calls()
        if call.placement.customer in customers or call.placement.callee_customer in customers
    }
    assert chosen(table, Filter(parties=customers)) == expected


spans = st.one_of(st.none(), st.integers(0, 12))


@given(tables(), spans, spans, spans, spans)
def test_ranges_of_time(
    table: Table, shortest: int | None, longest: int | None, first: int | None, end: int | None
) -> None:
    now = 10.0
    wanted = Filter(min_duration=shortest, max_duration=longest, started_from=first, started_before=end)
    expected = {
        call.number
        for call in table.calls()
        if (shortest is None or call.duration(now) >= shortest)
        and (longest is None or call.duration(now) <= longest)
        and (first is None or call.started_at >= first)
        and (end is None or call.started_at < end)
    }
    assert {call.number for call in table.select(wanted, now=now)} == expected


@given(tables(), st.frozensets(st.integers(1, 4)), st.lists(prefixes, min_size=1, max_size=3), st.sampled_from(How))
def test_of_several_values_one_has_to_fit(table: Table, ids: frozenset[int], texts: list[str], how: How) -> None:
    expected = {call.number for call in table.calls() if call.placement.account in ids}
    assert chosen(table, Filter(account=ids)) == expected
    one_by_one = [chosen(table, Filter(texts=(TextMatch(Field.CALLER, how, text),))) for text in texts]
    together = TextMatch(Field.CALLER, how, texts[0], tuple(texts[1:]))
    assert chosen(table, Filter(texts=(together,))) == set[int]().union(*one_by_one)


def test_slots_are_used_again_without_mixing_calls() -> None:
    blocks = count(1, 10_000)
    table = Table(lambda legs: Placement(), Numbering(0, lambda size: next(blocks)), epoch=1)
    for index in range(3000):
        name = str(index)
        table.accept(LegSeen(1.0, leg(name, name, Side.CALLER, 1.0, number=name)), 1.0)
    assert len(table) == 3000
    assert {call.caller for call in table.select(Filter(texts=(TextMatch(Field.CALLER, How.PREFIX, "299"),)))} == {
        "299",
        *map(str, range(2990, 3000)),
    }


moments = st.floats(0.0, 30.0)
bounds = st.one_of(st.none(), st.integers(-1, 12).map(float), st.floats(-1.0, 12.0), st.just(float("inf")))


@given(tables(), bounds, bounds, moments, moments)
def test_whoever_fits_at_one_moment_alone_crosses_a_bound_between_the_two(
    table: Table, shortest: float | None, longest: float | None, then: float, now: float
) -> None:
    wanted = Filter(min_duration=shortest, max_duration=longest)
    before, after = ({call.number for call in table.select(wanted, now=at)} for at in (then, now))
    assert before ^ after <= {call.number for call in table.crossing(wanted, then, now)}


def test_few_cross_a_bound_at_a_time() -> None:
    blocks = count(1, 10_000)
    table = Table(lambda legs: Placement(), Numbering(0, lambda size: next(blocks)), epoch=1)
    for number in range(100):
        table.accept(LegSeen(0.0, leg(str(number), str(number), Side.CALLER, 0.0)), 0.0)
        if number % 2:
            table.accept(LegAnswered(LegId(SWITCH, str(number)), float(number)), 100.0)
    crossing = table.crossing(Filter(min_duration=60.0, max_duration=80.0), 120.5, 121.5)
    assert [call.answered_at for call in crossing] == [41.0, 61.0]
