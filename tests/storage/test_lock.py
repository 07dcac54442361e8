"""Two servers do not share a database."""

import subprocess
import sys
from pathlib import Path

import pytest

from callboard.storage.errors import StorageError
from callboard.storage.lock import alone

HOLDER = """
import sys
from pathlib import Path
from callboard.storage.lock import alone
with alone(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_second_server_is_refused_until_the_first_is_gone(tmp_path: Path) -> None:
    path = tmp_path / "data" / "callboard.db"
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as first:
        assert first.stdout is not None
        assert first.stdout.readline() == "held\n"
        with pytest.raises(StorageError, match="Another Callboard uses the database"), alone(path):
            pass
        first.kill()
    with alone(path):
        pass


def test_what_is_in_memory_is_nobody_elses() -> None:
    with alone(None), alone(None):
        pass


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match="cannot be made"), alone(tmp_path / "file" / "callboard.db"):
        pass


def test_an_error_of_the_work_inside_stays_what_it_is(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="of the work"), alone(tmp_path / "callboard.db"):
        raise FileNotFoundError(2, "of the work")
