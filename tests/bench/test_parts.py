"""The parts of a run, and the run."""

import sys
import time
from pathlib import Path

import msgspec
import pytest

from bench import __main__ as run
from bench import peers
from bench.check import BASELINE, read
from bench.figures import Better, Figure, Section
from bench.parts import FULL_ONLY, PARTS, step
from bench.report import Report
from bench.soaked import Plan, Soaked


def arguments(monkeypatch: pytest.MonkeyPatch, *words: str) -> None:
    """Called like this."""
    monkeypatch.setattr(sys, "argv", ["bench", *words])


def test_a_part_is_measured_in_a_process_of_its_own_and_reported(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    seen = Soaked(plan=Plan(seconds=60.0, rate=10.0), memory=[(1.0, 50.0)], looks=[1.0], begun=600, seconds=60.0)
    (tmp_path / "soak.json").write_bytes(msgspec.json.encode(seen))
    arguments(monkeypatch, "--only", "limits", "--out", str(tmp_path), "--soak", str(tmp_path / "soak.json"))
    assert run.main() == 0
    report = msgspec.json.decode((tmp_path / "report.json").read_bytes(), type=Report)
    assert [section.key for section in report.sections] == ["limits", "soak"]
    assert report.sections[0].seconds > 0
    assert "## What the machine can do" in (tmp_path / "report.md").read_text(encoding="utf-8")
    assert "| calls that came | 10.0 calls/s |" in capsys.readouterr().out


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Parts run this program, which says what it did before it fails."""
    program = tmp_path / "python"
    program.write_text(f"#!/bin/sh\necho $3 >> {tmp_path}/ran\necho 'OSError: no room' >&2\nexit 3\n", "ascii")
    program.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(program))
    return tmp_path


def test_a_part_that_fails_is_tried_again_and_takes_no_other_with_it(
    monkeypatch: pytest.MonkeyPatch, failing: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(run, "read", lambda: {"limits/x": 10.0, "rows/x": 10.0})
    arguments(monkeypatch, "--only", "limits", "table", "--out", str(failing), "--check")
    assert run.main() == 1
    report = msgspec.json.decode((failing / "report.json").read_bytes(), type=Report)
    assert [section.skipped for section in report.sections] == ["it failed: OSError: no room"] * 2
    assert (failing / "ran").read_text("ascii").split() == ["limits", "limits", "table", "table"]
    words = capsys.readouterr().err
    assert "limits/x: not measured" in words
    assert "rows/x" not in words


def test_a_run_of_which_a_part_failed_has_failed(monkeypatch: pytest.MonkeyPatch, failing: Path) -> None:
    arguments(monkeypatch, "--only", "limits", "--out", str(failing))
    assert run.main() == 1


def test_a_part_that_takes_too_long_is_ended_with_all_that_it_started(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    program, started = tmp_path / "python", tmp_path / "started"
    program.write_text(f"#!/bin/sh\nsleep 1000 &\necho $! > {started}\nwait\n", "ascii")
    program.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(program))
    monkeypatch.setattr(run, "LONGEST", 0.5)
    section = run._measured("limits", False)
    assert section.failed
    assert section.skipped == "it failed: it took more than 0 s"
    pid = int(started.read_text("ascii"))
    deadline = time.monotonic() + 10
    while Path(f"/proc/{pid}").exists() and "Z" not in Path(f"/proc/{pid}/stat").read_text("ascii").split()[2]:
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_parts_are_taken_from_an_earlier_report(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, report: Report
) -> None:
    earlier = tmp_path / "earlier.json"
    earlier.write_bytes(msgspec.json.encode(report))
    monkeypatch.setattr(run, "_part", lambda name, full: Section(key=name, title=name, skipped="not here"))
    arguments(monkeypatch, "--only", "rows", "--with", str(earlier), "--out", str(tmp_path))
    assert run.main() == 0
    merged = msgspec.json.decode((tmp_path / "report.json").read_bytes(), type=Report)
    assert [(section.key, section.title) for section in merged.sections] == [
        ("limits", "The machine"),
        ("rows", "rows"),
        ("peers", "Peers"),
    ]
    assert merged.earlier == ("limits", "peers")


@pytest.mark.parametrize("words", [["--docs"], ["--docs", "--full", "--only", "limits"]])
def test_the_documentation_is_of_whole_reports(monkeypatch: pytest.MonkeyPatch, words: list[str]) -> None:
    arguments(monkeypatch, *words)
    with pytest.raises(SystemExit):
        run.main()


def test_a_soak_that_cannot_be_read_is_told_before_anything_is_measured(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(run, "_part", lambda name, full: pytest.fail("measured"))
    arguments(monkeypatch, "--only", "limits", "--soak", str(tmp_path / "none.json"))
    with pytest.raises(FileNotFoundError):
        run.main()


@pytest.mark.parametrize(("value", "code"), [(9.0, 0), (5.0, 1)])
def test_the_check_is_the_exit_code(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, value: float, code: int) -> None:
    def part(name: str, full: bool) -> Section:
        figure = Figure(name="limits/x", title="X", unit="×", samples=(value,), better=Better.HIGHER, watched=True)
        return Section(key=name, title=name, figures=(figure,))

    baseline = tmp_path / "baseline.json"
    baseline.write_bytes(b'{"limits/x": 10.0}')
    monkeypatch.setattr(run, "_part", part)
    monkeypatch.setattr(run, "read", lambda: read(baseline))
    arguments(monkeypatch, "--only", "limits", "--out", str(tmp_path), "--check")
    assert run.main() == code


def test_what_is_kept_is_what_was_measured_beside_what_was_not(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def part(name: str, full: bool) -> Section:
        figure = Figure(name=f"{name}/x", title="X", unit="×", samples=(5.0,), better=Better.HIGHER, watched=True)
        return Section(key=name, title=name, figures=(figure,))

    baseline = tmp_path / "baseline.json"
    baseline.write_bytes(b'{"table/x": 10.0, "limits/x": 10.0}')
    monkeypatch.setattr(run, "_part", part)
    monkeypatch.setattr(run, "BASELINE", baseline)
    monkeypatch.setattr(run, "read", lambda: read(baseline))
    arguments(monkeypatch, "--only", "limits", "--out", str(tmp_path), "--keep", "--check")
    assert run.main() == 0
    assert read(baseline) == {"limits/x": 5.0, "table/x": 10.0}


def test_a_part_without_its_programs_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(peers, "SIPP", None)
    assert "SIPp is not installed" in PARTS["peers"](False).skipped


def test_the_kept_baseline_is_of_parts_that_a_quick_run_has() -> None:
    parts = {name.partition("/")[0] for name in read(BASELINE)}
    assert parts <= PARTS.keys() - FULL_ONLY


def test_a_step_is_some_nanoseconds() -> None:
    assert 1e-9 < step() < 1e-4
