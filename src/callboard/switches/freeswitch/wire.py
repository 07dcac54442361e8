"""The event socket's protocol: bytes to frames, frames to typed messages, and the lines that we send.

A frame is a head of `Name: value` lines, an empty line, and a body of as many bytes as `Content-Length` says
(developer.signalwire.com/freeswitch, mod_event_socket). No IO here; every buffer is bounded.
"""

import re
from typing import Any, Final

import msgspec

from callboard.switches.portions import Work, documents

__all__ = [
    "BRIDGED",
    "CHANNELS",
    "CORE",
    "ENDS",
    "SUBSCRIBE",
    "TIME",
    "ChannelEvent",
    "Decoder",
    "Frame",
    "Listing",
    "Row",
    "Told",
    "api",
    "denies",
    "dump",
    "exists",
    "hold",
    "kill",
    "login",
    "read_event",
    "read_listing",
    "transfer",
]

MAX_HEAD = 16_384
MAX_BODY = 64 * 1024 * 1024
"""A list of 10,000 bridged calls has 19 MB."""

EVENT: Final = "text/event-json"
_HEAD_OF_EVENT = re.compile(rb"Content-Length: (\d{1,12})\nContent-Type: text/event-json\n\n")

ENDS = frozenset({"CHANNEL_HANGUP_COMPLETE", "CHANNEL_DESTROY"})
"""Either alone will do: each has been seen missing in the field."""
_ENDS = tuple(f'{{"Event-Name":"{name}"'.encode() for name in ENDS)
"""How an end begins."""

BRIDGED: Final = "CHANNEL_BRIDGE"
_EVENTS = (
    "CHANNEL_CREATE",
    "CHANNEL_PROGRESS",
    "CHANNEL_PROGRESS_MEDIA",
    "CHANNEL_ANSWER",
    BRIDGED,
    "CHANNEL_HOLD",
    "CHANNEL_UNHOLD",
    "CHANNEL_UUID",
    "CALL_UPDATE",
    "CHANNEL_HANGUP",
    "CHANNEL_HANGUP_COMPLETE",
    "CHANNEL_DESTROY",
    "HEARTBEAT",
)


class Frame(msgspec.Struct, frozen=True, gc=False):
    """One message of the switch."""

    kind: str
    """Its Content-Type."""
    reply: str = ""
    """The `Reply-Text` of a command's reply."""
    body: bytes = b""

    @property
    def words(self) -> str:
        """The beginning of an answer, in one line. An `api` command that is not allowed gets a reply without a body."""
        return " ".join(self.body[:200].decode("utf-8", "replace").split()) or self.reply[:200]


class Decoder:
    """Cuts the stream into frames, in whatever pieces it comes.

    A body that is too large is passed over and counted in `skipped`. After a head that cannot be read nobody knows
    where the next one begins: `broken` says so, and nothing is read any more.
    """

    def __init__(self, max_head: int = MAX_HEAD, max_body: int = MAX_BODY) -> None:
        self._max_head = max_head
        self._max_body = max_body
        self._buffer = bytearray()
        self._searched = 0
        self._head: dict[str, str] | None = None
        self._length = 0
        self._skip = 0
        self.skipped = 0
        self.broken = ""

    def feed(self, data: bytes) -> list[Frame]:
        """Take bytes in; the frames that are complete now."""
        if self.broken:
            return []
        self._buffer += data
        frames: list[Frame] = []
        self._take_events(frames)
        while (frame := self._next()) is not None:
            if frame.kind:
                frames.append(frame)
            self._take_events(frames)
        return frames

    def _take_events(self, frames: list[Frame]) -> None:
        """Take whole events, of which there are most, from the beginning of what is there: all of them at once."""
        if self._skip or self._head is not None:
            return
        begin = 0
        with memoryview(self._buffer) as held:
            while (head := _HEAD_OF_EVENT.match(self._buffer, begin)) is not None:
                length = int(head[1])
                body = head.end()
                if length > self._max_body or body + length > len(held):
                    break
                begin = body + length
                frames.append(Frame(EVENT, "", bytes(held[body:begin])))
        if begin:
            del self._buffer[:begin]
            self._searched = 0

    def _next(self) -> Frame | None:
        """The next frame; one of no kind where only something was passed over; None while more bytes are needed."""
        if self._skip:
            gone = min(self._skip, len(self._buffer))
            del self._buffer[:gone]
            self._skip -= gone
            return None if self._skip else Frame("")
        if self._head is None and not self._read_head():
            return None
        if self._length > self._max_body:
            self._skip, self._head = self._length, None
            self.skipped += 1
            return Frame("")
        if self._head is None or len(self._buffer) < self._length:
            return None
        with memoryview(self._buffer) as held:
            body = bytes(held[: self._length])
        del self._buffer[: self._length]
        head, self._head = self._head, None
        return Frame(head.get("content-type", "unknown"), head.get("reply-text", ""), body)

    def _read_head(self) -> bool:
        end = self._buffer.find(b"\n\n", max(0, self._searched - 1))
        if end < 0 and len(self._buffer) <= self._max_head:
            self._searched = len(self._buffer)
            return False
        if not 0 <= end <= self._max_head:
            return self._break("a message without an end to its head")
        head = bytes(self._buffer[:end])
        del self._buffer[: end + 2]
        self._searched = 0
        self._head = self._read_lines(head)
        length = self._head.get("content-length", "0")
        if not (length.isascii() and length.isdigit() and len(length) < 13):
            return self._break(f"a message of the length {length[:20]!r}")
        self._length = int(length)
        return True

    def _read_lines(self, head: bytes) -> dict[str, str]:
        """What a head says, by names in small letters."""
        pairs = (line.partition(":") for line in head.decode("utf-8", "replace").split("\n") if ":" in line)
        return {name.strip().lower(): value.strip() for name, _, value in pairs}

    def _break(self, what: str) -> bool:
        self.broken = what
        self._buffer.clear()
        self._head = None
        return False


