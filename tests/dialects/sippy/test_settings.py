"""The dialect's options."""

import pytest

from callboard.dialects.sippy.settings import SippySettings


def test_addresses_and_networks_can_be_trusted() -> None:
    assert SippySettings(trusted_addresses=("192.0.2.7", "10.0.0.0/8", "::1")).path == "/xmlapi/xmlapi"


def test_what_is_no_address_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match=r"pbx\.example"):
        SippySettings(trusted_addresses=("192.0.2.7", "pbx.example"))


def test_a_path_begins_with_a_slash() -> None:
    with pytest.raises(ValueError, match="begin with a slash"):
        SippySettings(path="xmlapi")
