"""Telephone numbers as the directory compares them: digits of the international number, without `+` or `00`."""

__all__ = ["SHORTEST", "international", "is_number"]

SHORTEST = 7
"""Digits. A shorter number is internal or a service (801, 112): it has no destination."""

_SEPARATORS = str.maketrans("", "", " -.()/")


def international(number: str) -> str:
    """The number without visual separators (RFC 3966 section 5.1.1) and without a leading `+` or `00`.

    The text comes back otherwise unchanged if it is not a number: see `is_number`.
    """
    if number.isdigit() and number[:2] != "00":
        return number
    bare = number.translate(_SEPARATORS)
    if bare.startswith("+"):
        return bare[1:]
    return bare.removeprefix("00")


def is_number(text: str) -> bool:
    """Whether the text is one or more ASCII digits and nothing else."""
    return text.isdigit() and text.isascii()
