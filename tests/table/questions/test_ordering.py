"""Orders compared with sorting by hand; pages that neither skip nor double while the table moves."""

import random
from functools import partial
from itertools import count

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from callboard.calls.events import LegAnswered, LegEnded, LegSeen
from callboard.calls.legs import Call, Facts, LegId, Placement, Side
from callboard.calls.refusals import Conflict
from callboard.calls.state import LIVE, State
from callboard.table.questions import ordering
from callboard.table.questions.filters import EVERYTHING, Field, Filter, How, Key, Order, TextMatch
from callboard.table.questions.kept import KeptOrders
from callboard.table.questions.ordering import STEADY, Bookmark, Page
from callboard.table.store.numbering import Numbering
from callboard.table.table import Table
from tests.table.history import SWITCH, leg
from tests.table.some import NOW, tables

orders = st.builds(Order, st.sampled_from(Key), st.booleans())


def value(call: Call, key: Key, now: float) -> float | str:
    """What a call is sorted by."""
    match key:
        case Key.DURATION:
            return call.duration(now)
        case Key.STARTED:
            return call.started_at
        case Key.NUMBER | Key.STATE:
            return int(getattr(call, key.value))
        case Key.CALLER | Key.CALLEE | Key.DIALED:
            return str(getattr(call, key.value))
        case Key.SWITCH:
            return call.key.switch
        case Key.SUSPECT:
            return call.suspect_since is not None
        case Key.COUNTRY:
            return call.placement.country
        case _:
            identity = getattr(call.placement, key.value)
            return -1 if identity is None else int(identity)


def sorted_by_hand(calls: tuple[Call, ...], wanted: list[Order], now: float) -> list[Call]:
    """By number, then by each order from the last to the first: sorting is stable."""
    found = sorted(calls, key=lambda call: call.number)
    for order in reversed(wanted):
        found.sort(key=partial(value, key=order.key, now=now), reverse=order.descending)
    return found


@given(tables(), orders)
def test_orders_sort_and_break_ties_by_number(table: Table, order: Order) -> None:
    assert list(table.select(order=order, now=NOW)) == sorted_by_hand(table.calls(), [order], NOW)


@given(tables(), st.lists(orders, max_size=3), st.integers(1, 5))
def test_the_pages_of_a_table_at_rest_are_the_whole_list(table: Table, wanted: list[Order], limit: int) -> None:
    found: list[Call] = []
    after: Bookmark | None = None
    for _ in range(len(table) + 1):
        page = table.page(EVERYTHING, tuple(wanted), limit=limit, after=after, now=NOW)
        assert page.total == len(table)
        assert len(page.calls) == limit or page.next is None
        found += page.calls
        if page.next is None:
            break
        after = page.next
    assert found == sorted_by_hand(table.calls(), wanted, NOW)
    assert table.page(EVERYTHING, tuple(wanted), limit=None, now=NOW).calls[:] == tuple(found)


@pytest.fixture(scope="module")
def crowd() -> Table:
    """So many calls that a page of them is sought among a few: half of them are not answered, many begin together."""
    dice, blocks = random.Random(11), count(1, 10_000)
    table = Table(lambda legs: Placement(), Numbering(0, lambda size: next(blocks)), epoch=1)
    for name in map(str, range(9000)):
        at = float(dice.randrange(300))
        table.accept(LegSeen(at, leg(name, name, Side.CALLER, at)), NOW)
        if dice.random() < 0.5:
            table.accept(LegAnswered(LegId(SWITCH, name), at + dice.randrange(1, 9)), NOW)
    return table


@pytest.mark.parametrize("key", [Key.STARTED, Key.DURATION, Key.NUMBER])
@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("limit", [1, 40, 2500])
def test_pages_of_very_many_calls(crowd: Table, key: Key, descending: bool, limit: int) -> None:
    wanted = (Order(key, descending), Order(Key.NUMBER, descending=True))
    expected = sorted_by_hand(crowd.calls(), list(wanted), NOW)
    after: Bookmark | None = None
    for begin in range(0, 3 * limit, limit):
        page = crowd.page(EVERYTHING, wanted, limit=limit, after=after, now=NOW)
        assert list(page.calls) == expected[begin : begin + limit]
        assert page.total == 9000
        after = page.next
    last = crowd.page(Filter(states=frozenset({State.ENDED})), wanted, limit=limit, now=NOW)
    assert (len(last.calls), last.total, last.next) == (0, 0, None)


