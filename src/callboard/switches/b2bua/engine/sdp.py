"""What the engine reads in a session description (RFC 4566): where the media goes, and whether it is on hold."""

import re

__all__ = ["media_address", "on_hold"]

_CONNECTION = re.compile(r"^c=IN IP[46] ([0-9A-Za-z.:_-]{1,64})", re.MULTILINE)
_DIRECTION = re.compile(r"^a=(sendrecv|sendonly|recvonly|inactive)\s*$", re.MULTILINE)
_MEDIA = re.compile(r"^m=\S+ (\d+)", re.MULTILINE)
_NOWHERE = {"0.0.0.0", "::"}
_PAUSED = {"sendonly", "inactive"}


def media_address(body: str) -> str:
    """The address in the first connection line, "" without one. A multipart body is searched as it stands."""
    found = _CONNECTION.search(body)
    return found[1] if found else ""


def on_hold(body: str) -> bool:
    """Whether an offer puts the call on hold: no medium in use would take our sound (RFC 3264 section 8.4).

    The old way, connection address 0.0.0.0, counts as well.
    """
    media = list(_MEDIA.finditer(body))
    if not media:
        return False
    session = body[: media[0].start()]
    ends = [found.start() for found in media[1:]] + [len(body)]
    used = [body[found.start() : end] for found, end in zip(media, ends, strict=True) if found[1] != "0"]
    return bool(used) and all(_is_paused(section, session) for section in used)


def _is_paused(section: str, session: str) -> bool:
    direction = _DIRECTION.search(section) or _DIRECTION.search(session)
    if direction and direction[1] in _PAUSED:
        return True
    return (media_address(section) or media_address(session)) in _NOWHERE
