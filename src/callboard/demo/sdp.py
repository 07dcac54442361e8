"""Session descriptions (RFC 4566, RFC 3264), as far as the demo's phones need them: an address and a direction.

The phones send no media. Their descriptions are real, so that a switch and its watchers see addresses and holds.
"""

import re

__all__ = ["ANSWERS", "describe", "direction_of", "media_of"]

ANSWERS = {"sendrecv": "sendrecv", "sendonly": "recvonly", "recvonly": "sendonly", "inactive": "inactive"}
"""Offered direction -> the direction in the answer (RFC 3264 section 6.1)."""

_CONNECTION = re.compile(rb"^c=IN IP[46] (\S+)", re.MULTILINE)
_DIRECTION = re.compile(rb"^a=(sendrecv|sendonly|recvonly|inactive)\s*$", re.MULTILINE)


def describe(address: str, port: int, version: int, direction: str = "sendrecv") -> bytes:
    """An audio session at `address`; `version` grows with each new description of a session (RFC 3264 section 8)."""
    lines = (
        "v=0",
        f"o=- {port} {version} IN IP4 {address}",
        "s=-",
        f"c=IN IP4 {address}",
        "t=0 0",
        f"m=audio {port} RTP/AVP 8 0 101",
        "a=rtpmap:8 PCMA/8000",
        "a=rtpmap:0 PCMU/8000",
        "a=rtpmap:101 telephone-event/8000",
        f"a={direction}",
    )
    return "\r\n".join(lines).encode() + b"\r\n"


def media_of(body: bytes) -> str:
    """The connection address in a description, "" without one."""
    found = _CONNECTION.search(body)
    return found[1].decode("ascii", "replace") if found else ""


def direction_of(body: bytes) -> str:
    """The direction that a description asks for: `sendrecv` unless it says otherwise.

    The connection address 0.0.0.0 is the hold of RFC 2543, as good as `sendonly`.
    """
    if found := _DIRECTION.search(body):
        return found[1].decode()
    return "sendonly" if media_of(body) == "0.0.0.0" else "sendrecv"
