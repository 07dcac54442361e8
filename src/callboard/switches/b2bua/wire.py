"""The boundary between Callboard and the engine of the embedded switch: one JSON object a line, over two pipes.

The engine knows SIP and nothing else: it asks who a caller is and where a call goes, and tells what happens. Whatever
speaks this page can be the engine. A call is named by the engine's own id for it (`call`), unique in its lifetime.

A call's conversation:

    engine                                       Callboard
    Came              an INVITE has arrived  ->
                                             <-  Challenge | Route | Refuse
    Credentials       it came again, signed  ->
                                             <-  Route | Refuse
    Dialing Ringing Failed ... Answered      ->
    Held Resumed      re-INVITE              ->
                                             <-  HangUp at any time
    Ending Ended                             ->

Times are Unix seconds by the machine's clock, which both sides share.
"""

from collections.abc import Iterator

import msgspec

__all__ = [
    "MAX_LINE",
    "Answered",
    "Call",
    "Came",
    "Challenge",
    "Configure",
    "Contact",
    "Credentials",
    "Dialing",
    "Ended",
    "Ending",
    "Failed",
    "FromEngine",
    "HangUp",
    "Held",
    "List",
    "Listed",
    "Pulse",
    "Ready",
    "Refuse",
    "Register",
    "Registered",
    "Resumed",
    "Ringing",
    "Route",
    "Stop",
    "Target",
    "ToEngine",
    "Trouble",
    "decode_from_engine",
    "decode_to_engine",
    "encode",
    "lines",
]

MAX_LINE = 32 * 1024 * 1024
"""Bytes. A longer line is an error: the other side is not what it should be."""


class _Message(msgspec.Struct, frozen=True, gc=False, kw_only=True, tag_field="type", omit_defaults=True):
    """Common ground of all messages: JSON objects told apart by their member `type`."""


# --- engine to Callboard ---------------------------------------------------------------------------------------------


class Ready(_Message, frozen=True, kw_only=True, tag=True):
    """The first message: the engine listens."""

    sip: str
    """`host:port` it is bound to."""
    engine: str
    """Name and version, for people."""
    pid: int


class Pulse(_Message, frozen=True, kw_only=True, tag=True):
    """Sign of life, once a second. A missing pulse means that the engine hangs."""

    at: float
    calls: int
    malformed: int
    """Packets so far that could not be read."""
    refused: int
    """Packets so far that were dropped by a limit."""
    transactions: int = 0
    """SIP transactions in progress: goes back to about nothing when no call is made or ended."""


class Came(_Message, frozen=True, kw_only=True, tag=True):
    """An INVITE that begins a call. Waits for `Challenge`, `Route` or `Refuse`."""

    call: str
    at: float
    source: str
    """`host:port` the packet came from."""
    caller: str
    """User part of From."""
    caller_name: str = ""
    """Display name of From, as sent (any text; may be hostile)."""
    dialed: str = ""
    """User part of the request URI."""
    uri: str = ""
    """The whole request URI."""
    sip_call_id: str = ""
    media: str = ""
    """Connection address in the SDP offer, "" without one."""
    authorization: str = ""
    """Authorization header, if it already has one."""


class Credentials(_Message, frozen=True, kw_only=True, tag=True):
    """The INVITE of a challenged call came again. Waits for `Route` or `Refuse` (or a new `Challenge`: stale nonce)."""

    call: str
    at: float
    source: str
    dialed: str
    uri: str
    authorization: str


class Dialing(_Message, frozen=True, kw_only=True, tag=True):
    """The INVITE to a target went out. `branch` numbers the targets tried, from 0; it indexes `Route.targets`."""

    call: str
    branch: int
    at: float


class Ringing(_Message, frozen=True, kw_only=True, tag=True):
    """The target alerts (180) or sends early media (183)."""

    call: str
    branch: int
    at: float
    media: str = ""


class Failed(_Message, frozen=True, kw_only=True, tag=True):
    """A target failed and the next is tried."""

    call: str
    branch: int
    at: float
    code: int
    text: str = ""


class Answered(_Message, frozen=True, kw_only=True, tag=True):
    """Both sides are connected."""

    call: str
    branch: int
    at: float
    caller_media: str = ""
    callee_media: str = ""


class Held(_Message, frozen=True, kw_only=True, tag=True):
    """A party put the call on hold (re-INVITE with sendonly, inactive or 0.0.0.0). `side` is `caller` or `callee`."""

    call: str
    side: str
    at: float


class Resumed(_Message, frozen=True, kw_only=True, tag=True):
    """A party took the call off hold."""

    call: str
    side: str
    at: float


class Ending(_Message, frozen=True, kw_only=True, tag=True):
    """The end began: a BYE or CANCEL went out and is not confirmed yet."""

    call: str
    at: float
    by: str
    """`caller`, `callee`, `command`, `probe` (a party vanished), `timer` (a limit) or `engine`."""


class Ended(_Message, frozen=True, kw_only=True, tag=True):
    """The call is over: every leg confirmed its end, or did not answer in time."""

    call: str
    at: float
    by: str
    code: int
    """Final SIP status for the caller: 200 after a conversation, else 4xx to 6xx."""
    text: str = ""
    confirmed: bool = True
    """Whether each leg that had to confirm its end did so."""


