"""All records at one moment, and the indexes that make questions about them fast."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any, TypeVar, cast

from callboard.directory.numbers import international
from callboard.directory.prefixes import PrefixTable
from callboard.directory.records import DID, Account, Connection, Customer, Device, Machine, Record, Vendor
from callboard.directory.trusted import TrustedAddresses

__all__ = ["KINDS", "Book", "Kind", "RecordKey"]

Kind = TypeVar("Kind", bound=Record)
Key = TypeVar("Key")
Item = TypeVar("Item")

RecordKey = tuple[type[Record], int]
"""What names a record: its kind and id."""

KINDS: dict[type[Record], str] = {
    Customer: "customer",
    Account: "account",
    Device: "device",
    Vendor: "vendor",
    Connection: "connection",
    DID: "DID",
    Machine: "machine",
}
"""Every kind of record and its name for people, each after those that it refers to."""


class Book:
    """All records at one moment. It is never changed: a change makes the next book. Indexes are made on first use."""

    def __init__(self, tables: Mapping[type, Mapping[int, Record]]) -> None:
        self._tables = tables
        self._subtrees: dict[int, frozenset[int]] = {}
        self._listings: dict[type, tuple[Record, ...]] = {}

    @classmethod
    def of(cls, records: Iterable[Record]) -> "Book":
        """A book of these records; of two with the same kind and id the later stays."""
        tables: dict[type[Record], dict[int, Record]] = {kind: {} for kind in KINDS}
        for record in records:
            tables[type(record)][record.id] = record
        return cls(tables)

    def changed(self, puts: Collection[Record], removes: Collection[RecordKey] = ()) -> "Book":
        """The book that results from putting and removing these; tables that are not touched are shared."""
        touched = {type(record) for record in puts} | {kind for kind, _ in removes}
        fresh = {kind: dict(self._tables[kind]) for kind in touched}
        for record in puts:
            fresh[type(record)][record.id] = record
        for kind, number in removes:
            del fresh[kind][number]
        return Book({**self._tables, **fresh})

    def table(self, kind: type[Kind]) -> Mapping[int, Kind]:
        """All records of a kind by id."""
        table: Mapping[int, Any] = self._tables[kind]
        return table

    def listing(self, kind: type[Kind]) -> tuple[Kind, ...]:
        """All records of a kind in the order of their ids."""
        if kind not in self._listings:
            table = self._tables[kind]
            self._listings[kind] = tuple(table[number] for number in sorted(table))
        return cast("tuple[Kind, ...]", self._listings[kind])

    def records(self) -> Iterator[Record]:
        """Every record, kind by kind as in `KINDS`, each kind in the order of its ids."""
        for kind in KINDS:
            yield from self.listing(kind)

    # --- the customer tree ---

    @cached_property
    def parents(self) -> Mapping[int, int | None]:
        """Customer id -> id of the customer directly above."""
        return {customer.id: customer.parent for customer in self.table(Customer).values()}

    @cached_property
    def children(self) -> Mapping[int, list[int]]:
        """Customer id -> ids of the customers directly below."""
        below: dict[int, list[int]] = {}
        for customer in self.listing(Customer):
            if customer.parent is not None:
                below.setdefault(customer.parent, []).append(customer.id)
        return below

    def subtree(self, top: int) -> frozenset[int]:
        """The ids of a customer and of all below it, at any depth; empty if there is no such customer."""
        if top not in self._subtrees:
            self._subtrees[top] = frozenset(self._walk(top)) if top in self.table(Customer) else frozenset()
        return self._subtrees[top]

    def _walk(self, top: int) -> Iterator[int]:
        waiting = [top]
        while waiting:
            customer = waiting.pop()
            yield customer
            waiting.extend(self.children.get(customer, ()))

    def ancestry(self, customer: int) -> list[int]:
        """The ids from a customer up to the root, itself first. It ends before an id that comes again (a cycle)."""
        table = self.table(Customer)
        path: dict[int, None] = {}
        here: int | None = customer
        while here is not None and here in table and here not in path:
            path[here] = None
            here = table[here].parent
        return list(path)

    # --- accounts and devices ---

    @cached_property
    def account_by_user(self) -> Mapping[str, Account]:
        """SIP user -> account."""
        return {account.sip_user: account for account in self.table(Account).values()}

    @cached_property
    def accounts_of(self) -> Mapping[int, tuple[Account, ...]]:
        """Customer id -> its own accounts."""
        return _grouped((account.customer, account) for account in self.listing(Account))

    @cached_property
    def devices_of(self) -> Mapping[int, tuple[Device, ...]]:
        """Account id -> its devices."""
        return _grouped((device.account, device) for device in self.listing(Device))

    @cached_property
    def device_by_name(self) -> Mapping[str, Device]:
        """Name -> device, for names that only one device has."""
        return _only((device.name, device) for device in self.listing(Device))

    @cached_property
    def device_by_extension(self) -> Mapping[str, Device]:
        """Extension -> device, for extensions that only one device has."""
        return _only((device.extension, device) for device in self.listing(Device))

    @cached_property
    def trusted_accounts(self) -> TrustedAddresses:
        """Address -> id of the account that may call from there without a password."""
        return TrustedAddresses((text, a.id) for a in self.listing(Account) for text in a.addresses)

    # --- vendors and their connections, DIDs, machines ---

    @cached_property
    def connections_of(self) -> Mapping[int, tuple[Connection, ...]]:
        """Vendor id -> its connections."""
        return _grouped((connection.vendor, connection) for connection in self.listing(Connection))

    @cached_property
    def connection_by_name(self) -> Mapping[str, Connection]:
        """Name -> connection, for names that only one connection has."""
        return _only((connection.name, connection) for connection in self.listing(Connection))

    @cached_property
    def connection_by_address(self) -> Mapping[str, Connection]:
        """The address calls are sent to -> connection, where only one connection has it."""
        return _only((connection.address, connection) for connection in self.listing(Connection))

    @cached_property
    def trusted_connections(self) -> TrustedAddresses:
        """Address -> id of the connection whose calls come in from there."""
        return TrustedAddresses((text, c.id) for c in self.listing(Connection) for text in c.incoming)

    @cached_property
    def routes(self) -> PrefixTable[tuple[Connection, ...]]:
        """Prefix -> the connections that are not blocked, in the order in which they are tried."""
        ways = ((prefix, c) for c in self.listing(Connection) if not c.blocked for prefix in set(c.prefixes))
        table = _grouped(ways)
        return PrefixTable({prefix: tuple(sorted(found, key=_trial)) for prefix, found in table.items()})

    @cached_property
    def did_by_number(self) -> Mapping[str, DID]:
        """International number -> DID."""
        return {international(did.number): did for did in self.table(DID).values()}

    @cached_property
    def machine_by_switch(self) -> Mapping[str, Machine]:
        """Name of a switch in the settings -> machine."""
        return {machine.switch: machine for machine in self.table(Machine).values()}


def _trial(connection: Connection) -> tuple[int, int]:
    """The order in which equally good connections are tried."""
    return connection.preference, connection.id


def _grouped(pairs: Iterable[tuple[Key, Item]]) -> dict[Key, tuple[Item, ...]]:
    groups: dict[Key, list[Item]] = {}
    for key, item in pairs:
        groups.setdefault(key, []).append(item)
    return {key: tuple(items) for key, items in groups.items()}


def _only(pairs: Iterable[tuple[str, Item]]) -> dict[str, Item]:
    """What a text names without doubt: a text that several items share, or an empty one, names nothing."""
    return {key: items[0] for key, items in _grouped(pairs).items() if key and len(items) == 1}
