from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from sqlalchemy import Engine, event

from callboard.journal.entries import ended_call
from callboard.journal.lanes import Lane
from callboard.journal.queries import page
from callboard.journal.shelves import CALLS, COMMANDS
from callboard.operations.past import LONGEST_PAGE, Cursor, Page
from callboard.storage.database import Database, open_database
from tests.journal.scenes import NOW, make_call, make_command

calls = st.lists(st.tuples(st.integers(0, 5), st.none() | st.integers(1, 4)), max_size=30)
owners = st.none() | st.frozensets(st.integers(1, 5))


def fill(database: Database, ends: list[tuple[int, int | None]]) -> list[tuple[float, int, int | None]]:
    """Keep calls that ended so many seconds later and belong to that customer; returns them newest first."""
    lane = Lane(CALLS, 1_000)
    for number, (second, customer) in enumerate(ends, 1):
        lane.put(ended_call(make_call(number, NOW + second, customer=customer), NOW))
    while lane.write(database):
        pass
    rows = [(NOW + second, number, customer) for number, (second, customer) in enumerate(ends, 1)]
    return sorted(rows, key=lambda row: row[:2], reverse=True)


@given(ends=calls, limit=st.integers(1, 7), customers=owners)
@settings(deadline=None, max_examples=60)
def test_pages_follow_one_another_without_gap_or_overlap(
    ends: list[tuple[int, int | None]], limit: int, customers: frozenset[int] | None
) -> None:
    with open_database(None) as database:
        rows = fill(database, ends)
        expected = [number for _, number, customer in rows if customers is None or customer in customers]
        found: list[int] = []
        before: Cursor | None = None
        while True:
            some = page(database, CALLS, before, limit, customers)
            found += [entry.number for entry in some.entries]
            if some.next is None:
                break
            assert len(some.entries) == limit
            before = some.next
    assert found == expected


def test_new_entries_do_not_shift_the_next_page() -> None:
    with open_database(None) as database:
        fill(database, [(1, 1), (2, 1), (3, 1)])
        first = page(database, CALLS, None, 2, None)
        lane = Lane(CALLS, 1_000)
        lane.put(ended_call(make_call(9, NOW + 9), NOW))
        lane.write(database)
        second = page(database, CALLS, first.next, 2, None)
    assert [entry.number for entry in first.entries] == [3, 2]
    assert [entry.number for entry in second.entries] == [1]


def test_nobody_sees_the_calls_of_customers_that_are_not_named() -> None:
    with open_database(None) as database:
        fill(database, [(1, 1), (2, 2), (3, None)])
        assert page(database, CALLS, None, 10, frozenset()) == Page((), None)
        assert [entry.number for entry in page(database, CALLS, None, 10, {2, 77}).entries] == [2]


def test_a_call_is_found_once_by_either_of_its_customers() -> None:
    with open_database(None) as database:
        lane = Lane(CALLS, 1_000)
        for number, (owner, callee) in enumerate(((1, 2), (2, 1), (1, None), (2, 2), (3, 3)), 1):
            lane.put(replace(ended_call(make_call(number, NOW + number, customer=owner), NOW), callee_customer=callee))
        lane.write(database)
        found = {
            customers: [entry.number for entry in page(database, CALLS, None, 10, customers).entries]
            for customers in (frozenset({1}), frozenset({2}), frozenset({1, 2}), frozenset({3}))
        }
    assert list(found.values()) == [[3, 2, 1], [4, 2, 1], [4, 3, 2, 1], [5]]


def test_commands_are_found_by_customer() -> None:
    records = [make_command(number, NOW + number % 3, customer=number % 2) for number in range(8)]
    with open_database(None) as database:
        lane = Lane(COMMANDS, 1_000)
        for record in records:
            lane.put(record)
        lane.write(database)
        first = page(database, COMMANDS, None, 3, {1, 2})
        rest = page(database, COMMANDS, first.next, 3, {1, 2})
        everybody = page(database, COMMANDS, None, 100, None)
    newest_first = sorted(records, key=lambda record: (record.at, record.id), reverse=True)
    assert [*first.entries, *rest.entries] == [record for record in newest_first if record.customer == 1]
    assert everybody == Page(tuple(newest_first), None)


@pytest.mark.parametrize(("limit", "length"), [(0, 1), (-5, 1), (10**9, 3)])
def test_a_page_is_neither_empty_nor_endless(limit: int, length: int) -> None:
    with open_database(None) as database:
        fill(database, [(1, 1), (2, 1), (3, 1)])
        assert len(page(database, CALLS, None, limit, None).entries) == length
        assert length <= LONGEST_PAGE


@pytest.mark.parametrize("customers", [None, [1]])
def test_pages_are_read_from_an_index(customers: list[int] | None) -> None:
    asked: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        asked.append((statement, parameters))

    with open_database(None) as database:
        event.listen(Engine, "before_cursor_execute", note)
        page(database, CALLS, None, 10, customers)
        event.remove(Engine, "before_cursor_execute", note)
        searches = [question for question in asked if "LIMIT" in question[0]]
        assert len(searches) == (1 if customers is None else 2 * len(customers))
        with database.view() as connection:
            for search, parameters in searches:
                plan = str(connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {search}", parameters).all())
                assert "USING COVERING INDEX" in plan
                assert "TEMP B-TREE" not in plan
