"""Figures, and what they are worth."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.figures import Better, Figure, Section, each, ratio, words


def figure(*samples: float, **more: object) -> Figure:
    """One of milliseconds, unless it is said to be another."""
    return Figure(**{"name": "a/b", "title": "A", "unit": "ms", "samples": samples, **more})  # type: ignore[arg-type]


def test_the_median_counts_unless_the_best_is_asked_for() -> None:
    assert figure(1.0, 9.0, 2.0).value == 2.0
    assert figure(1.0, 9.0, 2.0, best=True).value == 1.0
    assert figure(1.0, 9.0, 2.0, best=True, better=Better.HIGHER).value == 9.0


def test_a_goal_is_met_on_its_own_side() -> None:
    assert figure(5.0).met is None
    assert figure(5.0, goal=5.0).met is True
    assert figure(5.1, goal=5.0).met is False
    assert figure(5.1, goal=5.0, better=Better.HIGHER).met is True
    assert figure(4.9, goal=5.0, better=Better.HIGHER).met is False


def test_a_figure_was_measured() -> None:
    with pytest.raises(ValueError, match="a/b has no samples"):
        figure()


def test_how_much_worse_is_told_alike_for_both_directions() -> None:
    assert figure(13.0).worse_than(10.0) == pytest.approx(0.3)
    assert figure(10.0, better=Better.HIGHER).worse_than(13.0) == pytest.approx(0.3)
    assert figure(5.0).worse_than(10.0) < 0
    assert figure(0.0, better=Better.HIGHER).worse_than(10.0) == float("inf")


@given(st.floats(0.001, 1e6), st.floats(0.001, 1e6))
def test_a_figure_is_worse_in_one_direction_only(value: float, before: float) -> None:
    lower, higher = figure(value), figure(value, better=Better.HIGHER)
    assert (lower.worse_than(before) > 0) == (value > before)
    assert (higher.worse_than(before) > 0) == (value < before)


def test_a_ratio_is_of_rounds_that_ran_side_by_side() -> None:
    assert ratio((1.0, 2.0), (10.0, 40.0)) == (10.0, 20.0)
    assert ratio((1.0, 2.0, 3.0), (10.0, 40.0)) == (12.5,)


@pytest.mark.parametrize(
    ("number", "unit", "text"),
    [
        (123456.7, "events/s", "123,457 events/s"),
        (99.94, "ms", "99.9 ms"),
        (1.2345, "ms", "1.23 ms"),
        (0.0123, "ms", "0.0123 ms"),
        (41.26, "×", "41.3×"),
        (36.0, "%", "36.0%"),
    ],
)
def test_numbers_are_short(number: float, unit: str, text: str) -> None:
    assert words(number, unit) == text


def test_names_are_unique() -> None:
    with pytest.raises(ValueError, match="two figures are called a/b"):
        each([Section(key="a", title="A", figures=(figure(1.0), figure(2.0)))])
