"""Whose a call is and where it goes, from what its switch tells of the legs."""

from collections.abc import Callable

import msgspec

from callboard.calls.legs import Direction, Leg, Placement, Side
from callboard.calls.state import CONNECTED, State
from callboard.directory.directory import Directory
from callboard.directory.records import DID, Account, Connection, Device

__all__ = ["place"]


class _Party(msgspec.Struct, frozen=True, gc=False):
    """Who is at one side of a call: one of our accounts, or a vendor's connection, or nobody we know."""

    account: Account | None = None
    connection: Connection | None = None
    device: Device | None = None


_NOBODY = _Party()


def place(directory: Directory, legs: tuple[Leg, ...]) -> Placement:
    """The placement of a call with these legs, at any stage of it.

    Of several legs on a side the connected one speaks, else the newest that is not over. A call belongs to the account
    that makes it; a call that none of our accounts makes belongs to the account that receives it. A DID names that
    account until the callee's leg does.
    """
    caller_leg, callee_leg = _speaker(legs, Side.CALLER), _speaker(legs, Side.CALLEE)
    if caller_leg is None and callee_leg is None:
        return Placement()
    did = _did(directory, caller_leg, callee_leg)
    caller, callee = _party(directory, caller_leg), _party(directory, callee_leg)
    if callee is _NOBODY and caller.account is None and did is not None:
        callee = _Party(account=directory.account(did.account))
    return _placement(directory, legs, caller, callee, did, _called(directory, caller_leg, callee_leg, callee, did))


def _placement(
    directory: Directory,
    legs: tuple[Leg, ...],
    caller: _Party,
    callee: _Party,
    did: DID | None,
    called: str,
) -> Placement:
    owner, other = (caller, callee) if caller.account else (callee, _NOBODY)
    connection = callee.connection or caller.connection
    machine = directory.machine_of(legs[0].id.switch)
    destination = directory.destination(called)
    return Placement(
        direction=_direction(caller, callee),
        customer=owner.account.customer if owner.account else None,
        account=owner.account.id if owner.account else None,
        incoming=caller.account is None and owner.account is not None,
        device=owner.device.id if owner.device else None,
        callee_customer=other.account.customer if other.account else None,
        callee_account=other.account.id if other.account else None,
        callee_device=other.device.id if other.device else None,
        vendor=connection.vendor if connection else None,
        connection=connection.id if connection else None,
        did=did.id if did else None,
        machine=machine.id if machine else None,
        prefix=destination.prefix if destination else "",
        destination=destination.name if destination else "",
        country=destination.country if destination else "",
    )


def _speaker(legs: tuple[Leg, ...], side: Side) -> Leg | None:
    """The leg that speaks for a side: connected before live before over, then the newest; of equals the last told."""
    candidates = [leg for leg in legs if leg.side is side]
    if len(candidates) < 2:
        return candidates[0] if candidates else None
    return max(reversed(candidates), key=_weight)


def _weight(leg: Leg) -> tuple[bool, bool, float]:
    return leg.state in CONNECTED, leg.state is not State.ENDED, leg.started_at


# --- who is at a side ---


def _party(directory: Directory, leg: Leg | None) -> _Party:
    """Who a leg's facts speak of: the first rule that knows it decides."""
    if leg is None:
        return _NOBODY
    for rule in _RULES:
        found = rule(directory, leg)
        if isinstance(found, Account):
            return _Party(account=found, device=_device(directory, leg, found))
        if found is not None:
            return _Party(connection=found)
    return _NOBODY


def _by_account_id(directory: Directory, leg: Leg) -> Account | None:
    number = leg.facts.account
    return None if number is None else directory.account(number)


def _by_connection_id(directory: Directory, leg: Leg) -> Connection | None:
    number = leg.facts.connection
    return None if number is None else directory.connection(number)


def _by_account_code(directory: Directory, leg: Leg) -> Account | None:
    """The switch's account code is our account's id, its SIP user, or the name or extension of one of its devices."""
    code = leg.facts.account_code
    if not code:
        return None
    by_id = directory.account(int(code)) if code.isascii() and code.isdigit() and len(code) <= 10 else None
    return by_id or _named_account(directory, code)


def _by_endpoint(directory: Directory, leg: Leg) -> Account | Connection | None:
    endpoint = leg.facts.endpoint
    return _named_account(directory, endpoint) or directory.connection_called(endpoint)


def _named_account(directory: Directory, name: str) -> Account | None:
    if not name:
        return None
    device = directory.device_called(name)
    return directory.account_by_user(name) or (directory.account(device.account) if device else None)


def _by_trunk(directory: Directory, leg: Leg) -> Connection | None:
    return directory.connection_called(leg.facts.trunk)


def _by_source(directory: Directory, leg: Leg) -> Account | Connection | None:
    """The address of the far end: one that calls are sent to or come from, or one that an account trusts."""
    source = leg.facts.source
    if not source:
        return None
    return directory.connection_to(source) or directory.account_at(source) or directory.connection_at(source)


_RULES: tuple[Callable[[Directory, Leg], Account | Connection | None], ...] = (
    _by_account_id,
    _by_connection_id,
    _by_account_code,
    _by_endpoint,
    _by_trunk,
    _by_source,
)
"""In the order of their certainty: ids of our own, then the switch's names, then addresses."""


def _device(directory: Directory, leg: Leg, account: Account) -> Device | None:
    """Which of the account's devices a leg is at: by the switch's name for it, else by its extension."""
    devices = directory.devices_of(account.id)
    if not devices:
        return None
    names = [name for name in (leg.facts.endpoint, leg.facts.account_code) if name]
    by_name = (device for device in devices if device.name in names)
    by_extension = (device for device in devices if device.extension and device.extension in (*names, leg.number))
    return next(by_name, None) or next(by_extension, None)


# --- where it goes ---


def _direction(caller: _Party, callee: _Party) -> Direction:
    if caller.account:
        if callee.account:
            return Direction.INTERNAL
        return Direction.OUTBOUND if callee.connection else Direction.UNKNOWN
    if caller.connection:
        return Direction.TRANSIT if callee.connection else Direction.INBOUND
    return Direction.UNKNOWN


def _did(directory: Directory, caller: Leg | None, callee: Leg | None) -> DID | None:
    if not directory.dids():
        return None
    numbers = [leg.facts.did for leg in (caller, callee) if leg and leg.facts.did]
    if caller and caller.dialed:
        numbers.append(caller.dialed)
    return next((did for did in map(directory.did_by_number, numbers) if did), None)


def _called(directory: Directory, caller: Leg | None, callee: Leg | None, party: _Party, did: DID | None) -> str:
    """The international number that is called; "" if the call stays on our own network.

    A SIP user may look like an international number without being one, so that on-net calls lead nowhere in the world.
    """
    if callee and party.connection:
        return callee.number
    if did:
        return did.number
    if caller is None or party.account or directory.account_by_user(caller.dialed):
        return ""
    return caller.dialed
