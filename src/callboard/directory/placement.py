"""Whose a call is and where it goes, from what its switch tells of the legs."""

from collections.abc import Callable
from typing import Any

import msgspec

from callboard.calls.legs import Direction, Facts, Leg, Placement, Side
from callboard.calls.state import CONNECTED, State
from callboard.directory.directory import Directory
from callboard.directory.records import DID, Account, Connection, Destination, Device

__all__ = ["Placer", "place"]

REMEMBERED = 10_000
"""Facts, and as many numbers, of which is remembered who and what they mean: a few megabytes. An account's facts are
often those of its last call, and a call's number is asked for again when its callee appears.
"""

# Before Python 3.12, to look a member of an enum up takes as long as to look an account up.
_CALLER, _CALLEE = Side
_ENDED = State.ENDED
_UNKNOWN, _INTERNAL, _OUTBOUND, _INBOUND, _TRANSIT = Direction


class _Party(msgspec.Struct, frozen=True, gc=False):
    """Who is at one side of a call: one of our accounts, or a vendor's connection, or nobody we know."""

    account: Account | None = None
    connection: Connection | None = None
    devices: tuple[Device, ...] = ()
    """Those of the account."""


_NOBODY = _Party()
_NOWHERE = Destination(prefix="", name="", country="")


def place(directory: Directory, legs: tuple[Leg, ...]) -> Placement:
    """The placement of a call with these legs, once; `Placer` is for many calls."""
    return Placer(directory)(legs)


class Placer:
    """Says where calls belong. What it looked up it remembers until the directory changes."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory
        self._known = _Known(directory)

    def __call__(self, legs: tuple[Leg, ...]) -> Placement:
        """The placement of a call with these legs, at any stage of it.

        Of several legs on a side the connected one speaks, else the newest that is not over. A call belongs to the
        account that makes it; a call that none of our accounts makes belongs to the account that receives it. A DID
        names that account until the callee's leg does.
        """
        known = self._known
        if known.revision != self._directory.revision:
            known = self._known = _Known(self._directory)
        caller_leg, callee_leg = _speakers(legs)
        if caller_leg is None and callee_leg is None:
            return Placement()
        did = _did(self._directory, caller_leg, callee_leg) if known.with_dids else None
        caller = _NOBODY if caller_leg is None else known.party(caller_leg.facts)
        callee = _NOBODY if callee_leg is None else known.party(callee_leg.facts)
        if callee is _NOBODY and caller.account is None and did is not None:
            callee = _Party(account=self._directory.account(did.account))
        called = _called(self._directory, caller_leg, callee_leg, callee, did)
        destination = known.destination(called) if called else _NOWHERE
        connection = callee.connection or caller.connection
        owner, owner_leg, other = (caller, caller_leg, callee) if caller.account else (callee, callee_leg, _NOBODY)
        account, called_account = owner.account, other.account
        device = _device(owner, owner_leg) if owner.devices else None
        called_device = _device(other, callee_leg) if other.devices else None
        # Without their names, in the order of the fields: to match 15 names takes as long as half of all this.
        return Placement(
            _direction(caller, callee),
            None if account is None else account.customer,
            None if account is None else account.id,
            account is not None and caller.account is None,
            None if device is None else device.id,
            None if called_account is None else called_account.customer,
            None if called_account is None else called_account.id,
            None if called_device is None else called_device.id,
            None if connection is None else connection.vendor,
            None if connection is None else connection.id,
            None if did is None else did.id,
            known.machine(legs[0].id.switch),
            destination.prefix,
            destination.name,
            destination.country,
        )


class _Known:
    """What a directory says at one revision, each answer looked up once."""

    def __init__(self, directory: Directory) -> None:
        self.revision = directory.revision
        self.with_dids = bool(directory.dids())
        self._directory = directory
        self._parties: dict[Facts, _Party] = {}
        self._destinations: dict[str, Destination] = {}
        self._machines: dict[str, int | None] = {}

    def party(self, facts: Facts) -> _Party:
        """Who a leg's facts speak of."""
        found = self._parties.get(facts)
        if found is None:
            _make_room(self._parties)
            found = self._parties[facts] = _party(self._directory, facts)
        return found

    def destination(self, number: str) -> Destination:
        """Where a number leads."""
        found = self._destinations.get(number)
        if found is None:
            _make_room(self._destinations)
            found = self._destinations[number] = self._directory.destination(number) or _NOWHERE
        return found

    def machine(self, switch: str) -> int | None:
        """The id of a switch's machine."""
        if switch not in self._machines:
            machine = self._directory.machine_of(switch)
            self._machines[switch] = None if machine is None else machine.id
        return self._machines[switch]


