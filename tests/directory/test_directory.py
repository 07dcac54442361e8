from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callboard.directory.directory import Directory, DirectoryChange, DirectoryError
from callboard.directory.records import (
    DID,
    ROOT,
    Account,
    Connection,
    Customer,
    Destination,
    Device,
    Machine,
    Record,
    Vendor,
)
from tests.directory.worlds import RECORDS, company, trees


def _ids(connections: tuple[Connection, ...]) -> list[int]:
    return [connection.id for connection in connections]


def _mistakes(change: Callable[[], None]) -> list[str]:
    with pytest.raises(DirectoryError) as caught:
        change()
    return caught.value.mistakes


class TestRecords:
    def test_each_kind_is_found_by_id_and_listed_in_order(self) -> None:
        directory = Directory(reversed(RECORDS))
        assert directory.records() == RECORDS
        groups: list[tuple[type, Callable[[int], Record | None], tuple[Record, ...]]] = [
            (Customer, directory.customer, directory.customers()),
            (Account, directory.account, directory.accounts()),
            (Device, directory.device, directory.devices()),
            (Vendor, directory.vendor, directory.vendors()),
            (Connection, directory.connection, directory.connections()),
            (DID, directory.did, directory.dids()),
            (Machine, directory.machine, directory.machines()),
        ]
        for kind, by_id, listing in groups:
            assert listing == tuple(record for record in RECORDS if isinstance(record, kind))
            assert [by_id(record.id) for record in listing] == list(listing)
            assert by_id(99) is None

    def test_records_are_found_by_what_they_are_called(self) -> None:
        directory = company()
        assert directory.account_by_user("104") == directory.account(7)
        assert directory.account_by_user("999") is None
        assert directory.accounts_of(3) == (directory.account(5), directory.account(6))
        assert directory.accounts_of(2) == ()
        assert directory.devices_of(5) == (directory.device(1), directory.device(2))
        assert directory.connections_of(1) == (directory.connection(1), directory.connection(2))
        assert directory.machine_of("b2bua") == directory.machine(1)
        assert directory.machine_of("") is None
        assert directory.connection_called("two") == directory.connection(3)
        assert directory.connection_to("198.51.100.2:5060") == directory.connection(2)

    def test_a_did_is_found_however_its_number_is_written(self) -> None:
        directory = company()
        for written in ("442079460001", "+44 20 7946 0001", "00442079460001"):
            assert directory.did_by_number(written) == directory.did(1)
        assert directory.did_by_number("44207946000") is None

    def test_a_name_that_several_share_names_nobody(self) -> None:
        directory = company()
        assert directory.device_called("acme-desk") == directory.device(1)
        assert directory.device_called("12") == directory.device(2)
        assert directory.device_called("11") is None
        assert directory.device_called("") is None

    def test_an_address_belongs_to_who_trusts_it(self) -> None:
        directory = company()
        assert directory.account_at("192.0.2.7:5062") == directory.account(5)
        assert directory.account_at("192.0.2.7:5060") is None
        assert directory.connection_at("198.51.100.77:5060") == directory.connection(1)
        assert directory.connection_at("203.0.113.1:5060") is None


class TestTree:
    @given(trees(), st.integers(1, 17), st.integers(1, 17))
    def test_a_subtree_is_all_who_have_the_customer_above_them(
        self, customers: tuple[Customer, ...], top: int, other: int
    ) -> None:
        parents = {customer.id: customer.parent for customer in customers}

        def below(customer: int | None) -> bool:
            while customer is not None and customer != top:
                customer = parents[customer]
            return customer == top

        directory = Directory(customers)
        subtree = frozenset(number for number in parents if below(number))
        assert directory.subtree(top) == subtree
        assert directory.is_within(other, top) == (top == ROOT or other in subtree)

    def test_what_belongs_to_nobody_is_seen_by_the_operator_alone(self) -> None:
        directory = company()
        assert directory.is_within(None, ROOT)
        assert not directory.is_within(None, 2)

    def test_a_subtree_follows_a_change(self) -> None:
        directory = company()
        assert directory.subtree(2) == {2, 3}
        directory.put(Customer(id=4, name="Globex", parent=3))
        assert directory.subtree(2) == {2, 3, 4}
        assert directory.subtree(99) == frozenset()

    def test_the_nearest_shared_key_upwards_holds(self) -> None:
        directory = company()
        assert directory.shared_key_of(3) == directory.shared_key_of(2) == "key-of-2"
        assert directory.shared_key_of(4) == directory.shared_key_of(99) == ""
        directory.put(Customer(id=3, name="Acme", parent=2, shared_key="own"))
        assert directory.shared_key_of(3) == "own"

    def test_a_deep_tree_is_no_trouble(self) -> None:
        deep = [Customer(id=1, name="Root"), *(Customer(id=n, name="c", parent=n - 1) for n in range(2, 5001))]
        directory = Directory(reversed(deep))
        assert len(directory.subtree(ROOT)) == 5000
        assert directory.is_within(5000, 2)


