"""The directory's records and the logins, one by one: list, show, create, change, remove."""

from collections.abc import Iterator
from contextlib import contextmanager

import msgspec
from msgspec.structs import asdict, replace

from callboard.access.logins import Login
from callboard.access.rights import Principal, Right
from callboard.calls.refusals import Conflict, InvalidArgument, Mistaken, NotFound, Outdated
from callboard.directory.directory import DirectoryError
from callboard.directory.document import SECRETS
from callboard.directory.mistakes import MAX_ID
from callboard.directory.records import Account, Customer
from callboard.operations.delegation import discreet, refuse_kind, refuse_stronger, trespasses
from callboard.operations.desk import Desk, Reach
from callboard.operations.directory_document import is_operator
from callboard.operations.operation import Operation
from callboard.operations.registers import REGISTERS, Key, Noun, Register, in_sight, seen

__all__ = [
    "CHANGE_RECORD",
    "CREATE_RECORD",
    "LIST_RECORDS",
    "REMOVE_RECORD",
    "SHOW_RECORD",
    "ChangeRecord",
    "CreateRecord",
    "ListRecords",
    "RecordName",
    "RecordPage",
    "RemoveRecord",
    "register_of",
]

LONGEST_PAGE = 1_000


class ListRecords(msgspec.Struct, frozen=True, kw_only=True):
    """Which records, in the order of their ids or names."""

    section: str
    """Which kind: the name of its section in a document, such as `accounts`."""
    customer: int | None = None
    """Those of this customer; None: of every customer in sight, and where they are the operator's, the operator's."""
    reach: Reach = Reach.SUBTREE
    search: str = ""
    """A text that stands somewhere in a name, number or address of it, in capitals or not."""
    after: Key | None = None
    """The last one of the page before."""
    limit: int = 100


class RecordPage(msgspec.Struct, frozen=True):
    """Some records of one kind."""

    records: tuple[Noun, ...]
    next: Key | None
    """Ask for those after this; None if there are no more."""


class RecordName(msgspec.Struct, frozen=True, kw_only=True):
    """Which record."""

    section: str
    key: Key
    """A record's id, a login's name."""


class CreateRecord(msgspec.Struct, frozen=True, kw_only=True):
    """What there is to be. An id of 0 stands for the next one that is free."""

    section: str
    record: Noun


class ChangeRecord(msgspec.Struct, frozen=True, kw_only=True):
    """What a record is to become."""

    section: str
    record: Noun
    was: Noun | None = None
    """What it was when the client looked; None: whatever it was."""


class RemoveRecord(RecordName, frozen=True, kw_only=True):
    """Which record is to go."""

    was: Noun | None = None
    """What it was when the client looked; None: whatever it was."""


def register_of(section: str) -> Register:
    """The register of a section. Raises `NotFound`."""
    if section not in REGISTERS:
        raise NotFound(f"there is no {section[:40]!r}, only {', '.join(REGISTERS)}")
    return REGISTERS[section]


# --- looking ---------------------------------------------------------------------------------------------------------


def _list_records(desk: Desk, principal: Principal, arguments: ListRecords, now: float) -> RecordPage:
    register = register_of(arguments.section)
    limit = max(1, min(arguments.limit, LONGEST_PAGE))
    owners = None
    if arguments.customer is not None:
        owners = desk.scope(principal, arguments.customer, arguments.reach)
    wanted = arguments.search.casefold()

    def fits(noun: Noun) -> bool:
        return (owners is None or register.owner(desk, noun) in owners) and (not wanted or _holds(noun, wanted))

    found = seen(desk, principal, register, arguments.after, limit + 1, fits)
    following = register.key_of(found[limit - 1]) if len(found) > limit else None
    return RecordPage(found[:limit], following)


def _holds(noun: Noun, wanted: str) -> bool:
    """Whether a text stands in one of its fields; secrets are not looked at."""
    return any(
        wanted in text.casefold()
        for field, value in asdict(noun).items()
        if field not in SECRETS
        for text in (value if isinstance(value, tuple) else (value,))
        if isinstance(text, str)
    )


def _show_record(desk: Desk, principal: Principal, arguments: RecordName, now: float) -> Noun:
    return in_sight(desk, principal, register_of(arguments.section), arguments.key)


# --- writing ---------------------------------------------------------------------------------------------------------


def _create_record(desk: Desk, principal: Principal, arguments: CreateRecord, now: float) -> Noun:
    register, record = register_of(arguments.section), arguments.record
    refuse_kind(principal, register.section, None)
    if not isinstance(record, Login) and record.id == 0:
        record = replace(record, id=_next_id(desk, register))
    key = register.key_of(record)
    if register.find(desk, key) is not None:
        raise Conflict(f"{register.noun} {key} is there already: give another {register.key}, or change that one")
    _put(desk, principal, register, None, record)
    return record


