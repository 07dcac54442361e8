"""The vendor's role privileges: which ones our roles bring, and the check that one of those needed is held."""

from enum import StrEnum

from callboard.access.rights import Principal, Role
from callboard.calls.refusals import Forbidden

__all__ = ["ROLE_PRIVILEGES", "Privilege", "check"]


class Privilege(StrEnum):
    """A privilege in the vendor's words."""

    CALLSHOP = "callshop"
    REPORTS = "telephone line reports"
    USER = "user"
    PANEL = "panel"
    ACTIONS = "actions"
    ADMINISTRATOR = "administrator"


_EVERYBODY = frozenset({Privilege.USER, Privilege.PANEL, Privilege.ACTIONS})

ROLE_PRIVILEGES: dict[Role, frozenset[Privilege]] = {
    Role.ADMIN: frozenset(Privilege),
    Role.RESELLER: _EVERYBODY | {Privilege.REPORTS},
    Role.USER: _EVERYBODY,
}
"""What a login has that names no privileges of its own. One that does has those and no others."""


def check(principal: Principal, needed: frozenset[Privilege]) -> None:
    """Raises Forbidden, naming what is needed, if the principal holds none of it."""
    own = {word.strip().lower() for word in principal.privileges}
    if needed.isdisjoint(own or ROLE_PRIVILEGES[principal.role]):
        words = ", ".join(sorted(needed))
        raise Forbidden(f"{principal.login} has none of the privileges that this needs ({words}): ask the operator")
