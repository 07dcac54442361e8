"""SIPp and Asterisk, or the reason why they are not there."""

import pytest

from tests.conformance.sipp import INSTALL, SIPP
from tests.rig import asterisk


@pytest.fixture
def sipp() -> None:
    """Skip where SIPp is not installed."""
    if SIPP is None:
        pytest.skip(INSTALL)


@pytest.fixture
def real_asterisk() -> None:
    """Skip where there is no Asterisk."""
    if not asterisk.ASTERISK:
        pytest.skip(asterisk.INSTALL)
