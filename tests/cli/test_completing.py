"""What the tab key offers, as the shells' own scripts ask for it."""

import os
import re
import subprocess
import sys

import pytest

from callboard.cli.completing import THINGS, contexts, states, things
from callboard.cli.contexts_file import Context, Contexts, save, where
from tests.cli.conftest import Run


@pytest.fixture
def kept(run: Run) -> None:
    """Two servers; `run` has given this test a folder for its settings."""
    assert run is not None
    save(Contexts(contexts={name: Context(server="http://127.0.0.1:1") for name in ("office", "home")}))


@pytest.mark.parametrize(
    ("words", "offered", "other"),
    [
        ("calls ls --state a", "authenticating", "ringing"),
        ("contexts use h", "home", "office"),
    ],
)
@pytest.mark.usefixtures("kept")
def test_the_shells_are_answered(words: str, offered: str, other: str) -> None:
    place = str(words.count(" ") + 1)
    asked = (
        {"_CALLBOARD_COMPLETE": "complete_bash", "COMP_WORDS": f"callboard {words}", "COMP_CWORD": place},
        {"_CALLBOARD_COMPLETE": "complete_zsh", "_TYPER_COMPLETE_ARGS": f"callboard {words}"},
    )
    code = "from callboard.cli import main; import sys; sys.argv = ['callboard']; main()"
    for variables in asked:
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=False, env=os.environ | variables
        )
        found = re.findall(r"[a-z_]+", done.stdout)
        assert (offered in found, other in found) == (True, False), done.stdout + done.stderr


def test_states() -> None:
    assert states("h") == ["held"]
    assert len(states("")) == 9


def test_the_second_thing_after_a_comma() -> None:
    assert things("") == list(THINGS)
    assert things("customer,c") == ["customer,connection", "customer,country"]


@pytest.mark.usefixtures("kept")
def test_contexts() -> None:
    assert contexts("") == ["home", "office"]
    where().write_text("{", encoding="utf-8")
    assert contexts("") == []
