"""The dialect's options."""

import pytest

from callboard.dialects.ozeki.settings import OzekiSettings


def test_addresses_and_networks_can_be_allowed_and_denied() -> None:
    settings = OzekiSettings(allowed_addresses=("192.168.0.0/16", "::1"), denied_addresses=("192.168.7.7",))
    assert (settings.v10_path, settings.xe_path, settings.xe_login) == ("/api", "/", "")


@pytest.mark.parametrize("member", ["allowed_addresses", "denied_addresses"])
def test_what_is_no_address_is_refused_by_name(member: str) -> None:
    with pytest.raises(ValueError, match=r"pbx\.example"):
        OzekiSettings(**{member: ("192.0.2.7", "pbx.example")})  # type: ignore[arg-type]


@pytest.mark.parametrize("member", ["v10_path", "xe_path"])
def test_a_path_begins_with_a_slash(member: str) -> None:
    with pytest.raises(ValueError, match="begin with a slash"):
        OzekiSettings(**{member: "api"})  # type: ignore[arg-type]


def test_each_profile_has_a_path_of_its_own_if_both_answer() -> None:
    with pytest.raises(ValueError, match="give each its own"):
        OzekiSettings(v10_path="/api", xe_path="//api/")
    assert OzekiSettings(profiles=("v10",), v10_path="/").v10_path == "/"


@pytest.mark.parametrize("name", ["Mars/Olympus", "Europe", "\ud800"])
def test_what_is_no_time_zone_is_refused_by_name(name: str) -> None:
    with pytest.raises(ValueError, match="no time zone"):
        OzekiSettings(time_zone=name)
