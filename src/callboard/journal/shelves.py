"""The kinds of entries, and where each is kept: everything else in this room works on any of them."""

from collections.abc import Callable
from typing import Any, Generic, TypeVar

import msgspec
from sqlalchemy import Column, Table

from callboard.calls.commands import Outcome
from callboard.operations.batches import BatchEntry, BatchState
from callboard.operations.ledger import CommandRecord
from callboard.operations.past import AuditEntry, EndedCall
from callboard.storage import schema

__all__ = ["AUDIT", "BATCHES", "CALLS", "COMMANDS", "Shelf"]

Entry = TypeVar("Entry")


class Shelf(msgspec.Struct, Generic[Entry], frozen=True):
    """A kind of entry: its table, and the columns by which entries are found."""

    table: Table
    key: str
    time: str
    owners: tuple[str, ...]
    """Whose an entry is: who asks sees the entries of certain owners only. Each column has an index of its own."""
    lowest: int | str
    """A key that is lower than any."""
    row: Callable[[Entry], dict[str, Any]]
    entry: Callable[[dict[str, Any]], Entry]

    def column(self, name: str) -> Column[Any]:
        """A column of the table."""
        return self.table.columns[name]


def _command_row(record: CommandRecord) -> dict[str, Any]:
    return {**msgspec.structs.asdict(record), "outcome": record.outcome.name.lower()}


def _command(row: dict[str, Any]) -> CommandRecord:
    return CommandRecord(**{**row, "outcome": Outcome[row["outcome"].upper()]})


def _audit_entry(row: dict[str, Any]) -> AuditEntry:
    return AuditEntry(**row)


def _batch_row(entry: BatchEntry) -> dict[str, Any]:
    return {**msgspec.structs.asdict(entry), "state": entry.state.value}


def _batch(row: dict[str, Any]) -> BatchEntry:
    return BatchEntry(**{**row, "state": BatchState(row["state"])})


def _ended_call(row: dict[str, Any]) -> EndedCall:
    return EndedCall(**row)


CALLS = Shelf(
    table=schema.ended_calls,
    key="number",
    time="ended_at",
    owners=("customer", "callee_customer"),
    lowest=-1,
    row=msgspec.structs.asdict,
    entry=_ended_call,
)
COMMANDS = Shelf(
    table=schema.commands,
    key="id",
    time="at",
    owners=("customer",),
    lowest="",
    row=_command_row,
    entry=_command,
)
AUDIT = Shelf(
    table=schema.audit,
    key="id",
    time="at",
    owners=("customer",),
    lowest="",
    row=msgspec.structs.asdict,
    entry=_audit_entry,
)
"""What was done that is no command to a switch."""
BATCHES = Shelf(
    table=schema.batches,
    key="id",
    time="at",
    owners=(),
    lowest="",
    row=_batch_row,
    entry=_batch,
)
