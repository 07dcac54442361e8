"""The parts of a run, and the run."""

import sys
from pathlib import Path

import msgspec
import pytest

from bench import __main__ as run
from bench import peers
from bench.check import BASELINE, read
from bench.figures import Better, Figure, Section
from bench.parts import FULL_ONLY, PARTS, step
from bench.report import Report
from bench.soak import Plan, Soaked


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


def test_a_part_that_fails_takes_no_other_with_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(run, "LONGEST", 0.01)
    monkeypatch.setattr(run, "read", lambda: {"limits/x": 10.0, "table/x": 10.0})
    arguments(monkeypatch, "--only", "limits", "--out", str(tmp_path), "--check")
    assert run.main() == 1
    report = msgspec.json.decode((tmp_path / "report.json").read_bytes(), type=Report)
    assert report.sections[0].skipped.startswith("it failed: ")
    words = capsys.readouterr().err
    assert "limits/x: not measured" in words
    assert "table/x" not in words


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
