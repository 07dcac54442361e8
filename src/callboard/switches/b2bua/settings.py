"""The embedded switch's settings."""

from typing import Annotated, Literal

import msgspec

from callboard.directory.trusted import ANY_PORT, split_address
from callboard.switches.settings import SwitchName

__all__ = ["B2buaSettings"]

Seconds = Annotated[float, msgspec.Meta(gt=0)]
Count = Annotated[int, msgspec.Meta(ge=1)]


class B2buaSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How the embedded switch listens, whom it lets in, and how long it waits for whom."""

    enabled: bool = True
    """Whether it runs. A server that only watches other switches needs no SIP address."""
    name: SwitchName = "b2bua"
    """The switch's name in the call table; a machine of the directory names the same."""
    sip: str = "0.0.0.0:5060"
    """Address that SIP is spoken on, `host:port`, UDP."""
    realm: Annotated[str, msgspec.Meta(min_length=1, pattern=r"^[ -~]+$")] = "callboard"
    """Realm of the accounts' passwords. The directory's `ha1_md5` and `ha1_sha256` were made with it, so changing it
    makes every stored password void.
    """
    algorithms: Annotated[tuple[Literal["MD5", "SHA-256"], ...], msgspec.Meta(min_length=1)] = ("MD5",)
    """Digest algorithms that are offered to callers, the preferred one first. Old phones know MD5 only."""
    nonce_lifetime: Seconds = 32.0
    """Seconds in which a challenge can be answered (RFC 3261 timer B: a transaction lives no longer)."""
    carrier: str = ""
    """Where all off-net calls go instead of their connections' own addresses, `host:port`; empty: to those."""
    probe_interval: Seconds = 20.0
    """Seconds between two signs of life asked of each party of an answered call."""
    probe_timeout: Seconds = 90.0
    """Seconds within which a party that vanished is found and its call ended."""
    linger: Seconds = 5.0
    """Seconds for which an ended call still answers late messages (RFC 3261 timer T4)."""
    challenge_timeout: Seconds = 10.0
    """Seconds that a challenged caller has to come back with credentials."""
    reply_timeout: Seconds = 6.0
    """Seconds without any reply after which a call tries its next connection."""
    ring_timeout: Seconds = 120.0
    """Seconds that a call may ring."""
    max_call: Seconds = 14_400.0
    """Seconds after which any call is ended: no call that was forgotten lives longer."""
    max_calls: Count = 10_000
    """Calls at once; further ones are refused."""
    max_pending: Count = 2_000
    """Calls that wait for credentials at once; beyond that the oldest of them are given up."""
    registration_min: Count = 30
    """Shortest time in seconds that a registration is granted for; a phone that asks for less is given this."""
    registration_max: Count = 3_600
    """Longest time in seconds that a registration is granted for."""
    contacts_per_account: Count = 10
    """Phones that may be registered for one account at once; a further one takes the place of the oldest."""
    list_interval: Seconds = 30.0
    """Seconds between two full lists taken from the engine, by which the call table corrects itself."""

    @property
    def probe_silence(self) -> float:
        """Seconds of silence after which the engine gives a party up.

        It looks at each call ten times in a `probe_interval`; the last look may come so much after the silence was
        long enough, and `probe_timeout` is kept all the same.
        """
        return max(self.probe_timeout - self.probe_interval / 10, self.probe_timeout / 2)

    def __post_init__(self) -> None:
        """Raises ValueError, naming the entry and the fix, for an address that is none."""
        for name, address in (("sip", self.sip), ("carrier", self.carrier)):
            # Port 0 lets the system choose, which is of use in tests.
            if address and split_address(address.removesuffix(":0"))[1] == ANY_PORT and not address.endswith(":0"):
                raise ValueError(f"{name} is {address!r}, which has no port: write it like 192.0.2.7:5060")
