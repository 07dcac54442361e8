"""The parameters of `GET /v1/calls`, and of everything else that chooses calls as it does."""

import base64
import binascii
import hashlib
from datetime import datetime
from difflib import get_close_matches
from typing import Annotated, Literal

import msgspec
from msgspec.structs import replace

from callboard.api.fields import CALL_FIELDS
from callboard.calls.legs import Direction
from callboard.calls.refusals import Conflict, InvalidArgument
from callboard.calls.state import LIVE, State
from callboard.operations.desk import Reach
from callboard.operations.list_calls import ListCalls
from callboard.table.changes import Revision
from callboard.table.questions.filters import Field, Filter, How, Key, Order, TextMatch
from callboard.table.questions.ordering import Bookmark

__all__ = [
    "SORTS",
    "CallFilters",
    "CallsQuery",
    "chosen",
    "continued",
    "fields_of",
    "list_name",
    "listed",
    "write_cursor",
]

LONGEST_PAGE = 1_000
DEFAULT_PAGE = 100
MOST_VALUES = 100
"""Values in one parameter."""

Id = Annotated[int, msgspec.Meta(ge=1, le=2**31 - 1)]
Ids = tuple[Id, ...]
Text = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Texts = tuple[Text, ...]
Seconds = Annotated[float, msgspec.Meta(ge=0)]
Moment = Annotated[datetime, msgspec.Meta(tz=True)]
StateWord = Literal[
    "new", "authenticating", "routing", "dialing", "ringing", "answered", "held", "ending", "ended"
]  # fmt: skip
DirectionWord = Literal["unknown", "internal", "outbound", "inbound", "transit"]

SORTS = {
    "id": Key.NUMBER,
    "state": Key.STATE,
    "suspect": Key.SUSPECT,
    "direction": Key.DIRECTION,
    "caller": Key.CALLER,
    "dialed": Key.DIALED,
    "callee": Key.CALLEE,
    "customer": Key.CUSTOMER,
    "account": Key.ACCOUNT,
    "callee_customer": Key.CALLEE_CUSTOMER,
    "callee_account": Key.CALLEE_ACCOUNT,
    "vendor": Key.VENDOR,
    "connection": Key.CONNECTION,
    "did": Key.DID,
    "machine": Key.MACHINE,
    "switch": Key.SWITCH,
    "country": Key.COUNTRY,
    "started_at": Key.STARTED,
    "duration": Key.DURATION,
}
"""What calls can be sorted by, as the fields are called."""


SortWord = Annotated[
    str, msgspec.Meta(extra_json_schema={"enum": [f"{sign}{name}" for name in SORTS for sign in ("", "-")]})
]
FieldWord = Annotated[str, msgspec.Meta(extra_json_schema={"enum": list(CALL_FIELDS)})]


class CallFilters(msgspec.Struct, frozen=True, kw_only=True):
    """Which calls. Every condition that is given must hold; where it has several values, with commas, one of them."""

    state: tuple[StateWord, ...] = ()
    """Left out: every call that is up. A call that ended is kept for some seconds, and listed with `ended`."""
    direction: tuple[DirectionWord, ...] = ()
    """Seen from the operator's network."""
    suspect: bool | None = None
    """Whether nothing vouches for the call at present: the link to its switch is lost, or its list lacked it."""
    customer: Ids = ()
    """Calls of these customers and of all below them; left out, one's own."""
    recursive: bool = True
    """Whether the calls of customers below are among them."""
    account: Ids = ()
    """Calls that one of these accounts makes or receives."""
    device: Ids = ()
    """The same for devices."""
    vendor: Ids = ()
    """The vendor that the call goes to, or comes from."""
    connection: Ids = ()
    """The connection that it goes over, or came over."""
    did: Ids = ()
    machine: Ids = ()
    switch: Texts = ()
    """The names of switches, as in the settings."""
    country: Texts = ()
    """Where the call goes: ISO 3166 alpha-3 codes such as PHL."""
    caller: Texts = ()
    """The caller's number in full; letters match in either case."""
    caller_prefix: Texts = ()
    """How it begins."""
    caller_contains: Texts = ()
    """What stands in it."""
    caller_name: Texts = ()
    caller_name_contains: Texts = ()
    dialed: Texts = ()
    """What the caller dialed."""
    dialed_prefix: Texts = ()
    dialed_contains: Texts = ()
    callee: Texts = ()
    """The number that is called in the end, after routing."""
    callee_prefix: Texts = ()
    callee_contains: Texts = ()
    min_duration: Seconds | None = None
    """Seconds connected, at least."""
    max_duration: Seconds | None = None
    """Seconds connected, at most; a call that is not answered has been connected for none."""
    started_from: Moment | None = None
    """Set up at this moment or later: RFC 3339 with a zone, such as 2026-11-21T15:04:05Z, or Unix seconds."""
    started_before: Moment | None = None
    """Set up before this moment."""


