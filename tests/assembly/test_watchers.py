"""When the watchers do what they do again and again."""

import pytest

from callboard.assembly.watchers import until_next_sample
from callboard.operations.loads import STEP


@pytest.mark.parametrize("early", [0.0, 0.000_01, 0.002, 0.05])
def test_a_timer_that_fires_early_takes_no_sample_twice(early: float) -> None:
    begun = 1_795_274_733.3
    woken = begun + until_next_sample(begun) - early
    assert STEP - 0.1 < until_next_sample(woken) <= STEP + 0.1


def test_samples_are_taken_at_the_marks() -> None:
    assert 0 < (1_795_274_733.3 + until_next_sample(1_795_274_733.3)) % STEP < 0.2