def _next_id(desk: Desk, register: Register) -> int:
    listing = register.listing(desk)
    number = (int(register.key_of(listing[-1])) if listing else 0) + 1
    if number > MAX_ID:
        raise InvalidArgument(f"{register.noun} {MAX_ID} is there, so that there is no next id: give one", "id")
    return number


def _change_record(desk: Desk, principal: Principal, arguments: ChangeRecord, now: float) -> Noun:
    register, record = register_of(arguments.section), arguments.record
    before = in_sight(desk, principal, register, register.key_of(record))
    refuse_kind(principal, register.section, before)
    _refuse_outdated(register, before, arguments.was)
    _put(desk, principal, register, before, record)
    return record


def _refuse_outdated(register: Register, before: Noun, was: Noun | None) -> None:
    if was is not None and was != before:
        raise Outdated(f"{register.noun} {register.key_of(before)} was changed meanwhile: look again, then change it")


def _put(desk: Desk, principal: Principal, register: Register, before: Noun | None, after: Noun) -> None:
    mistakes = [*trespasses(desk, principal, before, after), *_stale_verifiers(before, after)]
    if mistakes:
        raise Mistaken([f"{register.noun} {register.key_of(after)}, {mistake}" for mistake in mistakes])
    for login in (before, after):
        if isinstance(login, Login):
            refuse_stronger(desk, principal, login)
    if isinstance(after, Login):
        _refuse_lockout(desk, register.key_of(after), after)
    with _told(desk, principal):
        register.put(desk, after)


def _stale_verifiers(before: Noun | None, after: Noun) -> Iterator[str]:
    """A phone's verifiers are made with its user name."""
    if isinstance(before, Account) and isinstance(after, Account) and before.sip_user != after.sip_user:
        kept = [name for name in ("ha1_md5", "ha1_sha256") if getattr(after, name) == getattr(before, name) != ""]
        if kept:
            yield "sip_user: the password holds for the old one only: give sip_password too"


@contextmanager
def _told(desk: Desk, principal: Principal) -> Iterator[None]:
    try:
        yield
    except DirectoryError as error:
        raise Mistaken(discreet(desk, principal, error.mistakes)) from error


def _remove_record(desk: Desk, principal: Principal, arguments: RemoveRecord, now: float) -> Noun:
    register = register_of(arguments.section)
    before = in_sight(desk, principal, register, arguments.key)
    refuse_kind(principal, register.section, None)
    _refuse_outdated(register, before, arguments.was)
    if isinstance(before, Customer) and before.id == principal.customer:
        raise Conflict(f"{principal.login} belongs to customer {before.id}: who is to go cannot do it itself")
    if isinstance(before, Login):
        refuse_stronger(desk, principal, before)
        _refuse_lockout(desk, arguments.key, None)
    with _told(desk, principal):
        register.remove(desk, arguments.key)
    return before


def _refuse_lockout(desk: Desk, key: Key, after: Login | None) -> None:
    """Nobody may lock everybody out: one of the operator's administrators must be able to sign in."""
    others = [login for login in desk.access.logins() if login.name != key]
    if not any(map(is_operator, [*others, *([after] if after else [])])):
        raise Conflict("no administrator could sign in after this: make another one first")


LIST_RECORDS = Operation(
    name="directory.list",
    summary="List the records of one kind, or the logins, as far as they are one's own.",
    right=Right.DIRECTORY_READ,
    arguments=ListRecords,
    example=ListRecords(section="accounts", customer=3),
    run=_list_records,
)

SHOW_RECORD = Operation(
    name="directory.show",
    summary="Show one record, or one login, without its secrets.",
    right=Right.DIRECTORY_READ,
    arguments=RecordName,
    example=RecordName(section="accounts", key=5),
    run=_show_record,
)

CREATE_RECORD = Operation(
    name="directory.create",
    summary="Create a record or a login.",
    right=Right.DIRECTORY_WRITE,
    arguments=CreateRecord,
    example=CreateRecord(section="customers", record=Customer(id=0, name="Acme", parent=1)),
    run=_create_record,
    audited=lambda wanted: f"{wanted.section} {REGISTERS[wanted.section].key_of(wanted.record) or '(new)'}",
)

CHANGE_RECORD = Operation(
    name="directory.change",
    summary="Change a record or a login.",
    right=Right.DIRECTORY_WRITE,
    arguments=ChangeRecord,
    example=ChangeRecord(section="customers", record=Customer(id=3, name="Acme", parent=1)),
    run=_change_record,
    audited=lambda wanted: f"{wanted.section} {REGISTERS[wanted.section].key_of(wanted.record)}",
)

REMOVE_RECORD = Operation(
    name="directory.remove",
    summary="Remove a record, or a login with its tokens.",
    right=Right.DIRECTORY_WRITE,
    arguments=RemoveRecord,
    example=RemoveRecord(section="accounts", key=5),
    run=_remove_record,
    audited=lambda wanted: f"{wanted.section} {wanted.key}",
)
