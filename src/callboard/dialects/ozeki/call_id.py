"""CallId: a call's public number in base 62, `1vQHKd`, as short as the ids that the vendor prints."""

import string

from callboard.calls.legs import CallNumber
from callboard.calls.refusals import CallNotFound

__all__ = ["call_id", "call_number"]

_DIGITS = string.digits + string.ascii_uppercase + string.ascii_lowercase
_VALUES = {digit: value for value, digit in enumerate(_DIGITS)}
_SHORTEST = 5
_LONGEST = 11
"""Digits of the largest number of 63 bits."""
_MAX_NUMBER = 2**63 - 1


def call_id(number: int) -> str:
    """The number as an id: the digits 0-9, A-Z, a-z, with zeros before it up to five characters."""
    digits = ""
    while number:
        number, value = divmod(number, len(_DIGITS))
        digits = _DIGITS[value] + digits
    return digits.rjust(_SHORTEST, _DIGITS[0])


def call_number(text: str) -> CallNumber:
    """The number behind an id. Raises CallNotFound for what is none in exactly the form in which ids are given."""
    number = 0
    if len(text) <= _LONGEST and all(digit in _VALUES for digit in text):
        for digit in text:
            number = number * len(_DIGITS) + _VALUES[digit]
        if number <= _MAX_NUMBER and call_id(number) == text:
            return CallNumber(number)
    raise CallNotFound("no call has such a CallId: give one as ListActiveCalls shows it")
