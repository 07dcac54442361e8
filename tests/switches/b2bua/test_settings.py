"""The settings' own arithmetic."""

from hypothesis import given
from hypothesis import strategies as st

from callboard.switches.b2bua.settings import B2buaSettings

seconds = st.floats(0.1, 3_600)


def test_a_vanished_party_is_found_in_time() -> None:
    settings = B2buaSettings()
    assert settings.probe_timeout == 90
    assert settings.probe_silence + settings.probe_interval / 10 <= 90


@given(seconds, seconds)
def test_silence_is_never_nothing(interval: float, timeout: float) -> None:
    settings = B2buaSettings(probe_interval=interval, probe_timeout=timeout)
    assert timeout / 2 <= settings.probe_silence < timeout
