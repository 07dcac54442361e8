"""SIPp, or the reason why it is not there."""

import os

import pytest

from tests.conformance.sipp import INSTALL, SIPP


@pytest.fixture
def sipp() -> None:
    """Skip where SIPp is not installed; where it is required, fail."""
    if SIPP is None:
        if "sipp" in os.environ.get("CALLBOARD_REQUIRE", "").split():
            pytest.fail(INSTALL)
        pytest.skip(INSTALL)
