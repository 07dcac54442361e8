"""What is wrong with records: every mistake at once, each with record, field, cause and fix."""

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Any

import msgspec

from callboard.directory.book import KINDS, Book, RecordKey
from callboard.directory.numbers import international, is_number
from callboard.directory.records import DID, ROOT, Account, Connection, Customer, Device, Machine, Record, Vendor
from callboard.directory.trusted import ANY_PORT, read_entry, split_address

__all__ = [
    "DirectoryError",
    "Mistake",
    "find_mistakes",
    "find_references",
    "name_fault",
    "number_fault",
    "record_faults",
    "text_fault",
    "verifier_fault",
]

MAX_TEXT = 200
"""Characters in a name or other text."""

MAX_ID = 2**31 - 1
"""The widest integer that every dialect can carry (XML-RPC's `<int>`)."""

MAX_PREFIX = 32
"""Digits in a prefix or DID: twice what E.164 allows, for carriers' technical prefixes."""

# Controls, line and paragraph separators, half surrogate pairs, and what XML 1.0 (section 2.2) cannot carry.
_UNWELCOME = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff]")

# `user` of a SIP URI (RFC 3261 section 25.1) without escapes.
_SIP_USER = re.compile(r"[A-Za-z0-9\-_.!~*'()&=+$,;?/]+")

_HOST_NAME = re.compile(r"(?=.{1,253}$)(?!-)[A-Za-z0-9-]{1,63}(?<!-)(\.(?!-)[A-Za-z0-9-]{1,63}(?<!-))*")


class Mistake(msgspec.Struct, frozen=True):
    """One thing that is wrong with one record."""

    kind: type[Record]
    id: int
    field: str
    """The field's name, with an index where one item of a list is meant (`addresses[1]`)."""
    fault: str
    """Cause and fix, in words."""

    def __str__(self) -> str:
        return f"{KINDS[self.kind]} {self.id}, {self.field}: {self.fault}"


class DirectoryError(Exception):
    """A change to the directory that is refused whole: nothing of it was done. `mistakes` has all that is wrong."""

    def __init__(self, mistakes: Collection[str]) -> None:
        super().__init__("; ".join(mistakes))
        self.mistakes = list(mistakes)


def find_mistakes(book: Book, records: Collection[Record]) -> list[Mistake]:
    """All that is wrong with `records`, which are in `book` already."""
    return [
        *_given_twice(records),
        *(mistake for record in records for mistake in _own_faults(record)),
        *(mistake for record in records for mistake in _dangling(book, record)),
        *(mistake for record in records if isinstance(record, Customer) for mistake in _tree_faults(book, record)),
        *_shared_names(book, records),
        *_shared_addresses(book, records),
    ]


# --- what a record says of itself ---


def text_fault(text: str) -> str:
    """Why a text cannot stand in the directory; "" if it can."""
    if len(text) > MAX_TEXT:
        return f"has {len(text)} characters: shorten it to {MAX_TEXT}"
    found = _UNWELCOME.search(text)
    return (
        f"has the control character U+{ord(found[0]):04X} at position {found.start() + 1}: remove it" if found else ""
    )


def number_fault(prefix: str) -> str:
    """Why a text is no prefix of international numbers; "" if it is one. "" is the prefix of every number."""
    if prefix and not is_number(prefix):
        return f"{prefix!r} is not made of digits: write the international number without + and separators"
    return f"has {len(prefix)} digits: shorten it to {MAX_PREFIX}" if len(prefix) > MAX_PREFIX else ""


def name_fault(name: str) -> str:
    """Why a text is no name; "" if it is one."""
    return "" if name.strip() else "is empty: give a name"


def _sip_user_fault(user: str) -> str:
    if not user:
        return "is empty: give the user name of the phone"
    if not _SIP_USER.fullmatch(user):
        return f"{user!r} cannot be the user part of a SIP address: use letters, digits and -_.!~*'()&=+$,;?/"
    return ""


def _caller_id_fault(number: str) -> str:
    return _sip_user_fault(number) if number else ""


def verifier_fault(digits: int, algorithm: str) -> Callable[[str], str]:
    """The rule for a verifier: nothing, or so many hexadecimal digits. Its words never show the value."""

    def fault(verifier: str) -> str:
        if not verifier or re.fullmatch(f"[0-9a-f]{{{digits}}}", verifier):
            return ""
        return (
            f"is not {digits} lower-case hexadecimal digits: give {algorithm} of user:realm:password, or leave it out"
        )

    return fault


def _entry_fault(text: str) -> str:
    try:
        read_entry(text)
    except ValueError as wrong:
        return str(wrong)
    return ""


def _target_fault(address: str) -> str:
    try:
        host, port = split_address(address)
        is_host = _HOST_NAME.fullmatch(host) is not None or not _entry_fault(host)
    except ValueError as wrong:
        return str(wrong)
    if is_host and "/" not in host and port != ANY_PORT:
        return ""
    return f"{address!r} is not host:port: write it like 192.0.2.7:5060, [2001:db8::1]:5060 or sip.example.net:5060"


def _did_fault(number: str) -> str:
    bare = international(number)
    return number_fault(bare) if bare else "is empty: give the number in digits"


def _small_fault(number: int) -> str:
    return "" if 0 <= number <= MAX_ID else f"is {number}: give a number from 0 to {MAX_ID}"


_FIELDS: dict[type[Record], dict[str, Callable[[Any], str]]] = {
    Customer: {"name": name_fault},
    Account: {
        "sip_user": _sip_user_fault,
        "ha1_md5": verifier_fault(32, "MD5"),
        "ha1_sha256": verifier_fault(64, "SHA-256"),
        "caller_id": _caller_id_fault,
        "addresses": _entry_fault,
    },
    Device: {},
    Vendor: {"name": name_fault},
    Connection: {
        "name": name_fault,
        "address": _target_fault,
        "prefixes": number_fault,
        "preference": _small_fault,
        "incoming": _entry_fault,
    },
    DID: {"number": _did_fault},
    Machine: {"name": name_fault, "switch": name_fault},
}
"""Kind -> field -> the rule for its value, or for each of its values if it is a list."""


