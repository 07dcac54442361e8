"""One call at a time gives what the columns give."""

from itertools import count

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from callboard.calls.events import LegAnswered, LegEnded, LegSeen, SwitchLost
from callboard.calls.legs import Call, Direction, Facts, LegId, Placement, Side
from callboard.calls.state import State
from callboard.table.questions.filters import Field, Filter, How, TextMatch
from callboard.table.questions.matches import fits
from callboard.table.store.numbering import Numbering
from callboard.table.table import Table
from tests.table.history import SWITCH, leg

NOW = 500.0

ids = st.one_of(st.none(), st.integers(1, 3))
some_ids = st.one_of(st.none(), st.integers(1, 3), st.frozensets(st.integers(1, 3)))
sets = st.one_of(st.none(), st.frozensets(st.integers(1, 3)))
numbers = st.sampled_from(["", "1", "10", "100", "4930123", "4930", "+4930", "anonymous", "sip:Ann", "0" * 20])
seconds = st.one_of(st.none(), st.integers(0, 10).map(float), st.just(NOW - 7.0))
words = st.one_of(st.none(), st.sampled_from(["pbx", "DEU", "", "49"]), st.frozensets(st.sampled_from(["DEU", "pbx"])))

conditions = {
    **dict.fromkeys(("customers", "callee_customers", "parties"), sets),
    **dict.fromkeys(
        (
            "account",
            "device",
            "callee_account",
            "callee_device",
            "party_account",
            "party_device",
            "vendor",
            "connection",
            "did",
            "machine",
        ),
        some_ids,
    ),
    **dict.fromkeys(("switch", "country"), words),
    "prefixes": st.one_of(st.none(), st.frozensets(st.sampled_from(["49", "", "1"]))),
    "states": st.one_of(st.none(), st.frozensets(st.sampled_from(State))),
    "directions": st.one_of(st.none(), st.frozensets(st.sampled_from(Direction))),
    "texts": st.lists(
        st.builds(
            TextMatch,
            st.sampled_from(Field),
            st.sampled_from(How),
            numbers,
            st.lists(numbers, max_size=2).map(tuple),
        ),
        max_size=2,
    ).map(tuple),
    "suspect": st.one_of(st.none(), st.booleans()),
    **dict.fromkeys(("min_duration", "max_duration", "started_from", "started_before"), seconds),
}


@st.composite
def filters(draw: st.DrawFn) -> Filter:
    """One to three conditions, so that something fits now and then."""
    names = draw(st.lists(st.sampled_from(sorted(conditions)), min_size=1, max_size=3))
    return Filter(**{name: draw(conditions[name]) for name in names})


@st.composite
def tables(draw: st.DrawFn) -> Table:
    """A table with up to eight calls of all sorts."""
    placements: dict[str, Placement] = {}
    blocks = count(1, 10_000)
    table = Table(lambda legs: placements[legs[0].call], Numbering(0, lambda size: next(blocks)), epoch=1)
    for index in range(draw(st.integers(0, 8))):
        name = str(index)
        owners = ("customer", "account", "device", "callee_customer", "callee_account", "callee_device")
        routes = ("vendor", "connection", "did", "machine")
        ids_drawn = {each: draw(ids) for each in owners + routes}
        bare = Placement(
            direction=draw(st.sampled_from(Direction)),
            prefix=draw(st.sampled_from(["", "49", "1"])),
            country=draw(st.sampled_from(["", "DEU"])),
        )
        placements[name] = msgspec.structs.replace(bare, **ids_drawn)
        at = float(draw(st.integers(0, 5)))
        caller = leg(name, name, Side.CALLER, at, number=draw(numbers), dialed=draw(numbers), facts=Facts())
        table.accept(LegSeen(at, caller), NOW)
        if draw(st.booleans()):
            table.accept(LegAnswered(LegId(SWITCH, name), draw(st.sampled_from([6.0, NOW - 7.0, NOW + 1.0]))), NOW)
        if draw(st.booleans()):
            table.accept(SwitchLost(SWITCH, at, "gone"), NOW)
        if draw(st.booleans()):
            table.accept(LegEnded(LegId(SWITCH, name), NOW - 2.0), NOW)
    return table


def chosen(table: Table, wanted: Filter) -> set[int]:
    def fitting(call: Call) -> bool:
        return fits(wanted)(call, NOW)

    return {call.number for call in table.calls() if fitting(call)}


@given(tables(), filters())
def test_a_call_fits_where_the_columns_say_so(table: Table, wanted: Filter) -> None:
    assert chosen(table, wanted) == {call.number for call in table.select(wanted, now=NOW)}


def test_every_condition_there_is_is_compared() -> None:
    assert set(conditions) == {field.name for field in msgspec.structs.fields(Filter)}
