"""What a principal reads of a call: the one place where what is masked for it, or not its business, is taken out.

A call between two customers is seen by both. Who sees only one of them learns nothing of the other but the number: its
ids stand for nothing, in rows as in filters and orders.
"""

from collections.abc import Callable
from operator import attrgetter
from typing import TypeVar

import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray

from callboard.access.masks import (
    Mask,
    Masks,
    masked_call,
    masked_name,
    masked_number,
    masked_sip_call_id,
    masked_words,
)
from callboard.access.rights import Principal
from callboard.calls.legs import Call, Placement
from callboard.calls.refusals import Forbidden
from callboard.directory.directory import Directory
from callboard.directory.records import ROOT
from callboard.operations.ledger import CommandRecord
from callboard.operations.past import EndedCall
from callboard.table.questions.filters import Field, Filter, Key, TextMatch, among, some
from callboard.table.questions.selection import Sight
from callboard.table.store.columns import NOTHING, Columns, Slots
from callboard.table.store.columns import Mask as Marks

__all__ = [
    "as_seen",
    "command_as_seen",
    "names_owned",
    "own_ids_only",
    "past_as_seen",
    "refuse_sorting",
    "refuse_texts",
    "sight_of",
]

_TEXTS: dict[Field, tuple[Mask, ...]] = {
    Field.CALLER: (Mask.NUMBERS,),
    Field.CALLEE: (Mask.NUMBERS,),
    Field.DIALED: (Mask.NUMBERS,),
    Field.CALLER_NAME: (Mask.NAMES, Mask.NUMBERS),
}
"""What hides each text: a name that is a number is masked as one."""

_KEYS: dict[Key, Field] = {
    Key.CALLER: Field.CALLER,
    Key.CALLEE: Field.CALLEE,
    Key.DIALED: Field.DIALED,
}


def _customer_of_account(directory: Directory, number: int) -> int | None:
    account = directory.account(number)
    return None if account is None else account.customer


def _customer_of_device(directory: Directory, number: int) -> int | None:
    device = directory.device(number)
    return None if device is None else _customer_of_account(directory, device.account)


def _customer_of_did(directory: Directory, number: int) -> int | None:
    did = directory.did(number)
    return None if did is None else _customer_of_account(directory, did.account)


_OWNED: dict[str, Callable[[Directory, int], int | None]] = {
    "account": _customer_of_account,
    "callee_account": _customer_of_account,
    "party_account": _customer_of_account,
    "device": _customer_of_device,
    "callee_device": _customer_of_device,
    "party_device": _customer_of_device,
    "did": _customer_of_did,
}
"""Conditions on what belongs to a customer, and to whom it does."""
_owned_by = attrgetter(*_OWNED)
_NONE = (None,) * len(_OWNED)

Placed = TypeVar("Placed", Placement, EndedCall)

_OWNER = {"customer": None, "account": None, "device": None}
_CALLEE = {"callee_customer": None, "callee_account": None, "callee_device": None}
_DID = {"did": None}


def as_seen(directory: Directory, principal: Principal, call: Call) -> Call:
    """The call as this principal may see it."""
    placement = _without_strangers(directory, principal.customer, call.placement)
    if placement is not call.placement:
        call = replace(call, placement=placement)
    return masked_call(call, principal.masks) if principal.masks else call


def sight_of(directory: Directory, principal: Principal, scope: frozenset[int]) -> Sight | None:
    """How this principal, whose scope this is, sees calls; None if it sees them as they are."""
    masked = bool(principal.masks)
    if principal.customer == ROOT and not masked:
        return None

    def seen(call: Call) -> Call:
        """Most calls are between customers in the scope, and to nobody's DID: these are seen as they are."""
        placed = call.placement
        if masked or placed.customer not in scope or placed.did is not None:
            return as_seen(directory, principal, call)
        if placed.callee_customer is None or placed.callee_customer in scope:
            return call
        return as_seen(directory, principal, call)

    def partly(columns: Columns, slots: Slots) -> Marks:
        if masked:
            return np.ones(len(slots), np.bool_)
        known = np.fromiter((NOTHING, *scope), np.int64, len(scope) + 1)
        parties = (columns[name][slots] for name in ("customer", "callee_customer"))
        owned, called = (np.isin(party, known) for party in parties)
        hidden: Marks = ~(owned & called)
        return hidden | _of_strangers(directory, principal.customer, columns["did"][slots])

    def still(columns: Columns, slots: Slots) -> Marks:
        if principal.customer == ROOT:
            return np.ones(len(slots), np.bool_)
        owned, called = (among(columns[name].take(slots), scope) for name in ("customer", "callee_customer"))
        return owned | called

    return Sight(seen, partly, still)


