"""The vendor's methods: each is an operation asked for in their words and answered in their words."""

from collections.abc import Callable
from typing import NamedTuple

from callboard.access.rights import Principal
from callboard.calls.commands import Outcome
from callboard.calls.refusals import CallNotFound, Forbidden, InvalidArgument, Unavailable, UnknownMethod
from callboard.calls.state import State
from callboard.dialects.sippy import fields, request, xmlrpc
from callboard.directory.records import ROOT
from callboard.http.blocks import body
from callboard.http.values import Body
from callboard.operations.call_stats import CALL_STATS, CallStats
from callboard.operations.desk import Desk
from callboard.operations.disconnect import DISCONNECT_ACCOUNT, DISCONNECT_CALL, DISCONNECT_CUSTOMER, Disconnecting
from callboard.operations.list_calls import LIST_CALLS
from callboard.table.written.arena import Arena

__all__ = ["METHODS", "SYSTEM_METHODS", "Asked", "Method", "answer_system", "method_named"]

NOT_FOUND = "Call not found or not accessible"
"""The vendor's result for a call that cannot be disconnected: a result, not a fault."""


class Asked(NamedTuple):
    """What a method works with."""

    desk: Desk
    principal: Principal
    parameters: request.Parameters
    now: float
    rows: Arena


class Method(NamedTuple):
    """One method: how it is carried out, one line of help, and which parameter names the customer it acts for.

    `default_customer` stands in where trusted mode may leave that parameter out.
    """

    run: Callable[[Asked], Body]
    help: str
    acts_for: str = "i_customer"
    default_customer: int | None = None


# --- listing ---------------------------------------------------------------------------------------------------------


def _list_all_calls(asked: Asked) -> Body:
    return _list(asked, None)


def _list_active_calls(asked: Asked) -> Body:
    return _list(asked, fields.ACTIVE_STATES)


def _list(asked: Asked, states: frozenset[State] | None) -> Body:
    arguments = request.list_calls(asked.parameters, states)
    calls = asked.desk.perform(LIST_CALLS, asked.principal, arguments, asked.now).calls
    return body(xmlrpc.array_response(asked.rows.rows(calls, asked.now)), len(calls))


# --- ending ----------------------------------------------------------------------------------------------------------


def _disconnect_call(asked: Asked) -> Body:
    try:
        arguments = request.disconnect_call(asked.parameters)
        asked_for = asked.desk.perform(DISCONNECT_CALL, asked.principal, arguments, asked.now)
    except CallNotFound:
        return xmlrpc.response({"result": NOT_FOUND})
    if not _sent(asked, asked_for):
        return xmlrpc.response({"result": NOT_FOUND})
    return xmlrpc.response({"result": "OK"})


def _disconnect_account(asked: Asked) -> Body:
    arguments = request.disconnect_account(asked.parameters)
    return _count(asked, asked.desk.perform(DISCONNECT_ACCOUNT, asked.principal, arguments, asked.now))


def _disconnect_customer(asked: Asked) -> Body:
    arguments = request.disconnect_customer(asked.parameters)
    return _count(asked, asked.desk.perform(DISCONNECT_CUSTOMER, asked.principal, arguments, asked.now))


def _count(asked: Asked, asked_for: Disconnecting) -> Body:
    """`result` comes before `count`: a client in the field takes the first string and the first int."""
    return xmlrpc.response({"result": "OK", "count": _sent(asked, asked_for)})


def _sent(asked: Asked, asked_for: Disconnecting) -> int:
    """How many disconnects went out, or came out at once. Raises Unavailable if there were some and none could be sent.

    "OK means that disconnect request was sent successfully", says the page; it must not be said of a switch whose link
    is down.
    """
    records = [record for command in asked_for.commands if (record := asked.desk.ledger.record(command)) is not None]
    refused = [record for record in records if record.outcome is Outcome.REFUSED]
    if refused and len(refused) == len(records):
        raise Unavailable(f"the switch could not be told: {refused[0].words}")
    return sum(record.outcome in {Outcome.PENDING, Outcome.DONE} for record in records)


# --- counting --------------------------------------------------------------------------------------------------------


def _account_call_stats(asked: Asked) -> Body:
    if asked.principal.customer != ROOT:
        raise Forbidden(
            "getAccountCallStats counts the accounts of the root customer only: "
            "call getAccountCallStatsCustomer for those of another customer"
        )
    return _stats(asked)


def _stats(asked: Asked) -> Body:
    """Of the accounts of the customer it acts for, without those of customers below; struct keys can only be text."""
    tallies = asked.desk.perform(CALL_STATS, asked.principal, CallStats(), asked.now)
    return xmlrpc.response({"result": "OK", "data": {str(account): tally for account, tally in tallies.items()}})


METHODS: dict[str, Method] = {
    "listAllCalls": Method(
        _list_all_calls,
        "Lists calls in any state. Optional: recursive, i_account, i_vendor, i_connection, node_id, order, i_customer.",
    ),
    "listActiveCalls": Method(
        _list_active_calls,
        "Lists calls in the states WaitRoute, ARComplete and Connected. Takes what listAllCalls takes.",
    ),
    "disconnectCall": Method(_disconnect_call, "Disconnects one call. Required: ID. Optional: i_customer."),
    "disconnectAccount": Method(
        _disconnect_account, "Disconnects all calls of an account. Required: i_account. Optional: i_customer."
    ),
    "disconnectCustomer": Method(
        _disconnect_customer,
        "Disconnects all calls of a customer and of all customers below it. Required: i_customer. "
        "Optional: i_wholesaler.",
        acts_for="i_wholesaler",
    ),
    "getAccountCallStats": Method(
        _account_call_stats,
        "Counts the calls and the connected calls of each account of the root customer.",
        default_customer=ROOT,
    ),
    "getAccountCallStatsCustomer": Method(
        _stats, "Counts the calls and the connected calls of each account of a customer. Optional: i_customer."
    ),
}
"""Every method that acts for a customer, by its name."""


def method_named(name: str) -> Method:
    """Raises UnknownMethod, with a hint, for a method that this dialect does not have."""
    if name not in METHODS:
        raise UnknownMethod(f"there is no method {name[:80]!r}: system.listMethods lists those there are")
    return METHODS[name]


# --- introspection, http://xmlrpc-c.sourceforge.net/introspection.html ------------------------------------------------

SYSTEM_METHODS: dict[str, str] = {
    "system.listMethods": "Lists the names of all methods.",
    "system.methodHelp": "Tells in a line what a method does. Takes the method's name, a string.",
}
"""Methods about methods, with their help. They act for nobody."""


def answer_system(name: str, params: tuple[object, ...]) -> Body:
    """Answer one of the `SYSTEM_METHODS`."""
    if name == "system.listMethods":
        return xmlrpc.response(sorted([*METHODS, *SYSTEM_METHODS]))
    match params:
        case (str(method),):
            return xmlrpc.response(SYSTEM_METHODS.get(method) or method_named(method).help)
        case _:
            raise InvalidArgument("system.methodHelp takes one string, the method's name", "methodName")
