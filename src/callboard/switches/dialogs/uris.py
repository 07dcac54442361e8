"""Parts of SIP URIs and display names (RFC 3261 sections 19.1 and 25.1), read leniently: they come from strangers."""

import re
from urllib.parse import unquote

__all__ = ["address_of", "display_name", "user_of"]

_SCHEME = re.compile(r"^\s*<?\s*(sips?|tel):", re.IGNORECASE)
_ESCAPED = re.compile(r"\\(.)")

SIP_PORT = 5060
"""Where no port is written (RFC 3261 section 19.1.2)."""


def _bare(uri: str) -> tuple[str, str]:
    """Scheme and what follows it, without brackets, parameters and headers; "" where it is no such URI."""
    found = _SCHEME.match(uri)
    if found is None:
        return "", ""
    rest = uri[found.end() :].partition(">")[0]
    return found[1].lower(), rest.partition("?")[0]


def user_of(uri: str) -> str:
    """The user part, or the number of a tel URI: `alice` of `sip:alice;x=y@192.0.2.7:5060`. "" where there is none."""
    scheme, rest = _bare(uri)
    user, at, _ = rest.rpartition("@")
    if scheme == "tel":
        user = rest
    elif not at:
        return ""
    return unquote(user.partition(";")[0].partition(":")[0])


def address_of(uri: str) -> str:
    """`host:port` of a SIP URI, with the port that stands for none. "" where there is none."""
    scheme, rest = _bare(uri)
    host = rest.rpartition("@")[2].partition(";")[0].strip()
    if not host or scheme == "tel":
        return ""
    bare = host.rpartition("]")[2] if host.startswith("[") else host
    return host if ":" in bare else f"{host}:{SIP_PORT}"


def display_name(text: str) -> str:
    r"""A display name as people write it: without the quotes of SIP and their escapes (`"O\"Brien"`)."""
    text = text.strip()
    if len(text) >= 2 and text[0] == text[-1] == '"':
        return _ESCAPED.sub(r"\1", text[1:-1])
    return text
