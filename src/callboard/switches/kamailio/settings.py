"""The settings of the link to a Kamailio."""

from typing import Annotated

import msgspec

from callboard.directory.trusted import ANY_PORT, split_address
from callboard.switches.settings import SwitchSettings, require_http

__all__ = ["KamailioSettings"]

Seconds = Annotated[float, msgspec.Meta(gt=0)]


class KamailioSettings(SwitchSettings, frozen=True, kw_only=True):
    """Where a Kamailio is asked and listened to."""

    rpc: str = "http://127.0.0.1:8090/RPC"
    """URL of its JSON-RPC (module jsonrpcs behind xhttp)."""
    events: str = "127.0.0.1:8448"
    """Address of its module evapi, `host:port`. It has neither login nor TLS: keep it on a network you trust."""
    user: str = ""
    """Name for HTTP Basic authentication, where the script or a proxy before it asks for one."""
    password: str = ""
    """Password that goes with `user`."""
    ca: str = ""
    """File with the authority that signed the certificate of an https `rpc`; empty: those that the system trusts."""
    trust_from: bool = True
    """Whether the user in From tells whose a call is, where the script notes nothing better. Say false if your proxy
    takes calls without checking that From belongs to the caller.
    """
    connect_timeout: Seconds = 5.0
    """Seconds within which a connection must be made."""
    answer_timeout: Seconds = 5.0
    """Seconds within which a question must be answered."""

    def __post_init__(self) -> None:
        """Raises ValueError, naming the entry and the fix, for an address that is none."""
        require_http("rpc", self.rpc, "http://192.0.2.7:8090/RPC")
        if split_address(self.events)[1] == ANY_PORT:
            raise ValueError(f"events is {self.events!r}, which has no port: write it like 192.0.2.7:8448")
