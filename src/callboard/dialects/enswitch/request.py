"""Their parameters -> our arguments.

Parameters come in the query, a form or a JSON body, in any mixture; of equal names the last counts. An empty value is
an absent one. What cannot be meant is refused, naming the parameter; names that a function does not have are passed
over, as clients send more than each function needs.
"""

from collections.abc import Mapping
from typing import NamedTuple, TypeVar

from callboard.access.claims import PasswordClaim
from callboard.access.rights import Principal, Role
from callboard.calls.legs import Direction
from callboard.calls.refusals import Forbidden, InvalidArgument, Malformed, MissingArgument, Unauthenticated
from callboard.calls.state import LIVE
from callboard.dialects.enswitch.fields import SORTS, TYPES
from callboard.directory.records import ROOT
from callboard.http.parameters import ParameterError, read_parameters
from callboard.http.values import Request
from callboard.operations.desk import Reach
from callboard.operations.list_calls import ListCalls
from callboard.table.questions.filters import Field, Filter, How, Order, TextMatch

__all__ = ["ActiveCalls", "Parameters", "Target", "active_calls", "credentials", "panel", "read", "target"]

Parameters = Mapping[str, str]

T = TypeVar("T")

_MAX_ID = 2**31 - 1
_TRUTHS = {"": False, "0": False, "false": False, "1": True, "true": True}

_DIRECTIONS: dict[str, frozenset[Direction] | None] = {
    "": None,
    "in": frozenset({Direction.INBOUND, Direction.TRANSIT}),
    "internal": frozenset({Direction.INTERNAL}),
    "in_out": frozenset({Direction.INBOUND, Direction.OUTBOUND, Direction.TRANSIT}),
    "out": frozenset({Direction.OUTBOUND, Direction.TRANSIT}),
}
"""From a vendor is in, to a vendor is out; a call from one vendor to another is both."""

_MATCHES = {
    "": How.CONTAINS,
    "contains": How.CONTAINS,
    "exact": How.EXACT,
    "starts": How.PREFIX,
    "prefix": How.PREFIX,
    "ends": How.SUFFIX,
    "suffix": How.SUFFIX,
}

_TEXTS = (
    ("snumber", "smatch", Field.CALLER),
    ("cnumber", "cmatch", Field.DIALED),
    ("dnumber", "dmatch", Field.CALLEE),
    ("callername_number", "callername_match", Field.CALLER_NAME),
)
"""What is looked for, how it is compared, and where."""

_SORTS = {"": "start", **{name: name for name in SORTS}}
_TYPES = {"": "", **{word: word for word in TYPES}}
_TYPED = ("stype", "ctype", "dtype")


# --- one parameter ---------------------------------------------------------------------------------------------------


def read(request: Request) -> Parameters:
    """All parameters of a request. Raises Malformed if they cannot be read."""
    try:
        return dict(read_parameters(request))
    except ParameterError as error:
        raise Malformed(str(error)) from None


def credentials(parameters: Parameters, address: str) -> PasswordClaim:
    """Who asks. Raises Unauthenticated if the parameters do not say."""
    name, password = parameters.get("auth_username", ""), parameters.get("auth_password", "")
    if not name or not password:
        raise Unauthenticated("give auth_username and auth_password, in the query, a form or a JSON body")
    return PasswordClaim(name, password, address)


def _word(parameters: Parameters, name: str) -> str:
    return parameters.get(name, "").strip()


def _choice(parameters: Parameters, name: str, words: Mapping[str, T]) -> T:
    word = _word(parameters, name)
    if word not in words:
        raise InvalidArgument(f"{name} must be one of {', '.join(filter(None, words))}", name)
    return words[word]


def _customer(word: str, or_else: str) -> int:
    if word.isascii() and word.isdigit() and len(word) <= 10 and 1 <= int(word) <= _MAX_ID:
        return int(word)
    raise InvalidArgument(f"customer must be {or_else}", "customer")


# --- the arguments of a function -------------------------------------------------------------------------------------


class ActiveCalls(NamedTuple):
    """Of calls/active/list: which calls, which of their legs' rows, in which order and form."""

    arguments: ListCalls
    callid: str = ""
    phone: str = ""
    """The SIP user of an account that makes or receives the call."""
    types: tuple[tuple[str, str], ...] = ()
    """Fields of the row, and what must stand there."""
    sort: str = "start"
    descending: bool = False
    names: bool = False
    only_count: bool = False

    @property
    def plain(self) -> bool:
        """Whether the rows are those of the calls, one call after the other and without more."""
        return not (self.types or self.names or self.only_count or self.sort != "start")


def active_calls(parameters: Parameters, principal: Principal) -> ActiveCalls:
    """Read them. Raises Forbidden where the whole system is asked for by somebody who does not see it."""
    customer, reach = _whose(parameters, principal)
    descending = _choice(parameters, "descending", _TRUTHS)
    sort = _choice(parameters, "sort", _SORTS)
    types = ((name, _choice(parameters, name, _TYPES)) for name in _TYPED)
    return ActiveCalls(
        arguments=ListCalls(
            customer=customer,
            reach=reach,
            as_party=True,
            where=Filter(
                states=LIVE, directions=_choice(parameters, "direction", _DIRECTIONS), texts=_texts(parameters)
            ),
            order=Order.NEWEST_FIRST if descending and sort == "start" else Order.OLDEST_FIRST,
        ),
        callid=_word(parameters, "callid"),
        phone=_word(parameters, "phone"),
        types=tuple((name, word) for name, word in types if word),
        sort=sort,
        descending=descending,
        names=_choice(parameters, "names", _TRUTHS),
        only_count=_choice(parameters, "count", _TRUTHS),
    )


def _whose(parameters: Parameters, principal: Principal) -> tuple[int | None, Reach]:
    reach = Reach.SUBTREE if _choice(parameters, "recursive", _TRUTHS) else Reach.OWN
    match _word(parameters, "customer"):
        case "":
            return None, reach
        case "all":
            return None, Reach.CHILDREN
        case "recursive":
            return None, Reach.BELOW
        case "system":
            if principal.role is not Role.ADMIN or principal.customer != ROOT:
                raise Forbidden("customer=system is for administrators of the whole system: ask for your own customers")
            return ROOT, Reach.SUBTREE
        case word:
            return _customer(word, f"an id (1 to {_MAX_ID}), all, recursive or system"), reach


def _texts(parameters: Parameters) -> tuple[TextMatch, ...]:
    found = []
    for name, match_name, field in _TEXTS:
        how = _choice(parameters, match_name, _MATCHES)
        text = _word(parameters, name)
        if text:
            found.append(TextMatch(field, how, text))
    return tuple(found)


def panel(parameters: Parameters) -> ListCalls:
    """Of calls/active/list/panel, which takes the id of a customer and nothing else."""
    word = _word(parameters, "customer")
    return ListCalls(
        customer=_customer(word, f"an id (1 to {_MAX_ID})") if word else None,
        reach=Reach.OWN,
        as_party=True,
        where=Filter(states=LIVE),
    )


class Target(NamedTuple):
    """Of calls/hangup: which call, by which of the two ids."""

    name: str
    id: str


def target(parameters: Parameters) -> Target:
    """Raises MissingArgument for no id, InvalidArgument for two."""
    given = [Target(name, word) for name in ("callid", "uniqueid") if (word := _word(parameters, name))]
    match given:
        case [one]:
            return one
        case []:
            raise MissingArgument("give callid or uniqueid, as calls/active/list shows it", "callid")
        case _:
            raise InvalidArgument("give either callid or uniqueid, not both", "uniqueid")
