"""Their parameters -> our arguments.

Names that the vendor's page does not have are passed over, and what is absent may as well be empty. A value that cannot
be meant, or that names what is not the principal's to see, is refused by the parameter's name.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from callboard.calls.legs import Call
from callboard.calls.refusals import InvalidArgument, Malformed
from callboard.calls.state import CONNECTED, State
from callboard.dialects.mor.fields import ANSWERED, LISTED, RINGING, called, called_number, calling, status
from callboard.directory.countries import country_called
from callboard.directory.directory import Directory
from callboard.directory.numbers import international
from callboard.http.parameters import ParameterError, read_parameters
from callboard.http.values import Request
from callboard.operations.desk import Reach
from callboard.operations.list_calls import ListCalls
from callboard.table.questions.filters import Field, Filter, How, TextMatch, pattern

__all__ = ["Asked", "Condition", "Parameters", "Wanted", "list_calls", "read"]

Parameters = Mapping[str, str]
"""By name; the last of several with one name."""

Condition = Callable[[Call], bool]

_MAX_ID = 2**31 - 1

_STATES = {
    RINGING: LISTED - CONNECTED,
    ANSWERED: CONNECTED | {State.ENDING},
}
"""The states in which a call can have a status."""


class Asked(NamedTuple):
    """A request's parameters, and what they are measured by."""

    parameters: Parameters
    directory: Directory
    top: int
    """The customer who asks: what is not in its subtree does not exist for it."""


class Wanted(NamedTuple):
    """What is asked for: what the table looks for, then what is looked at call by call."""

    arguments: ListCalls
    conditions: tuple[Condition, ...]

    def fits(self, call: Call) -> bool:
        """Whether every further condition applies to a call that the table found."""
        return all(condition(call) for condition in self.conditions)


def read(request: Request) -> Parameters:
    """The parameters of the query and of the body, a form or JSON. Raises Malformed if they cannot be read."""
    try:
        return dict(read_parameters(request))
    except ParameterError as error:
        raise Malformed(str(error)) from None


def list_calls(asked: Asked) -> Wanted:
    """The whole of the request. Of several wrong parameters the first in the order of the vendor's list is refused."""
    machine = _known(asked, "s_server", asked.directory.machine)
    country = _country(asked)
    source = _customer(asked, "s_user_id")
    source_account = _account(asked, "s_device", source)
    target = _customer(asked, "s_dst_user_id")
    target_account = _account(asked, "s_dst_device", target)
    prefixes = _group(asked)
    wanted_status = _status(asked)
    vendor = _known(asked, "s_provider", asked.directory.vendor)
    dids = _dids(asked)
    where = Filter(
        vendor=vendor,
        did=dids,
        machine=machine,
        country=country,
        prefixes=prefixes,
        states=LISTED if wanted_status is None else _STATES[wanted_status],
        texts=_source_text(asked),
    )
    party = target if source is None else source
    reach = Reach.SUBTREE if party is None else Reach.OWN
    conditions = (
        *_equal(source, lambda call: calling(call.placement).customer),
        *_equal(source_account, lambda call: calling(call.placement).account),
        *_equal(target, lambda call: called(call.placement).customer),
        *_equal(target_account, lambda call: called(call.placement).account),
        *_equal(wanted_status, status),
        *_destination(asked),
    )
    return Wanted(ListCalls(customer=party, reach=reach, as_party=True, where=where), conditions)


def _equal(value: object | None, of: Callable[[Call], object]) -> tuple[Condition, ...]:
    return () if value is None else (lambda call: of(call) == value,)


# --- one parameter ---------------------------------------------------------------------------------------------------


def _text(asked: Asked, name: str) -> str:
    return asked.parameters.get(name, "").strip()


def _refused(name: str) -> InvalidArgument:
    return InvalidArgument(f"{name} names nothing that there is here", name)


def _identity(asked: Asked, name: str) -> int | None:
    """An id, from 1 to 2^31-1; None if absent."""
    digits = _text(asked, name)
    if not digits:
        return None
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 10 and 1 <= int(digits) <= _MAX_ID):
        raise _refused(name)
    return int(digits)


def _known(asked: Asked, name: str, find: Callable[[int], object | None]) -> int | None:
    """The id of what belongs to the operator and is everybody's to name: a machine, a vendor."""
    number = _identity(asked, name)
    if number is not None and find(number) is None:
        raise _refused(name)
    return number


def _customer(asked: Asked, name: str) -> int | None:
    """The id of a customer that the principal may see."""
    number = _known(asked, name, asked.directory.customer)
    if number is not None and not asked.directory.is_within(number, asked.top):
        raise _refused(name)
    return number


def _account(asked: Asked, name: str, customer: int | None) -> int | None:
    """The id of an account of that customer; without the customer the parameter does not count."""
    if customer is None:
        return None
    number = _identity(asked, name)
    found = None if number is None else asked.directory.account(number)
    if number is not None and (found is None or found.customer != customer):
        raise _refused(name)
    return number


def _country(asked: Asked) -> str | None:
    name = _text(asked, "s_country")
    if not name:
        return None
    code = country_called(name)
    if code is None:
        raise _refused("s_country")
    return code


def _group(asked: Asked) -> frozenset[str] | None:
    name = _text(asked, "s_destination_group")
    if not name:
        return None
    prefixes = asked.directory.prefixes_of_group(name)
    if not prefixes:
        raise _refused("s_destination_group")
    return prefixes


def _status(asked: Asked) -> str | None:
    word = _text(asked, "s_status")
    if not word:
        return None
    if word.capitalize() not in _STATES:
        raise _refused("s_status")
    return word.capitalize()


# --- numbers ---------------------------------------------------------------------------------------------------------


def _comparison(text: str) -> tuple[str, How]:
    """A prefix, or with `%` in it a pattern as of SQL's LIKE."""
    return (text, How.LIKE) if "%" in text else (international(text) or text, How.PREFIX)


def _dids(asked: Asked) -> frozenset[int] | None:
    """The DIDs that fit and ring an account that the principal may see."""
    text = _text(asked, "s_did")
    if not text:
        return None
    expression = pattern(*_comparison(text))
    directory = asked.directory
    fitting = [did for did in directory.dids() if expression.fullmatch(international(did.number))]
    accounts = ((did, directory.account(did.account)) for did in fitting)
    found = frozenset(
        did.id for did, account in accounts if account and directory.is_within(account.customer, asked.top)
    )
    if not found:
        raise _refused("s_did")
    return found


def _destination(asked: Asked) -> tuple[Condition, ...]:
    text = _text(asked, "s_destination")
    if not text:
        return ()
    expression = pattern(*_comparison(text))
    return (lambda call: expression.fullmatch(called_number(call)) is not None,)


def _source_text(asked: Asked) -> tuple[TextMatch, ...]:
    """A caller's number is shown as it came, so that a prefix of it is taken as it is too."""
    text = _text(asked, "s_source")
    if not text:
        return ()
    return (TextMatch(Field.CALLER, How.LIKE if "%" in text else How.PREFIX, text),)
