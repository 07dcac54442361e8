"""Settings of the link to an Asterisk."""

from typing import Annotated

import msgspec

from callboard.switches.settings import SwitchSettings

__all__ = ["AsteriskSettings"]

Seconds = Annotated[float, msgspec.Meta(gt=0)]
Port = Annotated[int, msgspec.Meta(ge=1, le=65535)]
Line = Annotated[str, msgspec.Meta(min_length=1, pattern=r"^[^\r\n\x00]+$", description="a text on one line")]


class AsteriskSettings(SwitchSettings, frozen=True, kw_only=True):
    """Where the manager interface of an Asterisk is, and who we are to it (manager.conf)."""

    host: Line = "127.0.0.1"
    """Host of the manager interface (`bindaddr` in manager.conf)."""
    port: Port = 5038
    """Its TCP port; 5039 is usual with TLS."""
    user: Line = "callboard"
    """A user of manager.conf with `read = system,call` and `write = call,reporting`."""
    secret: Annotated[str, msgspec.Meta(pattern=r"^[^\r\n\x00]*$", description="a text on one line")] = ""
    """The user's `secret` there."""
    plain_login: bool = False
    """Send the secret itself, for a switch that offers no MD5 challenge. Use it with TLS only."""
    tls: bool = False
    """Speak TLS (`tlsenable = yes` in manager.conf)."""
    tls_ca: str = ""
    """File with the certificate that the switch's own is signed by; empty: those that the system trusts."""
    tls_name: str = ""
    """Name that the switch's certificate bears, where it is not `host`."""
    transfer_context: Annotated[str, msgspec.Meta(pattern=r"^[^\r\n\x00]*$", description="a text on one line")] = ""
    """Context of the dialplan in which the number of a transfer is looked up; empty: the transferred channel's own."""
    connect_timeout: Seconds = 5.0
    """Seconds for the connection and the login together."""
    answer_timeout: Seconds = 10.0
    """Seconds that the switch has for any answer, a full list included."""
    ping_interval: Seconds = 10.0
    """Seconds between two signs of life asked of the switch; one that stays away for `answer_timeout` ends the link."""
