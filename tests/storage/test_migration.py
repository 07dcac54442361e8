import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine

from callboard.access.logins import Login
from callboard.access.rights import Role
from callboard.directory.records import Customer
from callboard.storage import migration
from callboard.storage.database import open_database
from callboard.storage.errors import StorageError
from callboard.storage.rows import change_directory, load_directory, load_logins
from callboard.storage.schema import HEAD

FOLDER = migration.FOLDER
NEXT = f"{int(HEAD) + 1:04}"
CUSTOMERS = (Customer(id=1, name="Root"), Customer(id=2, name="Acme", parent=1))

REVISION = """
import sqlalchemy as sa
from alembic import op

revision = "%s"
down_revision = "%s"


def upgrade() -> None:
    op.execute("UPDATE customers SET name = upper(name)")
    with op.batch_alter_table("customers", recreate="always") as batch:
        batch.add_column(sa.Column("remark", sa.String, server_default="none", nullable=False))
    %s
"""

FAULTS = {
    "sql": 'op.execute("SELECT nonsense")',
    "program": 'raise ValueError("nonsense")',
    "reference": 'op.execute("DELETE FROM customers WHERE id = 1")',
}


def later(folder: Path, monkeypatch: pytest.MonkeyPatch, fault: str = "") -> None:
    """Be the next version of Callboard, with one more revision, which fails at its end if there is a fault."""
    shutil.copytree(FOLDER, folder, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "versions" / f"r{NEXT}_next.py").write_text(REVISION % (NEXT, HEAD, fault))
    monkeypatch.setattr("callboard.storage.migration.FOLDER", folder)
    monkeypatch.setattr("callboard.storage.migration.HEAD", NEXT)
    monkeypatch.setattr("callboard.storage.database.HEAD", NEXT)


def rows(path: Path, question: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(question).fetchall()


def backups(path: Path) -> list[Path]:
    return [file for file in path.parent.iterdir() if file.name.startswith(f"{path.name}.before-{NEXT}-")]


def shape(path: Path) -> dict[str, str]:
    with closing(sqlite3.connect(path)) as connection:
        tables = connection.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL")
        return {name: "".join(sql.split()) for name, sql in tables}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A database of the present version, with data in it."""
    path = tmp_path / "callboard.db"
    with open_database(path) as database:
        change_directory(database, CUSTOMERS)
    return path


def test_the_head_is_the_last_revision() -> None:
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    assert ScriptDirectory.from_config(config).get_heads() == [HEAD]


def test_the_revisions_lead_to_what_a_new_database_is_made_with(tmp_path: Path) -> None:
    made, migrated = tmp_path / "made.db", tmp_path / "migrated.db"
    open_database(made).close()
    engine = create_engine(f"sqlite:///{migrated}")
    with engine.begin() as connection:
        migration.run(connection)
    engine.dispose()
    assert len(shape(made)) > 12
    assert shape(migrated) == shape(made)
    assert rows(migrated, "SELECT * FROM callboard_schema") == rows(made, "SELECT * FROM callboard_schema")


def test_data_survives_a_migration_and_is_backed_up_before(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    later(tmp_path / "100% new", monkeypatch)
    open_database(path).close()
    assert rows(path, "SELECT * FROM customers") == [(1, "ROOT", None, "", "none"), (2, "ACME", 1, "", "none")]
    (backup,) = backups(path)
    assert rows(backup, "SELECT name FROM customers") == [("Root",), ("Acme",)]
    assert rows(backup, "SELECT * FROM callboard_schema") == [(HEAD,)]
    assert backup.stat().st_mode & 0o777 == 0o600
    open_database(path).close()
    assert backups(path) == [backup]


@pytest.mark.parametrize("fault", FAULTS)
def test_a_migration_that_fails_changes_nothing_and_names_the_backup(
    fault: str, path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = shape(path)
    with monkeypatch.context() as patch:
        later(tmp_path / "new", patch, FAULTS[fault])
        with pytest.raises(StorageError, match=f"from schema {HEAD} to {NEXT}: .*Nothing in it was changed") as error:
            open_database(path)
    (backup,) = backups(path)
    assert str(backup) in str(error.value)
    assert shape(path) == before
    for kept in (path, backup):
        with open_database(kept) as database:
            assert load_directory(database) == (CUSTOMERS, ())


def test_a_backup_that_cannot_be_written_stops_the_migration(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        later(tmp_path / "new", patch)
        long_name = path.rename(path.with_name("x" * 240 + ".db"))
        with pytest.raises(StorageError, match=r"backup .* could not be written: .*Nothing was changed"):
            open_database(long_name)
    with open_database(long_name) as database:
        assert load_directory(database) == (CUSTOMERS, ())


def test_an_old_database_without_data_needs_no_backup(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "callboard.db"
    open_database(path).close()
    later(tmp_path / "new", monkeypatch)
    open_database(path).close()
    assert backups(path) == []
    assert rows(path, "SELECT * FROM callboard_schema") == [(NEXT,)]


def test_logins_of_the_first_schema_stay_and_have_no_masks(tmp_path: Path) -> None:
    path = tmp_path / "callboard.db"
    engine = create_engine(f"sqlite:///{path}")
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        connection.exec_driver_sql(
            "INSERT INTO logins VALUES ('acme', 'user', 3, '$argon2id$x', '', '', 1, "
            "'[\"panel\"]', '[\"192.0.2.7\"]', 0)"
        )
    engine.dispose()
    with open_database(path) as database:
        (login,) = load_logins(database)
    assert login == Login(
        name="acme",
        role=Role.USER,
        customer=3,
        password_hash="$argon2id$x",
        privileges=frozenset({"panel"}),
        addresses=("192.0.2.7",),
    )


def test_what_was_done_before_is_of_where_its_login_stands(tmp_path: Path) -> None:
    path = tmp_path / "callboard.db"
    engine = create_engine(f"sqlite:///{path}")
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0003")
        connection.exec_driver_sql("INSERT INTO logins VALUES ('ann', 'user', 3, '', '', '', 1, '[]', '[]', 0, '[]')")
        for name in ("ann", "gone"):
            connection.exec_driver_sql(
                "INSERT INTO audit VALUES (?, 1.5, ?, '', 't', 'x', 's', 'done', '')", (name, name)
            )
            connection.exec_driver_sql(
                "INSERT INTO commands VALUES (?, 1.5, ?, '', 'x', 7, 's', 'done', 2.5, 'w')", (name, name)
            )
    engine.dispose()
    open_database(path).close()
    assert rows(path, "SELECT id, at, login, customer, token FROM audit ORDER BY id") == [
        ("ann", 1.5, "ann", 3, "t"),
        ("gone", 1.5, "gone", None, "t"),
    ]
    assert rows(path, "SELECT id, login, customer, token, call_number, words FROM commands ORDER BY id") == [
        ("ann", "ann", 3, "", 7, "w"),
        ("gone", "gone", None, "", 7, "w"),
    ]


def test_commands_of_before_are_of_no_batch(tmp_path: Path) -> None:
    path = tmp_path / "callboard.db"
    engine = create_engine(f"sqlite:///{path}")
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0004")
        connection.exec_driver_sql(
            "INSERT INTO commands VALUES ('c', 1.5, 'ann', 3, '192.0.2.9', 't', 'x', 7, 's', 'done', 2.5, 'w')"
        )
    engine.dispose()
    open_database(path).close()
    found = rows(path, "SELECT id, login, customer, address, token, operation, batch, call_number, words FROM commands")
    assert found == [("c", "ann", 3, "192.0.2.9", "t", "x", "", 7, "w")]
