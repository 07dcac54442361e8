"""How single values are written."""

from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from callboard.api.fields import timestamp


@given(st.floats(-6e10, 2.5e11) | st.floats(-2.0, 2.0))
@example(-0.0000004)
@example(0.9999996)
@example(-0.9999996)
@example(1629627112.9999996)
@example(1629627112.0004999)
def test_a_moment_is_written_as_the_standard_library_has_it(at: float) -> None:
    standard = datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")
    assert timestamp(at) == standard.replace("+00:00", "Z")


def test_no_moment_is_null() -> None:
    assert timestamp(None) is None


@pytest.mark.parametrize("at", [float("nan"), float("inf"), 1e12])
def test_what_is_no_moment_is_not_written(at: float) -> None:
    with pytest.raises((ValueError, OverflowError)):
        timestamp(at)
