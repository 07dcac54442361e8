"""The pages on the directory say what is so: every key is there, and the examples work as printed."""

import re
from pathlib import Path

import msgspec
import pytest

from callboard.directory.destinations import read_csv
from callboard.directory.directory import Directory
from callboard.directory.document import Document, Format, LoginEntry, Sealing, read_document
from callboard.directory.records import (
    DID,
    Account,
    Connection,
    Customer,
    Destination,
    Device,
    Machine,
    Vendor,
)

_REFERENCE = Path("docs/reference/directory.md").read_text(encoding="utf-8")
_HOW_TO = Path("docs/how-to/destinations.md").read_text(encoding="utf-8")

_SEALING = Sealing(
    ha1=lambda user, realm, password, algorithm: "0" * (32 if algorithm == "MD5" else 64),
    realm="callboard",
    login=lambda entry, password: msgspec.structs.replace(entry, password_hash="$argon2id$"),
    roles=("admin", "reseller", "user"),
    masks=("numbers", "names", "media"),
)


def _blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", page, re.DOTALL)


def _directory(document: Document) -> Directory:
    return Directory(document.records(), document.destinations)


def _printed(default: object) -> str:
    return "none" if default is None else f"`{msgspec.json.encode(default).decode()}`"


@pytest.mark.parametrize("form", ["toml", "json"])
def test_the_examples_of_the_document_are_taken_as_printed(form: Format) -> None:
    (text,) = _blocks(_REFERENCE, form)
    assert _directory(read_document(text, form, _SEALING)).account_by_user("101")


def test_numbers_of_the_example_go_where_the_page_says() -> None:
    directory = _directory(read_document(_blocks(_REFERENCE, "toml")[0], "toml", _SEALING))
    assert [connection.name for connection in directory.routes("442079460001")] == ["Carrier One, Paris"]
    assert [connection.name for connection in directory.routes("4930123456")] == ["Carrier One, Berlin"]


@pytest.mark.parametrize(
    ("section", "kind", "input_only"),
    [
        ("customers", Customer, set()),
        ("accounts", Account, {"sip_password"}),
        ("devices", Device, set()),
        ("vendors", Vendor, set()),
        ("connections", Connection, set()),
        ("dids", DID, set()),
        ("machines", Machine, set()),
        ("destinations", Destination, set()),
        ("logins", LoginEntry, {"password"}),
    ],
)
def test_every_key_is_explained_with_its_default(
    section: str, kind: type[msgspec.Struct], input_only: set[str]
) -> None:
    (table,) = re.findall(rf"\n## {section}\n(.*?)(?=\n## )", _REFERENCE, re.DOTALL)
    printed = dict(re.findall(r"^\| `(\w+)` \| (.*?) \|", table, re.MULTILINE))
    assert {key for key, default in printed.items() if default == "none"} >= input_only
    assert printed.keys() - input_only == {field.name for field in msgspec.structs.fields(kind)}
    for field in msgspec.structs.fields(kind):
        assert printed[field.name] == ("required" if field.required else _printed(field.default))


def test_the_csv_of_the_how_to_is_taken_and_wins_as_it_says() -> None:
    (text,) = _blocks(_HOW_TO, "csv")
    rows = re.findall(r"^\| `(\d+)` (.*?) \| `(\d+)` (.*?) \| ([\d ]+) \| (.*?) \|$", _HOW_TO, re.MULTILINE)
    assert len(rows) == 3
    for prefix, name, built_in_prefix, built_in_name, number, shown in rows:
        own = [Destination(prefix=prefix, name=name, country="PHL")]
        before, after = Directory().destination(number), Directory((), own).destination(number)
        assert before is not None
        assert after is not None
        assert (before.prefix, before.name, after.name) == (built_in_prefix, built_in_name, shown)
    assert [row.name for row in read_csv(text)] == ["Philippines Proper", "Globe", "London", "Satellite"]
