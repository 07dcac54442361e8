"""A table that takes shortcuts is the table that takes none, whatever comes in whatever order."""

from collections import Counter
from collections.abc import Callable
from itertools import count

import pytest

from callboard.calls.events import LegDescribed, LegSeen
from callboard.calls.legs import Call, Leg, LegId, Side
from callboard.calls.state import CONNECTED, LIVE
from callboard.table.changes import Change, Kind
from callboard.table.folding import fold
from callboard.table.questions.counters import By
from callboard.table.store.columns import Columns
from callboard.table.store.numbering import Numbering
from callboard.table.table import Table
from tests.table.history import place
from tests.table.store.test_columns import said
from tests.table.unruly import Steps, happenings

_KEYS: dict[By, Callable[[Call], object]] = {
    By.ACCOUNT: lambda call: call.placement.account,
    By.CUSTOMER: lambda call: call.placement.customer,
    By.CONNECTION: lambda call: call.placement.connection,
    By.STATE: lambda call: call.state,
    By.DIRECTION: lambda call: call.placement.direction,
    By.SWITCH: lambda call: call.key.switch,
    By.COUNTRY: lambda call: call.placement.country,
}


class _NoShortcuts:
    """The same questions, none of which is answered by less than all the work."""

    @staticmethod
    def none(*_: object) -> None:
        return None

    begun = confirmed = described = joined = ended = none

    @staticmethod
    def advanced(call: Call, leg: Leg, after: Leg) -> Call:
        legs = tuple(after if one is leg else one for one in call.legs)
        return fold.call_of(call.number, call.key, legs, call.placement, before=call)


class _Watched:
    """A table, and all that it told."""

    def __init__(self) -> None:
        blocks = count(1, 10_000)
        self.table = Table(place, Numbering(0, lambda size: next(blocks)), epoch=1)
        self.told: list[Change] = []
        self.table.watch(self.told.append)

    def take(self, steps: Steps) -> None:
        now = 1000.0
        for passed, event in steps:
            now += passed
            self.table.accept(event, now)
            self.table.sweep(now)


@pytest.mark.parametrize("seed", range(0, 1000, 100))
def test_a_table_with_shortcuts_tells_what_one_without_tells(seed: int) -> None:
    for each in range(seed, seed + 100):
        _compare(happenings(each))


def _compare(steps: Steps) -> None:
    quick, plain = _Watched(), _Watched()
    quick.take(steps)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("callboard.table.table.shortcuts", _NoShortcuts)
        patch.setattr("callboard.table.reconciling.merge.shortcuts", _NoShortcuts)
        plain.take(steps)
    assert quick.told == plain.told
    assert quick.table.calls() == plain.table.calls()
    assert quick.table.ignored == plain.table.ignored


def test_a_leg_that_is_described_as_it_is_known_is_news_to_nobody() -> None:
    leg = Leg(id=LegId("pbx", "1"), call="c", side=Side.CALLER, media="192.0.2.1", started_at=1000.0)
    watched = _Watched()

    watched.take([(0.0, LegSeen(1000.0, leg)), (1.0, LegDescribed(1001.0, leg))])

    assert [change.kind for change in watched.told] == [Kind.BEGAN]


@pytest.mark.parametrize("seed", range(1000, 1100))
def test_all_that_finds_or_counts_a_call_knows_the_rows_as_they_are(seed: int) -> None:
    watched = _Watched()
    watched.take(happenings(seed))
    check_all_that_finds(watched.table)


def check_all_that_finds(table: Table) -> None:
    """Columns, counters and names say of the rows what the rows say."""
    _check_columns(table)
    _check_counters(table)
    _check_names(table)


def _check_columns(table: Table) -> None:
    """The columns say of every row what new ones would, and nothing of any other call."""
    columns = table.counters._columns
    last = max((call.number for call in table.calls()), default=0) + 2
    slots = {number: slot for number in range(last) if (slot := columns.slot(number)) is not None}
    assert {columns.calls[slot] for slot in slots.values()} == set(table.calls())
    assert int(columns["used"].sum()) == len(slots) == len(table)
    for slot in slots.values():
        call, fresh = columns.calls[slot], Columns()
        assert call is not None
        assert said(columns, slot) == said(fresh, fresh.add(call))


def _check_counters(table: Table) -> None:
    live = [call for call in table.calls() if call.state in LIVE]
    for by, key in _KEYS.items():
        totals = Counter(map(key, live))
        connected = Counter(key(call) for call in live if call.state in CONNECTED)
        expected = {value: (total, connected[value]) for value, total in totals.items()}
        assert table.counters.by(by) == expected
        assert {value: table.counters.get(by, value) for value in totals} == expected


def _check_names(table: Table) -> None:
    """A live call is found by its switch's name for it and by its legs, and one that is over by neither."""
    live = [call for call in table.calls() if call.state in LIVE]
    assert [table.find(call.key) for call in live] == live
    ids: list[LegId] = [leg.id for call in live for leg in call.legs]
    assert sorted(table._rows._legs) == sorted(ids), "a leg is of one call"
    for leg_id in ids:
        known = table._rows.known(leg_id)
        assert known is not None
        assert known[1] in live
    assert {table._rows.at(slot) for slot in table._rows._keys.values()} == set(live)
