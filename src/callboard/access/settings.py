"""The settings of sign-in."""

from typing import Annotated, Literal

import msgspec

__all__ = ["REALM", "AccessSettings", "MaskSettings"]

REALM = "Callboard"
"""The realm unless the settings name another. Digest verifiers hold for one realm only."""

Seconds = Annotated[float, msgspec.Meta(gt=0)]
Count = Annotated[int, msgspec.Meta(ge=1)]


Kinds = tuple[Literal["numbers", "names", "media"], ...]


class MaskSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What logins of each role may not read in full; a login can have further masks of its own, never fewer."""

    admin: Kinds = ()
    """Of administrators: `numbers` of telephones, `names` of callers, `media` addresses."""
    reseller: Kinds = ()
    """The same of resellers."""
    user: Kinds = ()
    """The same of users."""
    first: Annotated[int, msgspec.Meta(ge=0)] = 4
    """Digits at the beginning of a masked number that are shown; four at least are always hidden."""
    last: Annotated[int, msgspec.Meta(ge=0)] = 2
    """Digits at its end that are shown."""


class AccessSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How logins prove who they are, and how guessing is slowed down."""

    realm: Annotated[str, msgspec.Meta(min_length=1, pattern=r"^[ -~]+$")] = REALM
    """Realm of HTTP Digest. Every login's digest verifiers were made with it, so changing it makes them void."""
    algorithms: Annotated[tuple[Literal["MD5", "SHA-256"], ...], msgspec.Meta(min_length=1)] = ("MD5",)
    """Digest algorithms that are offered, the preferred one first. Most clients of the vendors' APIs know MD5 only."""
    nonce_lifetime: Seconds = 300.0
    """Seconds in which a digest challenge can be answered; after that the client is told to try again by itself."""
    shared_key: str = ""
    """Key of signed requests, for logins whose reseller has no key of its own. Empty: such logins cannot sign."""
    password_cache: Annotated[float, msgspec.Meta(ge=0)] = 60.0
    """Seconds for which a verified password is known again without the slow check; 0: every request is checked anew."""
    password_cache_size: Count = 10_000
    """Verified passwords that are known at once."""
    free_failures: Annotated[int, msgspec.Meta(ge=0)] = 5
    """Failed sign-ins of one login from one address before it has to wait."""
    free_failures_of_address: Annotated[int, msgspec.Meta(ge=0)] = 50
    """Failed sign-ins from one address, whatever the login, before the address has to wait."""
    first_wait: Seconds = 1.0
    """Seconds of the first wait; each further failure doubles it."""
    longest_wait: Seconds = 300.0
    """Seconds that a wait is never longer than."""
    failures_kept: Seconds = 900.0
    """Seconds without a failure after which earlier ones are forgotten."""
    token_days: Count = 90
    """Days for which a token is good where its owner does not say."""
    tokens_per_login: Count = 100
    """Tokens that one login can have."""
    streams_per_login: Count = 500
    """Streams of calls that one login can have open at once, so that it leaves connections for others."""
    masks: MaskSettings = MaskSettings()

    def __repr__(self) -> str:
        """Without the key, which is nobody's to read in a log."""
        shown = (f"{name}={getattr(self, name)!r}" for name in self.__struct_fields__ if name != "shared_key")
        return f"AccessSettings({', '.join(shown)})"
