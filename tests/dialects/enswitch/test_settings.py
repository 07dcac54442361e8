"""The dialect's options."""

import pytest

from callboard.dialects.enswitch.dialect import EnswitchDialect
from callboard.dialects.enswitch.settings import EnswitchSettings
from tests.house import House


@pytest.mark.parametrize(
    ("prefix", "path"),
    [
        ("/api/json/", "/api/json/*"),
        ("/api/json", "/api/json/*"),
        ("/local//api/json/", "/local/api/json/*"),
        ("/", "/*"),
    ],
)
def test_it_answers_everything_below_its_prefix(house: House, prefix: str, path: str) -> None:
    assert EnswitchDialect(house.desk, EnswitchSettings(prefix=prefix)).paths == (path,)


def test_a_prefix_begins_with_a_slash() -> None:
    with pytest.raises(ValueError, match="write it like /api/json/"):
        EnswitchSettings(prefix="api/json/")
