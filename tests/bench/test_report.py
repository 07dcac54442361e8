"""The report in its three forms."""

from pathlib import Path

import msgspec
import pytest

from bench.__main__ import PAGE as PAGE_OF_FIGURES
from bench.machine import examine
from bench.parts import PARTS
from bench.report import Report, markdown, rewritten, write


def test_people_read_what_was_met_and_what_was_not(report: Report) -> None:
    text = markdown(report)
    assert "2 cores of a processor, 24 GB, Linux 6, CPython 3.11" in text
    assert "1 of 2 goals met; 1 of 3 parts not measured." in text
    assert "| part | goals | met |\n| --- | --- | --- |\n| Rows | 2 | 1 |\n\nNot met:" in text
    assert "- REST, 1,000 calls: 2 ms, goal ≤ 1 ms" in text
    assert "- Peers: no Asterisk" in text
    assert "| REST, times plain | 60.0× | 50.0 … 70.0 | 3 | ≥ 30.0× | yes |" in text
    assert "| REST, 1,000 calls | 2 ms |  | 1 | ≤ 1 ms | **no** |" in text


def test_programs_read_the_same(report: Report, tmp_path: Path) -> None:
    write(report, tmp_path / "new")
    assert msgspec.json.decode((tmp_path / "new/report.json").read_bytes(), type=Report) == report
    assert (tmp_path / "new/report.md").read_text(encoding="utf-8") == markdown(report)


PAGE = (
    "# Speed\n\n<!-- bench: limits -->\nold\n<!-- /bench -->\n\nWords.\n\n<!-- bench: rows -->\n<!-- /bench -->\nEnd\n"
)


def test_the_documentation_is_rewritten_between_its_marks(report: Report) -> None:
    page = rewritten(PAGE, report)
    assert "old" not in page
    assert "| copying | 9 GB/s |" in page.partition("Words.")[0]
    assert "How." in page.partition("Words.")[2]
    assert page.endswith("<!-- /bench -->\nEnd\n")
    assert rewritten(page, report) == page


def test_a_part_that_is_not_in_the_report_stays_as_it_was(report: Report) -> None:
    page = "<!-- bench: moon -->\nold\n<!-- /bench -->"
    assert rewritten(page, report) == page


def test_a_part_that_was_skipped_has_no_old_figures(report: Report) -> None:
    page = rewritten("<!-- bench: peers -->\nold\n<!-- /bench -->", report)
    assert page == "<!-- bench: peers -->\n\nNot measured: no Asterisk\n\n<!-- /bench -->"


def test_what_is_of_an_earlier_run_is_told(report: Report) -> None:
    assert "Measured before" not in markdown(report)
    later = msgspec.structs.replace(report, earlier=("limits", "rows"))
    assert "Measured before, each in a run of its own: limits, rows." in markdown(later)


@pytest.mark.parametrize("key", [*PARTS, "soak", "machine", "balance"])
def test_the_documentation_has_a_place_for_every_part(key: str) -> None:
    assert PAGE_OF_FIGURES.read_text(encoding="utf-8").count(f"<!-- bench: {key} -->") == 1


def test_this_machine_is_known() -> None:
    machine = examine()
    assert machine.cores >= 1
    assert machine.memory_gb > 0
    assert machine.processor
    assert "callboard" in machine.versions
