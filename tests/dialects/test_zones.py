"""Time zones by name."""

from datetime import UTC, datetime

import pytest

from callboard.dialects.zones import zone_named


def test_a_zone_has_its_offset() -> None:
    moment = datetime(2021, 8, 22, 10, 11, 52, tzinfo=UTC)
    assert moment.astimezone(zone_named("Europe/Vilnius")).hour == 13
    assert zone_named("") is None


@pytest.mark.parametrize("name", ["Europe/Nowhere", "../../etc/passwd", "/etc/passwd", "\x00", "Europe", "x" * 5000])
def test_what_is_no_zone_is_refused_by_name(name: str) -> None:
    with pytest.raises(ValueError, match="is no time zone known here") as caught:
        zone_named(name)
    assert repr(name) in str(caught.value)