def _make_room(remembered: dict[Any, Any]) -> None:
    """What is asked for often is there again at once."""
    if len(remembered) >= REMEMBERED:
        remembered.clear()


def _speakers(legs: tuple[Leg, ...]) -> tuple[Leg | None, Leg | None]:
    """The legs that speak for the caller's side and the callee's."""
    if len(legs) == 1:
        return (legs[0], None) if legs[0].side is _CALLER else (None, legs[0])
    if len(legs) == 2 and legs[0].side is _CALLER and legs[1].side is _CALLEE:
        return legs[0], legs[1]
    return _speaker(legs, _CALLER), _speaker(legs, _CALLEE)


def _speaker(legs: tuple[Leg, ...], side: Side) -> Leg | None:
    """The leg that speaks for a side: connected before live before over, then the newest; of equals the last told."""
    return max((leg for leg in reversed(legs) if leg.side is side), key=_weight, default=None)


def _weight(leg: Leg) -> tuple[bool, bool, float]:
    return leg.state in CONNECTED, leg.state is not _ENDED, leg.started_at


# --- who is at a side ---


def _party(directory: Directory, facts: Facts) -> _Party:
    """Who a leg's facts speak of: the first rule that knows it decides."""
    for rule in _RULES:
        found = rule(directory, facts)
        if isinstance(found, Account):
            return _Party(account=found, devices=directory.devices_of(found.id))
        if found is not None:
            return _Party(connection=found)
    return _NOBODY


def _by_account_id(directory: Directory, facts: Facts) -> Account | None:
    return None if facts.account is None else directory.account(facts.account)


def _by_connection_id(directory: Directory, facts: Facts) -> Connection | None:
    return None if facts.connection is None else directory.connection(facts.connection)


def _by_account_code(directory: Directory, facts: Facts) -> Account | None:
    """The switch's account code is our account's id, its SIP user, or the name or extension of one of its devices."""
    code = facts.account_code
    if not code:
        return None
    by_id = directory.account(int(code)) if code.isascii() and code.isdigit() and len(code) <= 10 else None
    return by_id or _named_account(directory, code)


def _by_endpoint(directory: Directory, facts: Facts) -> Account | Connection | None:
    return _named_account(directory, facts.endpoint) or directory.connection_called(facts.endpoint)


def _named_account(directory: Directory, name: str) -> Account | None:
    if not name:
        return None
    device = directory.device_called(name)
    return directory.account_by_user(name) or (directory.account(device.account) if device else None)


def _by_trunk(directory: Directory, facts: Facts) -> Connection | None:
    return directory.connection_called(facts.trunk)


def _by_source(directory: Directory, facts: Facts) -> Account | Connection | None:
    """The address of the far end: one that calls are sent to or come from, or one that an account trusts."""
    source = facts.source
    if not source:
        return None
    return directory.connection_to(source) or directory.account_at(source) or directory.connection_at(source)


_RULES: tuple[Callable[[Directory, Facts], Account | Connection | None], ...] = (
    _by_account_id,
    _by_connection_id,
    _by_account_code,
    _by_endpoint,
    _by_trunk,
    _by_source,
)
"""In the order of their certainty: ids of our own, then the switch's names, then addresses."""


def _device(party: _Party, leg: Leg | None) -> Device | None:
    """Which of the account's devices a leg is at: by the switch's name for it, else by its extension."""
    if leg is None:
        return None
    names = [name for name in (leg.facts.endpoint, leg.facts.account_code) if name]
    by_name = (device for device in party.devices if device.name in names)
    extensions = (*names, leg.number)
    by_extension = (device for device in party.devices if device.extension and device.extension in extensions)
    return next(by_name, None) or next(by_extension, None)


# --- where it goes ---


def _direction(caller: _Party, callee: _Party) -> Direction:
    if caller.account:
        if callee.account:
            return _INTERNAL
        return _OUTBOUND if callee.connection else _UNKNOWN
    if caller.connection:
        return _TRANSIT if callee.connection else _INBOUND
    return _UNKNOWN


def _did(directory: Directory, caller: Leg | None, callee: Leg | None) -> DID | None:
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
