"""Roles, rights and principals: the one gate's vocabulary."""

from enum import StrEnum

import msgspec

from callboard.access.masks import NO_MASKS, Masks
from callboard.calls.refusals import Forbidden

__all__ = ["ROLE_RIGHTS", "Principal", "Right", "Role", "check"]


class Role(StrEnum):
    """What a login is, at its place in the customer tree."""

    ADMIN = "admin"
    """Every right, over its own subtree; at the root, where the operator's staff stands, over the whole system."""
    RESELLER = "reseller"
    """A customer with customers below: its own subtree."""
    USER = "user"
    """An end customer: its own subtree, without the directory of others."""


class Right(StrEnum):
    """What an operation needs. Each operation of the catalogue names exactly one."""

    CALLS_LIST = "calls.list"
    CALLS_DISCONNECT = "calls.disconnect"
    CALLS_TRANSFER = "calls.transfer"
    """To connect a party of a call to another number. An end customer does not have it: somebody pays for that call."""
    CALLS_HOLD = "calls.hold"
    """To put a party of a call on hold, and to take it off."""
    CALLS_FORGET = "calls.forget"
    """To take a row out of the table without a word to its switch. Not a way to end a call."""
    CALLS_STATS = "calls.stats"
    DIRECTORY_READ = "directory.read"
    DIRECTORY_EXPORT = "directory.export"
    """The whole of it, verifiers of passwords included."""
    DIRECTORY_WRITE = "directory.write"
    SWITCHES_READ = "switches.read"
    METRICS_READ = "metrics.read"
    """To read the figures of the whole system."""
    JOURNAL_READ = "journal.read"
    TOKENS_OWN = "tokens.own"
    """To have tokens made for oneself, to see them and to take them back."""
    TOKENS_ALL = "tokens.all"
    """The same for every login of one's own subtree."""
    WEBHOOKS_OWN = "webhooks.own"
    """To have other programs told, by one's own webhooks, of what one may see."""
    WEBHOOKS_ALL = "webhooks.all"
    """To see to the webhooks of every login of one's own subtree."""
    WHOAMI = "whoami"
    """What everybody may who is signed in."""


_EVERYBODY = frozenset({Right.WHOAMI, Right.TOKENS_OWN})
_OWN_CALLS = _EVERYBODY | {
    Right.CALLS_LIST,
    Right.CALLS_DISCONNECT,
    Right.CALLS_HOLD,
    Right.CALLS_STATS,
    Right.WEBHOOKS_OWN,
}

ROLE_RIGHTS: dict[Role, frozenset[Right]] = {
    Role.ADMIN: frozenset(Right),
    Role.RESELLER: _OWN_CALLS | {Right.CALLS_TRANSFER, Right.DIRECTORY_READ, Right.JOURNAL_READ},
    Role.USER: _OWN_CALLS,
}
"""The rights each role brings. A login's own `privileges` add words that only a dialect knows (Enswitch's roles)."""


class Principal(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """Who asks: the result of a sign-in. It sees the subtree below `customer` and nothing else."""

    login: str
    """The login's name, for the audit; `trusted <address>` where the source address vouches."""
    role: Role
    customer: int
    rights: frozenset[Right]
    privileges: frozenset[str] = frozenset()
    masks: Masks = NO_MASKS
    """What it may not read in full."""
    address: str = ""
    """Where the request came from, for the audit."""
    token: str = ""
    """The id of the token that it signed in with; empty if it was no token."""
    expires_at: float | None = None
    """When that token expires, Unix seconds."""


def check(principal: Principal, right: Right) -> None:
    """Raises Forbidden, naming the right, if the principal does not have it."""
    if right not in principal.rights:
        if principal.token:
            of = f"The token {principal.token} of {principal.login}"
            raise Forbidden(f"{of} does not have the right {right.value}: use or make one that has it.")
        raise Forbidden(f"{principal.login} does not have the right {right.value}: ask the operator for it.")
