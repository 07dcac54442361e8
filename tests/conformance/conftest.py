"""SIPp and Asterisk, or the reason why they are not there."""

import os

import pytest

from tests.conformance.sipp import INSTALL, SIPP
from tests.rig import asterisk


@pytest.fixture
def sipp() -> None:
    """Skip where SIPp is not installed; where it is required, fail."""
    if SIPP is None:
        if "sipp" in os.environ.get("CALLBOARD_REQUIRE", "").split():
            pytest.fail(INSTALL)
        pytest.skip(INSTALL)


@pytest.fixture
def real_asterisk() -> None:
    """Skip where there is no Asterisk; where it is required, fail."""
    if not asterisk.ASTERISK:
        if "asterisk" in os.environ.get("CALLBOARD_REQUIRE", "").split():
            pytest.fail(asterisk.INSTALL)
        pytest.skip(asterisk.INSTALL)
