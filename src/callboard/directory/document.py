"""The whole directory, and the logins, as one document in TOML or JSON: to read, to edit, to keep, to move.

Each kind of record has a section, a list of tables with the fields of `callboard.directory.records`. Secrets stand
in it as verifiers; plain passwords are read too (`sip_password` of an account, `password` of a login), never written.
"""

import json
import tomllib
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal, TypeVar, cast

import msgspec

from callboard.directory.addresses import read_network
from callboard.directory.book import Book, RecordKey
from callboard.directory.destinations import find_faults
from callboard.directory.mistakes import DirectoryError, find_mistakes, name_fault, record_faults, verifier_fault
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
from callboard.directory.strict import Reading, read_sections, read_table

__all__ = [
    "MAX_SIZE",
    "PLAIN",
    "RECORDS",
    "SECRETS",
    "Document",
    "Format",
    "LoginEntry",
    "Sealing",
    "read_document",
    "read_one",
    "write_document",
]

Format = Literal["toml", "json"]
Kind = TypeVar("Kind", bound=msgspec.Struct)

MAX_SIZE = 32 * 1024 * 1024
"""Characters in a document."""


class LoginEntry(msgspec.Struct, frozen=True, kw_only=True):
    """A login as it stands in the document; `callboard.access.logins.Login` says what its fields mean."""

    name: str
    role: str
    customer: int
    password_hash: str = ""
    ha1_md5: str = ""
    ha1_sha256: str = ""
    signing: bool = True
    privileges: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    disabled: bool = False
    masks: tuple[str, ...] = ()


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """Everything in the document, each section in the order of its ids, prefixes or names."""

    customers: tuple[Customer, ...] = ()
    accounts: tuple[Account, ...] = ()
    devices: tuple[Device, ...] = ()
    vendors: tuple[Vendor, ...] = ()
    connections: tuple[Connection, ...] = ()
    dids: tuple[DID, ...] = ()
    machines: tuple[Machine, ...] = ()
    destinations: tuple[Destination, ...] = ()
    """The operator's own, without those that come with Callboard."""
    logins: tuple[LoginEntry, ...] | None = None
    """None: the document does not speak of logins, and those that there are stay."""

    @classmethod
    def of(
        cls,
        records: Iterable[Record],
        destinations: Iterable[Destination] = (),
        logins: Iterable[LoginEntry] | None = None,
    ) -> "Document":
        """The document of these, put in order."""
        book = Book.of(records)
        return cls(
            **{section: book.listing(kind) for section, kind in RECORDS.items()},
            destinations=tuple(sorted(destinations, key=lambda row: row.prefix)),
            logins=None if logins is None else tuple(sorted(logins, key=lambda login: login.name)),
        )

    def records(self) -> tuple[Record, ...]:
        """The records of all kinds."""
        return tuple(record for section in RECORDS for record in getattr(self, section))


class Sealing(msgspec.Struct, frozen=True, kw_only=True):
    """What is needed to turn plain passwords into verifiers, lent by the room that knows how."""

    ha1: Callable[[str, str, str, str], str]
    """`callboard.access.digest.ha1`: user, realm, password, algorithm -> verifier."""
    realm: str
    """The realm in which accounts authenticate to the switch."""
    login: Callable[[LoginEntry, str], LoginEntry]
    """The login with the verifiers of this password."""
    roles: tuple[str, ...]
    """The roles that a login can have."""
    masks: tuple[str, ...]
    """The masks that a login can have."""


RECORDS: dict[str, type] = {
    "customers": Customer,
    "accounts": Account,
    "devices": Device,
    "vendors": Vendor,
    "connections": Connection,
    "dids": DID,
    "machines": Machine,
}
"""Section -> the kind of its records."""

_SECTIONS: dict[str, type] = {**RECORDS, "destinations": Destination, "logins": LoginEntry}

PLAIN: dict[type, tuple[str, ...]] = {Account: ("sip_password",), LoginEntry: ("password",)}
"""Kind -> the keys of its plain secrets, on input only."""

_VERIFIERS = frozenset({"password_hash", "ha1_md5", "ha1_sha256"})
SECRETS = _VERIFIERS | {"shared_key"}
"""Fields that are nobody's to read."""


# --- reading ---


