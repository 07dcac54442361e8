"""What holds for all tests."""

import os
import shutil

import pytest
from hypothesis import settings

# A busy machine is no failure: how fast things are is for the benchmark to say.
settings.register_profile("callboard", deadline=None)
settings.load_profile("callboard")

PLACES = f"{os.environ.get('PATH', '')}:/usr/sbin"
IN_TREES = {"asterisk", "kamailio"}
"""Switches that stand in a tree of their own: the tests that need them look there."""


def pytest_sessionstart(session: pytest.Session) -> None:
    """A program that is not installed means a skip, unless `CALLBOARD_REQUIRE` names it: then nothing is skipped."""
    required = set(os.environ.get("CALLBOARD_REQUIRE", "").split()) - IN_TREES
    missing = sorted(program for program in required if shutil.which(program, path=PLACES) is None)
    if missing:
        pytest.exit(f"CALLBOARD_REQUIRE names what is not installed: {', '.join(missing)}", returncode=3)
