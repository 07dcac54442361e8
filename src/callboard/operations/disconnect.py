"""End calls: one, all of an account, or all of a customer and everybody below."""

import msgspec

from callboard.access.rights import Principal, Right
from callboard.calls.commands import CommandId, HangUp
from callboard.calls.legs import Call
from callboard.calls.refusals import AccountNotFound
from callboard.calls.state import LIVE, State
from callboard.operations.desk import Desk
from callboard.operations.ledger import CommandRecord
from callboard.operations.operation import Operation
from callboard.operations.show import call_in_sight
from callboard.table.questions.filters import Filter

__all__ = [
    "DISCONNECT_ACCOUNT",
    "DISCONNECT_CALL",
    "DISCONNECT_CUSTOMER",
    "DisconnectAccount",
    "DisconnectCall",
    "DisconnectCustomer",
    "Disconnecting",
    "hang_up",
]


class DisconnectCall(msgspec.Struct, frozen=True, kw_only=True):
    """Which call: its public number."""

    number: int
    as_party: bool = False
    """Also a call of others to an account in the principal's subtree: whoever is called may hang up too."""


class DisconnectAccount(msgspec.Struct, frozen=True, kw_only=True):
    """Whose calls: an account."""

    account: int


class DisconnectCustomer(msgspec.Struct, frozen=True, kw_only=True):
    """Whose calls: a customer with all below."""

    customer: int


class Disconnecting(msgspec.Struct, frozen=True):
    """The commands that were issued; each one's outcome comes later, in the ledger."""

    commands: tuple[CommandId, ...]

    @property
    def count(self) -> int:
        """How many calls are being disconnected."""
        return len(self.commands)


def hang_up(desk: Desk, principal: Principal, operation: str, call: Call, now: float, batch: str = "") -> CommandRecord:
    """Have one call ended, in the name of an operation that may, and of a batch if it is of one."""
    record = desk.ledger.begin(principal, operation, call, now, batch)
    if call.state is State.ENDED:
        return desk.ledger.gone_already(record)
    return desk.ledger.issue(record, HangUp(record.id, call.key), call, desk.switchboard)


def _hang_up_all(desk: Desk, principal: Principal, operation: str, wanted: Filter, now: float) -> Disconnecting:
    live = msgspec.structs.replace(wanted, states=LIVE)
    calls = desk.table.select(live, now=now)
    return Disconnecting(tuple(hang_up(desk, principal, operation, call, now).id for call in calls))


def _disconnect_call(desk: Desk, principal: Principal, arguments: DisconnectCall, now: float) -> Disconnecting:
    call = call_in_sight(desk, principal, arguments.number, as_party=arguments.as_party)
    return Disconnecting((hang_up(desk, principal, DISCONNECT_CALL.name, call, now).id,))


def _disconnect_account(desk: Desk, principal: Principal, arguments: DisconnectAccount, now: float) -> Disconnecting:
    account = desk.directory.account(arguments.account)
    if account is None or not desk.directory.is_within(account.customer, principal.customer):
        raise AccountNotFound(f"account {arguments.account} not found")
    return _hang_up_all(desk, principal, DISCONNECT_ACCOUNT.name, Filter(account=account.id), now)


def _disconnect_customer(desk: Desk, principal: Principal, arguments: DisconnectCustomer, now: float) -> Disconnecting:
    scope = desk.scope(principal, arguments.customer)
    return _hang_up_all(desk, principal, DISCONNECT_CUSTOMER.name, Filter(customers=scope), now)


DISCONNECT_CALL = Operation(
    name="calls.disconnect",
    summary="End one call.",
    right=Right.CALLS_DISCONNECT,
    arguments=DisconnectCall,
    example=DisconnectCall(number=960),
    run=_disconnect_call,
)

DISCONNECT_ACCOUNT = Operation(
    name="calls.disconnect_account",
    summary="End every call of an account.",
    right=Right.CALLS_DISCONNECT,
    arguments=DisconnectAccount,
    example=DisconnectAccount(account=3),
    run=_disconnect_account,
)

DISCONNECT_CUSTOMER = Operation(
    name="calls.disconnect_customer",
    summary="End every call of a customer and of all customers below.",
    right=Right.CALLS_DISCONNECT,
    arguments=DisconnectCustomer,
    example=DisconnectCustomer(customer=2),
    run=_disconnect_customer,
)