class Told(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """The headers that we need of every event. All are text; empty where there is none."""

    name: str = msgspec.field(default="", name="Event-Name")
    timestamp: str = msgspec.field(default="", name="Event-Date-Timestamp")
    """Microseconds since 1970."""
    uuid: str = msgspec.field(default="", name="Unique-ID")
    channel: str = msgspec.field(default="", name="Channel-Name")
    hangup_cause: str = msgspec.field(default="", name="Hangup-Cause")
    sip_cause: str = msgspec.field(default="", name="variable_proto_specific_hangup_cause")


class ChannelEvent(Told, frozen=True, gc=False, kw_only=True):
    """Those that we need of an event that is no end, or of `uuid_dump`."""

    version: str = msgspec.field(default="", name="FreeSWITCH-Version")
    """Of the switch; a heartbeat has it."""
    old_uuid: str = msgspec.field(default="", name="Old-Unique-ID")
    call_uuid: str = msgspec.field(default="", name="Channel-Call-UUID")
    """The channel that this one belongs to: itself, or the one that called it."""
    other_uuid: str = msgspec.field(default="", name="Other-Leg-Unique-ID")
    call_state: str = msgspec.field(default="", name="Channel-Call-State")
    answer_state: str = msgspec.field(default="", name="Answer-State")
    direction: str = msgspec.field(default="", name="Call-Direction")
    caller_name: str = msgspec.field(default="", name="Caller-Caller-ID-Name")
    caller_number: str = msgspec.field(default="", name="Caller-Caller-ID-Number")
    first_caller_number: str = msgspec.field(default="", name="Caller-Orig-Caller-ID-Number")
    destination: str = msgspec.field(default="", name="Caller-Destination-Number")
    context: str = msgspec.field(default="", name="Caller-Context")
    created: str = msgspec.field(default="", name="Caller-Channel-Created-Time")
    """Microseconds since 1970, as the following ones; "0" where not reached."""
    progressed: str = msgspec.field(default="", name="Caller-Channel-Progress-Time")
    progressed_media: str = msgspec.field(default="", name="Caller-Channel-Progress-Media-Time")
    answered: str = msgspec.field(default="", name="Caller-Channel-Answered-Time")
    sip_call_id: str = msgspec.field(default="", name="variable_sip_call_id")
    sdp: str = msgspec.field(default="", name="variable_switch_r_sdp")
    media_ip: str = msgspec.field(default="", name="variable_remote_media_ip")
    account_code: str = msgspec.field(default="", name="variable_accountcode")
    auth_user: str = msgspec.field(default="", name="variable_sip_auth_username")
    dialed_user: str = msgspec.field(default="", name="variable_dialed_user")
    gateway: str = msgspec.field(default="", name="variable_sip_gateway_name")
    gateway_in: str = msgspec.field(default="", name="variable_sip_gateway")
    peer_ip: str = msgspec.field(default="", name="variable_sip_network_ip")
    peer_port: str = msgspec.field(default="", name="variable_sip_network_port")
    destination_url: str = msgspec.field(default="", name="variable_sip_destination_url")
    loop_partner: str = msgspec.field(default="", name="variable_other_loopback_leg_uuid")
    """The other half of a loopback pair."""


class Row(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """One channel in `show channels as json`."""

    uuid: str
    direction: str = ""
    created_epoch: str = ""
    name: str = ""
    cid_name: str = ""
    cid_num: str = ""
    ip_addr: str = ""
    dest: str = ""
    context: str = ""
    accountcode: str = ""
    callstate: str = ""
    call_uuid: str = ""
    initial_cid_name: str = ""
    initial_cid_num: str = ""
    initial_dest: str = ""


class Listing(msgspec.Struct, frozen=True, gc=False):
    """An answer to `show channels as json`; not `whole` if a row could not be read or the count is another."""

    rows: tuple[Row, ...]
    whole: bool


class _Rows(msgspec.Struct):
    row_count: int
    rows: list[msgspec.Raw] = []
    """Absent where there are no channels."""


_event_decoder = msgspec.json.Decoder(ChannelEvent)
_end_decoder = msgspec.json.Decoder(Told)
_rows_decoder = msgspec.json.Decoder(_Rows)
_row_decoder = msgspec.json.Decoder(Row)


def read_event(body: bytes) -> Told | None:
    """An event, or the answer to `uuid_dump ... json`; None if it is none. All but ends are a `ChannelEvent`.

    An end has 250 headers, more than all others, and each is compared with all that could be meant: that few are
    makes it half as long.
    """
    event: Told | None = _read(_end_decoder if body.startswith(_ENDS) else _event_decoder, body)
    return event


def read_listing(body: bytes) -> Work[Listing | None]:
    """The channels of `show channels as json`; None if it is no list."""
    rows: list[Row] = []
    count = 0
    for document in documents(body, "rows"):
        listing: _Rows | None = _read(_rows_decoder, document)
        if listing is None:
            return None
        count = listing.row_count
        rows += [row for raw in listing.rows if (row := _read(_row_decoder, bytes(raw))) is not None and row.uuid]
        yield
    return Listing(tuple(rows), whole=len(rows) == count)


def _read(decoder: msgspec.json.Decoder[Any], body: bytes) -> Any:
    """None for what cannot be read, be it nested too deep.

    A display name may come in another encoding than UTF-8: that must not cost the whole message.
    """
    try:
        return decoder.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        pass
    try:
        return decoder.decode(body.decode("utf-8", "replace"))
    except (msgspec.MsgspecError, RecursionError):
        return None


def api(command: str) -> bytes:
    """The line that has the switch execute a command. Raises ValueError for one that holds a line's end or a NUL."""
    return _line(f"api {command}")


def login(user: str, password: str) -> bytes:
    """The line that logs in. Raises ValueError as `api` does; it never holds the password."""
    return _line(f"userauth {user}:{password}" if user else f"auth {password}")


SUBSCRIBE = ("event json " + " ".join(_EVENTS) + "\n\n").encode()
CORE: Final = "global_getvar core_uuid"
"""Asks for the id that each life of the switch has anew."""
TIME: Final = "strmicroepoch"
"""Asks for the switch's time."""
CHANNELS: Final = "show channels as json"


def exists(uuid: str) -> str:
    """Asks whether there is such a channel."""
    return f"uuid_exists {_word(uuid)}"


def dump(uuid: str) -> str:
    """Asks for all of a channel."""
    return f"uuid_dump {_word(uuid)} json"


def kill(uuid: str, cause: str) -> str:
    """Ends a channel for a cause of `Hangup-Cause`'s words."""
    return f"uuid_kill {_word(uuid)} {_word(cause)}"


def transfer(uuid: str, target: str, context: str) -> str:
    """Has a channel's dialplan begin anew at an extension; in its own context, if `context` is empty.

    The kind of dialplan is named, for in others (`inline`) an extension is a program.
    """
    return f"uuid_transfer {_word(uuid)} {_word(target)} XML {_word(context) if context else ''}".rstrip()


def hold(uuid: str, *, on: bool) -> str:
    """Puts the phone at a channel on hold, or takes it off."""
    return f"uuid_hold {'' if on else 'off '}{_word(uuid)}"


def denies(answer: bytes) -> bool:
    """Whether an answer says that there is no such channel."""
    return answer.strip() == b"false" or answer.startswith(b"-ERR No such channel")


def _word(text: str) -> str:
    if not text or not text.isascii() or not text.isprintable() or " " in text:
        raise ValueError("what is sent to the event socket here is one word, and this is none")
    return text


def _line(text: str) -> bytes:
    if any(end in text for end in "\r\n\0"):
        raise ValueError("a line's end or a NUL cannot be sent to the event socket: take it out of the setting")
    return f"{text}\n\n".encode()
