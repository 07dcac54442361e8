"""What the check complains of."""

from pathlib import Path

import msgspec

from bench.check import baseline_of, complaints, read
from bench.report import Report


def test_only_what_is_watched_is_kept(report: Report) -> None:
    assert baseline_of(report) == {"rows/rest": 60.0}


def test_a_run_is_as_good_as_itself(report: Report) -> None:
    assert complaints(report, baseline_of(report)) == {}


def test_a_ratio_may_be_a_little_worse(report: Report) -> None:
    assert complaints(report, {"rows/rest": 77.0}) == {}
    assert complaints(report, {"rows/rest": 81.0}) == {"rows/rest": "rows/rest: 60.0×, was 81.0×: 35% worse"}
    assert complaints(report, {"rows/rest": 1.0}) == {}


def test_what_is_not_measured_any_more_is_missed(report: Report) -> None:
    (line,) = complaints(report, {"peers/ari": 40.0, "rows/rest": 60.0}).values()
    assert line == "peers/ari: not measured, though the baseline has it (no Asterisk)"
    assert "no reason" in complaints(report, {"rows/gone": 1.0, "rows/rest": 60.0})["rows/gone"]


def test_what_is_watched_is_compared_with_something(report: Report) -> None:
    (line,) = complaints(report, {}).values()
    assert line == "rows/rest: watched, but the baseline does not have it: keep it with --keep"


def test_the_baseline_is_a_file_of_names_and_ratios(tmp_path: Path) -> None:
    file = tmp_path / "baseline.json"
    file.write_bytes(msgspec.json.encode({"rows/rest": 60.0}))
    assert read(file) == {"rows/rest": 60.0}
