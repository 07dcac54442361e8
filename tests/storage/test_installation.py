import subprocess
import sys
import threading
from pathlib import Path

import pytest

from callboard.storage.database import Database, open_database
from callboard.storage.installation import installation_secret, reserve_numbers

CHILD = """
import sys
from pathlib import Path
from callboard.storage.database import open_database
from callboard.storage.installation import reserve_numbers

database = open_database(Path(sys.argv[1]))
while True:
    print(reserve_numbers(database, 10), flush=True)
"""


def test_numbers_begin_with_one_and_never_come_again(database: Database) -> None:
    assert [reserve_numbers(database, count) for count in (3, 1, 10_000, 5)] == [1, 4, 5, 10_005]


def test_at_least_one_number_is_reserved(database: Database) -> None:
    with pytest.raises(ValueError, match="at least one"):
        reserve_numbers(database, 0)


def test_no_two_threads_get_the_same_number(database: Database) -> None:
    blocks: list[int] = []
    threads = [
        threading.Thread(target=lambda: blocks.extend(reserve_numbers(database, 2) for _ in range(20)))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(blocks) == list(range(1, 161, 2))


def test_numbers_outlive_a_killed_process(tmp_path: Path) -> None:
    path = tmp_path / "callboard.db"
    given: list[int] = []
    for _ in range(2):
        with subprocess.Popen([sys.executable, "-c", CHILD, path], stdout=subprocess.PIPE, text=True) as child:
            assert child.stdout is not None
            given += [int(child.stdout.readline()) for _ in range(5)]
            child.kill()
            given += [int(line) for line in child.stdout if line.endswith("\n")]
    with open_database(path) as database:
        given.append(reserve_numbers(database, 10))
    assert given == sorted(set(given))


def test_the_secret_is_made_once(tmp_path: Path) -> None:
    path = tmp_path / "callboard.db"
    with open_database(path) as database:
        secret = installation_secret(database)
        assert len(secret) == 32
        assert installation_secret(database) == secret
    with open_database(path) as database:
        assert installation_secret(database) == secret
    with open_database(None) as other:
        assert installation_secret(other) != secret