class Moving:
    """A table in which calls come, are answered late and end."""

    def __init__(self) -> None:
        blocks = count(1, 10_000)
        self.table = Table(lambda legs: Placement(customer=1), Numbering(0, lambda size: next(blocks)), epoch=1)
        self.now = 100.0
        self.made = 0

    def begin(self, number: str) -> None:
        name = str(self.made)
        self.made += 1
        seen = leg(name, name, Side.CALLER, self.now, number=number, dialed=number[::-1], facts=Facts())
        self.table.accept(LegSeen(self.now, seen), self.now)

    def answer(self, which: int, late: float) -> None:
        self.table.accept(LegAnswered(LegId(SWITCH, str(which)), self.now - late), self.now)

    def finish(self, which: int) -> None:
        self.table.accept(LegEnded(LegId(SWITCH, str(which)), self.now), self.now)

    def end(self, which: int) -> None:
        self.finish(which)
        self.table.sweep(self.now + 60.0)


steps = st.one_of(
    st.tuples(st.just("begin"), st.text("12", max_size=2)),
    st.tuples(st.just("answer"), st.integers(0, 20), st.sampled_from([0.0, 1.5])),
    st.tuples(st.just("end"), st.integers(0, 20)),
)


@given(
    st.lists(st.text("12", max_size=2), max_size=12),
    st.lists(st.lists(steps, max_size=4), max_size=20),
    st.lists(orders, max_size=2),
    st.integers(1, 4),
)
def test_a_call_that_lives_through_the_paging_is_shown_once(
    first: list[str], between: list[list[tuple[str, ...]]], wanted: list[Order], limit: int
) -> None:
    moving = Moving()
    for number in first:
        moving.begin(number)
    for which in range(0, len(first), 2):
        moving.now += 0.5
        moving.answer(which, 0.0)
    there = {call.number for call in moving.table.calls()}
    shown: list[int] = []
    after: Bookmark | None = None
    pages = iter(between)
    for _ in range(moving.made + sum(map(len, between)) + 1):
        page = moving.table.page(EVERYTHING, tuple(wanted), limit=limit, after=after, now=moving.now)
        shown += [call.number for call in page.calls]
        if page.next is None:
            break
        after = page.next
        for step, *arguments in next(pages, []):
            moving.now += 0.25
            getattr(moving, step)(*arguments)
    alive = {call.number for call in moving.table.calls()}
    assert len(shown) == len(set(shown))
    assert there & alive <= set(shown)


def test_ids_out_of_scope_count_as_none() -> None:
    owners = iter([5, 2, 9, 3])
    blocks = count(1, 10_000)
    table = Table(lambda legs: Placement(customer=next(owners)), Numbering(0, lambda size: next(blocks)), epoch=1)
    for name in "abcd":
        table.accept(LegSeen(1.0, leg(name, name, Side.CALLER, 1.0)), 1.0)
    page = table.page(EVERYTHING, (Order(Key.CUSTOMER, descending=True),), limit=3, scope=frozenset({2, 3}), now=NOW)
    assert [call.placement.customer for call in page.calls] == [3, 2, 5]
    assert page.next is not None
    assert page.next.values == ()


@pytest.mark.parametrize("gone", [1.0, 1.5, 3.0, -1.0])
def test_a_bookmark_holds_when_its_call_is_gone(gone: float) -> None:
    blocks = count(1, 10_000)
    table = Table(lambda legs: Placement(), Numbering(0, lambda size: next(blocks)), epoch=1)
    for name in ("0", "1", "2", "4"):
        table.accept(LegSeen(1.0, leg(name, name, Side.CALLER, float(name))), 1.0)
    for descending in (False, True):
        orders = (Order(Key.STARTED, descending),)
        after = Bookmark(NOW, 99, (-gone if descending else gone,), 2)
        found = table.page(EVERYTHING, orders, limit=10, after=after, now=NOW).calls
        expected = [at for at in (0.0, 1.0, 2.0, 4.0) if (at < gone if descending else at > gone)]
        assert sorted(call.started_at for call in found) == expected


