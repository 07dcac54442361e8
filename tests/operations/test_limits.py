"""Limits: when another level counts as reached."""

from hypothesis import given
from hypothesis import strategies as st

from callboard.operations.limits import LEVELS, SLACK, level_of


def test_levels_are_reached_upwards() -> None:
    assert [level_of(calls, 100, 0) for calls in (0, 79, 80, 94, 95, 99, 100, 250)] == [0, 0, 80, 80, 95, 95, 100, 100]


def test_a_level_holds_until_there_are_clearly_fewer() -> None:
    assert [level_of(calls, 100, 100) for calls in (99, 95, 94, 90, 89, 75, 74)] == [100, 100, 95, 95, 80, 80, 0]


def test_a_limit_of_one_call_is_free_or_full() -> None:
    assert (level_of(0, 1, 0), level_of(1, 1, 0), level_of(0, 1, 100)) == (0, 100, 0)


@given(st.integers(1, 10_000), st.lists(st.integers(-3, 3), max_size=200))
def test_a_count_that_wavers_is_told_of_once(most: int, steps: list[int]) -> None:
    """Within the slack of a level that was reached, nothing changes any more."""
    for level in LEVELS:
        calls = -(-level * most // 100)
        reached = level_of(calls, most, 0)
        for step in steps:
            now = calls + step
            if now * 100 >= (reached - SLACK) * most and level_of(now, most, 0) <= reached:
                assert level_of(now, most, reached) == reached
