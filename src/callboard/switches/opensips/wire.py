"""OpenSIPS's words: events as JSON-RPC notifications in datagrams, and the results of its management interface.

Written from the documentation of its modules dialog, event_datagram and mi_http (3.0 and newer), and from how its
source prints dialogs.
"""

import msgspec

from callboard.switches.dialogs import jsonrpc

__all__ = ["ANYTHING", "ONE", "PAGE", "UPTIME", "Changed", "Listed", "Party", "Uptime", "read_event", "values_of"]

EVENT = "E_DLG_STATE_CHANGED"


class Changed(msgspec.Struct, frozen=True, kw_only=True, rename={"call_id": "callid"}):
    """A dialog's state changed. A dialog's beginning, in state 1, is told by no event."""

    id: str
    call_id: str = ""
    from_tag: str = ""
    old_state: int
    new_state: int


class _Notification(msgspec.Struct, frozen=True):
    method: str
    params: msgspec.Raw = msgspec.Raw()


class Party(msgspec.Struct, frozen=True, rename={"tag": "callee_tag", "contact": "callee_contact"}):
    """A called party."""

    tag: str | None = None
    contact: str | None = None


Values = list[dict[str, str | int | None]] | dict[str, str | int | None]


class _Context(msgspec.Struct, frozen=True):
    values: Values = []
    profiles: Values = []


class Listed(msgspec.Struct, frozen=True, kw_only=True, rename={"id": "ID", "call_id": "callid", "callees": "CALLEES"}):
    """A dialog in a list. `timestart` is when it was answered, in Unix seconds by OpenSIPS's clock; 0 before."""

    id: str
    state: int
    timestart: int = 0
    call_id: str = ""
    from_uri: str = ""
    to_uri: str = ""
    caller_tag: str | None = None
    callees: list[Party] = []
    context: _Context = _Context()


class _Page(msgspec.Struct, frozen=True, rename={"dialogs": "Dialogs"}):
    dialogs: list[Listed]


class _One(msgspec.Struct, frozen=True, rename={"dialog": "Dialog"}):
    dialog: Listed


class Uptime(msgspec.Struct, frozen=True, rename={"up_since": "Up since"}):
    """Of `uptime`: since when it runs, in its own words."""

    up_since: str


_notification = msgspec.json.Decoder(_Notification)
_changed = msgspec.json.Decoder(Changed, strict=False)
PAGE = msgspec.json.Decoder(_Page)
ONE = msgspec.json.Decoder(_One)
UPTIME = msgspec.json.Decoder(Uptime)
ANYTHING = msgspec.json.Decoder(msgspec.Raw)


def read_event(datagram: bytes) -> Changed | None:
    """The event in a datagram; None for an event of another kind. Raises `jsonrpc.MalformedError`."""
    notification = jsonrpc.decode(datagram, _notification)
    if notification.method != EVENT:
        return None
    return jsonrpc.decode(bytes(notification.params), _changed)


def values_of(dialog: Listed) -> dict[str, str]:
    """Profiles with a value and the script's values by name; a value wins over a profile of the same name."""
    pairs: dict[str, str] = {}
    for values in (dialog.context.profiles, dialog.context.values):
        for entry in [values] if isinstance(values, dict) else values:
            pairs.update((name, str(value)) for name, value in entry.items() if value not in (None, ""))
    return pairs
