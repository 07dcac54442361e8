"""Show one thing: a call, a command with its outcome, the links to the switches."""

import msgspec

from callboard.access.rights import Principal, Right
from callboard.calls.commands import CommandId
from callboard.calls.legs import Call, CallNumber, Placement
from callboard.calls.refusals import CallNotFound, NotFound
from callboard.operations.desk import Desk
from callboard.operations.ledger import CommandRecord
from callboard.operations.operation import Operation
from callboard.operations.past import EndedCall
from callboard.operations.sight import as_seen, command_as_seen, past_as_seen
from callboard.operations.switches import SwitchFacts
from callboard.table.questions.counters import By, Tally
from callboard.table.reconciling.links import Link, LinkState

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


RECENT = 600.0
"""Seconds for which an ended call can still be looked at by whoever may list calls."""

_MOST = 2**63 - 1
"""What the number of a call can be at most."""


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
    facts: SwitchFacts
    calls: Tally
    suspects: int


def call_in_sight(desk: Desk, principal: Principal, number: int, *, as_party: bool = False) -> Call:
    """The call, if it is in the principal's subtree. Raises `CallNotFound` for a stranger's as for one that is not."""
    call = desk.table.call(number)
    if call is None or not _sees(desk, principal, call.placement, as_party=as_party):
        raise CallNotFound(f"call {number} not found")
    return call


def _sees(desk: Desk, principal: Principal, placed: Placement | EndedCall, *, as_party: bool) -> bool:
    """Calls that nobody owns (yet) are the operator's."""
    owners = [placed.customer]
    if as_party and placed.callee_customer is not None:
        owners.append(placed.callee_customer)
    return any(desk.directory.is_within(owner, principal.customer) for owner in owners)


def _show_call(desk: Desk, principal: Principal, arguments: ShowCall, now: float) -> Call | EndedCall:
    """The row while there is one; then, for ten minutes, what is kept of it."""
    if desk.table.call(arguments.number) is None:
        return past_as_seen(desk.directory, principal, _past_call(desk, principal, arguments, now))
    call = call_in_sight(desk, principal, arguments.number, as_party=arguments.as_party)
    return as_seen(desk.directory, principal, call)


def _past_call(desk: Desk, principal: Principal, arguments: ShowCall, now: float) -> EndedCall:
    call = desk.past.call(CallNumber(arguments.number)) if arguments.number <= _MOST else None
    if call is None or call.ended_at < now - RECENT or not _sees(desk, principal, call, as_party=arguments.as_party):
        raise CallNotFound(f"call {arguments.number} not found")
    return call


def _show_command(desk: Desk, principal: Principal, arguments: ShowCommand, now: float) -> CommandRecord:
    name = CommandId(arguments.id)
    record = desk.ledger.record(name) or desk.past.command(name)
    if record is None or not record.is_for(principal):
        raise NotFound(f"command {arguments.id} not found")
    return command_as_seen(principal, record)


def _list_switches(desk: Desk, principal: Principal, arguments: ListSwitches, now: float) -> tuple[SwitchView, ...]:
    links = {link.switch: link for link in desk.table.links}
    known = {facts.name: facts for facts in desk.switches()}
    return tuple(
        SwitchView(
            link=links.get(name) or Link(switch=name, state=LinkState.LOST, since=now, why=known[name].not_ready),
            facts=known.get(name) or SwitchFacts(name=name, kind=""),
            calls=desk.table.counters.get(By.SWITCH, name),
            suspects=desk.table.suspects(name),
        )
        for name in sorted({*links, *known})
    )


SHOW_CALL = Operation(
    name="calls.show",
    summary="Show one call, also for ten minutes after its end.",
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