def read_document(text: str, form: Format, sealing: Sealing | None = None, beside: Iterable[Record] = ()) -> Document:
    """Read a whole directory. Without `sealing` plain passwords are a mistake, and roles are not checked.

    With records `beside`, it is read as what is to be added to those.
    Raises `DirectoryError` with all mistakes, each with its path (`accounts[2].sip_user`).
    """
    sections, mistakes = read_sections(_parse(text, form), _SECTIONS)
    readings: dict[str, list[Reading[Any]]] = {}
    for section, items in sections.items():
        kind = _SECTIONS[section]
        tables: list[Reading[Any] | str] = [
            read_table(f"{section}[{i}]", item, kind, PLAIN.get(kind, ())) for i, item in enumerate(items)
        ]
        mistakes += [table for table in tables if isinstance(table, str)]
        readings[section] = [table for table in tables if not isinstance(table, str)]
    mistakes += [mistake for found in readings.values() for reading in found for mistake in _alone(reading, sealing)]
    mistakes += _together(readings, sealing, beside)
    if mistakes:
        raise DirectoryError(mistakes)
    return Document.of(
        [_sealed(reading, sealing) for section in RECORDS for reading in readings.get(section, ())],
        [reading.value for reading in readings.get("destinations", ())],
        [_sealed(reading, sealing) for reading in readings["logins"]] if "logins" in readings else None,
    )


def read_one(kind: type[Kind], path: str, data: Mapping[str, object], sealing: Sealing) -> Kind:
    """Read one record or login. A plain password among the data takes about 0.1 s.

    Raises `DirectoryError` with all mistakes that can be seen without the others, each with its path (`path.name`).
    """
    reading = read_table(path, data, kind, PLAIN.get(kind, ()))
    if isinstance(reading, str):
        raise DirectoryError([reading])
    mistakes = list(_alone(reading, sealing))
    if not mistakes and isinstance(reading.value, LoginEntry):
        mistakes = [f"{path}.{field}: {fault}" for field, fault in record_faults(reading.value, _LOGIN_RULES)]
        mistakes += [f"{path}.{fault}" for fault in _word_faults(reading.value, sealing)]
    if mistakes:
        raise DirectoryError(mistakes)
    return cast("Kind", _sealed(reading, sealing))


def _parse(text: str, form: Format) -> Mapping[str, object]:
    if len(text) > MAX_SIZE:
        raise DirectoryError([f"the document has {len(text)} characters: {MAX_SIZE} is the most that is read"])
    try:
        data = tomllib.loads(text) if form == "toml" else json.loads(text, object_pairs_hook=_without_doubles)
    except RecursionError:
        raise DirectoryError(["the document is nested too deeply: it is sections of tables of values"]) from None
    except ValueError as error:
        raise DirectoryError([f"the document is not {form.upper()}: {error}"]) from None
    if not isinstance(data, dict):
        raise DirectoryError([f"the document is not an object with the sections {', '.join(_SECTIONS)}"])
    return cast("Mapping[str, object]", data)


def _without_doubles(pairs: list[tuple[str, object]]) -> dict[str, object]:
    data = dict(pairs)
    if len(data) < len(pairs):
        keys = [key for key, _ in pairs]
        double = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f"the key {double!r} is given twice in one object: keep one of them")
    return data


def _alone(reading: Reading[Any], sealing: Sealing | None) -> Iterable[str]:
    """What is wrong with a table for itself."""
    yield from reading.mistakes
    for key, secret in reading.secrets.items():
        if sealing is None:
            yield f"{reading.path}.{key}: plain passwords are not read here; give verifiers"
        elif not secret:
            yield f"{reading.path}.{key}: is empty; give the password, or leave the key out"
        elif any(getattr(reading.value, field, "") for field in _VERIFIERS):
            yield f"{reading.path}.{key}: there are verifiers too; give either the password or the verifiers"


