"""The settings' own arithmetic."""

import msgspec
import pytest
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


@pytest.mark.parametrize("address", ["192.0.2.7", "192.0.2.7:x", "[::1]", "192.0.2.7:70000"])
@pytest.mark.parametrize("name", ["sip", "carrier"])
def test_an_address_without_a_port_is_refused(name: str, address: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=r"write it like|give a number"):
        msgspec.convert({name: address}, B2buaSettings)


def test_addresses_may_leave_the_port_to_the_system_and_the_carrier_out() -> None:
    assert B2buaSettings(sip="127.0.0.1:0", carrier="").sip == "127.0.0.1:0"
