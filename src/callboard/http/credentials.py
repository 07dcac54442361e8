"""What the header Authorization says, in the schemes that need no challenge."""

import base64
import binascii

__all__ = ["read_authorization", "read_basic"]


def read_authorization(header: str) -> tuple[str, str]:
    """The scheme, in lower case, and what follows it (RFC 9110 section 11.6.2); both empty if nothing is there."""
    scheme, _, credentials = header.partition(" ")
    return scheme.lower(), credentials.strip()


def read_basic(credentials: str) -> tuple[str, str]:
    """Name and password of HTTP Basic (RFC 7617, in UTF-8). Raises ValueError, with what is wrong, for people."""
    try:
        name, colon, password = base64.b64decode(credentials, validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        raise ValueError("the Authorization header cannot be read: Base64 of name:password is needed") from None
    if not colon:
        raise ValueError("the Authorization header lacks the colon between name and password")
    return name, password
