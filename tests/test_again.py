"""The second look at tests that failed."""

from pathlib import Path

import pytest

from tests.again import FEW, main

ONCE = """
from pathlib import Path

def test_shaky():
    seen = Path("seen")
    before = seen.exists()
    seen.touch()
    assert before
"""
NEVER = """
import pytest

@pytest.mark.parametrize("one", range({count}))
def test_broken(one):
    assert False
"""
CHANCE = """
from hypothesis import given, settings, strategies

@settings(max_examples=2000)
@given(strategies.integers())
def test_chance(number):
    assert number < 100
"""


@pytest.fixture
def tests(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of tests of its own."""
    (tmp_path / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)
    return tmp_path / "test_one.py"


def test_what_fails_and_then_passes_is_named(tests: Path, capfd: pytest.CaptureFixture[str]) -> None:
    tests.write_text(ONCE, encoding="utf-8")
    assert main(["-q"]) == 0
    assert capfd.readouterr().out.endswith("to be mended:\n  test_one.py::test_shaky\n")


def test_what_fails_twice_fails(tests: Path, capfd: pytest.CaptureFixture[str]) -> None:
    tests.write_text(ONCE + NEVER.format(count=1), encoding="utf-8")
    assert main(["-q", "-n", "2"]) == 1
    told = capfd.readouterr().out
    assert "Once more" in told
    assert "1 failed, 1 passed" in told
    assert "Shaky" not in told


def test_what_chance_found_is_found_again(tests: Path, capfd: pytest.CaptureFixture[str]) -> None:
    tests.write_text(CHANCE, encoding="utf-8")
    assert main(["-q"]) == 1
    assert "Once more" in capfd.readouterr().out


def test_many_failures_are_no_accident(tests: Path, capfd: pytest.CaptureFixture[str]) -> None:
    tests.write_text(NEVER.format(count=FEW + 1), encoding="utf-8")
    assert main(["-q"]) == 1
    assert "Once more" not in capfd.readouterr().out


@pytest.mark.parametrize(
    ("text", "code"), [("def test_good():\n    pass\n", 0), ("", 5), ("import nothing_at_all\n", 2)]
)
def test_anything_else_is_as_pytest_says(tests: Path, capfd: pytest.CaptureFixture[str], text: str, code: int) -> None:
    tests.write_text(text, encoding="utf-8")
    assert main(["-q"]) == code
    assert "Once more" not in capfd.readouterr().out
