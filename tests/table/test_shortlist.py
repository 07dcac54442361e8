"""Short lists say what columns say, whoever is followed and whatever calls come, go and change hands meanwhile."""

from itertools import count
from unittest import mock

import pytest

from callboard.calls.events import LegEnded, LegSeen
from callboard.calls.legs import Call, Facts, Leg, LegId, Placement, Side
from callboard.calls.state import LIVE
from callboard.table import parties
from callboard.table.columns import Columns
from callboard.table.filters import Filter, Order
from callboard.table.numbering import Numbering
from callboard.table.ordering import Bookmark, Page
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
    with mock.patch.object(Columns, "of_customers", return_value=None):
        return table.page(wanted, orders, limit=limit, now=NOW)


def shown(found: Page) -> tuple[tuple[Call, ...], int, Bookmark | None]:
    return found.calls[:], found.total, found.next


QUESTIONS = (
    (Filter(parties=frozenset({3}), states=LIVE), OLDEST, None),
    (Filter(parties=frozenset({3, 4}), states=LIVE), NEWEST, None),
    (Filter(customers=frozenset({4}), switch="pbx"), OLDEST, 1),
    (Filter(customers=frozenset({3, 5}), min_duration=1.0), NEWEST, None),
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