def _own_faults(record: Record) -> Iterator[Mistake]:
    kind = type(record)
    if not 1 <= record.id <= MAX_ID:
        yield Mistake(kind, record.id, "id", f"is {record.id}: give a number from 1 to {MAX_ID}")
    for field, fault in record_faults(record, _FIELDS[kind]):
        yield Mistake(kind, record.id, field, fault)


def record_faults(record: msgspec.Struct, rules: Mapping[str, Callable[[Any], str]]) -> Iterator[tuple[str, str]]:
    """What is wrong with a record's values: field and fault. Every text must be fit to stand in the directory."""
    for field, value in msgspec.structs.asdict(record).items():
        rule = rules.get(field)
        for name, item in _items(field, value):
            fault = (text_fault(item) if isinstance(item, str) else "") or (rule(item) if rule else "")
            if fault:
                yield name, fault


def _items(field: str, value: object) -> list[tuple[str, object]]:
    if isinstance(value, tuple):
        return [(f"{field}[{index}]", item) for index, item in enumerate(value)]
    return [(field, value)]


# --- what records say of each other ---

_REFERENCES: dict[type[Record], dict[str, type[Record]]] = {
    Customer: {"parent": Customer},
    Account: {"customer": Customer},
    Device: {"account": Account},
    Vendor: {},
    Connection: {"vendor": Vendor},
    DID: {"account": Account, "vendor": Vendor},
    Machine: {},
}
"""Kind -> field -> the kind of record whose id stands there."""


def _dangling(book: Book, record: Record) -> Iterator[Mistake]:
    for field, kind in _REFERENCES[type(record)].items():
        target = getattr(record, field)
        if target is not None and target not in book.table(kind):
            fault = f"there is no {KINDS[kind]} {target}: create it first, or give the id of another"
            yield Mistake(type(record), record.id, field, fault)


def _tree_faults(book: Book, customer: Customer) -> Iterator[Mistake]:
    if customer.id == ROOT and customer.parent is not None:
        yield Mistake(Customer, ROOT, "parent", "the root has nobody above it: leave it out")
    elif customer.id != ROOT and customer.parent is None:
        yield Mistake(Customer, customer.id, "parent", f"is missing: give the customer above, {ROOT} for the operator")
    elif customer.parent is not None:
        path = book.ancestry(customer.id)
        top = book.table(Customer)[path[-1]].parent
        if top == customer.id:
            circle = " -> ".join(map(str, [*path, top]))
            yield Mistake(Customer, customer.id, "parent", f"the customers go round in a circle ({circle}): break it")


def _given_twice(records: Iterable[Record]) -> Iterator[Mistake]:
    for (kind, number), times in Counter((type(record), record.id) for record in records).items():
        if times > 1:
            yield Mistake(kind, number, "id", f"is given {times} times: give each {KINDS[kind]} an id of its own")


_UNIQUE: tuple[tuple[type[Record], str, Callable[[Any], str]], ...] = (
    (Account, "sip_user", str),
    (DID, "number", international),
    (Machine, "switch", str),
)
"""What no two records may share: kind, field, and how its values are compared."""


def _shared_names(book: Book, records: Collection[Record]) -> Iterator[Mistake]:
    for kind, field, comparable in _UNIQUE:
        given = [record for record in records if type(record) is kind]
        owners = _owners(((comparable(getattr(other, field)), other.id) for other in book.listing(kind)), bool(given))
        for record in given:
            value = getattr(record, field)
            others = [owner for owner in owners.get(comparable(value), ()) if owner != record.id]
            if value and others:
                fault = f"{value!r} is taken by {KINDS[kind]} {others[0]}: give another"
                yield Mistake(kind, record.id, field, fault)


def _owners(pairs: Iterable[tuple[str, int]], wanted: bool) -> Mapping[str, list[int]]:
    owners: dict[str, list[int]] = {}
    if wanted:
        for key, owner in pairs:
            owners.setdefault(key, []).append(owner)
    return owners


def _shared_addresses(book: Book, records: Collection[Record]) -> Iterator[Mistake]:
    """Accounts that trust the very same address: whose a call from there is would be a matter of luck."""
    given = [record for record in records if isinstance(record, Account) and record.addresses]
    pairs = ((text, account.id) for account in book.listing(Account) for text in account.addresses)
    owners = _owners(((_comparable(text), owner) for text, owner in pairs), bool(given))
    for account in given:
        for name, text in _items("addresses", account.addresses):
            others = [owner for owner in owners[_comparable(str(text))] if owner != account.id]
            if others:
                fault = f"{text!r} is trusted by account {others[0]} too: leave it to one of them, or add ports"
                yield Mistake(Account, account.id, name, fault)


def _comparable(text: str) -> str:
    try:
        entry = read_entry(text)
    except ValueError:
        return text
    return f"{entry.network} {entry.port}"


def find_references(book: Book, keys: Collection[RecordKey]) -> list[str]:
    """What stands in the way of removing these records: a sentence for each other record that refers to one."""
    going = set(keys)
    return [
        f"{KINDS[target]} {getattr(record, field)} cannot be removed: {KINDS[type(record)]} {record.id} "
        f"refers to it ({field}); remove or change that first"
        for record in book.records()
        if (type(record), record.id) not in going
        for field, target in _REFERENCES[type(record)].items()
        if (target, getattr(record, field)) in going
    ]
