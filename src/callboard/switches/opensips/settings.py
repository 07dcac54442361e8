"""The settings of the link to an OpenSIPS."""

from typing import Annotated

import msgspec

from callboard.directory.trusted import split_address
from callboard.switches.settings import SwitchSettings, require_http

__all__ = ["OpensipsSettings"]

Seconds = Annotated[float, msgspec.Meta(gt=0)]


class OpensipsSettings(SwitchSettings, frozen=True, kw_only=True):
    """Where an OpenSIPS is asked, and where it sends its events."""

    rpc: str = "http://127.0.0.1:8888/mi"
    """URL of its management interface (module mi_http)."""
    listen: str = "127.0.0.1:8093"
    """Our address that its events come to, `host:port`, UDP. Only those from the host of `rpc` are heard."""
    advertise: str = ""
    """The same address as OpenSIPS reaches it, where that differs; empty: `listen`."""
    user: str = ""
    """Name for HTTP Basic authentication, where a proxy before it asks for one."""
    password: str = ""
    """Password that goes with `user`."""
    ca: str = ""
    """File with the authority that signed the certificate of an https `rpc`; empty: those that the system trusts."""
    trust_from: bool = True
    """Whether the user in From tells whose a call is, where the script notes nothing better. Say false if your proxy
    takes calls without checking that From belongs to the caller.
    """
    page: Annotated[int, msgspec.Meta(ge=2)] = 200
    """Dialogs in one page of the full list: a page must fit in the `buf_size` of OpenSIPS's module httpd."""
    subscription: Annotated[int, msgspec.Meta(ge=10)] = 60
    """Seconds that OpenSIPS sends events for after each renewal; it is renewed, and so probed, three times as often."""
    connect_timeout: Seconds = 5.0
    """Seconds within which a connection must be made."""
    answer_timeout: Seconds = 5.0
    """Seconds within which a question must be answered."""

    def __post_init__(self) -> None:
        """Raises ValueError, naming the entry and the fix, for an address that is none."""
        require_http("rpc", self.rpc, "http://192.0.2.7:8888/mi")
        for name, address in (("listen", self.listen), ("advertise", self.advertise)):
            # Port 0 lets the system choose, which is of use in tests.
            if address and not address.endswith(":0") and not split_address(address)[1]:
                raise ValueError(f"{name} is {address!r}, which has no port: write it like 192.0.2.7:8093")