def _of_strangers(directory: Directory, top: int, dids: NDArray[np.int64]) -> Marks:
    strangers = [one for one in np.unique(dids).tolist() if _is_strangers_did(directory, top, one)]
    return np.isin(dids, strangers)


def _is_strangers_did(directory: Directory, top: int, did: int) -> bool:
    """Anybody may dial a number that is another's DID. One that is not there any more tells of nobody."""
    owner = _customer_of_did(directory, did)
    return owner is not None and not directory.is_within(owner, top)


def past_as_seen(directory: Directory, principal: Principal, call: EndedCall) -> EndedCall:
    """The ended call as this principal may see it."""
    call = _without_strangers(directory, principal.customer, call)
    return _masked_past(call, principal.masks) if principal.masks else call


def _without_strangers(directory: Directory, top: int, placed: Placed) -> Placed:
    """Without the ids of a party that is not seen from `top`, and of a DID that is not its own."""
    hidden: dict[str, None] = {}
    if placed.customer is not None and not directory.is_within(placed.customer, top):
        hidden |= _OWNER
    if placed.callee_customer is not None and not directory.is_within(placed.callee_customer, top):
        hidden |= _CALLEE
    if placed.did is not None and _is_strangers_did(directory, top, placed.did):
        hidden |= _DID
    return replace(placed, **hidden) if hidden else placed


def _masked_past(call: EndedCall, masks: Masks) -> EndedCall:
    hidden = masks.hides(Mask.MEDIA)
    return replace(
        call,
        caller=masked_number(call.caller, masks),
        caller_name=masked_name(call.caller_name, masks),
        dialed=masked_number(call.dialed, masks),
        callee=masked_number(call.callee, masks),
        sip_call_id=masked_sip_call_id(call.sip_call_id, masks),
        caller_media="" if hidden else call.caller_media,
        callee_media="" if hidden else call.callee_media,
        cause_text=masked_words(call.cause_text, masks),
    )


def command_as_seen(principal: Principal, record: CommandRecord) -> CommandRecord:
    """The command as this principal may see it: a switch's words may hold a number."""
    return replace(record, words=masked_words(record.words, principal.masks)) if principal.masks else record


def names_owned(where: Filter) -> bool:
    """Whether the filter names accounts, devices or DIDs: whose they are says what it finds."""
    return bool(_owned_by(where) != _NONE)


def own_ids_only(directory: Directory, principal: Principal, where: Filter) -> Filter:
    """The filter without the accounts, devices and DIDs that are not this principal's: they find nothing."""
    if principal.customer == ROOT or not names_owned(where):
        return where
    own = {
        name: frozenset(
            one for one in some(ids) if directory.is_within(_OWNED[name](directory, one), principal.customer)
        )
        for name in _OWNED
        if (ids := getattr(where, name)) is not None
    }
    return replace(where, **own)


def refuse_texts(principal: Principal, texts: tuple[TextMatch, ...]) -> None:
    """Raises Forbidden if calls are looked for by what this principal may not read: that would find it out."""
    for text in texts:
        _refuse(principal, text.field, "looked for by it")


def refuse_sorting(principal: Principal, key: Key) -> None:
    """Raises Forbidden if calls are to be sorted by what this principal may not read."""
    if key in _KEYS:
        _refuse(principal, _KEYS[key], "sorted by it")


def _refuse(principal: Principal, field: Field, how: str) -> None:
    hiding = [mask.value for mask in _TEXTS[field] if principal.masks.hides(mask)]
    if hiding:
        raise Forbidden(
            f"{field.value} is masked for {principal.login} ({', '.join(hiding)}), so that calls cannot be {how}: "
            "ask the operator to take the mask away"
        )
