"""Their parameters -> our arguments.

Clients differ in how they write the same thing, so a number may come as a string, a truth as 1 or 0, and what is absent
as nil or an empty string. What cannot be meant is refused, naming the parameter. Names that a method does not have are
passed over, as these clients send more than each method needs.
"""

from collections.abc import Mapping
from typing import TypeVar

from callboard.calls.refusals import CallNotFound, InvalidArgument, Malformed, MissingArgument
from callboard.calls.state import State
from callboard.operations.desk import Reach
from callboard.operations.disconnect import DisconnectAccount, DisconnectCall, DisconnectCustomer
from callboard.operations.list_calls import ListCalls
from callboard.table.questions.filters import Filter, Order

__all__ = [
    "ORDERS",
    "Parameters",
    "disconnect_account",
    "disconnect_call",
    "disconnect_customer",
    "identity",
    "list_calls",
    "named",
    "required",
    "text",
    "truth",
]

Parameters = Mapping[str, object]
"""The members of the one struct that these methods take."""

ORDERS = {
    "oldest_first": Order.OLDEST_FIRST,
    "oldest_last": Order.NEWEST_FIRST,
    "longest_first": Order.LONGEST_FIRST,
    "longest_last": Order.SHORTEST_FIRST,
}
"""Oldest is by set-up time, longest by connected duration."""

_MAX_ID = 2**31 - 1
_MAX_NUMBER = 2**63 - 1
_TRUTHS = {"1": True, "true": True, "0": False, "false": False}

T = TypeVar("T")


# --- one parameter ---------------------------------------------------------------------------------------------------


def named(params: tuple[object, ...]) -> Parameters:
    """The named parameters of a request: none, or one struct. Raises Malformed for anything else.

    An empty array counts as an empty struct: PHP writes it so.
    """
    match params:
        case () | (None,) | ([],):
            return {}
        case (dict() as members,):
            return members
        case _:
            raise Malformed("the method takes one struct with its parameters by name")


def identity(parameters: Parameters, name: str) -> int | None:
    """An id (1 to 2^31-1) given as an int or as digits; None if absent."""
    match parameters.get(name):
        case None | "":
            return None
        case bool():
            pass
        case int(number) if 1 <= number <= _MAX_ID:
            return number
        case str(digits) if _is_number(digits.strip(), 10) and 1 <= int(digits) <= _MAX_ID:
            return int(digits)
    raise InvalidArgument(f"{name} must be an integer from 1 to {_MAX_ID}", name)


def _is_number(digits: str, longest: int) -> bool:
    return digits.isascii() and digits.isdigit() and len(digits) <= longest


def truth(parameters: Parameters, name: str, default: bool) -> bool:
    """A boolean given as one, or as 1, 0, true, false; the default if absent."""
    match parameters.get(name):
        case None | "":
            return default
        case bool(given):
            return given
        case int() | str() as given if str(given).lower() in _TRUTHS:
            return _TRUTHS[str(given).lower()]
    raise InvalidArgument(f"{name} must be a boolean", name)


def text(parameters: Parameters, name: str) -> str | None:
    """A string; None if absent."""
    match parameters.get(name):
        case None | "":
            return None
        case str(given):
            return given
    raise InvalidArgument(f"{name} must be a string", name)


def required(given: T | None, name: str, hint: str) -> T:
    """What must not be absent. Raises MissingArgument, with the hint on what to give."""
    if given is None:
        raise MissingArgument(f"{name} is required: {hint}", name)
    return given


# --- the arguments of a method ---------------------------------------------------------------------------------------


def list_calls(parameters: Parameters, states: frozenset[State] | None) -> ListCalls:
    """Of listAllCalls and listActiveCalls. i_connection takes precedence over i_vendor."""
    vendor = identity(parameters, "i_vendor")
    connection = identity(parameters, "i_connection")
    return ListCalls(
        reach=Reach.SUBTREE if truth(parameters, "recursive", True) else Reach.OWN,
        where=Filter(
            account=identity(parameters, "i_account"),
            vendor=None if connection is not None else vendor,
            connection=connection,
            switch=text(parameters, "node_id"),
            states=states,
        ),
        order=_order(parameters),
    )


def _order(parameters: Parameters) -> Order:
    name = text(parameters, "order") or "oldest_first"
    if name not in ORDERS:
        raise InvalidArgument(f"order must be one of {', '.join(ORDERS)}", "order")
    return ORDERS[name]


def disconnect_call(parameters: Parameters) -> DisconnectCall:
    """Of disconnectCall. Raises CallNotFound for an ID that no call can have: the vendor makes no fault of it."""
    hint = "give the ID of the call as listAllCalls shows it"
    match required(parameters.get("ID"), "ID", hint):
        case "":
            raise MissingArgument(f"ID is required: {hint}", "ID")
        case bool():
            pass
        case int() | str() as given if _is_number(str(given).strip(), 19) and int(given) <= _MAX_NUMBER:
            return DisconnectCall(number=int(given))
        case int() | str():
            raise CallNotFound("no call has such an ID")
    raise InvalidArgument(f"ID must be a string: {hint}", "ID")


def disconnect_account(parameters: Parameters) -> DisconnectAccount:
    """Of disconnectAccount."""
    account = required(identity(parameters, "i_account"), "i_account", "give the account whose calls are to end")
    return DisconnectAccount(account=account)


def disconnect_customer(parameters: Parameters) -> DisconnectCustomer:
    """Of disconnectCustomer."""
    customer = required(identity(parameters, "i_customer"), "i_customer", "give the customer whose calls are to end")
    return DisconnectCustomer(customer=customer)
