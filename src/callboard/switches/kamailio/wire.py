"""Kamailio's words: events as netstrings from evapi, and the results of its RPC commands.

A netstring is `LENGTH:BYTES,` with the length in decimal. Each holds one JSON object, made by the script that stands in
the manual of this project; so a field may be missing, and numbers may come as texts.

Oddities of the results (5.6 and 6.1): `dlg.list` gives an array, `dlg.dlg_list` of one dialog an object; a dialog that
is not answered has `callee` with nothing but nulls; a dialog that is over is listed for about 5 s more, with state 5;
variables and profiles are arrays of objects with one member, or of bare names.
"""

from collections.abc import Iterator

import msgspec

from callboard.switches.dialogs import jsonrpc
from callboard.switches.portions import Work, documents

__all__ = [
    "ANYTHING",
    "DIALOGS",
    "MAX_EVENT",
    "STATISTICS",
    "UPTIME",
    "Listed",
    "Netstrings",
    "Party",
    "Pushed",
    "Statistics",
    "Uptime",
    "read_dialogs",
    "read_event",
    "values_of",
]

MAX_EVENT = 65_536
"""Bytes. The largest SIP message that a UDP packet can hold makes no larger event."""
_MAX_DIGITS = len(str(MAX_EVENT))


class Netstrings:
    """Takes whole netstrings out of a stream, however it was cut.

    A stream that breaks the format stays broken: its messages cannot be found again, so `broken` says why and what
    follows is thrown away.
    """

    def __init__(self) -> None:
        self._buffer = bytearray()
        self.broken = ""

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The messages that are whole now."""
        if not self.broken:
            self._buffer += data
        while (message := self._take()) is not None:
            yield message

    def _take(self) -> bytes | None:
        colon = self._buffer.find(b":", 0, _MAX_DIGITS + 1)
        if colon < 0:
            head = self._buffer[: _MAX_DIGITS + 1]
            if len(head) > _MAX_DIGITS or not (head.isdigit() or not head):
                self._break("no length")
            return None
        digits = bytes(self._buffer[:colon])
        if not digits.isdigit() or int(digits) > MAX_EVENT:
            self._break("no length that can be")
            return None
        end = colon + 1 + int(digits)
        if len(self._buffer) <= end:
            return None
        if self._buffer[end : end + 1] != b",":
            self._break("no comma at its end")
            return None
        message = bytes(self._buffer[colon + 1 : end])
        del self._buffer[: end + 1]
        return message

    def _break(self, why: str) -> None:
        self.broken = f"a message with {why}"
        self._buffer.clear()


class Pushed(msgspec.Struct, frozen=True, kw_only=True, rename={"call_id": "callid"}):
    """A dialog's event. Those who wrote the script may leave out what has a default."""

    event: str
    """`created`, `early`, `start`, `end`, `failed`, or `media` (a re-INVITE)."""
    h_entry: int
    h_id: int
    state: int = 0
    call_id: str = ""
    from_uri: str = ""
    to_uri: str = ""
    from_name: str = ""
    from_tag: str = ""
    status: int = 0
    direction: str = ""
    """Of `media`: `sendrecv`, or `sendonly` or `inactive` from a party that puts the call on hold."""
    account: str = ""
    endpoint: str = ""
    trunk_in: str = ""
    trunk_out: str = ""
    source: str = ""
    target: str = ""
    did: str = ""


class Party(msgspec.Struct, frozen=True):
    """One side of a listed dialog. Of a callee who did not answer yet all members are null."""

    tag: str | None = None
    contact: str | None = None


Values = list[dict[str, str | int | None] | str]


class Listed(msgspec.Struct, frozen=True, kw_only=True, rename={"call_id": "call-id"}):
    """A dialog in a list. Times are Unix seconds by Kamailio's clock, 0 where not reached."""

    h_entry: int
    h_id: int
    state: int
    call_id: str = ""
    from_uri: str = ""
    to_uri: str = ""
    start_ts: int = 0
    """When it was answered."""
    init_ts: int = 0
    duration: int = 0
    """Seconds since the answer."""
    caller: Party = Party()
    callee: Party = Party()
    profiles: Values = []
    variables: Values = []


class Uptime(msgspec.Struct, frozen=True):
    """Of core.uptime. `up_since` is in words, in Kamailio's own time zone."""

    up_since: str
    uptime: int


class Statistics(msgspec.Struct, frozen=True):
    """Of dlg.stats_active: how many dialogs there are."""

    all: int


_pushed = msgspec.json.Decoder(Pushed, strict=False)
_one = msgspec.json.Decoder(Listed)
DIALOGS = msgspec.json.Decoder(list[msgspec.Raw])
UPTIME = msgspec.json.Decoder(Uptime)
STATISTICS = msgspec.json.Decoder(Statistics)
ANYTHING = msgspec.json.Decoder(msgspec.Raw)


def read_event(message: bytes) -> Pushed:
    """An event out of its netstring. Raises `jsonrpc.MalformedError`."""
    return jsonrpc.decode(message, _pushed)


def read_dialogs(body: bytes) -> Work[tuple[list[Listed], int]]:
    """The dialogs in the answer to `dlg.list`, and how many entries could not be read: those make it incomplete.

    Raises `jsonrpc.FaultError` and `jsonrpc.MalformedError`.
    """
    dialogs: list[Listed] = []
    unread = 0
    for document in documents(body, "result"):
        for raw in jsonrpc.read_result(document, DIALOGS):
            try:
                dialogs.append(jsonrpc.decode(bytes(raw), _one))
            except jsonrpc.MalformedError:
                unread += 1
        yield
    return dialogs, unread


def values_of(dialog: Listed) -> dict[str, str]:
    """Profiles with a value and variables by name; a variable wins over a profile of the same name."""
    pairs: dict[str, str] = {}
    for entry in (*dialog.profiles, *dialog.variables):
        if isinstance(entry, dict):
            pairs.update((name, str(value)) for name, value in entry.items() if value not in (None, ""))
    return pairs