class CallsQuery(CallFilters, frozen=True, kw_only=True):
    """Which calls, in which order, and how they are shown."""

    sort: tuple[SortWord, ...] = ("started_at",)
    """Fields, with commas; one with a minus before it sorts the greatest first. Equal calls are sorted by id."""
    fields: tuple[FieldWord, ...] = ()
    """The fields that are wanted; left out, all."""
    view: Literal["calls", "legs"] = "calls"
    """`legs` shows a row for each side of a call, those of a call together; `limit` and `total` still count calls."""
    limit: Annotated[int, msgspec.Meta(ge=1, le=LONGEST_PAGE)] | None = None
    """Calls on a page. Left out: 100 in JSON; in NDJSON and CSV the whole list, as it is at one moment."""
    cursor: Annotated[str, msgspec.Meta(min_length=1, max_length=4_000)] | None = None
    """The `next` of the page before, with the same filters and sort."""
    format: Literal["json", "ndjson", "csv"] | None = None
    """Left out: what the Accept header asks for, JSON by default."""


# --- the arguments of the operation ----------------------------------------------------------------------------------

_HOWS = {"": How.EXACT, "_prefix": How.PREFIX, "_contains": How.CONTAINS}
_TEXTS = tuple(
    (name, field, how)
    for field in Field
    for ending, how in _HOWS.items()
    if (name := f"{field.value}{ending}") in CallFilters.__struct_fields__
)
"""The parameters that are texts, in the order in which they are looked for."""


def chosen(query: CallFilters) -> ListCalls:
    """What is asked for, but for its order and pages. Raises InvalidArgument for more values than anybody needs."""
    for name in query.__struct_fields__:
        values = getattr(query, name)
        if isinstance(values, tuple) and len(values) > MOST_VALUES:
            raise InvalidArgument(f"{name}: {len(values)} values are given, {MOST_VALUES} is the most", name)
    return ListCalls(
        customer=_some(query.customer),
        reach=Reach.SUBTREE if query.recursive else Reach.OWN,
        as_party=True,
        where=Filter(
            party_account=_some(query.account),
            party_device=_some(query.device),
            vendor=_some(query.vendor),
            connection=_some(query.connection),
            did=_some(query.did),
            machine=_some(query.machine),
            switch=frozenset(query.switch) or None,
            country=frozenset(map(str.upper, query.country)) or None,
            states=frozenset(State[word.upper()] for word in query.state) or LIVE,
            directions=frozenset(Direction[word.upper()] for word in query.direction) or None,
            texts=_texts(query),
            suspect=query.suspect,
            min_duration=query.min_duration,
            max_duration=query.max_duration,
            started_from=_seconds(query.started_from),
            started_before=_seconds(query.started_before),
        ),
    )


def listed(query: CallsQuery, limit: int | None) -> ListCalls:
    """What is asked for, with its order, from the beginning."""
    order, *further = map(_order, dict.fromkeys(query.sort)) if query.sort else [Order.OLDEST_FIRST]
    return replace(chosen(query), order=order, further=tuple(further), limit=limit)


