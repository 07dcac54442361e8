"""Show one thing: a call, a command with its outcome, the links to the switches."""

import msgspec

from callboard.access.rights import Principal, Right
from callboard.calls.commands import CommandId
from callboard.calls.legs import Call
from callboard.calls.refusals import CallNotFound, NotFound
from callboard.directory.records import ROOT
from callboard.operations.desk import Desk
from callboard.operations.ledger import CommandRecord
from callboard.operations.operation import Operation
from callboard.table.counters import By, Tally
from callboard.table.links import Link

__all__ = [
    "LIST_SWITCHES",
    "SHOW_CALL",
    "SHOW_COMMAND",
    "ListSwitches",
    "ShowCall",
    "ShowCommand",
    "SwitchView",
    "call_in_sight",
]


class ShowCall(msgspec.Struct, frozen=True, kw_only=True):
    """Which call: its public number."""

    number: int
    as_party: bool = False
    """Also a call of others to an account in the principal's subtree."""


class ShowCommand(msgspec.Struct, frozen=True, kw_only=True):
    """Which command: the id it was given."""

    id: str


class ListSwitches(msgspec.Struct, frozen=True, kw_only=True):
    """All of them."""


class SwitchView(msgspec.Struct, frozen=True, kw_only=True):
    """A switch: how well it is known, and how many calls it carries."""

    link: Link
    calls: Tally
    suspects: int


def call_in_sight(desk: Desk, principal: Principal, number: int, *, as_party: bool = False) -> Call:
    """The call, if it is in the principal's subtree. Raises `CallNotFound` for a stranger's as for one that is not."""
    call = desk.table.call(number)
    if call is None or not _sees(desk, principal, call, as_party=as_party):
        raise CallNotFound(f"call {number} not found")
    return call


def _sees(desk: Desk, principal: Principal, call: Call, *, as_party: bool) -> bool:
    """Calls that nobody owns (yet) are the operator's."""
    owners = [call.placement.customer]
    if as_party and call.placement.callee_customer is not None:
        owners.append(call.placement.callee_customer)
    return any(desk.directory.is_within(owner, principal.customer) for owner in owners)


def _show_call(desk: Desk, principal: Principal, arguments: ShowCall, now: float) -> Call:
    return call_in_sight(desk, principal, arguments.number, as_party=arguments.as_party)


def _show_command(desk: Desk, principal: Principal, arguments: ShowCommand, now: float) -> CommandRecord:
    record = desk.ledger.record(CommandId(arguments.id))
    if record is None or (principal.customer != ROOT and record.login != principal.login):
        raise NotFound(f"command {arguments.id} not found: outcomes are kept here for ten minutes")
    return record


def _list_switches(desk: Desk, principal: Principal, arguments: ListSwitches, now: float) -> tuple[SwitchView, ...]:
    return tuple(
        SwitchView(
            link=link,
            calls=desk.table.counters.get(By.SWITCH, link.switch),
            suspects=desk.table.suspects(link.switch),
        )
        for link in desk.table.links
    )


SHOW_CALL = Operation(
    name="calls.show",
    summary="Show one call.",
    right=Right.CALLS_LIST,
    arguments=ShowCall,
    example=ShowCall(number=960),
    run=_show_call,
)

SHOW_COMMAND = Operation(
    name="commands.show",
    summary="Show a command and what came of it.",
    right=Right.CALLS_DISCONNECT,
    arguments=ShowCommand,
    example=ShowCommand(id="c-1"),
    run=_show_command,
)

LIST_SWITCHES = Operation(
    name="switches.list",
    summary="Show the link to each switch, the age of what is known of it, and how many calls it carries.",
    right=Right.SWITCHES_READ,
    arguments=ListSwitches,
    example=ListSwitches(),
    run=_list_switches,
    system_wide=True,
)
