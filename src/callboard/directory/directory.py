"""The directory: all records in memory, changed at run time, quick to ask. It does no IO: `watch` is how it is kept."""

from collections.abc import Callable, Collection, Iterable, Mapping

import msgspec

from callboard.directory.book import KINDS, Book, Kind, RecordKey
from callboard.directory.destinations import built_in, destination_faults
from callboard.directory.mistakes import DirectoryError, find_mistakes, find_references
from callboard.directory.numbers import SHORTEST, international, is_number
from callboard.directory.prefixes import PrefixTable
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

__all__ = ["Directory", "DirectoryChange", "DirectoryError"]


class DirectoryChange(msgspec.Struct, frozen=True, kw_only=True):
    """What one change did, for whoever keeps the directory. Doing the same to a copy makes the same directory."""

    revision: int
    """The directory's revision after the change."""
    puts: tuple[Record, ...] = ()
    """New and changed records, each after those that it refers to."""
    removes: tuple[RecordKey, ...] = ()
    """Kind and id of the records that went, each before those that it referred to."""
    destinations: tuple[Destination, ...] | None = None
    """All of the operator's own destinations, if they changed."""


class Directory:
    """Who is who and where numbers lead.

    Every change is checked whole and then done whole, or raises `DirectoryError` and does nothing.
    """

    def __init__(
        self,
        records: Iterable[Record] = (),
        destinations: Iterable[Destination] = (),
        shipped: Iterable[Destination] | None = None,
    ) -> None:
        """`shipped` stands in for the destinations that come with Callboard. Raises `DirectoryError`."""
        self._book = Book.of(())
        self._own: tuple[Destination, ...] = ()
        self._own_table: PrefixTable[Destination] = PrefixTable({})
        self._shipped = built_in() if shipped is None else PrefixTable({row.prefix: row for row in shipped})
        self._watchers: list[Callable[[DirectoryChange], None]] = []
        self.revision = 0
        """Grows with each change."""
        self.replace(records, destinations)

    # --- records ---

    def customer(self, number: int) -> Customer | None:
        """The customer with this id."""
        return self._book.table(Customer).get(number)

    def account(self, number: int) -> Account | None:
        """The account with this id."""
        return self._book.table(Account).get(number)

    def device(self, number: int) -> Device | None:
        """The device with this id."""
        return self._book.table(Device).get(number)

    def vendor(self, number: int) -> Vendor | None:
        """The vendor with this id."""
        return self._book.table(Vendor).get(number)

    def connection(self, number: int) -> Connection | None:
        """The connection with this id."""
        return self._book.table(Connection).get(number)

    def did(self, number: int) -> DID | None:
        """The DID with this id; `did_by_number` asks by telephone number."""
        return self._book.table(DID).get(number)

    def machine(self, number: int) -> Machine | None:
        """The machine with this id."""
        return self._book.table(Machine).get(number)

    def customers(self) -> tuple[Customer, ...]:
        """All customers by id."""
        return self._book.listing(Customer)

    def accounts(self) -> tuple[Account, ...]:
        """All accounts by id."""
        return self._book.listing(Account)

    def devices(self) -> tuple[Device, ...]:
        """All devices by id."""
        return self._book.listing(Device)

    def vendors(self) -> tuple[Vendor, ...]:
        """All vendors by id."""
        return self._book.listing(Vendor)

    def connections(self) -> tuple[Connection, ...]:
        """All connections by id."""
        return self._book.listing(Connection)

    def dids(self) -> tuple[DID, ...]:
        """All DIDs by id."""
        return self._book.listing(DID)

    def machines(self) -> tuple[Machine, ...]:
        """All machines by id."""
        return self._book.listing(Machine)

    def record(self, kind: type[Kind], number: int) -> Kind | None:
        """The record of this kind with this id."""
        return self._book.table(kind).get(number)

    def listing(self, kind: type[Kind]) -> tuple[Kind, ...]:
        """All records of a kind by id."""
        return self._book.listing(kind)

    def owner(self, record: Record) -> int | None:
        """The customer that a record belongs to; None for what is the operator's own, and for what is nobody's."""
        match record:
            case Customer():
                return record.id
            case Account():
                return record.customer
            case Device() | DID():
                account = self.account(record.account)
                return None if account is None else account.customer
            case _:
                return None

    def records(self) -> tuple[Record, ...]:
        """Every record, kind by kind, each kind by id."""
        return tuple(self._book.records())

    def destinations(self) -> tuple[Destination, ...]:
        """The operator's own destinations by prefix, without those that come with Callboard."""
        return self._own

    # --- the customer tree ---

    def parents(self) -> Mapping[int, int | None]:
        """The whole tree: each customer's id, and that of the customer directly above it."""
        return self._book.parents

    def subtree(self, customer: int) -> frozenset[int]:
        """The ids of a customer and of all below it, at any depth; empty if there is no such customer."""
        return self._book.subtree(customer)

    def is_within(self, customer: int | None, top: int) -> bool:
        """Whether what belongs to `customer` (None: to nobody known) is seen from `top`. `ROOT` sees everything."""
        return top == ROOT or customer in self._book.subtree(top)

    def shared_key_of(self, customer: int) -> str:
        """The key for signed requests that holds for a customer: its own, or the nearest above; "" if none has one."""
        table = self._book.table(Customer)
        keys = (table[number].shared_key for number in self._book.ancestry(customer))
        return next((key for key in keys if key), "")

    def accounts_of(self, customer: int) -> tuple[Account, ...]:
        """A customer's own accounts by id, without those of customers below."""
        return self._book.accounts_of.get(customer, ())

    # --- who is meant ---

    def account_by_user(self, sip_user: str) -> Account | None:
        """The account with this SIP user name."""
        return self._book.account_by_user.get(sip_user)

    def account_at(self, address: str) -> Account | None:
        """The account that trusts `host:port`: an entry with the port wins, then the host, then the longest network."""
        found = self._book.trusted_accounts.find(address)
        return None if found is None else self.account(found)

    def devices_of(self, account: int) -> tuple[Device, ...]:
        """An account's devices by id."""
        return self._book.devices_of.get(account, ())

    def device_called(self, name: str) -> Device | None:
        """The one device with this name or, failing that, extension; None where several share it."""
        return self._book.device_by_name.get(name) or self._book.device_by_extension.get(name)

    def machine_of(self, switch: str) -> Machine | None:
        """The machine for a switch, by the switch's name in the settings."""
        return self._book.machine_by_switch.get(switch)

    # --- where numbers lead ---

    def connections_of(self, vendor: int) -> tuple[Connection, ...]:
        """A vendor's connections by id."""
        return self._book.connections_of.get(vendor, ())

    def connection_at(self, address: str) -> Connection | None:
        """The connection that has `host:port` in its `incoming`; the best fit wins, as in `account_at`."""
        found = self._book.trusted_connections.find(address)
        return None if found is None else self.connection(found)

    def connection_called(self, name: str) -> Connection | None:
        """The one connection with this name; None where several share it."""
        return self._book.connection_by_name.get(name)

    def connection_to(self, address: str) -> Connection | None:
        """The one connection whose calls are sent to `host:port`; None where several share it."""
        return self._book.connection_by_address.get(address)

    def did_by_number(self, number: str) -> DID | None:
        """The DID with this telephone number; a leading `+` or `00` and separators are no difference."""
        return self._book.did_by_number.get(international(number))

    def routes(self, number: str) -> tuple[Connection, ...]:
        """The connections to try for a number, in order: those with its longest prefix, lowest preference value first.

        Blocked connections count as absent. Empty if `number` is not a number.
        """
        digits = international(number)
        found = self._book.routes.longest(digits) if is_number(digits) else None
        return found[1] if found else ()

    def destination(self, number: str) -> Destination | None:
        """Where a number leads: the longest prefix wins, and of equally long ones the operator's own.

        None for what is not a number, and for numbers of less than seven digits, which are internal or services.
        """
        digits = international(number)
        if len(digits) < SHORTEST or not is_number(digits):
            return None
        own, shipped = self._own_table.longest(digits), self._shipped.longest(digits)
        if own is None or (shipped is not None and len(shipped[0]) > len(own[0])):
            own = shipped
        return None if own is None else own[1]

    def prefixes_of_group(self, group: str) -> frozenset[str]:
        """The prefixes whose destinations are in a group, by its name in capitals or not; empty if there is none.

        A built-in destination that one of the operator's own takes the place of does not count.
        """
        rows = dict(self._shipped.items()) | dict(self._own_table.items())
        wanted = group.casefold()
        return frozenset(prefix for prefix, row in rows.items() if row.group and row.group.casefold() == wanted)

    # --- changes ---

    def put(self, *records: Record) -> None:
        """Create or change records. Raises `DirectoryError` with all mistakes."""
        puts = [record for record in records if self._book.table(type(record)).get(record.id) != record]
        book = self._book.changed(puts)
        _refuse(map(str, find_mistakes(book, records)))
        if puts:
            self._turn_to(book, puts=_in_order(book, puts))

    def remove(self, kind: type[Record], number: int) -> None:
        """Remove a record. Raises `DirectoryError` if there is no such record or others refer to it, naming them."""
        key = (kind, number)
        if number not in self._book.table(kind):
            raise DirectoryError([f"{KINDS[kind]} {number} cannot be removed: there is none"])
        _refuse(find_references(self._book, [key]))
        self._turn_to(self._book.changed([], [key]), removes=(key,))

    def replace(self, records: Iterable[Record], destinations: Iterable[Destination]) -> None:
        """Make these records and own destinations the whole directory. Raises `DirectoryError` with all mistakes."""
        given, own = tuple(records), tuple(destinations)
        book = _checked(given, own)
        puts = [r for r in book.records() if self._book.table(type(r)).get(r.id) != r]
        gone = [r for r in self._book.records() if r.id not in book.table(type(r))]
        removes = tuple((type(r), r.id) for r in reversed(_in_order(self._book, gone)))
        listed = tuple(sorted(own, key=lambda row: row.prefix))
        if puts or removes or listed != self._own:
            self._turn_to(book, puts=_in_order(book, puts), removes=removes, own=listed)

    def check(self, records: Iterable[Record], destinations: Iterable[Destination]) -> None:
        """Whether `replace` would take these. Raises `DirectoryError` with all mistakes."""
        _checked(tuple(records), tuple(destinations))

    def replace_destinations(self, destinations: Iterable[Destination]) -> None:
        """Make these the operator's own destinations. Raises `DirectoryError` with all mistakes."""
        self.replace(self._book.records(), destinations)

    def watch(self, callback: Callable[[DirectoryChange], None]) -> None:
        """Have `callback` told of each change once it is in force. If it raises, the change is undone."""
        self._watchers.append(callback)

    def _turn_to(
        self,
        book: Book,
        puts: tuple[Record, ...] = (),
        removes: tuple[RecordKey, ...] = (),
        own: tuple[Destination, ...] | None = None,
    ) -> None:
        before = self._book, self._own
        listed = self._own if own is None else own
        changed = None if listed == self._own else listed
        self._hold(book, listed)
        change = DirectoryChange(revision=self.revision, puts=puts, removes=removes, destinations=changed)
        told = False
        try:
            for watcher in self._watchers:
                watcher(change)
            told = True
        finally:
            if not told:
                self._hold(*before)

    def _hold(self, book: Book, own: tuple[Destination, ...]) -> None:
        if own is not self._own:
            self._own_table = PrefixTable({row.prefix: row for row in own})
        self._book, self._own = book, own
        self.revision += 1


def _refuse(mistakes: Iterable[str]) -> None:
    found = list(mistakes)
    if found:
        raise DirectoryError(found)


def _checked(records: tuple[Record, ...], destinations: tuple[Destination, ...]) -> Book:
    book = Book.of(records)
    _refuse([*map(str, find_mistakes(book, records)), *destination_faults(destinations)])
    return book


def _in_order(book: Book, records: Collection[Record]) -> tuple[Record, ...]:
    """The records so that each comes after those that it refers to."""
    kinds = list(KINDS)

    def rank(record: Record) -> tuple[int, int, int]:
        depth = len(book.ancestry(record.id)) if isinstance(record, Customer) else 0
        return kinds.index(type(record)), depth, record.id

    return tuple(sorted(records, key=rank))
