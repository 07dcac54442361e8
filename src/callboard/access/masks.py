"""What a principal may not read in full: numbers, callers' names, addresses of media; and a call masked so."""

import re
from enum import StrEnum

import msgspec
from msgspec.structs import replace

from callboard.calls.legs import Call, Facts, Leg
from callboard.directory.numbers import SHORTEST

__all__ = [
    "NO_MASKS",
    "Mask",
    "Masks",
    "masked_call",
    "masked_name",
    "masked_number",
    "masked_sip_call_id",
    "masked_words",
]

HIDDEN = 4
"""Characters that are hidden at least of what is masked, however few there are."""

_COVER = "*"
_LONG_NUMBER = re.compile(rf"[0-9]{{{SHORTEST},}}")
_WITHHELD = frozenset({"", "anonymous"})


class Mask(StrEnum):
    """One kind of thing that is masked."""

    NUMBERS = "numbers"
    """Telephone numbers, but for internal ones: their first and last digits are shown, the rest is `*`."""
    NAMES = "names"
    """The names that callers show: nothing of them is shown."""
    MEDIA = "media"
    """Addresses of media and signalling: nothing of them is shown."""


class Masks(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """What is masked, and how much of a number is still shown."""

    kinds: frozenset[Mask] = frozenset()
    first: int = 4
    """Characters at the beginning of a number that are shown."""
    last: int = 2
    """Characters at its end."""

    def __bool__(self) -> bool:
        return bool(self.kinds)

    def hides(self, mask: Mask) -> bool:
        """Whether this kind is masked."""
        return mask in self.kinds


NO_MASKS = Masks()


def masked_number(number: str, masks: Masks) -> str:
    """A number as it is shown. Fewer than seven digits are an internal number or a service, and name nobody outside.

    At least four characters are hidden: of a short number less is shown than `masks` would have it.
    """
    if not masks.hides(Mask.NUMBERS) or number.lower() in _WITHHELD or _is_internal(number):
        return number
    shown = max(0, len(number) - HIDDEN)
    last = min(masks.last, shown)
    first = min(masks.first, shown - last)
    return number[:first] + _COVER * (len(number) - first - last) + number[len(number) - last :]


def _is_internal(number: str) -> bool:
    return len(number) < SHORTEST and number.isascii() and number.isdigit()


def masked_name(name: str, masks: Masks) -> str:
    """A caller's name as it is shown. Many a switch puts the number there: a name with so many digits is masked too."""
    if masks.hides(Mask.NAMES):
        return ""
    digits = sum(character.isdigit() for character in name)
    return masked_number(name, masks) if digits >= SHORTEST else name


def masked_words(words: str, masks: Masks) -> str:
    """Words of a switch or of ours, in which every long row of digits is masked as a number."""
    if not masks.hides(Mask.NUMBERS):
        return words
    return _LONG_NUMBER.sub(lambda found: masked_number(found[0], masks), words)


def masked_sip_call_id(sip_call_id: str, masks: Masks) -> str:
    """A Call-ID without its host part (RFC 3261 section 8.1.1.4), which is an address of the phone as a rule."""
    return sip_call_id.partition("@")[0] if masks.hides(Mask.MEDIA) else sip_call_id


def masked_call(call: Call, masks: Masks) -> Call:
    """The call as it is shown, legs and all. The switch's ids stay, for they are what a call is ended by."""
    if not masks:
        return call
    hidden = masks.hides(Mask.MEDIA)
    return replace(
        call,
        legs=tuple(_masked_leg(leg, masks) for leg in call.legs),
        caller=masked_number(call.caller, masks),
        caller_name=masked_name(call.caller_name, masks),
        dialed=masked_number(call.dialed, masks),
        callee=masked_number(call.callee, masks),
        sip_call_id=masked_sip_call_id(call.sip_call_id, masks),
        caller_media="" if hidden else call.caller_media,
        callee_media="" if hidden else call.callee_media,
        cause=replace(call.cause, text=masked_words(call.cause.text, masks)) if call.cause else None,
    )


def _masked_leg(leg: Leg, masks: Masks) -> Leg:
    """A channel's name may hold the number or an address, and the switch's facts hold both."""
    hidden = masks.hides(Mask.MEDIA)
    return replace(
        leg,
        number=masked_number(leg.number, masks),
        name=masked_name(leg.name, masks),
        dialed=masked_number(leg.dialed, masks),
        media="" if hidden else leg.media,
        sip_call_id=masked_sip_call_id(leg.sip_call_id, masks),
        channel="" if hidden or masks.hides(Mask.NUMBERS) else leg.channel,
        facts=Facts(account=leg.facts.account, connection=leg.facts.connection),
    )
