"""Who signed in lately, so that a program that asks again and again is not made a principal of each time."""

from collections.abc import Callable

from callboard.access.logins import Login
from callboard.access.rights import Principal

__all__ = ["Principals"]

_REMEMBERED = 4_096
"""Principals that are not made anew."""


class Principals:
    """Principals by login and address, each good for the very login that it was made of.

    A login is replaced when anything about it changes, and what is remembered of it goes with it.
    """

    def __init__(self, make: Callable[[Login, str], Principal]) -> None:
        """`make` makes the principal of a login at an address."""
        self._make = make
        self._known: dict[tuple[str, str], tuple[Login, Principal]] = {}

    def of(self, login: Login, address: str) -> Principal:
        """Who a login is that asks from this address. Whether it may was proven before."""
        known = self._known.get((login.name, address))
        if known is not None and known[0] is login:
            return known[1]
        if len(self._known) >= _REMEMBERED:
            self._known.clear()
        made = self._make(login, address)
        self._known[login.name, address] = login, made
        return made
