"""What is found compiled when a start is measured."""

import os
import subprocess
import sys
from pathlib import Path

from bench.starting import keep_pythons_own


def test_where_nothing_is_compiled_python_itself_still_is(tmp_path: Path) -> None:
    compiled, bare = tmp_path / "compiled", tmp_path / "bare"
    writing = os.environ | {"PYTHONPYCACHEPREFIX": str(compiled), "PYTHONDONTWRITEBYTECODE": ""}
    subprocess.run([sys.executable, "-c", "import wave, click, callboard"], check=True, env=writing)
    keep_pythons_own(compiled, bare)
    left_out = {
        file.parent.name for file in compiled.rglob("*.pyc") if not (bare / file.relative_to(compiled)).exists()
    }
    assert {"click", "callboard"} <= left_out
    assert [*bare.rglob("wave.*.pyc")]
