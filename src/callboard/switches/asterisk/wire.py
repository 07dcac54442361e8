"""The manager interface of Asterisk (AMI) as bytes: packets of `Name: value` lines, ended by an empty line.

Sans-IO. What arrives is bounded and never raises: a line or packet that cannot be read is counted and left out.
Source: docs.asterisk.org, "AMI v2 Specification", and recordings of Asterisk 22.
"""

import hashlib
import re

import msgspec

__all__ = ["MAX_PACKET", "NO_FIELDS", "Packet", "Stream", "UnsendableError", "action", "challenge_key"]

MAX_PACKET = 256 * 1024
"""Bytes. Asterisk's own packets have a few hundred; a command's output may have more."""
MAX_FIELDS = 4096
"""Lines that are kept of one packet."""

NO_FIELDS: dict[str, str] = {}

_END = b"\r\n\r\n"
_BANNER = "Asterisk Call Manager/"
_VARIABLES = frozenset({"ChanVariable", "DestChanVariable", "Variable"})
_NO_FIELD = _VARIABLES | {"Output"}
_NEVER = re.compile(r"[\r\n\0]")
_ESCAPE = re.compile(r"\\(.)")
_ESCAPED = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
"""What ast_escape_c writes; of every other character the backslash is left out (main/utils.c)."""


class UnsendableError(ValueError):
    """A value that must not go to the switch: it would end its line and begin another."""


class Packet(msgspec.Struct, frozen=True, gc=False):
    """One packet: an event, a response, or an item of a list."""

    fields: dict[str, str]
    """Of a name that occurs twice, the first value."""
    variables: dict[str, str] = NO_FIELDS
    """Channel variables that the operator has added to every event (`channelvars` in manager.conf)."""
    output: tuple[str, ...] = ()
    """Lines of a command's output."""

    def get(self, name: str) -> str:
        """The value of a field, "" where it is missing or unknown to the switch."""
        value = self.fields.get(name, "")
        return "" if value == "<unknown>" else value

    @property
    def event(self) -> str:
        """The event's name, "" for a response."""
        return self.fields.get("Event", "")

    @property
    def response(self) -> str:
        """`Success`, `Error` or another word; "" for an event (OriginateResponse has both and is an event)."""
        return "" if "Event" in self.fields else self.fields.get("Response", "")


class Stream:
    """Bytes in, packets out."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._searched = 0
        self._skipping = False
        self.banner = ""
        """What the switch says first, such as `Asterisk Call Manager/11.0.0`."""
        self.malformed = 0
        """Lines so far that were no field."""
        self.oversized = 0
        """Packets so far that were left out for their size."""

    def feed(self, data: bytes) -> list[Packet]:
        """The packets that these bytes complete."""
        self._buffer += data
        if self._buffer.find(_END, self._searched) < 0:
            blocks: list[bytes] = []
        else:
            *blocks, rest = bytes(self._buffer).split(_END)
            self._buffer = bytearray(rest)
        self._searched = max(0, len(self._buffer) - len(_END) + 1)
        packets = [packet for block in blocks if (packet := self._block(block)) is not None]
        if len(self._buffer) > MAX_PACKET:
            self._skip()
        return packets

    def _skip(self) -> None:
        """Drop what is here of a packet without end, but for what may be the beginning of its end."""
        if not self._skipping:
            self.oversized += 1
            self._skipping = True
        del self._buffer[: -len(_END) + 1]
        self._searched = 0

    def _block(self, block: bytes) -> Packet | None:
        if self._skipping:
            self._skipping = False
            return None
        if len(block) > MAX_PACKET:
            self.oversized += 1
            return None
        text = block.decode(errors="replace")
        lines = text.split("\r\n")
        plain = None if "\\" in text else _plain(lines)
        return self._packet(lines) if plain is None else Packet(plain)

    def _packet(self, lines: list[str]) -> Packet | None:
        fields: dict[str, str] = {}
        variables: dict[str, str] = {}
        output: list[str] = []
        for line in lines[:MAX_FIELDS]:
            name, colon, value = line.partition(":")
            value = value.removeprefix(" ")
            if not colon:
                self._odd(line)
            elif name == "Output":
                output.append(value)
            elif name in _VARIABLES and "=" in value:
                variable, _, content = value.partition("=")
                variables.setdefault(variable, content)
            elif name not in fields:
                fields[name] = _unescape(value) if _is_escaped(name) else value
        return Packet(fields, variables, tuple(output)) if fields else None

    def _odd(self, line: str) -> None:
        """A line that is no field: empty between packets, the greeting, or damaged."""
        if line.startswith(_BANNER) and not self.banner:
            self.banner = line
        elif line:
            self.malformed += 1


def _plain(lines: list[str]) -> dict[str, str] | None:
    """The fields of a packet that has nothing else, no name twice and nothing escaped; None if it is not so plain.

    Nearly all events are, and to read them so takes half of the time.
    """
    try:
        fields = dict([line.split(": ", 1) for line in lines])
    except ValueError:
        return None
    if len(fields) < len(lines) or len(lines) > MAX_FIELDS or ":" in "".join(fields) or _NO_FIELD.intersection(fields):
        return None
    return fields


def _is_escaped(name: str) -> bool:
    """Whether Asterisk writes this field C-style: names for people do, but those of EffectiveConnectedLine do not."""
    return name.endswith(("CallerIDName", "ConnectedLineName")) and not name.startswith("Effective")


def _unescape(value: str) -> str:
    if "\\" not in value:
        return value
    return _ESCAPE.sub(lambda match: _ESCAPED.get(match[1], match[1]), value)


def action(name: str, fields: tuple[tuple[str, str], ...] = ()) -> bytes:
    """An action as bytes. Raises `UnsendableError` for a value with a line's end or NUL in it."""
    lines = [f"{field}: {value}" for field, value in (("Action", name), *fields)]
    for line in lines:
        if _NEVER.search(line):
            raise UnsendableError(f"a value of the action {name} holds a line's end or NUL, so it is not sent")
    return "".join(f"{line}\r\n" for line in lines).encode() + b"\r\n"


def challenge_key(challenge: str, secret: str) -> str:
    """The `Key` that answers a challenge (AuthType MD5)."""
    return hashlib.md5((challenge + secret).encode(), usedforsecurity=False).hexdigest()
