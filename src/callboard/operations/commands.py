"""List the commands of late, with what came of each. Older ones stand in the audit."""

import msgspec

from callboard.access.rights import Principal, Right
from callboard.operations.desk import Desk
from callboard.operations.ledger import CommandRecord
from callboard.operations.operation import Operation
from callboard.operations.sight import command_as_seen

__all__ = ["LIST_COMMANDS", "ListCommands"]


class ListCommands(msgspec.Struct, frozen=True, kw_only=True):
    """For which call: its public number."""

    call: int


def _list_commands(desk: Desk, principal: Principal, arguments: ListCommands, now: float) -> tuple[CommandRecord, ...]:
    """Whoever asked sees what they asked for, the operator sees all. The call may be over by now."""
    records = desk.ledger.records(arguments.call)
    return tuple(command_as_seen(principal, record) for record in records if record.is_for(principal))


LIST_COMMANDS = Operation(
    name="commands.list",
    summary="List the commands for a call of the last ten minutes, and what came of each.",
    right=Right.CALLS_DISCONNECT,
    arguments=ListCommands,
    example=ListCommands(call=960),
    run=_list_commands,
)
