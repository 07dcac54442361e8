"""Filters and orders, compared with what looking at each call gives."""

from collections.abc import Callable
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callboard.calls.events import LegAnswered, LegSeen
from callboard.calls.legs import Call, Facts, Leg, LegId, Placement, Side
from callboard.table.filters import Field, Filter, How, Key, Order, TextMatch, pattern
from callboard.table.numbering import Numbering
from callboard.table.table import Table
from tests.table.history import SWITCH, leg

NOW = 500.0

numbers = st.one_of(
    st.text("0123456789", max_size=6),
    st.text("0123456789", min_size=17, max_size=21),
    st.sampled_from(["", "+4930", "anonymous", "1", "10", "100", "0", "00", "٣"]),
)
ids = st.one_of(st.none(), st.integers(1, 4))
prefixes = st.one_of(numbers, st.sampled_from(["1", "10", "100", "0", "00", "+", "an"]))


@st.composite
def tables(draw: st.DrawFn) -> Table:
    """A table with up to a dozen calls of any numbers and owners."""
    placements: dict[str, Placement] = {}
    blocks = count(1, 10_000)

    def place(legs: tuple[Leg, ...]) -> Placement:
        return placements[legs[0].call]

    table = Table(place, Numbering(0, lambda size: next(blocks)), epoch=1)
    for index in range(draw(st.integers(0, 12))):
        name = str(index)
        placements[name] = Placement(
            account=draw(ids), customer=draw(ids), callee_customer=draw(ids), vendor=draw(ids), connection=draw(ids)
        )
        at = float(draw(st.integers(0, 5)))
        caller = leg(name, name, Side.CALLER, at, number=draw(numbers), dialed=draw(numbers), facts=Facts())
        table.accept(LegSeen(at, caller), NOW)
        if draw(st.booleans()):
            table.accept(LegAnswered(LegId(SWITCH, name), float(draw(st.integers(6, 9)))), NOW)
    return table


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


@given(tables(), st.sampled_from(Key), st.booleans())
def test_orders_sort_and_break_ties_by_number(table: Table, key: Key, descending: bool) -> None:
    def value(call: Call) -> float | str:
        match key:
            case Key.DURATION:
                return call.duration(NOW)
            case Key.STARTED:
                return call.started_at
            case Key.NUMBER:
                return call.number
            case Key.STATE:
                return call.state
            case Key.DIRECTION:
                return call.placement.direction
            case Key.CALLER | Key.CALLEE | Key.DIALED:
                return str(getattr(call, key.value))
            case _:
                identity = getattr(call.placement, key.value)
                return -1 if identity is None else int(identity)

    by_number = sorted(table.calls(), key=lambda call: call.number)
    expected = sorted(by_number, key=value, reverse=descending)
    assert list(table.select(order=Order(key, descending), now=NOW)) == expected


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
