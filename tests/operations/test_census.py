"""What each customer sees of all calls, counted at once, is what comes of looking at one call after the other."""

from collections import defaultdict

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from callboard.directory.records import ROOT, Customer
from callboard.operations.census import census
from callboard.table.questions.counters import Ends
from callboard.table.store.columns import NOTHING
from tests.house import House

GONE = 4_000_000_000
"""A customer who owned calls and is not there any more."""

Tree = dict[int, int | None]
Calls = list[tuple[int, int, bool]]


@st.composite
def trees(draw: st.DrawFn) -> Tree:
    """Any tree of up to a dozen customers, with ids in no order."""
    tree: Tree = {ROOT: None}
    for number in draw(st.lists(st.integers(2, 2_000_000), max_size=12, unique=True)):
        tree[number] = draw(st.sampled_from(list(tree)))
    return tree


@given(st.data())
def test_at_once_is_as_one_by_one(data: st.DataObject) -> None:
    tree = data.draw(trees())
    ends = st.sampled_from([*tree, NOTHING, GONE])
    calls = data.draw(st.lists(st.tuples(ends, ends, st.booleans()), max_size=30))
    owners, called = (np.array([call[place] for call in calls], np.int64) for place in (0, 1))
    connected = np.array([call[2] for call in calls], np.bool_)
    assert census(Ends(owners, called, connected), tree) == one_by_one(calls, tree)


def one_by_one(calls: Calls, tree: Tree) -> dict[int, list[int]]:
    counts: defaultdict[int, list[int]] = defaultdict(lambda: [0, 0])
    for owner, called, connected in calls:
        for customer in {ROOT, *up_from(owner, tree), *up_from(called, tree)}:
            counts[customer][0] += 1
            counts[customer][1] += connected
    return dict(counts)


def up_from(customer: int | None, tree: Tree) -> set[int]:
    if customer is None or customer == NOTHING:
        return set()
    return {customer, *up_from(tree.get(customer), tree)}


def test_calls_that_are_over_are_seen_by_nobody_and_customers_that_move_take_theirs_along() -> None:
    house = House()
    house.call(account=5, callee_account=7)
    house.call(account=9)
    house.end(house.call(account=9).key)
    seen = {customer: house.desk.loads.now(customer, house.now) for customer in (1, 2, 3, 4, 5)}
    assert seen == {1: (2, 2), 2: (1, 1), 3: (1, 1), 4: (1, 1), 5: (1, 1)}
    house.directory.put(Customer(id=5, name="Initech", parent=4))
    seen = {customer: house.desk.loads.now(customer, house.now) for customer in (1, 2, 3, 4, 5)}
    assert seen == {1: (2, 2), 2: (2, 2), 3: (1, 1), 4: (2, 2), 5: (1, 1)}
    house.call(account=9, callee_account=5)
    assert house.desk.loads.now(4, house.now) == (3, 3), "whoever comes later is counted on from there"