def test_a_short_page_of_a_long_list_is_the_head_of_it() -> None:
    blocks = count(1, 10_000)
    table = Table(lambda legs: Placement(), Numbering(0, lambda size: next(blocks)), epoch=1)
    for index in range(500):
        name = str(index)
        table.accept(LegSeen(1.0, leg(name, name, Side.CALLER, float(index % 7), number=name)), 1.0)
    wanted = Filter(texts=(TextMatch(Field.CALLER, How.CONTAINS, "1"),))
    orders = (Order(Key.STARTED, descending=True), Order(Key.CALLER))
    whole = table.page(wanted, orders, limit=None, now=NOW).calls[:]
    assert table.page(wanted, orders, limit=5, now=NOW).calls[:] == whole[:5]
    assert table.page(wanted, orders, limit=5, now=NOW).total == len(whole)


def sorted_by_state(asker: str, after: Bookmark | None, table: Table) -> Page:
    return table.page(EVERYTHING, (Order(Key.STATE),), limit=1, after=after, asker=asker, now=NOW)


def test_a_kept_order_is_for_who_asked_for_it_alone() -> None:
    moving = Moving()
    for number in ("1", "2", "3"):
        moving.begin(number)
    after = sorted_by_state("acme", None, moving.table).next
    with pytest.raises(Conflict, match="begin again"):
        sorted_by_state("globex", after, moving.table)
    assert len(sorted_by_state("acme", after, moving.table).calls) == 1


def test_orders_make_room_for_others_and_the_oldest_goes_first() -> None:
    orders = KeptOrders(room=5)
    first, second = (orders.keep("acme", np.array(numbers)) for numbers in ([1, 2], [3, 4]))
    assert orders.after(first, "acme", 1) == [2]
    third = orders.keep("acme", np.array([5, 6]))
    assert orders.after(second, "acme", 3) is None
    assert [orders.after(name, "acme", number) for name, number in ((first, 1), (third, 5))] == [[2], [6]]
    longest = orders.keep("acme", np.arange(10))
    assert orders.after(first, "acme", 1) is None
    rest = orders.after(longest, "acme", 0)
    assert rest is not None
    assert len(rest) == 9


def test_what_was_never_in_an_order_has_nothing_after_it() -> None:
    orders = KeptOrders()
    name = orders.keep(None, np.array([1, 2]))
    assert orders.after(name, None, 7) is None
    assert orders.after(name + 1, None, 1) is None


_moves = st.lists(
    st.one_of(
        st.tuples(st.just("begin"), st.text("12", max_size=1)),
        st.tuples(st.just("answer"), st.integers(0, 60), st.sampled_from([0.0, 0.5, 40.0, -30.0])),
        st.tuples(st.just("finish"), st.integers(0, 60)),
        st.tuples(st.just("end"), st.integers(0, 60)),
    ),
    max_size=12,
)
_steady = st.lists(st.builds(Order, st.sampled_from(sorted(STEADY, key=str)), st.booleans()), min_size=1, max_size=2)


@given(st.integers(20, 60), _moves, _moves, _steady, st.integers(1, 4), st.booleans())
def test_pages_that_are_told_by_some_calls_are_those_of_all(
    many: int, before: list[tuple[str, ...]], between: list[tuple[str, ...]], wanted: list[Order], limit: int, up: bool
) -> None:
    """As with very many calls, of which some tell how far a page goes. Answers come late, and some calls have ended."""
    moving = Moving()
    for index in range(many):
        moving.now += (0.0, 0.0, 1.0)[index % 3]
        moving.begin(str(index % 4))
    for step, *arguments in before:
        moving.now += 0.25
        getattr(moving, step)(*arguments)
    filtered = Filter(states=LIVE) if up else EVERYTHING
    after: Bookmark | None = None
    for turn in range(many):
        ask = partial(moving.table.page, filtered, tuple(wanted), limit=limit, after=after, now=moving.now)
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(ordering, "_SOME", 4)
            patched.setattr(ordering, "_MARGIN", 1)
            patched.setattr(ordering, "_SPARSE", 10_000)
            quick = ask()
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(ordering, "_foremost", lambda columns, mask, *further: np.flatnonzero(mask))
            plain = ask()
        assert [call.number for call in quick.calls] == [call.number for call in plain.calls]
        assert (quick.total, quick.next) == (plain.total, plain.next)
        after = quick.next
        if after is None:
            break
        for step, *arguments in between if turn == 0 else ():
            moving.now += 0.25
            getattr(moving, step)(*arguments)
