import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import insert, select

from callboard.storage import schema
from callboard.storage.database import CHECKPOINT, Database, open_database
from callboard.storage.errors import RowError, StorageError, explained

VENDORS = select(schema.vendors.c.id)


def add_vendor(database: Database, number: int, *, durable: bool = True) -> None:
    with database.change(durable=durable) as connection:
        connection.execute(insert(schema.vendors).values(id=number, name="Carrier"))


def vendors(database: Database) -> list[int]:
    with database.view() as connection:
        return list(connection.scalars(VENDORS.order_by("id")))


def pragma(database: Database, name: str, *, durable: bool) -> object:
    with database.change(durable=durable) as connection:
        return connection.exec_driver_sql(f"PRAGMA {name}").scalar()


@pytest.mark.parametrize("durable", [True, False])
def test_a_change_is_kept(database: Database, durable: bool) -> None:
    add_vendor(database, 1, durable=durable)
    assert vendors(database) == [1]


def test_a_change_that_raises_leaves_nothing(database: Database) -> None:
    def half() -> None:
        with database.change() as connection:
            connection.execute(insert(schema.vendors).values(id=1, name="Carrier"))
            raise LookupError

    with pytest.raises(LookupError):
        half()
    assert vendors(database) == []
    add_vendor(database, 2)
    assert vendors(database) == [2]


def test_a_broken_reference_is_found_at_the_end_and_nothing_is_kept(database: Database) -> None:
    def orphan() -> None:
        with database.change() as connection:
            connection.execute(insert(schema.vendors).values(id=1, name="Carrier"))
            connection.execute(insert(schema.dids).values(id=1, number="44", account=7, vendor=None))

    with pytest.raises(RowError, match="FOREIGN KEY"):
        orphan()
    assert vendors(database) == []
    add_vendor(database, 2)
    assert vendors(database) == [2]


@pytest.mark.parametrize("value", [2**63, -(2**63) - 1])
def test_a_value_that_does_not_fit_is_the_rows_fault(database: Database, value: int) -> None:
    with pytest.raises(RowError):
        add_vendor(database, value)
    assert vendors(database) == []


def test_errors_do_not_tell_values(database: Database) -> None:
    def put(name: str) -> None:
        with database.change() as connection:
            connection.execute(insert(schema.vendors).values(id=1, name=name))

    put("first-secret")
    with pytest.raises(RowError) as doubled:
        put("second-secret")
    with pytest.raises(RowError) as unreadable:
        put("third-secret\ud800")
    assert "secret" not in f"{doubled.value} {doubled.value.__cause__!r} {unreadable.value}"


def test_changes_of_several_threads_take_turns(database: Database) -> None:
    def add(first: int) -> None:
        for number in range(first, first + 25):
            add_vendor(database, number, durable=False)
            vendors(database)

    threads = [threading.Thread(target=add, args=(first,)) for first in (0, 100, 200, 300)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(vendors(database)) == 100


def test_a_view_is_of_one_moment(tmp_path: Path) -> None:
    with open_database(tmp_path / "callboard.db") as database, database.view() as connection:
        assert list(connection.scalars(VENDORS)) == []
        add_vendor(database, 1)
        assert list(connection.scalars(VENDORS)) == []


def test_changes_are_durable_unless_they_are_told_not_to_be(tmp_path: Path) -> None:
    with open_database(tmp_path / "callboard.db") as database:
        assert pragma(database, "journal_mode", durable=True) == "wal"
        assert pragma(database, "synchronous", durable=True) == 2
        assert pragma(database, "synchronous", durable=False) == 1
        assert pragma(database, "foreign_keys", durable=False) == 1


def test_the_log_goes_into_the_file_by_many_pages(tmp_path: Path) -> None:
    with open_database(tmp_path / "callboard.db") as database:
        assert pragma(database, "wal_autocheckpoint", durable=False) == CHECKPOINT


def test_what_was_kept_is_there_the_next_time(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "callboard.db"
    with open_database(path) as database:
        add_vendor(database, 7)
    with open_database(path) as database:
        assert vendors(database) == [7]


def test_nobody_else_can_read_the_files(tmp_path: Path) -> None:
    with open_database(tmp_path / "made" / "callboard.db") as database:
        add_vendor(database, 1)
        modes = {file.name: file.stat().st_mode & 0o777 for file in (tmp_path / "made").iterdir()}
    assert modes == {"callboard.db": 0o600, "callboard.db-wal": 0o600, "callboard.db-shm": 0o600}
    assert (tmp_path / "made").stat().st_mode & 0o777 == 0o700


def test_databases_in_memory_are_strangers() -> None:
    with open_database(None) as one, open_database(None) as other:
        add_vendor(one, 1)
        assert vendors(other) == []


def foreign(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE recipes (id INTEGER)")
        connection.commit()


def newer(path: Path) -> None:
    open_database(path).close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE callboard_schema SET version_num = '9999'")
        connection.commit()


def text(path: Path) -> None:
    path.write_text("Minutes of the meeting of last Tuesday, which were long. " * 100)


def damaged(path: Path) -> None:
    open_database(path).close()
    content = bytearray(path.read_bytes())
    content[4096 + 8 : 8192] = b"\xff" * (4096 - 8)
    content[100:4096] = b"\x7f" * 3996
    path.write_bytes(content)


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (Path.mkdir, "is a folder: name a file in it"),
        (foreign, "belongs to another program: it has the table 'recipes'"),
        (newer, "newer Callboard .its schema is 9999, .*install that version"),
        (text, "not an SQLite database. Name another path"),
        (damaged, "damaged. .*put back a backup"),
    ],
)
def test_what_cannot_be_used_is_explained_and_left_alone(
    spoil: Callable[[Path], None], words: str, tmp_path: Path
) -> None:
    path = tmp_path / "callboard.db"
    spoil(path)
    before = path.read_bytes() if path.is_file() else b""
    with pytest.raises(StorageError, match=words) as error:
        open_database(path)
    assert str(path) in str(error.value)
    assert before == (path.read_bytes() if path.is_file() else b"")


@pytest.mark.parametrize("path", [Path("/proc/callboard.db"), Path(__file__) / "callboard.db"])
def test_a_place_that_cannot_be_written_is_explained(path: Path) -> None:
    with pytest.raises(StorageError, match=r"cannot be made or written: .*Name another path"):
        open_database(path)


def test_a_file_that_may_not_be_written_is_explained(tmp_path: Path) -> None:
    path = tmp_path / "callboard.db"
    open_database(path).close()
    with (
        closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection,
        pytest.raises(sqlite3.OperationalError) as error,
    ):
        connection.execute("DELETE FROM vendors")
    assert "write permission" in str(explained(error.value, str(path)))


def test_another_programs_lock_is_explained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("callboard.storage.database.BUSY_TIMEOUT", 0.05)
    path = tmp_path / "callboard.db"
    with open_database(path) as database, closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StorageError, match="another program holds it locked"):
            add_vendor(database, 1)
        other.execute("ROLLBACK")
        add_vendor(database, 2)
        assert vendors(database) == [2]


def test_an_ordinary_start_does_without_alembic(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from callboard.storage.database import open_database;"
        "[open_database(Path(sys.argv[1])).close() for _ in range(2)]; sys.exit('alembic' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program, tmp_path / "callboard.db"], check=False).returncode == 0
