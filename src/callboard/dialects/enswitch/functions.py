"""The vendor's functions: each is an operation asked for in their words and answered in their words."""

from collections.abc import Callable
from typing import NamedTuple

from callboard.access.rights import Principal
from callboard.calls.commands import Outcome
from callboard.calls.legs import Call
from callboard.calls.refusals import CallNotFound, InvalidArgument, Unavailable, UnknownMethod
from callboard.calls.state import LIVE, State
from callboard.dialects.enswitch import envelope, fields, request
from callboard.dialects.enswitch.fields import Row
from callboard.dialects.enswitch.privileges import Privilege
from callboard.directory.directory import Directory
from callboard.http.blocks import body
from callboard.http.values import Body
from callboard.operations.desk import Desk
from callboard.operations.disconnect import DISCONNECT_CALL, DisconnectCall
from callboard.operations.list_calls import LIST_CALLS, ListCalls
from callboard.table.questions.filters import Filter
from callboard.table.questions.selection import Selection
from callboard.table.written.arena import Arena

__all__ = ["FUNCTIONS", "Asked", "Function", "function_named"]


class Asked(NamedTuple):
    """What a function works with."""

    desk: Desk
    principal: Principal
    parameters: request.Parameters
    now: float
    rows: Arena
    panel: Arena
    """The rows of the light variant."""
    numbers_as_strings: bool = False


class Function(NamedTuple):
    """One function: how it is carried out, and the privileges of which one is needed."""

    run: Callable[[Asked], Body]
    privileges: frozenset[Privilege]


# --- listing ---------------------------------------------------------------------------------------------------------


def _list(asked: Asked) -> Body:
    wanted = request.active_calls(asked.parameters, asked.principal)
    calls = asked.desk.perform(LIST_CALLS, asked.principal, wanted.arguments, asked.now).calls
    directory, top = asked.desk.directory, asked.principal.customer
    if wanted.callid:
        calls = calls.where(lambda call: fields.callid(call) == wanted.callid)
    if wanted.phone:
        account = _account_of(directory, top, wanted.phone)
        calls = calls.where(lambda call: account is not None and account in fields.accounts(call))
    if wanted.plain:
        return _copied(asked.rows, calls, asked.now)
    found = fields.rows(calls, lambda account: _name(directory, top, account))
    if wanted.types:
        found = [row for row in found if _has_types(row, wanted.types)]
    if wanted.only_count:
        return envelope.data({"count": str(len(found)) if asked.numbers_as_strings else len(found)})
    fields.sort(found, wanted.sort, wanted.descending)
    columns = (*fields.FIELDS, *fields.NAMES) if wanted.names else fields.FIELDS
    return body(envelope.listing(fields.blocks(found, columns, asked.numbers_as_strings)), len(found))


def _account_of(directory: Directory, top: int, sip_user: str) -> int | None:
    """The account of that user. A stranger's is none."""
    account = directory.account_by_user(sip_user)
    return account.id if account is not None and directory.is_within(account.customer, top) else None


def _copied(rows: Arena, calls: Selection, now: float) -> Body:
    return body(envelope.listing(rows.rows(calls, now)), len(calls))


def _has_types(row: Row, types: tuple[tuple[str, str], ...]) -> bool:
    return all(fields.BY_NAME[name].of(row) == word for name, word in types)


def _name(directory: Directory, top: int, number: int | None) -> str:
    """An account's name, if it is in the subtree of the customer that asks."""
    account = None if number is None else directory.account(number)
    return account.name if account and directory.is_within(account.customer, top) else ""


def _list_panel(asked: Asked) -> Body:
    calls = asked.desk.perform(LIST_CALLS, asked.principal, request.panel(asked.parameters), asked.now).calls
    return _copied(asked.panel, calls, asked.now)


# --- ending ----------------------------------------------------------------------------------------------------------


def _hang_up(asked: Asked) -> Body:
    """204 says that the switch was told to end the call, not that it has: the rows leave when the switch says so."""
    asked.desk.check(DISCONNECT_CALL, asked.principal)
    call = _call_of(asked, request.target(asked.parameters))
    arguments = DisconnectCall(number=call.number, as_party=True)
    (command,) = asked.desk.perform(DISCONNECT_CALL, asked.principal, arguments, asked.now).commands
    if asked.desk.ledger.outcome(command) is Outcome.REFUSED:
        raise Unavailable("the switch could not be told to end the call")
    return envelope.without_data("204", "", "OK")


def _call_of(asked: Asked, target: request.Target) -> Call:
    """The call among those that the principal sees.

    The ids are the switches' own, so that two of them could give the same one: then it is not guessed which is meant.
    """
    everything = ListCalls(as_party=True, where=Filter(states=LIVE))
    listed = asked.desk.perform(LIST_CALLS, asked.principal, everything, asked.now).calls
    calls = [call for call in listed if _goes_by(call, target)]
    if not calls:
        raise CallNotFound(f"there is no call with such a {target.name}")
    if len(calls) > 1:
        raise InvalidArgument(f"calls on several switches have this {target.name}: give the other id", target.name)
    return calls[0]


def _goes_by(call: Call, target: request.Target) -> bool:
    if target.name == "callid":
        return fields.callid(call) == target.id
    return any(leg.id.native == target.id for leg in call.legs if leg.state is not State.ENDED)


FUNCTIONS: dict[str, Function] = {
    "calls/active/list": Function(_list, frozenset({Privilege.CALLSHOP, Privilege.REPORTS, Privilege.USER})),
    "calls/active/list/panel": Function(_list_panel, frozenset({Privilege.PANEL})),
    "calls/hangup": Function(_hang_up, frozenset({Privilege.ADMINISTRATOR, Privilege.ACTIONS, Privilege.PANEL})),
}
"""Every function, by its path below the prefix."""


def function_named(name: str) -> Function:
    """Raises UnknownMethod, with those there are, for a function that this dialect does not have."""
    if name not in FUNCTIONS:
        raise UnknownMethod(f"there is no function {name[:80]!r}, only {', '.join(FUNCTIONS)}")
    return FUNCTIONS[name]