class TestRoutes:
    def test_the_longest_prefix_wins_then_preference(self) -> None:
        directory = company()
        assert _ids(directory.routes("442079460999")) == [3]
        assert _ids(directory.routes("+63 917 123 4567")) == [1, 2]
        assert _ids(directory.routes("112")) == [1, 2]

    def test_a_blocked_connection_counts_as_absent(self) -> None:
        directory = company()
        directory.put(
            Connection(id=3, vendor=2, name="two", address="203.0.113.1:5060", prefixes=("44",), blocked=True)
        )
        assert _ids(directory.routes("442079460999")) == [1, 2]

    def test_what_is_no_number_has_no_route(self) -> None:
        assert company().routes("alice") == company().routes("") == company().routes("*98") == ()

    connections = st.lists(
        st.builds(
            Connection,
            id=st.integers(1, 40),
            vendor=st.just(1),
            name=st.just("c"),
            address=st.just("192.0.2.1:5060"),
            prefixes=st.lists(st.text("45", max_size=3), max_size=3).map(tuple),
            preference=st.integers(0, 2),
            blocked=st.booleans(),
        ),
        max_size=8,
        unique_by=lambda connection: connection.id,
    )

    @given(connections, st.text("45", min_size=1, max_size=5))
    def test_routes_are_found_as_by_trying_all(self, connections: list[Connection], number: str) -> None:
        fits = [
            (prefix, connection)
            for connection in connections
            for prefix in set(connection.prefixes)
            if number.startswith(prefix) and not connection.blocked
        ]
        longest = max((len(prefix) for prefix, _ in fits), default=0)
        best = [connection for prefix, connection in fits if len(prefix) == longest]
        best.sort(key=lambda connection: (connection.preference, connection.id))
        assert Directory([Vendor(id=1, name="V"), *connections]).routes(number) == tuple(best)


class TestDestinations:
    shipped = (
        Destination(prefix="63", name="Philippines", country="PHL"),
        Destination(prefix="639", name="Philippines Mobile", country="PHL"),
    )

    @pytest.mark.parametrize(
        ("own", "number", "name"),
        [
            ("63", "6321234567", "Own"),
            ("63", "6391234567", "Philippines Mobile"),
            ("639", "6391234567", "Own"),
            ("63912", "6391234567", "Own"),
            ("6", "6321234567", "Philippines"),
            ("6", "6512345678", "Own"),
            ("7", "6391234567", "Philippines Mobile"),
        ],
    )
    def test_the_longest_prefix_wins_and_of_equals_the_operators(self, own: str, number: str, name: str) -> None:
        directory = Directory((), [Destination(prefix=own, name="Own", country="")], self.shipped)
        found = directory.destination(number)
        assert found is not None
        assert found.name == name

    def test_internal_numbers_and_names_lead_nowhere(self) -> None:
        directory = Directory((), [Destination(prefix="8", name="Own", country="")], self.shipped)
        assert directory.destination("801123") is None
        assert directory.destination("8011234") is not None
        assert directory.destination("63abcdefgh") is None
        assert directory.destination("12345678") is None

    def test_the_table_that_comes_with_callboard_is_there_by_default(self) -> None:
        found = Directory().destination("+44 20 7946 0001")
        assert found is not None
        assert found.country == "GBR"

    def test_a_group_is_the_prefixes_whose_destination_is_in_it(self) -> None:
        directory = Directory()
        built_in = directory.prefixes_of_group("philippines")
        assert {"63", "639"} <= built_in
        own = [
            Destination(prefix="63", name="Philippines Proper", country="PHL", group="Asia"),
            Destination(prefix="63917", name="Globe", country="PHL", group="Philippines"),
            Destination(prefix="870", name="Satellite", country=""),
        ]
        directory.replace_destinations(own)
        assert directory.prefixes_of_group("Philippines") == (built_in - {"63"}) | {"63917"}
        assert directory.prefixes_of_group("ASIA") == {"63"}
        assert directory.prefixes_of_group("Nowhere") == directory.prefixes_of_group("") == frozenset()

    def test_own_destinations_are_replaced_whole(self) -> None:
        directory = company()
        own = Destination(prefix="4420", name="London", country="GBR")
        directory.replace_destinations([own])
        assert directory.destinations() == (own,)
        assert directory.destination("442079460001") == own
        assert directory.records() == RECORDS
        assert _mistakes(lambda: directory.replace_destinations([own, own])) == [
            "destination '4420', prefix: is given twice: keep one of them"
        ]
        assert directory.destinations() == (own,)


