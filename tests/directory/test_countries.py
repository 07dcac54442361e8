from callboard.directory.countries import ALPHA_3, alpha_3


def test_every_country_once() -> None:
    assert len(ALPHA_3) == len(set(ALPHA_3.values())) == 250
    assert all(len(two) == 2 and len(three) == 3 for two, three in ALPHA_3.items())


def test_either_code_in_any_case() -> None:
    assert alpha_3("ph") == alpha_3("PHL") == alpha_3("phl") == "PHL"
    assert alpha_3("AT") == "AUT"
    assert alpha_3("ZZ") is None
    assert alpha_3("") is None
