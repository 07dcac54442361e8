"""The command line as a whole: it answers at once, explains itself, and its page in the docs is true."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from callboard.cli.manual import manual
from tests.cli.conftest import Run

HEAVY = (
    "alembic",
    "asyncio",
    "httpx2",
    "msgspec",
    "numpy",
    "phonenumbers",
    "pydantic",
    "rich",
    "sqlalchemy",
    "textual",
    "uvicorn",
)
MOST_MODULES = 200
"""Modules that are there when the help is shown, Python's own with them: each takes its time."""
DOCS = Path(__file__).parents[2] / "docs" / "reference"


@pytest.mark.parametrize(
    "words", ["--help", "--version", "cheat", "demo --help", "calls ls --help", "calls list --help"]
)
def test_nothing_heavy_is_imported_to_explain(words: str) -> None:
    code = f"""
import sys
from callboard.cli import main
sys.argv = ["callboard", *{words.split()!r}]
try:
    main()
finally:
    print("imported:", *(set({HEAVY!r}) & set(sys.modules)), file=sys.stderr)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout
    assert done.stderr == "imported:\n"


def test_few_modules_are_imported_to_explain() -> None:
    code = "import sys; from callboard.cli import app; sys.argv = ['callboard', '--help']\n"
    code += "try:\n    app.main()\nfinally:\n    print(len(sys.modules), file=sys.stderr)"
    # What measures coverage brings a hundred of its own.
    bare = {name: value for name, value in os.environ.items() if not name.startswith("COV")}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=bare)
    assert int(done.stderr) <= MOST_MODULES


def test_python_m_is_the_same_command() -> None:
    done = subprocess.run([sys.executable, "-m", "callboard", "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("callboard 0.")


def test_version_is_a_verb_and_an_option(run: Run) -> None:
    assert run("version") == run("--version") == run("-V")


def test_without_words_the_help_is_shown(run: Run) -> None:
    ran = run()
    assert "Usage: callboard" in ran.out + ran.err
    assert "demo" in ran.out + ran.err


def test_a_mistyped_verb_has_a_suggestion(run: Run) -> None:
    ran = run("serv")
    assert ran.code == 2
    assert "Did you mean 'serve'?" in ran.err


@pytest.mark.parametrize(
    "words",
    [
        "demo",
        "serve",
        "calls ls",
        "calls hangup",
        "calls forget",
        "directory export",
        "directory import",
        "config init",
    ],
)
def test_the_help_of_a_verb_has_examples_that_fit_the_screen(run: Run, words: str) -> None:
    ran = run(*words.split(), "--help", COLUMNS="80")
    assert ran.code == 0
    assert f"  callboard {words}" in ran.out.partition("Examples:")[2]
    assert max(map(len, ran.out.splitlines())) <= 80


def test_the_page_in_the_docs_is_up_to_date(run: Run) -> None:
    page = (DOCS / "cli.md").read_text(encoding="utf-8")
    assert page == manual(), "run: callboard reference cli > docs/reference/cli.md"
    assert run("reference", "cli").out == page


def test_the_settings_page_comes_from_the_same_verb(run: Run) -> None:
    assert run("reference", "configuration").out.startswith("# Settings\n")