class Contact(msgspec.Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """Where a registered phone is reached."""

    uri: str
    expires: int
    """Seconds; 0 removes it."""


class Register(_Message, frozen=True, kw_only=True, tag=True):
    """A REGISTER. Waits for `Registered`."""

    ask: int
    at: float
    source: str
    user: str
    """User part of To: the address of record."""
    uri: str
    sip_call_id: str
    sequence: int
    """CSeq number."""
    contacts: tuple[Contact, ...] = ()
    remove_all: bool = False
    """`Contact: *` with `Expires: 0`."""
    authorization: str = ""


class Call(msgspec.Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """A call in the engine's own list."""

    call: str
    state: str
    """`new`, `authenticating`, `routing`, `dialing`, `ringing`, `answered`, `held` or `ending`."""


class Listed(_Message, frozen=True, kw_only=True, tag=True):
    """The answer to `List`: every call that is not over."""

    ask: int
    at: float
    calls: tuple[Call, ...]


class Trouble(_Message, frozen=True, kw_only=True, tag=True):
    """Something that an operator should read; told once for each kind."""

    text: str


# --- Callboard to engine ---------------------------------------------------------------------------------------------


class Configure(_Message, frozen=True, kw_only=True, tag=True):
    """The first message: how to run."""

    sip: str
    """`host:port` to bind, UDP."""
    booted: float
    """When the machine's count since boot began, Unix seconds: by that count, and not by its clock, times are told."""
    probe_interval: float
    """Seconds between in-dialog OPTIONS to each party of an answered call."""
    probe_timeout: float
    """A party silent for so many seconds has vanished."""
    linger: float
    """Seconds a finished call's dialogs are kept for late messages."""
    challenge_timeout: float
    """Seconds a challenged caller has to come back with credentials."""
    max_call: float
    """Seconds after which a call is ended, whatever happens."""
    max_calls: int
    max_pending: int
    """Calls that may wait for credentials at once; beyond that the oldest are given up."""


class Target(msgspec.Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """One place to send a call to."""

    address: str
    """`host:port` the INVITE goes to."""
    uri: str
    """Request URI, such as `sip:812@192.0.2.7:5062`."""
    caller: str
    """User part of From towards this target."""
    caller_name: str = ""
    reply_timeout: float = 6.0
    """Seconds without any reply after which the next target is tried."""
    ring_timeout: float = 120.0
    """Seconds from INVITE to answer after which it is given up."""


class Challenge(_Message, frozen=True, kw_only=True, tag=True):
    """Send 401 with these WWW-Authenticate values, in this order."""

    call: str
    headers: tuple[str, ...]


class Route(_Message, frozen=True, kw_only=True, tag=True):
    """Try these targets in turn. The next one is tried on no reply, 408, and 5xx; any other failure ends the call."""

    call: str
    targets: tuple[Target, ...]


class Refuse(_Message, frozen=True, kw_only=True, tag=True):
    """Answer the caller with this final status."""

    call: str
    code: int
    text: str


class Registered(_Message, frozen=True, kw_only=True, tag=True):
    """The answer to a REGISTER."""

    ask: int
    code: int
    text: str
    headers: tuple[str, ...] = ()
    """WWW-Authenticate values with 401."""
    contacts: tuple[Contact, ...] = ()
    """The bindings in force, with 200."""


class HangUp(_Message, frozen=True, kw_only=True, tag=True):
    """End the call: BYE to answered legs, CANCEL to a ringing one, a final answer to a caller who waits.

    An id that the engine does not have is ignored; the list tells.
    """

    call: str


class List(_Message, frozen=True, kw_only=True, tag=True):
    """Ask for `Listed`."""

    ask: int


class Stop(_Message, frozen=True, kw_only=True, tag=True):
    """End every call with BYE or CANCEL, then exit."""


FromEngine = (
    Ready
    | Pulse
    | Came
    | Credentials
    | Dialing
    | Ringing
    | Failed
    | Answered
    | Held
    | Resumed
    | Ending
    | Ended
    | Register
    | Listed
    | Trouble
)
ToEngine = Configure | Challenge | Route | Refuse | Registered | HangUp | List | Stop

_encoder = msgspec.json.Encoder()
_from_engine: msgspec.json.Decoder[FromEngine] = msgspec.json.Decoder(FromEngine)
_to_engine: msgspec.json.Decoder[ToEngine] = msgspec.json.Decoder(ToEngine)


def encode(message: FromEngine | ToEngine) -> bytes:
    """One message as a line, its newline included. JSON escapes every newline inside a text."""
    return _encoder.encode(message) + b"\n"


def decode_from_engine(line: bytes) -> FromEngine:
    """A line from the engine. Raises `msgspec.DecodeError` or its child `ValidationError` on anything else."""
    return _from_engine.decode(line)


def decode_to_engine(line: bytes) -> ToEngine:
    """A line to the engine. Raises `msgspec.DecodeError` or its child `ValidationError` on anything else."""
    return _to_engine.decode(line)


def lines(buffer: bytearray) -> Iterator[bytes]:
    """Take the whole lines out of `buffer`; what is not yet whole stays in it. Raises ValueError beyond `MAX_LINE`."""
    end = buffer.rfind(b"\n")
    if end < 0:
        if len(buffer) > MAX_LINE:
            raise ValueError(f"a line of more than {MAX_LINE} bytes came over the engine's pipe")
        return
    whole = bytes(buffer[: end + 1])
    del buffer[: end + 1]
    yield from whole.splitlines()
