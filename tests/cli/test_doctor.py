"""`callboard doctor`."""

from pathlib import Path

import msgspec
import pytest

from tests.cli.conftest import Run
from tests.ports import free_port


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two switches where nobody listens."""
    monkeypatch.chdir(tmp_path)
    file = Path("callboard.toml")
    file.write_text(
        f"[switches.asterisk.pbx1]\nport = {free_port()}\nsecret = 'hush-hush'\n"
        f"[switches.freeswitch.pbx2]\nport = {free_port()}\npassword = 'hush-hush'\n",
        encoding="utf-8",
    )
    return file


@pytest.mark.usefixtures("settings")
def test_what_fails_is_told_with_its_fix(run: Run) -> None:
    ran = run("doctor")
    lines = ran.out.splitlines()
    assert ran.code == 1
    assert lines[0] == "pbx1 (asterisk)"
    assert lines[1] == "  ✓ address     127.0.0.1"
    assert lines[2].startswith("  ✗ connection  127.0.0.1:")
    assert "      write these lines into manager.conf" in ran.out
    assert "pbx2 (freeswitch)" in lines
    assert "hush-hush" not in ran.out + ran.err


@pytest.mark.usefixtures("settings")
def test_for_programs(run: Run) -> None:
    ran = run("doctor", "pbx2", "-o", "json")
    (found,) = msgspec.json.decode(ran.out)
    assert (ran.code, found["switch"], found["kind"], found["ok"]) == (1, "pbx2", "freeswitch", False)
    assert [step["name"] for step in found["steps"]] == ["address", "connection"]
    assert [step["ok"] for step in found["steps"]] == [True, False]


@pytest.mark.usefixtures("settings")
def test_a_switch_that_is_not_there(run: Run) -> None:
    ran = run("doctor", "pbx3")
    assert (ran.code, ran.out) == (5, "")
    assert ran.err == "Error: there is no switch pbx3 in the settings\nName some of these: pbx1, pbx2\n"


def test_no_switch_at_all(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("callboard.toml").write_text("", encoding="utf-8")
    ran = run("doctor")
    assert (ran.code, "no switch to examine" in ran.out) == (0, True)
