"""A dialog as a proxy tells of it, and the two legs that Callboard makes of it."""

import msgspec
from msgspec.structs import replace

from callboard.calls.legs import Facts, Leg, LegId, Side
from callboard.calls.state import State
from callboard.switches.dialogs.uris import address_of, user_of

__all__ = ["OVER", "STATES", "Dialog", "legs_of"]

STATES = {1: State.DIALING, 2: State.RINGING, 3: State.ANSWERED, 4: State.ANSWERED}
"""A dialog's states, alike in Kamailio and OpenSIPS: unconfirmed, early, confirmed without and with its ACK."""
OVER = 5
"""The dialog is over, and listed some seconds more for late messages: no call."""


class Dialog(msgspec.Struct, frozen=True, kw_only=True):
    """All that a proxy told of a dialog at one time; what it left out is "" or None. Times are on our clock."""

    native: str
    """The proxy's own id."""
    state: int
    call_id: str = ""
    from_uri: str = ""
    to_uri: str = ""
    name: str = ""
    """The caller's display name, for people."""
    caller_tag: str = ""
    callee_contact: str = ""
    started_at: float | None = None
    answered_at: float | None = None
    values: dict[str, str] = {}
    """What the proxy's script noted with the dialog: see `_facts`."""


def legs_of(switch: str, dialog: Dialog, at: float, *, trust_from: bool) -> tuple[Leg, Leg]:
    """The caller's and the callee's leg. A time that is not told is `at` where it must be, else unknown."""
    state = STATES[dialog.state]
    started_at = dialog.started_at if dialog.started_at is not None else at
    # A list has whole seconds, so that an answer may seem to come before what was told of the beginning.
    answered_at = max(dialog.answered_at or at, started_at) if state is State.ANSWERED else None
    caller = Leg(
        id=LegId(switch, f"{dialog.native}/caller"),
        call=dialog.native,
        side=Side.CALLER,
        state=state,
        number=user_of(dialog.from_uri),
        name=dialog.name,
        dialed=user_of(dialog.to_uri),
        sip_call_id=dialog.call_id,
        facts=_caller_facts(dialog, trust_from=trust_from),
        started_at=started_at,
        progressed_at=answered_at,
        answered_at=answered_at,
    )
    callee = replace(
        caller,
        id=LegId(switch, f"{dialog.native}/callee"),
        side=Side.CALLEE,
        number=user_of(dialog.to_uri),
        name="",
        dialed="",
        facts=_callee_facts(dialog),
    )
    return caller, callee


def _caller_facts(dialog: Dialog, *, trust_from: bool) -> Facts:
    """What the script noted; the user of From, which anyone can write there, only where it is trusted."""
    values = dialog.values
    endpoint = values.get("endpoint", "")
    if not endpoint and trust_from and "trunk_in" not in values:
        endpoint = user_of(dialog.from_uri)
    return Facts(
        account_code=values.get("account", ""),
        endpoint=endpoint,
        trunk=values.get("trunk_in", ""),
        source=values.get("source", ""),
        did=values.get("did", ""),
    )


def _callee_facts(dialog: Dialog) -> Facts:
    trunk = dialog.values.get("trunk_out", "")
    return Facts(
        endpoint="" if trunk else user_of(dialog.to_uri),
        trunk=trunk,
        source=dialog.values.get("target", "") or address_of(dialog.callee_contact),
    )
