"""What holds for all tests."""

import os
import shutil
import signal
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.rig.asterisk import ASTERISK
from tests.rig.kamailio import KAMAILIO

# A busy machine is no failure: how fast things are is for the benchmark to say.
settings.register_profile("callboard", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("callboard")

PLACES = f"{os.environ.get('PATH', '')}:/usr/sbin"
BESIDE: dict[str, Callable[[], bool]] = {
    "asterisk": lambda: bool(ASTERISK),
    "kamailio": lambda: bool(KAMAILIO),
    "node": lambda: bool(shutil.which("node")) and Path("wallboard/node_modules").is_dir(),
}
"""What it takes to have these is more than a program on the path."""


def pytest_sessionstart(session: pytest.Session) -> None:
    """What is not installed means a skip, with its reason, unless `CALLBOARD_REQUIRE` names it: then nothing begins."""
    # Whatever a shell starts in its background has Ctrl-C ignored, and so would what the tests start.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    required = os.environ.get("CALLBOARD_REQUIRE", "").split()
    missing = sorted(name for name in required if not BESIDE.get(name, partial(_on_the_path, name))())
    if missing:
        pytest.exit(f"CALLBOARD_REQUIRE names what is not installed: {', '.join(missing)}", returncode=3)


def _on_the_path(program: str) -> bool:
    return shutil.which(program, path=PLACES) is not None
