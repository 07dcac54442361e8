"""`callboard directory`, against a running server."""

import io
import stat
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.house import House


def test_what_is_taken_out_can_be_put_in_again(house: House, ask: Run, tmp_path: Path) -> None:
    file = tmp_path / "directory.toml"
    assert ask("directory", "export", str(file)).out == f"Wrote {file}.\n"
    text = file.read_text(encoding="utf-8")
    assert 'name = "Acme"' in text
    file.write_text(text.replace('"Acme"', '"Acme & Sons"'), encoding="utf-8")
    ran = ask("directory", "import", str(file))
    assert (ran.code, ran.out) == (0, "The directory is in force.\n")
    customer = house.directory.customer(3)
    assert customer is not None
    assert customer.name == "Acme & Sons"


def test_a_file_with_verifiers_is_private(ask: Run, tmp_path: Path) -> None:
    file = tmp_path / "directory.json"
    ask("directory", "export", str(file))
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert file.read_text(encoding="utf-8").startswith("{")


def test_the_format_may_be_said(ask: Run) -> None:
    assert ask("directory", "export", "--format", "json").out.startswith("{")
    assert ask("directory", "export").out.startswith("[[customers]]")


def test_it_comes_from_standard_input_too(house: House, ask: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    document = ask("directory", "export").out.replace('"Globex"', '"Globex Corporation"')
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(document.encode())))
    assert ask("directory", "import", "-").code == 0
    customer = house.directory.customer(4)
    assert customer is not None
    assert customer.name == "Globex Corporation"


def test_every_mistake_in_a_document_is_told(house: House, ask: Run, tmp_path: Path) -> None:
    file = tmp_path / "directory.toml"
    file.write_text('[[customers]]\nid = 1\nnam = "Root"\n[[accounts]]\nid = -1\n', encoding="utf-8")
    before = house.directory.revision
    ran = ask("directory", "import", str(file))
    assert (ran.code, house.directory.revision) == (2, before)
    assert ran.err.startswith("Error: the server cannot use this: customers[0]")
    assert "\n  accounts[0]" in ran.err


def test_a_login_without_the_right_is_told_which(ask: Run) -> None:
    ran = ask("directory", "export", CALLBOARD_USER="acme", CALLBOARD_PASSWORD="demo-acme")
    assert ran.code == 1
    assert "directory." in ran.err


@pytest.mark.parametrize("verb", ["export", "import"])
def test_a_folder_is_no_file(ask: Run, tmp_path: Path, verb: str) -> None:
    ran = ask("directory", verb, str(tmp_path))
    assert ran.code == 2
    assert ran.err.startswith("Error: cannot ")


def test_a_table_of_destinations_is_put_in(house: House, ask: Run, tmp_path: Path) -> None:
    file = tmp_path / "rates.csv"
    file.write_text("prefix;name;country\n6391;Philippines Mobile;PHL\n", encoding="utf-8")
    assert ask("directory", "destinations", str(file)).out == "1 destinations of your own are in force.\n"
    assert [row.prefix for row in house.directory.destinations()] == ["6391"]


def test_every_mistake_in_a_table_is_told_with_its_line(house: House, ask: Run, tmp_path: Path) -> None:
    file = tmp_path / "rates.csv"
    file.write_text("prefix,name,country\nabc,Nowhere,PHL\n64,Somewhere,XXX\n", encoding="utf-8")
    ran = ask("directory", "destinations", str(file))
    assert (ran.code, house.directory.destinations()) == (2, ())
    assert "line 2" in ran.err
    assert "line 3" in ran.err
