"""What was, as operations ask for it: their conditions in the database's words."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import msgspec
from sqlalchemy import Connection, false, func, or_, select

from callboard.calls.commands import CommandId, Outcome
from callboard.calls.legs import CallNumber
from callboard.calls.refusals import Unavailable
from callboard.journal.queries import Condition, entry_of, merged, page
from callboard.journal.shelves import AUDIT, BATCHES, CALLS, COMMANDS, Shelf
from callboard.operations.batches import Batch, InBatch
from callboard.operations.ledger import CommandRecord
from callboard.operations.past import LONGEST_PAGE, AuditEntry, Cursor, EndedCall, Page, PastCalls, PastDeeds
from callboard.storage.database import Database
from callboard.storage.errors import StorageError
from callboard.table.questions.filters import How, TextMatch

__all__ = ["KeptPast"]

logger = logging.getLogger(__name__)

_ESCAPE = "\\"
_AROUND = {How.EXACT: "{}", How.PREFIX: "{}%", How.SUFFIX: "%{}", How.CONTAINS: "%{}%"}


class KeptPast:
    """What the journal keeps. Every method waits for the disk and may be called from any thread.

    Each raises `Unavailable` where the database cannot be read.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def find_calls(self, wanted: PastCalls, before: Cursor | None, limit: int) -> Page[EndedCall]:
        """Ended calls, newest first, at most `limit` (1 to 1,000)."""
        with _readable():
            return page(self._database, CALLS, before, limit, wanted.customers, wanted.span, _of_calls(wanted))

    def find_deeds(self, wanted: PastDeeds, before: Cursor | None, limit: int) -> Page[AuditEntry]:
        """The audit, newest first, at most `limit` (1 to 1,000): commands to switches and all else that was done."""
        with _readable():
            commands = page(
                self._database, COMMANDS, before, limit, wanted.customers, wanted.span, _of_deeds(COMMANDS, wanted)
            )
            others = page(self._database, AUDIT, before, limit, wanted.customers, wanted.span, _of_deeds(AUDIT, wanted))
        deeds = [(Cursor(record.at, record.id), _deed(record)) for record in commands.entries]
        rest = [(Cursor(entry.at, entry.id), entry) for entry in others.entries]
        return merged([(deeds, commands.next is not None), (rest, others.next is not None)], limit)

    def call(self, number: CallNumber) -> EndedCall | None:
        """The ended call of this number."""
        with _readable():
            return entry_of(self._database, CALLS, number)

    def command(self, name: CommandId) -> CommandRecord | None:
        """The command of this id."""
        with _readable():
            return entry_of(self._database, COMMANDS, name)

    def batch(self, name: str) -> Batch | None:
        """The batch of this id, with a thousand of its commands at most: those that are not done first."""
        with _readable():
            entry = entry_of(self._database, BATCHES, name)
            if entry is None:
                return None
            with self._database.view() as connection:
                outcomes, commands = _outcomes(connection, name), _commands(connection, name)
        return Batch(**msgspec.structs.asdict(entry), outcomes=outcomes, commands=commands)


@contextmanager
def _readable() -> Iterator[None]:
    try:
        yield
    except StorageError as error:
        logger.warning("The journal cannot be read: %s", error)
        raise Unavailable("the journal cannot be read at present: the operator finds the reason in the log") from error


def _outcomes(connection: Connection, batch: str) -> dict[Outcome, int]:
    outcome = COMMANDS.column("outcome")
    counted = select(outcome, func.count()).where(*_of_batch(batch)).group_by(outcome)
    return {Outcome[word.upper()]: count for word, count in connection.execute(counted)}


def _commands(connection: Connection, batch: str) -> tuple[InBatch, ...]:
    outcome, at, name = (COMMANDS.column(column) for column in ("outcome", "at", "id"))
    wanted = select(name, COMMANDS.column("call_number"), outcome).where(*_of_batch(batch))
    rows = connection.execute(wanted.order_by(outcome == Outcome.DONE.name.lower(), at, name).limit(LONGEST_PAGE))
    return tuple(InBatch(command, call, Outcome[word.upper()]) for command, call, word in rows)


def _of_batch(name: str) -> tuple[Condition, ...]:
    """Without the second condition the index is not used, for it holds no others."""
    column = COMMANDS.column("batch")
    return column == name, column != ""


def _of_calls(wanted: PastCalls) -> tuple[Condition, ...]:
    duration = CALLS.column("duration")
    return (
        *(CALLS.column(name).in_(sorted(values)) for name, values in wanted.equal),
        *_any_of(wanted.accounts, "account", "callee_account"),
        *_any_of(wanted.devices, "device", "callee_device"),
        *_any_of(wanted.dids, "did"),
        *map(_text, wanted.texts),
        *([] if wanted.shortest is None else [duration >= wanted.shortest]),
        *([] if wanted.longest is None else [duration <= wanted.longest]),
    )


def _any_of(values: frozenset[int] | None, *columns: str) -> tuple[Condition, ...]:
    return () if values is None else (or_(*(CALLS.column(name).in_(sorted(values)) for name in columns)),)


def _text(wanted: TextMatch) -> Condition:
    """Letters of ASCII match in either case, as SQLite compares. Its LIKE stops at a NUL: no call has one."""
    column = CALLS.column(wanted.field.value)
    texts = [text for text in wanted.texts if "\0" not in text]
    return or_(false(), *(column.like(_AROUND[wanted.how].format(_plain(text)), escape=_ESCAPE) for text in texts))


def _plain(text: str) -> str:
    for special in (_ESCAPE, "%", "_"):
        text = text.replace(special, _ESCAPE + special)
    return text


def _of_deeds(shelf: Shelf[AuditEntry] | Shelf[CommandRecord], wanted: PastDeeds) -> tuple[Condition, ...]:
    action = shelf.column("action" if shelf is AUDIT else "operation")
    conditions = [] if wanted.login is None else [shelf.column("login") == wanted.login]
    if wanted.action is not None and wanted.action.endswith("."):
        conditions.append(action.startswith(wanted.action, autoescape=True))
    elif wanted.action is not None:
        conditions.append(action == wanted.action)
    if wanted.outcome is not None:
        conditions.append(shelf.column("outcome") == wanted.outcome)
    return tuple(conditions)


def _deed(record: CommandRecord) -> AuditEntry:
    return AuditEntry(
        id=record.id,
        at=record.at,
        login=record.login,
        customer=record.customer,
        address=record.address,
        token=record.token,
        action=record.operation,
        subject=f"call {record.call_number}",
        outcome=record.outcome.name.lower(),
        words=record.words,
    )
