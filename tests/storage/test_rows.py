from pathlib import Path
from typing import get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Table

from callboard.access.logins import Login
from callboard.access.rights import Role
from callboard.directory.records import (
    DID,
    Account,
    Connection,
    Customer,
    Destination,
    Device,
    Machine,
    Record,
    Vendor,
)
from callboard.storage import schema
from callboard.storage.database import Database, open_database
from callboard.storage.errors import RowError, StorageError
from callboard.storage.rows import (
    TABLES,
    change_directory,
    change_logins,
    load_directory,
    load_logins,
    remove_login,
    save_logins,
)

RECORDS: tuple[Record, ...] = (
    Customer(id=1, name="Root"),
    Customer(id=2, name="Reseller", parent=1, shared_key="key"),
    Account(
        id=3,
        customer=2,
        sip_user="801",
        ha1_md5="a" * 32,
        ha1_sha256="b" * 64,
        name='Zoë "Z" O\'Neil\x00\x1b',
        caller_id="+4420",
        addresses=("192.0.2.0/24", "[::1]:5060"),
        blocked=True,
    ),
    Device(id=1, account=3, name="desk", kind="IAX2", extension="11", ani="22", trunk=True),
    Vendor(id=1, name="Carrier"),
    Connection(
        id=9, vendor=1, name="c", address="192.0.2.1:5060", prefixes=("", "44"), preference=3, incoming=("::1",)
    ),
    DID(id=1, number="4420", account=3, vendor=1),
    DID(id=2, number="4421", account=3),
    Machine(id=1, name="one", switch="b2bua"),
)
DESTINATIONS = (Destination(prefix="44", name="United Kingdom", country="GBR", group="Europe"),)
LOGIN = Login(
    name="acme",
    role=Role.RESELLER,
    customer=2,
    password_hash="$argon2id$x",
    ha1_md5="c" * 32,
    ha1_sha256="d" * 64,
    signing=False,
    privileges=frozenset({"b", "a"}),
    addresses=("192.0.2.7",),
    disabled=True,
)


def test_every_kind_has_a_table_with_its_fields_as_columns() -> None:
    assert set(TABLES) == set(get_args(Record))
    tables: list[tuple[type[msgspec.Struct], Table]] = [*TABLES.items()]
    tables += [(Destination, schema.destinations), (Login, schema.logins)]
    for kind, table in tables:
        assert [column.name for column in table.columns] == [field.name for field in msgspec.structs.fields(kind)]


def test_what_is_saved_is_loaded(database: Database) -> None:
    change_directory(database, reversed(RECORDS), (), DESTINATIONS)
    assert load_directory(database) == (RECORDS, DESTINATIONS)


def test_an_empty_directory_is_loaded(database: Database) -> None:
    assert load_directory(database) == ((), ())


def test_a_record_with_the_same_id_is_replaced_and_what_refers_to_it_stays(database: Database) -> None:
    change_directory(database, RECORDS)
    renamed = Customer(id=2, name="Renamed", parent=1)
    change_directory(database, [renamed])
    records, _ = load_directory(database)
    assert records == tuple(renamed if record == RECORDS[1] else record for record in RECORDS)


def test_one_change_puts_and_removes(database: Database) -> None:
    change_directory(database, RECORDS)
    moved = Account(id=4, customer=1, sip_user="802")
    change_directory(database, [moved], [(Account, 3), (Device, 1), (DID, 1), (DID, 2), (Vendor, 77)])
    records, _ = load_directory(database)
    assert [record for record in records if isinstance(record, Account)] == [moved]
    assert not [record for record in records if isinstance(record, Device | DID)]


def test_destinations_are_replaced_only_where_they_are_given(database: Database) -> None:
    change_directory(database, destinations=DESTINATIONS)
    change_directory(database, RECORDS)
    assert load_directory(database)[1] == DESTINATIONS
    change_directory(database, destinations=())
    assert load_directory(database) == (RECORDS, ())


@pytest.mark.parametrize(
    ("puts", "removes"),
    [([Account(id=8, customer=99, sip_user="x")], []), ([Vendor(id=8, name="new")], [(Customer, 2)])],
)
def test_a_change_that_breaks_a_reference_changes_nothing(
    puts: list[Record], removes: list[tuple[type[Record], int]], database: Database
) -> None:
    change_directory(database, RECORDS)
    with pytest.raises(RowError):
        change_directory(database, puts, removes, DESTINATIONS)
    assert load_directory(database) == (RECORDS, ())


def test_logins_are_saved_replaced_and_removed(database: Database) -> None:
    other = Login(name="zoe", role=Role.ADMIN, customer=1)
    save_logins(database, other, LOGIN)
    assert load_logins(database) == (LOGIN, other)
    enabled = msgspec.structs.replace(LOGIN, disabled=False)
    change_logins(database, [enabled], ["zoe", "nobody"])
    assert load_logins(database) == (enabled,)
    remove_login(database, "acme")
    assert load_logins(database) == ()


def test_a_row_spoiled_by_hand_is_named(tmp_path: Path) -> None:
    with open_database(tmp_path / "callboard.db") as database:
        save_logins(database, LOGIN)
        with database.change() as connection:
            connection.exec_driver_sql("UPDATE logins SET role = 'king'")
        with pytest.raises(StorageError, match=r"row of table logins with name 'acme' cannot be read: .*king"):
            load_logins(database)


def test_a_list_spoiled_by_hand_is_named(tmp_path: Path) -> None:
    with open_database(tmp_path / "callboard.db") as database:
        save_logins(database, LOGIN)
        with database.change() as connection:
            connection.exec_driver_sql("UPDATE logins SET addresses = '192.0.2.7'")
        with pytest.raises(StorageError, match="Table logins has a list that is not JSON"):
            load_logins(database)


texts = st.text(st.characters(exclude_categories=["Cs"]))


@given(
    name=texts, prefixes=st.lists(texts).map(tuple), blocked=st.booleans(), preference=st.integers(-(2**63), 2**63 - 1)
)
def test_any_text_and_number_comes_back(name: str, prefixes: tuple[str, ...], blocked: bool, preference: int) -> None:
    connection = Connection(
        id=1, vendor=1, name=name, address=name, prefixes=prefixes, blocked=blocked, preference=preference
    )
    with open_database(None) as database:
        change_directory(database, [connection, Vendor(id=1, name=name)])
        assert load_directory(database)[0] == (Vendor(id=1, name=name), connection)
