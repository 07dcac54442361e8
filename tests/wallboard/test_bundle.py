"""The bundle in the package is the build of the wallboard's sources."""

import hashlib
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = ROOT / "wallboard"
BUNDLE = ROOT / "src" / "callboard" / "wallboard" / "bundle"
REMEDY = "run 'make wallboard' and commit what it writes"


def fingerprint() -> str:
    """One digest over the names and contents of all that the bundle is made from, as the build writes it."""
    top = ["build.mjs", "package-lock.json", "package.json", "tsconfig.json"]
    inside = [path.relative_to(SOURCES).as_posix() for path in (SOURCES / "src").rglob("*") if path.is_file()]
    digest = hashlib.sha256()
    for name in sorted(top + inside):
        content = (SOURCES / name).read_bytes()
        digest.update(f"{name}\n{len(content)}\n".encode() + content)
    return digest.hexdigest()


def test_it_was_built_from_these_sources() -> None:
    assert (BUNDLE / "sources.sha256").read_text().strip() == fingerprint(), REMEDY


def test_it_stays_small() -> None:
    """A wall's little computer, or a phone on the road, loads it in no time."""
    assert sum(path.stat().st_size for path in BUNDLE.iterdir()) < 250_000


def test_the_licences_of_what_is_in_it_are_beside_it() -> None:
    licences = (BUNDLE / "licences.txt").read_text()
    for name in ("preact", "@preact/signals", "@preact/signals-core", "uplot"):
        assert f"{name} " in licences


def test_building_it_anew_gives_the_same_bytes_and_the_pure_parts_pass_their_tests() -> None:
    if shutil.which("node") is None or not (SOURCES / "node_modules").is_dir():
        pytest.skip("node or the wallboard's packages are not installed: 'make wallboard' installs them")
    for flag in ("--check", "--test"):
        result = subprocess.run(["node", "build.mjs", flag], cwd=SOURCES, capture_output=True, text=True, check=False)
        assert result.returncode == 0, result.stdout + result.stderr
