"""A small telephone company and random ones, for the tests of the directory."""

from hypothesis import strategies as st

from callboard.directory.directory import Directory
from callboard.directory.records import DID, Account, Connection, Customer, Device, Machine, Record, Vendor

RECORDS: tuple[Record, ...] = (
    Customer(id=1, name="Root"),
    Customer(id=2, name="Reseller", parent=1, shared_key="key-of-2"),
    Customer(id=3, name="Acme", parent=2),
    Customer(id=4, name="Globex", parent=1),
    Account(id=5, customer=3, sip_user="101", addresses=("192.0.2.7:5062",)),
    Account(id=6, customer=3, sip_user="103"),
    Account(id=7, customer=4, sip_user="104"),
    Account(id=8, customer=1, sip_user="4930123456"),
    Device(id=1, account=5, name="acme-desk", extension="11"),
    Device(id=2, account=5, name="acme-door", extension="12"),
    Device(id=3, account=7, name="globex-desk", extension="11"),
    Vendor(id=1, name="Carrier One"),
    Vendor(id=2, name="Carrier Two"),
    Connection(id=1, vendor=1, name="one-a", address="198.51.100.1:5060", incoming=("198.51.100.0/24",)),
    Connection(id=2, vendor=1, name="one-b", address="198.51.100.2:5060", preference=2),
    Connection(id=3, vendor=2, name="two", address="203.0.113.1:5060", prefixes=("44", "4420")),
    DID(id=1, number="442079460001", account=7, vendor=2),
    Machine(id=1, name="Berlin", switch="b2bua"),
)


def company() -> Directory:
    """The small telephone company."""
    return Directory(RECORDS)


@st.composite
def trees(draw: st.DrawFn) -> tuple[Customer, ...]:
    """A tree of customers: each hangs below an earlier one."""
    parents = draw(st.lists(st.integers(0, 100), max_size=15))
    customers = [Customer(id=1, name="Root")]
    for number, choice in enumerate(parents, start=2):
        above = customers[choice % len(customers)].id
        customers.append(Customer(id=number, name=f"Customer {number}", parent=above))
    return tuple(customers)
