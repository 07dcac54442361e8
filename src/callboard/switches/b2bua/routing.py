"""Where a call goes: to a phone of ours, by DID or user, else over the vendors' connections.

What was dialed is compared with the accounts' SIP users as it is, then as a number: without visual separators
(RFC 3966 section 5.1.1) and without a leading `+` or `00`. A vendor's call reaches DIDs and nothing else, so that the
switch is no open relay and internal numbers are not seen from outside.
"""

import re
from urllib.parse import unquote

import msgspec

from callboard.directory.directory import Directory
from callboard.directory.numbers import international, is_number
from callboard.directory.records import Account, Connection
from callboard.switches.b2bua.registrar import Registrar
from callboard.switches.b2bua.settings import B2buaSettings
from callboard.switches.b2bua.wire import Target

__all__ = ["Calling", "RouteRefusal", "Routed", "calling", "route"]

MAX_NUMBER = 32
"""Digits. E.164 has 15; carriers' routing prefixes come before them."""

MAX_NAME = 64
_UNSAFE_IN_USER = re.compile(r"[^A-Za-z0-9_.!~*'()&=+$,/-]")
"""What may not stand in the user part of a SIP URI (RFC 3261 section 25.1)."""


class Calling(msgspec.Struct, frozen=True, kw_only=True):
    """The caller as the far end is told."""

    caller: Account | Connection
    number: str
    name: str


class Routed(msgspec.Struct, frozen=True, kw_only=True):
    """One way to try: the engine's target and whose it is."""

    target: Target
    number: str
    account: Account | None = None
    connection: Connection | None = None
    did: str = ""


class RouteRefusal(msgspec.Struct, frozen=True):
    """The call cannot go there; the final SIP answer."""

    code: int
    text: str


def calling(caller: Account | Connection, user: str, name: str) -> Calling:
    """How a caller is shown: an account by its caller id or SIP user, a vendor's call by the user part of its From.

    The display name is the caller's own (an account's, if it sent none), bounded and without control characters.
    """
    shown = "".join(char for char in name if char.isprintable())[:MAX_NAME].strip()
    if isinstance(caller, Account):
        return Calling(caller=caller, number=caller.caller_id or caller.sip_user, name=shown or caller.name)
    return Calling(caller=caller, number=_UNSAFE_IN_USER.sub("", user)[:MAX_NUMBER] or "anonymous", name=shown)


def route(
    directory: Directory, registrar: Registrar, settings: B2buaSettings, caller: Calling, dialed: str, now: float
) -> tuple[Routed, ...] | RouteRefusal:
    """The ways to try, in order, or why there is none: 404 no such number, 403 blocked, 480 nobody is registered."""
    user = unquote(dialed.partition(";")[0])
    number = international(user)
    reached = _on_net(directory, caller.caller, user, number)
    if reached is not None:
        return _to_account(registrar, settings, caller, *reached, now)
    if isinstance(caller.caller, Connection) or not is_number(number) or len(number) > MAX_NUMBER:
        return RouteRefusal(404, "No such number")
    ways = tuple(_off_net(settings, caller, connection, number) for connection in directory.routes(number))
    return ways or RouteRefusal(404, "No route to this number")


def _on_net(directory: Directory, caller: Account | Connection, user: str, number: str) -> tuple[Account, str] | None:
    """The account that this caller reaches so, and the DID by which it does ("" if by its SIP user)."""
    if isinstance(caller, Account):
        account = directory.account_by_user(user) or directory.account_by_user(number)
        if account is not None:
            return account, ""
    did = directory.did_by_number(number) if is_number(number) else None
    account = directory.account(did.account) if did else None
    return (account, did.number) if did and account else None


def _to_account(
    registrar: Registrar, settings: B2buaSettings, caller: Calling, account: Account, did: str, now: float
) -> tuple[Routed, ...] | RouteRefusal:
    if account.blocked:
        return RouteRefusal(403, "Blocked")
    contacts = registrar.contacts(account.id, now)
    if not contacts:
        return RouteRefusal(480, "Nobody is registered there")
    targets = [_target(settings, caller, contact.source, contact.uri) for contact in contacts]
    return tuple(Routed(target=target, number=account.sip_user, account=account, did=did) for target in targets)


def _off_net(settings: B2buaSettings, caller: Calling, connection: Connection, number: str) -> Routed:
    address = settings.carrier or connection.address
    target = _target(settings, caller, address, f"sip:{number}@{address}")
    return Routed(target=target, number=number, connection=connection)


def _target(settings: B2buaSettings, caller: Calling, address: str, uri: str) -> Target:
    return Target(
        address=address,
        uri=uri,
        caller=caller.number,
        caller_name=caller.name,
        reply_timeout=settings.reply_timeout,
        ring_timeout=settings.ring_timeout,
    )
