"""What the check makes of a run."""

from collections.abc import Callable

import msgspec
import pytest

from bench import __main__ as run
from bench.report import Report

_judge: Callable[[Report, bool], int] = run._judge


def slower(report: Report, ratio: float) -> Report:
    """The report with another ratio of the rows."""
    limits, rows, peers = report.sections
    figure = msgspec.structs.replace(rows.figures[0], samples=(ratio,))
    rows = msgspec.structs.replace(rows, figures=(figure, *rows.figures[1:]))
    return msgspec.structs.replace(report, sections=(limits, rows, peers))


@pytest.mark.parametrize(("second", "code"), [(60.0, 0), (20.0, 1)])
def test_only_what_is_worse_twice_is_slower(
    report: Report, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], second: float, code: int
) -> None:
    again: list[list[str]] = []

    def measured(names: list[str], *_: object) -> Report:
        again.append(names)
        return slower(report, second)

    monkeypatch.setattr(run, "read", lambda: {"rows/rest": 60.0})
    monkeypatch.setattr(run, "_run", measured)
    assert _judge(slower(report, 20.0), False) == code
    assert again == [["rows"]]
    assert "Measured once more" in capsys.readouterr().err


def test_what_is_as_fast_as_it_was_is_not_measured_again(report: Report, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "read", lambda: {"rows/rest": 60.0})
    monkeypatch.setattr(run, "_run", lambda *_: pytest.fail("it was measured again"))
    assert _judge(report, False) == 0
