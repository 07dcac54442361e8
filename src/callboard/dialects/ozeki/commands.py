"""The vendor's commands: each is an operation asked for in their words and answered in their words."""

from collections.abc import Callable
from typing import NamedTuple

from callboard.access.rights import Principal
from callboard.calls.commands import Outcome
from callboard.calls.refusals import CallNotFound, Unavailable, UnknownMethod
from callboard.dialects.ozeki import request
from callboard.dialects.ozeki.documents import answer, call_list
from callboard.dialects.ozeki.profiles import Profile
from callboard.http.blocks import body
from callboard.http.values import Body
from callboard.operations.desk import Desk
from callboard.operations.disconnect import DISCONNECT_CALL
from callboard.operations.list_calls import LIST_CALLS
from callboard.table.written.arena import Arena

__all__ = ["COMMANDS", "Asked", "Command", "command_named"]


class Asked(NamedTuple):
    """What a command works with."""

    desk: Desk
    profile: Profile
    principal: Principal
    parameters: request.Parameters
    now: float
    rows: Arena
    """The profile's."""


Command = Callable[[Asked], Body]


def _list_active_calls(asked: Asked) -> Body:
    calls = asked.desk.perform(LIST_CALLS, asked.principal, request.ACTIVE_CALLS, asked.now).calls
    return body(call_list(asked.profile, asked.rows.rows(calls, asked.now), len(calls)), len(calls))


def _hangup(asked: Asked) -> Body:
    """Success says that the switch was told to end the call, not that it has: the row leaves when the switch says so.

    A call that is over already is not found, as it is not listed; success must not be said of a switch whose link is
    down.
    """
    arguments = request.disconnect_call(asked.parameters)
    (command,) = asked.desk.perform(DISCONNECT_CALL, asked.principal, arguments, asked.now).commands
    match asked.desk.ledger.outcome(command):
        case Outcome.ALREADY_GONE:
            raise CallNotFound("the call is over already")
        case Outcome.REFUSED:
            raise Unavailable("the switch could not be told to end the call")
    return answer(asked.profile)


COMMANDS: dict[str, Command] = {"listactivecalls": _list_active_calls, "hangup": _hangup}
"""By name in lower case: it counts in any."""


def command_named(name: str, profile: Profile) -> Command:
    """Raises Unavailable for a command that the profile has and we cannot carry out, UnknownMethod for any other."""
    bare = name.lower()
    if bare in COMMANDS:
        return COMMANDS[bare]
    if bare in profile.others:
        raise Unavailable("the switches cannot do this")
    raise UnknownMethod("there is no such command")
