import pytest

from callboard.directory.countries import ALPHA_3, NAMES, alpha_3, country_called
from callboard.directory.destinations import built_in


def test_every_country_once() -> None:
    assert len(ALPHA_3) == len(set(ALPHA_3.values())) == 250
    assert all(len(two) == 2 and len(three) == 3 for two, three in ALPHA_3.items())


def test_either_code_in_any_case() -> None:
    assert alpha_3("ph") == alpha_3("PHL") == alpha_3("phl") == "PHL"
    assert alpha_3("AT") == "AUT"
    assert alpha_3("ZZ") is None
    assert alpha_3("") is None


def test_every_country_has_a_name_of_its_own() -> None:
    assert set(NAMES) == set(ALPHA_3.values())
    assert len(set(NAMES.values())) == len(NAMES)
    assert {country_called(name) for name in NAMES.values()} == set(NAMES)


def test_names_are_those_of_the_built_in_destinations() -> None:
    parts = {"Ascension Island", "Tristan da Cunha"}
    found = {(row.country, row.group) for _, row in built_in().items() if row.country and row.group not in parts}
    assert found <= set(NAMES.items())


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("Philippines", "PHL"),
        ("PHILIPPINES", "PHL"),
        (" united   kingdom ", "GBR"),
        ("phl", "PHL"),
        ("ph", "PHL"),
        ("Réunion", "REU"),
        ("reunion", "REU"),
        ("Cote d’Ivoire", "CIV"),
        ("turkiye", "TUR"),
        ("Åland Islands", "ALA"),
        ("Philippine", None),
        ("", None),
        ("\ud800", None),
    ],
)
def test_a_country_is_found_by_name_or_code(name: str, code: str | None) -> None:
    assert country_called(name) == code