class TestChanges:
    def test_a_change_is_told_with_what_it_did(self) -> None:
        directory = Directory()
        told: list[DirectoryChange] = []
        directory.watch(told.append)
        directory.put(
            Account(id=5, customer=2, sip_user="101"), Customer(id=2, name="A", parent=1), Customer(id=1, name="R")
        )
        directory.put(Customer(id=1, name="R"))
        directory.remove(Account, 5)
        directory.replace([Customer(id=1, name="New")], [Destination(prefix="63", name="P", country="PHL")])
        first = directory.revision
        assert told == [
            DirectoryChange(
                revision=first - 2,
                puts=(
                    Customer(id=1, name="R"),
                    Customer(id=2, name="A", parent=1),
                    Account(id=5, customer=2, sip_user="101"),
                ),
            ),
            DirectoryChange(revision=first - 1, removes=((Account, 5),)),
            DirectoryChange(
                revision=first,
                puts=(Customer(id=1, name="New"),),
                removes=((Customer, 2),),
                destinations=(Destination(prefix="63", name="P", country="PHL"),),
            ),
        ]

    @given(st.lists(st.tuples(st.booleans(), trees()), max_size=4))
    def test_a_copy_that_does_what_it_is_told_is_the_same(self, steps: list[tuple[bool, tuple[Customer, ...]]]) -> None:
        directory = Directory()
        copy: dict[tuple[type, int], Record] = {}

        def follow(change: DirectoryChange) -> None:
            for record in change.puts:
                parent = record.parent if isinstance(record, Customer) else None
                assert parent is None or (Customer, parent) in copy
                copy[type(record), record.id] = record
            for key in change.removes:
                del copy[key]
                assert all(record.parent != key[1] for record in copy.values() if isinstance(record, Customer))

        directory.watch(follow)
        for whole, customers in steps:
            if whole:
                directory.replace(customers, ())
            else:
                directory.put(*customers)
        assert set(directory.records()) == set(copy.values())

    def test_a_refused_change_changes_nothing(self) -> None:
        directory = company()
        told: list[DirectoryChange] = []
        directory.watch(told.append)
        before = directory.revision
        assert _mistakes(
            lambda: directory.put(Customer(id=9, name="Ok", parent=1), Account(id=9, customer=77, sip_user="9"))
        )
        assert _mistakes(lambda: directory.replace([Customer(id=2, name="No root", parent=1)], ()))
        assert _mistakes(lambda: directory.remove(Vendor, 1))
        assert (directory.records(), directory.revision, told) == (RECORDS, before, [])

    def test_a_change_that_cannot_be_kept_is_undone(self) -> None:
        directory = company()

        def disk_is_full(_: DirectoryChange) -> None:
            raise OSError("disk full")

        directory.watch(disk_is_full)
        before = directory.revision
        with pytest.raises(OSError, match="disk full"):
            directory.put(Customer(id=9, name="Lost", parent=1))
        with pytest.raises(OSError, match="disk full"):
            directory.replace_destinations([Destination(prefix="44", name="Lost", country="GBR")])
        assert directory.records() == RECORDS
        assert directory.destinations() == ()
        assert directory.subtree(ROOT) == {1, 2, 3, 4}
        assert directory.revision > before

    def test_removing_is_refused_while_others_refer(self) -> None:
        directory = company()
        assert _mistakes(lambda: directory.remove(Vendor, 2)) == [
            "vendor 2 cannot be removed: connection 3 refers to it (vendor); remove or change that first",
            "vendor 2 cannot be removed: DID 1 refers to it (vendor); remove or change that first",
        ]
        assert _mistakes(lambda: directory.remove(Vendor, 9)) == ["vendor 9 cannot be removed: there is none"]
        directory.remove(DID, 1)
        directory.remove(Connection, 3)
        directory.remove(Vendor, 2)
        assert directory.vendor(2) is None
