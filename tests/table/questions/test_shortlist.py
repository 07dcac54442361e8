"""Short lists say what columns say, whoever is followed and whatever calls come, go and change hands meanwhile."""

from itertools import count
from random import Random
from unittest import mock

import pytest

from callboard.calls.events import LegEnded, LegSeen
from callboard.calls.legs import Call, Facts, Leg, LegId, Placement, Side
from callboard.calls.state import LIVE
from callboard.table import table as table_module
from callboard.table.questions.filters import Filter, Order
from callboard.table.questions.ordering import Bookmark, Page
from callboard.table.store import oldest, parties
from callboard.table.store.columns import Columns
from callboard.table.store.numbering import Numbering
from callboard.table.table import Table
from tests.table.history import SWITCH, leg
from tests.table.unruly import happenings

NOW = 50.0
NEWEST = (Order.NEWEST_FIRST,)
OLDEST = (Order.OLDEST_FIRST,)


def place(legs: tuple[Leg, ...]) -> Placement:
    """The callers' account is their customer's number, and that of the called ones theirs."""
    owners = [leg.facts.account for leg in legs if leg.side is Side.CALLER]
    called = [leg.facts.account for leg in legs if leg.side is Side.CALLEE]
    return Placement(customer=owners[0] if owners else None, callee_customer=called[0] if called else None)


def new_table() -> Table:
    blocks = count(1, 10_000)
    return Table(place, Numbering(0, lambda size: next(blocks)), epoch=1)


def by_columns(table: Table, wanted: Filter, orders: tuple[Order, ...], limit: int | None = None) -> Page:
    """What the columns say, without short lists."""
    with (
        mock.patch.object(Columns, "of_customers", return_value=None),
        mock.patch.object(table_module, "oldest_page", return_value=None),
    ):
        return table.page(wanted, orders, limit=limit, now=NOW)


def shown(found: Page) -> tuple[tuple[Call, ...], int, Bookmark | None]:
    return found.calls[:], found.total, found.next


QUESTIONS = (
    (Filter(parties=frozenset({3}), states=LIVE), OLDEST, None),
    (Filter(parties=frozenset({3, 4}), states=LIVE), NEWEST, None),
    (Filter(customers=frozenset({4}), switch="pbx"), OLDEST, 1),
    (Filter(customers=frozenset({3, 5}), min_duration=1.0), NEWEST, None),
    (Filter(states=LIVE), OLDEST, 2),
)


@pytest.mark.parametrize("seed", range(60))
def test_a_short_list_is_what_the_columns_say_at_every_step(seed: int) -> None:
    table, now = new_table(), 0.0
    for wait, event in happenings(seed):
        now += wait
        table.sweep(now)
        table.accept(event, now)
        for wanted, orders, limit in QUESTIONS:
            assert shown(table.page(wanted, orders, limit=limit, now=NOW)) == shown(
                by_columns(table, wanted, orders, limit)
            )


def begin(table: Table, name: str, customer: int, at: float = 1.0) -> None:
    table.accept(LegSeen(at, leg(name, name, Side.CALLER, at, facts=Facts(account=customer))), NOW)


def test_who_has_too_many_calls_is_answered_by_columns_until_they_are_few_again() -> None:
    table, wanted = new_table(), Filter(parties=frozenset({3}), states=LIVE)
    for number in range(parties.FEW - 1):
        begin(table, f"first-{number}", 3)
    assert table.page(wanted, OLDEST, limit=None, now=NOW).total == parties.FEW - 1
    for number in range(3 * parties.FEW):
        begin(table, f"more-{number}", 3)
    assert shown(table.page(wanted, OLDEST, limit=None, now=NOW)) == shown(by_columns(table, wanted, OLDEST))
    for number in range(3 * parties.FEW):
        table.accept(LegEnded(LegId(SWITCH, f"more-{number}"), NOW), NOW)
    table.sweep(NOW + 3600)
    assert shown(table.page(wanted, OLDEST, limit=None, now=NOW)) == shown(by_columns(table, wanted, OLDEST))
    assert table.page(wanted, OLDEST, limit=None, now=NOW).total == parties.FEW - 1


def test_pages_that_begin_as_a_short_list_neither_skip_nor_double() -> None:
    table, wanted = new_table(), Filter(customers=frozenset({3}))
    for number in range(20):
        begin(table, f"{number}", 3, at=float(number % 4))
    for orders in (OLDEST, NEWEST):
        found: list[Call] = []
        after = None
        while True:
            some = table.page(wanted, orders, limit=3, after=after, now=NOW)
            found += some.calls
            if some.next is None:
                break
            after = some.next
        assert tuple(found) == by_columns(table, wanted, orders).calls[:]


def test_followed_customers_are_bounded_and_who_goes_is_found_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parties, "CUSTOMERS", 2)
    table = new_table()
    for customer in range(1, 6):
        begin(table, f"{customer}", customer)
    for customer in (1, 2, 3, 4, 5, 1, 3):
        begin(table, f"again-{customer}-{len(table)}", customer)
        wanted = Filter(parties=frozenset({customer}))
        assert shown(table.page(wanted, OLDEST, limit=None, now=NOW)) == shown(by_columns(table, wanted, OLDEST))
    assert len(table._columns.parties) == 2


@pytest.mark.parametrize("seed", range(8))
def test_the_oldest_are_those_of_the_columns_while_many_come_and_go(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("callboard.table.questions.shortlist.KEPT", 30)
    table, chance, names, wanted = new_table(), Random(seed), list[str](), Filter(states=LIVE)
    for step in range(300):
        if names and chance.random() < 0.45:
            name = names.pop(chance.randrange(len(names)))
            table.accept(LegEnded(LegId(SWITCH, name), NOW), NOW)
        else:
            names.append(f"{step}")
            begin(table, f"{step}", 3, at=chance.choice((step / 4, step / 4, chance.random() * step / 4, 1.0)))
        if step % 90 == 0:
            table.sweep(NOW + 3600)
        if step == 200:
            table.set_clock(-7.0, NOW)
        for limit in (1, 3, 10):
            ours = table.page(wanted, OLDEST, limit=limit, now=NOW)
            assert shown(ours) == shown(by_columns(table, wanted, OLDEST, limit))


def test_the_oldest_are_worked_out_again_only_where_too_few_are_left(monkeypatch: pytest.MonkeyPatch) -> None:
    table, wanted = new_table(), Filter(states=LIVE)
    for number in range(40):
        begin(table, f"{number}", 3, at=float(number))
    worked_out = mock.Mock(wraps=oldest.Oldest.keep)
    monkeypatch.setattr(oldest.Oldest, "keep", lambda oldest, places: worked_out(oldest, places))
    for number in range(30):
        table.page(wanted, OLDEST, limit=5, now=NOW)
        table.accept(LegEnded(LegId(SWITCH, f"{number}"), NOW), NOW)
        begin(table, f"new-{number}", 3, at=100.0 + number)
    assert worked_out.call_count == 1
    begin(table, "old", 3, at=1.5)
    assert table.page(wanted, OLDEST, limit=5, now=NOW).calls[0].started_at == 1.5
    assert worked_out.call_count == 2
