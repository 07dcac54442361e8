"""Where webhooks may point: what an address of the web has to look like, and which hosts are nobody's to reach.

Whoever makes a webhook makes this server send requests, so it must not become a way into places that only the server
can reach (server-side request forgery). Names are looked up, and their addresses judged, each time that is sent.
"""

import re
from ipaddress import IPv6Address, IPv6Network
from urllib.parse import urlsplit

from callboard.directory.addresses import AddressSet, Host, read_host

__all__ = ["LONGEST_URL", "URL_PATTERN", "address_fault", "host_of", "url_fault"]

LONGEST_URL = 2_000
"""Characters."""

URL_PATTERN = (
    r"^https?://[A-Za-z0-9]([A-Za-z0-9-]{0,60}[A-Za-z0-9])?(\.[A-Za-z0-9]{1,20}){0,4}(/[A-Za-z0-9._~-]{0,80}){0,8}$"
)
"""What is surely taken, where it points to a host by its name, for the API's document; more is (see `url_fault`)."""

_PRINTED = re.compile(r"[!-~]+")
_OF_CLOUDS = AddressSet(("168.63.129.16", "192.0.0.192", "100.100.100.200", "fd00:ec2::254"))
"""Where the clouds of Azure, Oracle, Alibaba and Amazon answer a machine about itself, beside 169.254.0.0/16."""
_NOWHERE = AddressSet(("192.0.0.0/24", "fec0::/10"))
"""What is no public network either, though not every version of Python says so (RFC 6890, RFC 3879)."""
_TRANSLATED = IPv6Network("64:ff9b::/96")
"""IPv4 addresses as a network of IPv6 alone sees them (RFC 6052)."""


def url_fault(url: str) -> str | None:
    """What is wrong with the address of a webhook, for people; None if nothing is."""
    if not _PRINTED.fullmatch(url) or len(url) > LONGEST_URL:
        return f"must be an address of at most {LONGEST_URL} printable ASCII characters without blanks"
    try:
        parts = urlsplit(url)
        port, host = parts.port, parts.hostname
    except ValueError as error:
        return f"is no address: {error}"
    if parts.scheme not in ("http", "https"):
        return "must begin with https:// or http://"
    if parts.username is not None or parts.password is not None:
        return "must hold no name and no password: the signature proves who sends"
    if not host or port == 0:
        return "names no host, or port 0: write it like https://example.com/calls"
    if parts.fragment:
        return "must have no part behind a #, which is never sent"
    return None


def host_of(url: str) -> str:
    """The host that an address names, in lower case; "" if it names none."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def address_fault(address: str, allowed: AddressSet, *, operator: bool) -> str | None:
    """Why nothing is sent to an IP address; None if it may be. The operator's own may be in a private network.

    `allowed` has the networks that the settings open to everybody.
    """
    if allowed.contains(address):
        return None
    try:
        host = _plain(read_host(address))
    except ValueError:
        return f"{address} is no IP address"
    if host.is_loopback or host.is_link_local or host.is_multicast or host.is_unspecified or host.is_reserved:
        return f"{address} is an address of this machine or of its own link: {_FIX}"
    if _OF_CLOUDS.contains(str(host)):
        return f"{address} is where a cloud tells a machine about itself: {_FIX}"
    if not operator and (not host.is_global or _NOWHERE.contains(str(host))):
        return f"{address} is in a private network, where only the operator's webhooks may point: {_FIX}"
    return None


_FIX = "name a public one, or have it allowed by webhooks.allowed_targets in the settings"


def _plain(host: Host) -> Host:
    """The IPv4 address that an IPv6 address leads to, where it does."""
    if not isinstance(host, IPv6Address):
        return host
    if host in _TRANSLATED:
        return read_host(".".join(str(byte) for byte in host.packed[-4:]))
    return host.sixtofour or (host.teredo[1] if host.teredo else host)
