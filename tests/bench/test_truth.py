"""What is compared at a check."""

from bench.followers import Copy, Row, digest
from bench.truth import Listed, compared, copies_compared, counted_compared, fed_compared


def listed(
    number: int, account: int | None = 1, customer: int | None = 1, callee_customer: int | None = None
) -> Listed:
    """A row of the server's."""
    return Listed(str(number), "answered", account, customer, callee_customer, f"{number}-x")


def row(of: Listed) -> Row:
    """The same as a stream shows it."""
    return Row(of.id, of.state, of.account, of.sip_call_id)


def test_what_is_the_same_is_no_complaint() -> None:
    assert compared("REST", {1, 2}, [2, 1]) == []
    assert counted_compared([listed(1), listed(2, None)], 2, {1: 1, None: 1}) == []


def test_ghosts_lost_calls_and_doubles_are_told() -> None:
    assert compared("REST", {1, 2}, [2, 3, 2]) == ["REST: 1 ghosts (3)", "REST: 1 lost (1)", "REST: 1 twice (2)"]


def test_counters_must_say_what_the_rows_do() -> None:
    rows = [listed(1), listed(2, 5)]
    assert counted_compared(rows, 3, {1: 1, 5: 1}) == ["counters: 3 in all, and 2 rows"]
    assert counted_compared(rows, 2, {1: 1, 5: 2}) == ["counters: 1 accounts differ; account 5 has 1 rows and counts 2"]
    assert counted_compared(rows, 2, {1: 1}) == ["counters: 1 accounts differ; account 5 has 1 rows and counts 0"]


def test_each_call_is_counted_once() -> None:
    metrics = (
        "# TYPE callboard_calls_started_total counter\n"
        'callboard_calls_started_total{switch="proxy"} 5.0\n'
        'callboard_calls_ended_total{direction="outbound",reason="busy",switch="proxy"} 1.0\n'
        'callboard_calls_ended_total{direction="outbound",reason="normal",switch="proxy"} 2.0\n'
    )
    assert fed_compared(metrics, 5, 3) == []
    assert fed_compared(metrics, 6, 2) == [
        "counters: 5 calls started, and the switch had 6",
        "counters: 3 calls ended, and the switch had 2",
    ]


def test_a_copy_is_the_list_of_whom_it_follows() -> None:
    rows = [listed(1, customer=2), listed(2, customer=3, callee_customer=2), listed(3, customer=3)]
    below = {2: frozenset((2,)), 3: frozenset((3,))}
    everything = Copy(0, 3, digest(map(row, reversed(rows))), 1, 0, 0)
    of_two = Copy(2, 2, digest(map(row, rows[:2])), 1, 0, 0)
    assert copies_compared(rows, [everything, of_two], below) == []
    stale = Copy(3, 1, digest(map(row, rows[2:])), 1, 0, 0)
    assert copies_compared(rows, [stale], below) == ["stream of customer 3: a copy of 1 calls is not the list of 2"]
    refused = Copy(0, 3, everything.digest, 1, 0, 2)
    assert copies_compared(rows, [refused], below) == ["stream of customer 0: 2 errors"]
