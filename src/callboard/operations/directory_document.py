"""The whole directory with its logins as one document: take it out, put another in its place."""

import msgspec

from callboard.access.access import Access
from callboard.access.entries import entry_of, login_of
from callboard.access.logins import Login
from callboard.access.rights import Principal, Right, Role
from callboard.calls.refusals import InvalidArgument, Mistaken
from callboard.directory.directory import Directory, DirectoryError
from callboard.directory.document import Document
from callboard.directory.records import ROOT
from callboard.operations.desk import Desk
from callboard.operations.operation import Operation

__all__ = ["EXPORT_DIRECTORY", "IMPORT_DIRECTORY", "ExportDirectory", "ImportDirectory", "Imported", "is_operator"]


class ExportDirectory(msgspec.Struct, frozen=True, kw_only=True):
    """All of it."""


class ImportDirectory(msgspec.Struct, frozen=True, kw_only=True):
    """What is to take the place of everything. A document that does not speak of logins leaves them as they are."""

    document: Document
    beside: bool = False
    """Whether what is not in the document stays: then it adds and changes, and removes nothing."""
    dry_run: bool = False
    """Whether only to look: all is checked, and nothing is done."""


class Imported(msgspec.Struct, frozen=True, kw_only=True):
    """How much there is now, and what became of it; after a dry run, how it would be."""

    records: int
    destinations: int
    logins: int
    added: int
    """Records and logins."""
    changed: int
    removed: int
    dry_run: bool


def _export(desk: Desk, principal: Principal, arguments: ExportDirectory, now: float) -> Document:
    logins = tuple(entry_of(login) for login in desk.access.logins())
    return Document.of(desk.directory.records(), desk.directory.destinations(), logins)


def _import(desk: Desk, principal: Principal, arguments: ImportDirectory, now: float) -> Imported:
    document = _beside(desk, arguments.document) if arguments.beside else arguments.document
    logins = _logins(desk.access, document)
    _refuse_lockout(document, logins)
    imported = _counted(desk, document, logins, arguments.dry_run)
    try:
        if arguments.dry_run:
            desk.directory.check(document.records(), document.destinations)
        else:
            _replace(desk.directory, desk.access, document, logins)
    except DirectoryError as error:
        raise Mistaken(error.mistakes) from error
    return imported


def _beside(desk: Desk, document: Document) -> Document:
    """The document with all that there is and that it does not speak of."""
    entries = {login.name: entry_of(login) for login in desk.access.logins()}
    entries |= {entry.name: entry for entry in document.logins or ()}
    destinations = {row.prefix: row for row in (*desk.directory.destinations(), *document.destinations)}
    return Document.of([*desk.directory.records(), *document.records()], destinations.values(), tuple(entries.values()))


def _counted(desk: Desk, document: Document, logins: tuple[Login, ...], dry_run: bool) -> Imported:
    before: dict[object, object] = {(type(record), record.id): record for record in desk.directory.records()}
    before |= {login.name: login for login in desk.access.logins()}
    after: dict[object, object] = {(type(record), record.id): record for record in document.records()}
    after |= {login.name: login for login in logins}
    return Imported(
        records=len(document.records()),
        destinations=len(document.destinations),
        logins=len(logins),
        added=len(after.keys() - before.keys()),
        changed=sum(before[key] != after[key] for key in after.keys() & before.keys()),
        removed=len(before.keys() - after.keys()),
        dry_run=dry_run,
    )


def _logins(access: Access, document: Document) -> tuple[Login, ...]:
    if document.logins is None:
        return access.logins()
    return tuple(login_of(entry) for entry in document.logins)


def _refuse_lockout(document: Document, logins: tuple[Login, ...]) -> None:
    """Nobody may lock everybody out, or leave logins without their customer."""
    if not any(map(is_operator, logins)):
        raise InvalidArgument(
            "no administrator could sign in after this: "
            f"give the document a login of role admin at customer {ROOT}, with a password",
            "document",
        )
    customers = {customer.id for customer in document.customers}
    lost = sorted(login.name for login in logins if login.customer not in customers)
    if lost:
        raise InvalidArgument(
            f"these logins would lose their customer: {', '.join(lost)}; put the logins into the document too",
            "document",
        )


def is_operator(login: Login) -> bool:
    """Whether this login can put another document in the place of this one."""
    return login.role is Role.ADMIN and login.customer == ROOT and not login.disabled and bool(login.password_hash)


def _replace(directory: Directory, access: Access, document: Document, logins: tuple[Login, ...]) -> None:
    """Old logins go first, so that none is ever without its customer; the new ones come last."""
    kept = {login.name for login in logins}
    directory.replace(document.records(), document.destinations)
    for login in access.logins():
        if login.name not in kept:
            access.remove(login.name)
    access.put(*logins)


EXPORT_DIRECTORY = Operation(
    name="directory.export",
    summary="Take out the whole directory, logins included, as one document.",
    right=Right.DIRECTORY_EXPORT,
    arguments=ExportDirectory,
    example=ExportDirectory(),
    run=_export,
    system_wide=True,
)

IMPORT_DIRECTORY = Operation(
    name="directory.import",
    summary="Put a document in the place of the whole directory.",
    right=Right.DIRECTORY_WRITE,
    arguments=ImportDirectory,
    example=ImportDirectory(document=Document()),
    run=_import,
    system_wide=True,
    audited=lambda wanted: "directory (dry run)" if wanted.dry_run else "directory",
)