def continued(first: ListCalls, query: CallsQuery, revision: Revision) -> ListCalls:
    """The same from the cursor on, if there is one. `revision` is the table's."""
    return first if query.cursor is None else replace(first, after=_read_cursor(query.cursor, first, revision))


def _some(ids: Ids) -> frozenset[int] | None:
    return frozenset(ids) or None


def _texts(query: CallFilters) -> tuple[TextMatch, ...]:
    return tuple(
        TextMatch(field, how, texts[0], texts[1:]) for name, field, how in _TEXTS if (texts := getattr(query, name))
    )


def _seconds(moment: datetime | None) -> float | None:
    return None if moment is None else moment.timestamp()


def _order(word: str) -> Order:
    name = word.removeprefix("-")
    if name not in SORTS:
        near = get_close_matches(name, SORTS, n=1)
        fix = f"did you mean {near[0]}?" if near else f"only {', '.join(SORTS)}"
        raise InvalidArgument(f"sort: calls are not sorted by {name[:40]!r}: {fix}", "sort")
    return Order(SORTS[name], descending=word.startswith("-"))


def fields_of(query: CallsQuery) -> tuple[str, ...]:
    """The fields that are wanted, in their usual order. Raises InvalidArgument for one that there is not."""
    for name in query.fields:
        if name not in CALL_FIELDS:
            near = get_close_matches(name, CALL_FIELDS, n=1)
            fix = f"did you mean {near[0]}?" if near else f"only {', '.join(CALL_FIELDS)}"
            raise InvalidArgument(f"fields: there is no {name[:40]!r}: {fix}", "fields")
    return tuple(name for name in CALL_FIELDS if not query.fields or name in query.fields)


# --- cursors ---------------------------------------------------------------------------------------------------------


class _Cursor(msgspec.Struct, frozen=True, array_like=True):
    """A bookmark, and of which list it is."""

    list: str
    epoch: int
    at: float
    step: int
    values: tuple[float, ...]
    number: Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
    kept: Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)] | None = None


def write_cursor(name: str, revision: Revision, place: Bookmark) -> str | None:
    """A bookmark of the list of this name as clients hand it back. It says nothing that they have not seen."""
    if place.number is None:
        return None
    cursor = _Cursor(name, revision.epoch, place.at, place.step, place.values, place.number, place.kept)
    return base64.urlsafe_b64encode(msgspec.json.encode(cursor)).decode().rstrip("=")


def _read_cursor(text: str, arguments: ListCalls, revision: Revision) -> Bookmark:
    """Raises InvalidArgument for what is no cursor, and Conflict for one of another list or of an earlier life."""
    try:
        decoded = base64.urlsafe_b64decode(f"{text}{'=' * (-len(text) % 4)}".encode("ascii"))
        cursor = msgspec.json.decode(decoded, type=_Cursor)
    except (binascii.Error, ValueError, msgspec.DecodeError):
        raise InvalidArgument("cursor: give the `next` of the page before, or leave it out", "cursor") from None
    if cursor.list != list_name(arguments):
        raise Conflict("the cursor is of another list: keep the filters and the sort, or begin without a cursor")
    if cursor.epoch != revision.epoch:
        raise Conflict("the cursor is from before the server's last start: begin again without a cursor")
    orders = (arguments.order, *arguments.further)
    if len(cursor.values) != (0 if cursor.kept is not None else len(orders)):
        raise InvalidArgument("cursor: give the `next` of the page before, or leave it out", "cursor")
    return Bookmark(cursor.at, cursor.step, cursor.values, cursor.number, cursor.kept)


def list_name(arguments: ListCalls) -> str:
    """Tells lists apart: what is asked for and its order, but for the page."""
    asked = msgspec.json.encode(replace(arguments, after=None, limit=None), order="sorted")
    return hashlib.blake2b(asked, digest_size=9).hexdigest()
