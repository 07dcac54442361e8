"""The nouns of the directory, one frozen value each. Ids are positive integers chosen by the operator."""

import msgspec

__all__ = [
    "DID",
    "ROOT",
    "Account",
    "Connection",
    "Customer",
    "Destination",
    "Device",
    "Machine",
    "Record",
    "Vendor",
]

ROOT = 1
"""The id of the root customer: the operator. Everybody is below it."""


class Customer(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """A tenant: a reseller or an end customer. Customers form a tree of any depth below `ROOT`."""

    id: int
    name: str
    parent: int | None = None
    """The customer above; None for `ROOT` only."""
    shared_key: str = ""
    """A reseller's own key for signed requests of the logins below it; empty: the key of the customer above holds."""

    def __repr__(self) -> str:
        """Without the key, which is nobody's to read in a log."""
        return f"Customer(id={self.id}, name={self.name!r}, parent={self.parent})"


class Account(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """A SIP subscriber of a customer: what registers and makes calls."""

    id: int
    customer: int
    sip_user: str
    """User name for digest authentication, and the number it is called by on net. Unique."""
    ha1_md5: str = ""
    """MD5(sip_user:realm:password) in hex, RFC 2617 section 3.2.2.2; empty: this account cannot authenticate."""
    ha1_sha256: str = ""
    """SHA-256 of the same (RFC 7616 section 3.4.2)."""
    name: str = ""
    """Display name."""
    caller_id: str = ""
    """Number shown to the called party; empty: `sip_user`."""
    addresses: tuple[str, ...] = ()
    """Trusted addresses or networks (`192.0.2.7`, `192.0.2.0/24`, `192.0.2.7:5062`): calls from there need no password.
    """
    blocked: bool = False

    def __repr__(self) -> str:
        """Without the verifiers, which are nobody's to read in a log."""
        return f"Account(id={self.id}, customer={self.customer}, sip_user={self.sip_user!r})"


class Device(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """A phone, gateway or trunk of an account, as a switch names it."""

    id: int
    account: int
    name: str = ""
    kind: str = "SIP"
    extension: str = ""
    ani: str = ""
    trunk: bool = False


class Vendor(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """A carrier or provider that off-net calls are sent to or come from."""

    id: int
    name: str


class Connection(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """One way to a vendor: an address, and the numbers that go there."""

    id: int
    vendor: int
    name: str
    address: str
    """Where calls are sent, `host:port` (UDP)."""
    prefixes: tuple[str, ...] = ("",)
    """Numbers beginning with one of these go here; the longest match over all connections wins. "" is every number."""
    preference: int = 1
    """Among connections with an equally long match the lowest is tried first; the others are its fail-over."""
    incoming: tuple[str, ...] = ()
    """Trusted addresses or networks from which this vendor's calls come in."""
    blocked: bool = False


class DID(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """A number that can be called from outside, and the account it rings."""

    id: int
    number: str
    account: int
    vendor: int | None = None


class Machine(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """A switch as the directory names it: dialects that filter by server show this id."""

    id: int
    name: str
    switch: str
    """The name of the switch in the settings."""


class Destination(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """Where numbers with a prefix lead. The longest prefix wins; an operator's own beats a built-in of equal length."""

    prefix: str
    """Digits of the international number, without `+`."""
    name: str
    country: str
    """ISO 3166 alpha-3 code."""
    group: str = ""


Record = Customer | Account | Device | Vendor | Connection | DID | Machine