def _together(
    readings: Mapping[str, list[Reading[Any]]], sealing: Sealing | None, beside: Iterable[Record]
) -> list[str]:
    """What is wrong with the tables as a whole; of a table that could not be read nothing more is said."""
    records = [reading for section in RECORDS for reading in readings.get(section, ())]
    paths: dict[RecordKey, str] = {}
    for reading in records:
        key = (type(reading.value), reading.value.id)
        paths[key] = f"{paths[key]}, {reading.path}" if key in paths else reading.path
    broken = {(type(reading.value), reading.value.id) for reading in records if reading.mistakes}
    values = [reading.value for reading in records]
    book = Book.of([*beside, *values])
    destinations = [reading for reading in readings.get("destinations", ()) if not reading.mistakes]
    return [
        *(
            f"{paths[mistake.kind, mistake.id]}.{mistake.field}: {mistake.fault}"
            for mistake in find_mistakes(book, values)
            if (mistake.kind, mistake.id) not in broken
        ),
        *(
            f"{destinations[place].path}.{field}: {fault}"
            for place, _, field, fault in find_faults(reading.value for reading in destinations)
        ),
        *_login_faults(readings.get("logins", ()), book, sealing),
    ]


def _network_fault(text: str) -> str:
    try:
        read_network(text)
    except ValueError as wrong:
        return str(wrong)
    return ""


_LOGIN_RULES: dict[str, Callable[[Any], str]] = {
    "name": name_fault,
    "ha1_md5": verifier_fault(32, "MD5"),
    "ha1_sha256": verifier_fault(64, "SHA-256"),
    "addresses": _network_fault,
}


def _login_faults(logins: Iterable[Reading[LoginEntry]], book: Book, sealing: Sealing | None) -> Iterable[str]:
    names: set[str] = set()
    for reading in logins:
        path, login = reading.path, reading.value
        if reading.mistakes:
            continue
        yield from (f"{path}.{field}: {fault}" for field, fault in record_faults(login, _LOGIN_RULES))
        if login.name in names:
            yield f"{path}.name: {login.name!r} is taken by another login: give another"
        if sealing:
            yield from (f"{path}.{fault}" for fault in _word_faults(login, sealing))
        if login.customer not in book.table(Customer):
            yield f"{path}.customer: there is no customer {login.customer}: create it first, or give the id of another"
        names.add(login.name)


def _word_faults(login: LoginEntry, sealing: Sealing) -> Iterable[str]:
    """Which words of a login are none that there are: field and fault."""
    if login.role not in sealing.roles:
        yield f"role: there is no role {login.role!r}; give one of {', '.join(sealing.roles)}"
    for index, mask in enumerate(login.masks):
        if mask not in sealing.masks:
            yield f"masks[{index}]: there is no mask {mask!r}; give some of {', '.join(sealing.masks)}"


def _sealed(reading: Reading[Any], sealing: Sealing | None) -> Any:
    """The record with verifiers in place of its plain password."""
    value = reading.value
    if sealing is None:
        return value
    if "password" in reading.secrets:
        return sealing.login(value, reading.secrets["password"])
    if "sip_password" in reading.secrets:
        secret = (value.sip_user, sealing.realm, reading.secrets["sip_password"])
        md5, sha256 = sealing.ha1(*secret, "MD5"), sealing.ha1(*secret, "SHA-256")
        return msgspec.structs.replace(value, ha1_md5=md5, ha1_sha256=sha256)
    return value


# --- writing ---


def write_document(document: Document, form: Format, secrets: bool = True) -> str:
    """The document as text, the same for the same directory; without `secrets`, without verifiers and shared keys."""
    sections = {
        section: [_table(item, secrets) for item in getattr(document, section)]
        for section in _SECTIONS
        if getattr(document, section) or (section == "logins" and document.logins is not None)
    }
    if form == "json":
        return msgspec.json.format(msgspec.json.encode(sections), indent=2).decode() + "\n"
    return _toml(sections)


def _table(item: msgspec.Struct, secrets: bool) -> dict[str, object]:
    """A record as plain data, without the fields that have their usual value."""
    return {
        field.name: value
        for field in msgspec.structs.fields(item)
        if (value := getattr(item, field.name)) != field.default and (secrets or field.name not in SECRETS)
    }


def _toml(sections: Mapping[str, list[dict[str, object]]]) -> str:
    """TOML 1.0 of lists of flat tables."""
    empty = [f"{section} = []\n" for section, tables in sections.items() if not tables]
    blocks = [
        f"[[{section}]]\n" + "".join(f"{key} = {_toml_value(value)}\n" for key, value in table.items())
        for section, tables in sections.items()
        for table in tables
    ]
    return "\n".join([*empty, *blocks])


def _toml_value(value: object) -> str:
    """A JSON text, number, boolean or list of texts is TOML too, but for DEL, which TOML wants escaped."""
    return msgspec.json.encode(value).decode().replace("\x7f", "\\u007F")
