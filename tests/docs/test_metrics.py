"""The reference of the metrics is what they are."""

from pathlib import Path

from callboard.metrics.manual import metrics_page


def test_the_reference_page_is_current() -> None:
    page = Path("docs/reference/metrics.md").read_text(encoding="utf-8")
    assert page == metrics_page(), "run: callboard reference metrics > docs/reference/metrics.md"
