"""What a principal reads of a call: the one place where what is masked for it is masked."""

from msgspec.structs import replace

from callboard.access.masks import (
    Mask,
    Masks,
    masked_call,
    masked_name,
    masked_number,
    masked_sip_call_id,
)
from callboard.access.rights import Principal
from callboard.calls.legs import Call
from callboard.calls.refusals import Forbidden
from callboard.operations.past import EndedCall
from callboard.table.filters import Field, Key, TextMatch

__all__ = ["as_seen", "past_as_seen", "refuse_sorting", "refuse_texts"]

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


def as_seen(principal: Principal, call: Call) -> Call:
    """The call as this principal may see it."""
    return masked_call(call, principal.masks) if principal.masks else call


def past_as_seen(principal: Principal, call: EndedCall) -> EndedCall:
    """The ended call as this principal may see it."""
    return _masked_past(call, principal.masks) if principal.masks else call


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
    )


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
