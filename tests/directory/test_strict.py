import msgspec
import pytest

from callboard.directory.records import Account, Customer, Vendor
from callboard.directory.strict import Reading, read_sections, read_table


def _read(data: object, kind: type[msgspec.Struct] = Account, secrets: tuple[str, ...] = ()) -> Reading[msgspec.Struct]:
    reading = read_table("accounts[2]", data, kind, secrets)
    assert isinstance(reading, Reading)
    return reading


def test_a_right_table_is_the_record() -> None:
    reading = _read({"id": 1, "customer": 2, "sip_user": "101", "addresses": ["192.0.2.1"], "blocked": True})
    assert reading.value == Account(id=1, customer=2, sip_user="101", addresses=("192.0.2.1",), blocked=True)
    assert reading.mistakes == ()


def test_secrets_come_apart() -> None:
    reading = _read({"id": 1, "name": "V", "password": "s3cret"}, Vendor, ("password",))
    assert reading.value == Vendor(id=1, name="V")
    assert reading.secrets == {"password": "s3cret"}


def test_every_mistake_has_its_path_and_never_the_value() -> None:
    data = {"id": "s3cret", "sip_usr": "x", "addresses": ["ok", 5], "blocked": 1, "name": None, "ha1_md5": ["s3cret"]}
    reading = _read(data)
    assert reading.mistakes == (
        "accounts[2].addresses: give a list of texts, not a list that holds other things",
        "accounts[2].blocked: give true or false, not a number",
        "accounts[2].customer: is missing; give a whole number",
        "accounts[2].ha1_md5: give a text in quotes, not a list that holds other things",
        "accounts[2].id: give a whole number, not a text",
        "accounts[2].name: give a text in quotes, not nothing",
        "accounts[2].sip_user: is missing; give a text in quotes",
        "accounts[2].sip_usr: there is no such key; did you mean sip_user?",
    )


@pytest.mark.parametrize(
    ("value", "words"), [(True, "true or false"), (1.5, "a number with a fraction"), ({}, "a table")]
)
def test_values_that_look_like_numbers_are_none(value: object, words: str) -> None:
    assert _read({"id": value, "name": "A"}, Customer).mistakes == (
        f"accounts[2].id: give a whole number, not {words}",
    )


def test_null_is_no_parent() -> None:
    assert _read({"id": 1, "name": "A", "parent": None}, Customer).value == Customer(id=1, name="A")


def test_what_is_no_table_is_told() -> None:
    assert read_table("accounts[2]", "x", Account) == "accounts[2]: give a table of keys and values"


def test_sections_are_lists_with_known_names() -> None:
    sections, mistakes = read_sections(
        {"accounts": [1], "acounts": [], "zzz": 1, "vendors": {}}, ("accounts", "vendors")
    )
    assert sections == {"accounts": [1]}
    assert mistakes == [
        "acounts: there is no such key; did you mean accounts?",
        "zzz: there is no such key; remove it",
        "vendors: give a list of tables, one for each ([[vendors]] in TOML)",
    ]
