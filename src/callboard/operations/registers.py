"""Registers: each kind of record of the directory, and the logins, kept and found in one and the same way."""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from itertools import islice
from typing import cast

import msgspec

from callboard.access.logins import Login
from callboard.access.rights import Principal
from callboard.calls.refusals import NotFound
from callboard.directory.book import KINDS
from callboard.directory.directory import DirectoryError
from callboard.directory.document import RECORDS
from callboard.directory.records import Customer, Record
from callboard.operations.desk import Desk

__all__ = ["LOGINS", "REGISTERS", "Key", "Noun", "Register", "in_sight", "seen"]

Noun = Record | Login
"""What a register holds."""
Key = int | str
"""What it is known by: a record's id, a login's name."""

LOGINS = "logins"


class Register(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of thing: where it is kept, and whose each is."""

    section: str
    """Its name in documents and addresses, such as `accounts`."""
    noun: str
    """One of them, for people."""
    kind: type
    key: str
    """The field that it is known by."""
    listing: Callable[[Desk], Sequence[Noun]]
    """All of them, in the order of their keys."""
    find: Callable[[Desk, Key], Noun | None]
    put: Callable[[Desk, Noun], None]
    """Create or change. Raises `DirectoryError`."""
    remove: Callable[[Desk, Key], None]
    """Raises `DirectoryError`."""
    owner: Callable[[Desk, Noun], int | None]
    """The customer that one belongs to; None is the operator."""

    def key_of(self, noun: Noun) -> Key:
        """What one is known by."""
        key: Key = getattr(noun, self.key)
        return key


def _of_records(section: str, kind: type[Record]) -> Register:
    def remove(desk: Desk, key: Key) -> None:
        if kind is Customer:
            _refuse_orphans(desk, key)
        desk.directory.remove(kind, int(key))

    return Register(
        section=section,
        noun=KINDS[kind],
        kind=kind,
        key="id",
        listing=lambda desk: desk.directory.listing(kind),
        find=lambda desk, key: desk.directory.record(kind, int(key)),
        put=lambda desk, noun: desk.directory.put(cast("Record", noun)),
        remove=remove,
        owner=lambda desk, noun: desk.directory.owner(cast("Record", noun)),
    )


def _refuse_orphans(desk: Desk, customer: Key) -> None:
    """The directory knows no logins, so that it is for us to see that none loses its customer."""
    names = [login.name for login in desk.access.logins() if login.customer == customer]
    if names:
        raise DirectoryError([f"customer {customer} cannot be removed: login {name!r} belongs to it" for name in names])


def _of_logins() -> Register:
    return Register(
        section=LOGINS,
        noun="login",
        kind=Login,
        key="name",
        listing=lambda desk: desk.access.logins(),
        find=lambda desk, key: desk.access.login(str(key)),
        put=lambda desk, noun: desk.access.put(cast("Login", noun)),
        remove=lambda desk, key: desk.access.remove(str(key)),
        owner=lambda desk, noun: cast("Login", noun).customer,
    )


REGISTERS: dict[str, Register] = {
    **{section: _of_records(section, kind) for section, kind in RECORDS.items()},
    LOGINS: _of_logins(),
}
"""Every register, by its section."""


def in_sight(desk: Desk, principal: Principal, register: Register, key: Key) -> Noun:
    """The one with this key. Raises `NotFound` for a stranger's as for one that is not."""
    noun = register.find(desk, key)
    if noun is None or not _sees(desk, principal, register, noun):
        raise NotFound(f"{register.noun} {str(key)[:80]} not found")
    return noun


def seen(
    desk: Desk,
    principal: Principal,
    register: Register,
    after: Key | None,
    limit: int,
    fits: Callable[[Noun], bool],
) -> tuple[Noun, ...]:
    """At most so many that fit and that the principal sees, from behind a key on."""
    listing = register.listing(desk)
    begin = 0 if after is None else bisect_right(listing, after, key=register.key_of)
    rest = (listing[place] for place in range(begin, len(listing)))
    return tuple(islice((noun for noun in rest if fits(noun) and _sees(desk, principal, register, noun)), limit))


def _sees(desk: Desk, principal: Principal, register: Register, noun: Noun) -> bool:
    return desk.directory.is_within(register.owner(desk, noun), principal.customer)
