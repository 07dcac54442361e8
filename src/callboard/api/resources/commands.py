"""Commands: end a call, transfer it, hold it, take a stuck row out; and what came of what was asked."""

from http import HTTPStatus
from typing import Literal

import msgspec

from callboard.api import request as ask
from callboard.api.fields import command_view
from callboard.api.parameters import read_body, read_query
from callboard.api.route import JSON, Asked, Route, answer_json
from callboard.api.schemas import CommandList, CommandRow
from callboard.calls.legs import Side
from callboard.http.values import Reply
from callboard.operations.commands import LIST_COMMANDS, ListCommands
from callboard.operations.disconnect import DISCONNECT_CALL, DisconnectCall
from callboard.operations.forget import FORGET_CALL, ForgetCall
from callboard.operations.hold import HOLD_CALL, UNHOLD_CALL, HoldCall, UnholdCall
from callboard.operations.ledger import CommandRecord
from callboard.operations.show import SHOW_COMMAND, ShowCommand
from callboard.operations.sight import command_as_seen
from callboard.operations.transfer import TRANSFER_CALL, TransferCall

__all__ = ["ROUTES", "Taken"]

Party = Literal["caller", "callee"]

_SIDES: dict[Party, Side] = {"caller": Side.CALLER, "callee": Side.CALLEE}


class TransferWanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where to, and who goes there; the other party is let go."""

    to: str
    party: Party = "caller"


class PartyWanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whose phone."""

    party: Party = "caller"


class Taken(msgspec.Struct, frozen=True):
    """A command that was taken; `/v1/commands/{command}` tells what came of it later."""

    command: str
    outcome: Literal["pending", "done", "already_gone", "refused", "unknown"]
    """At this moment: `refused` at once where the switch cannot be asked, `pending` while the switch is at it."""
    words: str
    """Why, for people."""


async def _disconnect_call(asked: Asked) -> Reply:
    arguments = DisconnectCall(number=ask.call_number(asked.name), as_party=True)
    (command,) = asked.desk.perform(DISCONNECT_CALL, asked.principal, arguments, asked.request.at).commands
    record = asked.desk.ledger.record(command)
    if record is None:
        raise LookupError(f"the ledger has lost {command}")
    return _taken(asked, record)


async def _transfer_call(asked: Asked) -> Reply:
    asked.desk.check(TRANSFER_CALL, asked.principal)
    number = ask.call_number(asked.name)
    body: TransferWanted = read_body(asked.request, TransferWanted)
    arguments = TransferCall(number=number, to=body.to, party=_SIDES[body.party])
    return _taken(asked, asked.desk.perform(TRANSFER_CALL, asked.principal, arguments, asked.request.at))


async def _hold_call(asked: Asked) -> Reply:
    asked.desk.check(HOLD_CALL, asked.principal)
    number = ask.call_number(asked.name)
    body: PartyWanted = read_body(asked.request, PartyWanted)
    arguments = HoldCall(number=number, party=_SIDES[body.party])
    return _taken(asked, asked.desk.perform(HOLD_CALL, asked.principal, arguments, asked.request.at))


async def _unhold_call(asked: Asked) -> Reply:
    asked.desk.check(UNHOLD_CALL, asked.principal)
    number = ask.call_number(asked.name)
    body: PartyWanted = read_body(asked.request, PartyWanted)
    arguments = UnholdCall(number=number, party=_SIDES[body.party])
    return _taken(asked, asked.desk.perform(UNHOLD_CALL, asked.principal, arguments, asked.request.at))


def _taken(asked: Asked, record: CommandRecord) -> Reply:
    """202: the switch was asked, or could not be."""
    seen = command_as_seen(asked.principal, record)
    content = {"command": seen.id, "outcome": seen.outcome.name.lower(), "words": seen.words}
    return answer_json(content, HTTPStatus.ACCEPTED, ("Location", f"/v1/commands/{record.id}"))


async def _forget_call(asked: Asked) -> Reply:
    """The command and its outcome, which is known at once: no switch is asked."""
    arguments = ForgetCall(number=ask.call_number(asked.name))
    return answer_json(command_view(asked.desk.perform(FORGET_CALL, asked.principal, arguments, asked.request.at)))


async def _show_command(asked: Asked) -> Reply:
    record = asked.desk.perform(SHOW_COMMAND, asked.principal, ShowCommand(id=asked.name), asked.request.at)
    return answer_json(command_view(record))


class CommandsQuery(msgspec.Struct, frozen=True):
    """Whose commands: a call's."""

    call: str


async def _list_commands(asked: Asked) -> Reply:
    call = ask.call_number(read_query(asked.request, CommandsQuery).call)
    records = asked.desk.perform(LIST_COMMANDS, asked.principal, ListCommands(call=call), asked.request.at)
    return answer_json({"commands": [command_view(record) for record in records]})


_TAKEN = {JSON: Taken}

ROUTES = (
    Route(method="POST", path="/calls/{id}/disconnect", operation=DISCONNECT_CALL, endpoint=_disconnect_call,
          gives=_TAKEN, status=202, once=True, tells=("Location",)),
    Route(method="POST", path="/calls/{id}/transfer", operation=TRANSFER_CALL, endpoint=_transfer_call,
          takes={JSON: TransferWanted}, gives=_TAKEN, status=202, once=True, tells=("Location",)),
    Route(method="POST", path="/calls/{id}/hold", operation=HOLD_CALL, endpoint=_hold_call,
          takes={JSON: PartyWanted}, gives=_TAKEN, status=202, once=True, tells=("Location",)),
    Route(method="POST", path="/calls/{id}/unhold", operation=UNHOLD_CALL, endpoint=_unhold_call,
          takes={JSON: PartyWanted}, gives=_TAKEN, status=202, once=True, tells=("Location",)),
    Route(method="POST", path="/calls/{id}/forget", operation=FORGET_CALL, endpoint=_forget_call,
          gives={JSON: CommandRow}, once=True),
    Route(method="GET", path="/commands", operation=LIST_COMMANDS, endpoint=_list_commands, query=CommandsQuery,
          gives={JSON: CommandList}, example="call=960"),
    Route(method="GET", path="/commands/{id}", operation=SHOW_COMMAND, endpoint=_show_command,
          gives={JSON: CommandRow}),
)  # fmt: skip
