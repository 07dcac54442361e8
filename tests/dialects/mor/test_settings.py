"""The dialect's options."""

import pytest

from callboard.dialects.mor.settings import MorSettings


def test_requests_are_signed_posts_unless_the_settings_say_otherwise() -> None:
    settings = MorSettings()
    assert (settings.path, settings.allow_api, settings.allow_get, settings.check_hash) == (
        "/billing/api/active_calls_get",
        True,
        False,
        True,
    )


def test_a_path_begins_with_a_slash() -> None:
    with pytest.raises(ValueError, match="begin with a slash"):
        MorSettings(path="billing/api")


def test_a_zone_that_is_none_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="Europe/Wilno"):
        MorSettings(time_zone="Europe/Wilno")
