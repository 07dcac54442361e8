"""Logins: who may ask, and the verifiers for the ways in which each dialect lets them prove it. No plain passwords."""

from functools import lru_cache

import msgspec

from callboard.access.masks import Mask
from callboard.access.rights import Role
from callboard.directory.addresses import AddressSet

__all__ = ["Login", "may_come_from"]


class Login(msgspec.Struct, frozen=True, kw_only=True):
    """One login of a person or program. A verifier that is empty cannot be used to sign in."""

    name: str
    role: Role
    customer: int
    """Its place in the customer tree: it sees this customer's subtree."""
    password_hash: str = ""
    """argon2id, in the encoded form `$argon2id$...`."""
    ha1_md5: str = ""
    """MD5(name:realm:password) in hex, for HTTP Digest (RFC 2617)."""
    ha1_sha256: str = ""
    """SHA-256 of the same (RFC 7616)."""
    signing: bool = True
    """Whether it may sign requests with the shared key of its reseller or of the system."""
    privileges: frozenset[str] = frozenset()
    """Words that only a dialect knows, such as Enswitch's role privileges."""
    addresses: tuple[str, ...] = ()
    """Addresses or networks it may come from; empty: from anywhere."""
    disabled: bool = False
    masks: frozenset[Mask] = frozenset()
    """What it may not read in full, beside what its role may not."""

    def __repr__(self) -> str:
        """Without the verifiers, which are nobody's to read in a log."""
        return f"Login(name={self.name!r}, role={self.role.value!r}, customer={self.customer})"


def may_come_from(login: Login, address: str) -> bool:
    """Whether a login may be used from an address."""
    return not login.addresses or _address_set(login.addresses).contains(address)


@lru_cache(maxsize=1024)
def _address_set(addresses: tuple[str, ...]) -> AddressSet:
    return AddressSet(addresses)
