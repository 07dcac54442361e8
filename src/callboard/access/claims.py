"""Claims: what a request says of who asks, in the ways that the dialects know. Access decides what it is worth."""

import msgspec

from callboard.directory.addresses import AddressSet

__all__ = [
    "Claim",
    "DigestClaim",
    "NamedClaim",
    "OpenClaim",
    "PasswordClaim",
    "SignatureClaim",
    "TicketClaim",
    "TokenClaim",
    "TrustedClaim",
]


class PasswordClaim(msgspec.Struct, frozen=True):
    """A name and a password in clear, from HTTP Basic or a dialect's parameters."""

    name: str
    password: str
    address: str
    """The client's IP address."""

    def __repr__(self) -> str:
        return f"PasswordClaim(name={self.name!r}, address={self.address!r})"


class TokenClaim(msgspec.Struct, frozen=True):
    """A token, from `Authorization: Bearer` (RFC 6750)."""

    text: str
    address: str
    """The client's IP address."""

    def __repr__(self) -> str:
        return f"TokenClaim(address={self.address!r})"


class TicketClaim(msgspec.Struct, frozen=True):
    """A ticket, good for one request (see `tickets`)."""

    text: str
    address: str
    """The client's IP address."""

    def __repr__(self) -> str:
        return f"TicketClaim(address={self.address!r})"


class DigestClaim(msgspec.Struct, frozen=True):
    """HTTP Digest, RFC 2617 and 7616."""

    authorization: str
    """The value of the Authorization header; empty if none came."""
    method: str
    target: str
    """The request target as on the wire: path and query, undecoded."""
    address: str

    def __repr__(self) -> str:
        return f"DigestClaim(method={self.method!r}, address={self.address!r})"


class SignatureClaim(msgspec.Struct, frozen=True):
    """A request signed with a key that both sides share: SHA-1 of some of its text with the key behind it."""

    name: str
    """The login that the request names."""
    signed: tuple[str, ...]
    """The texts that may have been hashed, each without the key: vendors' documents leave room for several."""
    signature: str
    """Lower-case hex. Whoever has it can ask again: it is the same for every request."""
    address: str

    def __repr__(self) -> str:
        return f"SignatureClaim(name={self.name!r}, address={self.address!r})"


class TrustedClaim(msgspec.Struct, frozen=True):
    """A request whose source address is to vouch for it."""

    address: str
    customer: int | None
    """Under whose rights the request asks to be carried out."""
    trusted: AddressSet
    """The addresses that the dialect's settings trust."""
    argument: str = "i_customer"
    """How the dialect spells `customer`."""


class OpenClaim(msgspec.Struct, frozen=True):
    """A request without credentials, where the dialect's settings let such requests act as one login."""

    name: str
    """The login that the settings name."""
    address: str


class NamedClaim(msgspec.Struct, frozen=True):
    """A bare name, believed without any proof.

    For a dialect whose settings say that signatures are not checked, and for nobody else: whoever can send such a
    request can be anybody who may sign.
    """

    name: str
    """The login that the request names."""
    address: str


Claim = PasswordClaim | TokenClaim | TicketClaim | DigestClaim | SignatureClaim | TrustedClaim | OpenClaim | NamedClaim
