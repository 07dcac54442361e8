"""`callboard config`."""

import tomllib
from pathlib import Path

import msgspec
import pytest

from tests.cli.conftest import Run


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_a_file_is_written_and_is_fine(run: Run) -> None:
    assert run("config", "init").code == 0
    assert run("config", "check").out == "callboard.toml is fine.\n"


def test_a_file_is_not_overwritten_unless_forced(run: Run) -> None:
    file = Path("callboard.toml")
    file.write_text("# mine\n", encoding="utf-8")
    ran = run("config", "init")
    assert (ran.code, ran.err) == (
        2,
        "Error: callboard.toml exists\nName another file, or overwrite it with --force\n",
    )
    assert file.read_text(encoding="utf-8") == "# mine\n"
    assert run("config", "init", "--force").code == 0
    assert file.read_text(encoding="utf-8") != "# mine\n"


def test_a_folder_that_is_not_there(run: Run) -> None:
    ran = run("config", "init", "none/callboard.toml")
    assert ran.code == 2
    assert ran.err.startswith("Error: cannot write none/callboard.toml: No such file")


def test_check_reports_every_mistake(run: Run) -> None:
    Path("mine.toml").write_text("[node]\nindx = 1\n[journal]\nkeep_days = -1\n", encoding="utf-8")
    ran = run("config", "check", "-c", "mine.toml", "--set", "logging.level=loud")
    assert ran.code == 6
    assert ran.out == ""
    assert ran.err.splitlines()[0] == "Error: the settings have 3 mistakes:"
    assert "  mine.toml:2: node.indx: there is no such setting; did you mean `index`?" in ran.err.splitlines()


def test_a_single_mistake_is_not_plural(run: Run) -> None:
    assert run("config", "check").err.startswith("Error: the settings have a mistake:\n  callboard.toml: there is no")


def test_show_tells_values_and_origins(run: Run) -> None:
    Path("callboard.toml").write_text("[journal]\nkeep_days = 7\n", encoding="utf-8")
    ran = run("config", "show", "--set", "node.index=3", CALLBOARD_ACCESS__SHARED_KEY="opensesame")
    assert "keep_days = 7  # callboard.toml:2\n" in ran.out
    assert "index = 3  # option --set\n" in ran.out
    assert "opensesame" not in ran.out
    assert tomllib.loads(ran.out)["node"] == {"index": 3}


def test_show_as_json_is_for_programs(run: Run) -> None:
    Path("callboard.toml").write_text("", encoding="utf-8")
    shown = msgspec.json.decode(run("config", "show", "-o", "json").out)
    assert {"key": "node.index", "value": 0, "origin": "default"} in shown


def test_schema_is_json(run: Run) -> None:
    assert msgspec.json.decode(run("config", "schema").out)["title"] == "Settings of Callboard"


def test_an_option_without_a_value_is_told(run: Run) -> None:
    ran = run("config", "show", "--set", "node.index")
    assert (ran.code, ran.err) == (2, "Error: --set node.index has no value\nWrite it like --set node.index=3\n")
