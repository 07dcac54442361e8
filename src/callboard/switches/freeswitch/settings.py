"""The settings of one FreeSWITCH."""

from typing import Annotated

import msgspec

from callboard.switches.settings import SwitchSettings

__all__ = ["FreeswitchSettings"]

Seconds = Annotated[float, msgspec.Meta(gt=0)]
Count = Annotated[int, msgspec.Meta(ge=1)]
Word = Annotated[str, msgspec.Meta(pattern=r"^[^\r\n\x00]*$", description="a text on one line")]
"""One line: what goes to the event socket must not hold the end of a command."""


class FreeswitchSettings(SwitchSettings, frozen=True, kw_only=True):
    """Where a FreeSWITCH's event socket listens, how to log in there, and how long to wait for what.

    The event socket has no TLS of its own, and whoever may log in rules the switch. Keep it on loopback or a private
    network, or put a tunnel in front.
    """

    host: str = "127.0.0.1"
    """Host of the event socket (`listen-ip` in `event_socket.conf.xml`)."""
    port: Annotated[int, msgspec.Meta(ge=1, le=65_535)] = 8021
    """Its TCP port (`listen-port`)."""
    user: Annotated[
        str, msgspec.Meta(pattern=r"^[^\r\n\x00:]*$", description="a text on one line, without a colon")
    ] = ""
    """User with a domain, such as `callboard@example.org`, who logs in with the directory's `esl-password`; empty: the
    event socket's own password is used.
    """
    password: Word = ""
    """The event socket's password (`password`), or the user's `esl-password`."""
    transfer_context: Annotated[str, msgspec.Meta(pattern=r"^[^\s\x00]*$")] = ""
    """Context of the dialplan in which the number of a transfer is looked up; empty: the transferred channel's own."""
    connect_timeout: Seconds = 5.0
    """Seconds within which connection, login and subscription must be done."""
    answer_timeout: Seconds = 20.0
    """Seconds that an answer may take. 10,000 calls take FreeSWITCH more than two to list."""
    silence: Seconds = 60.0
    """Seconds without any word after which the link is taken for lost. The switch's heartbeat comes every 20 s by
    default (`event-heartbeat-interval` in `switch.conf.xml`), so this should be more than twice that.
    """
    list_age: Annotated[float, msgspec.Meta(ge=0)] = 1.0
    """Seconds that a list may be behind the events. FreeSWITCH lists from a database that it fills at its leisure:
    0.2 s late on an idle machine.
    """
    doubt_after: Seconds = 600.0
    """Seconds without a word of a channel after which its place in the list is not believed, but asked for."""
    questions: Count = 1_000
    """Channels that are asked for one by one after a list, at most; the others wait for the next list."""
    backlog: Count = 50_000
    """Events that may wait for their turn. Beyond that they are dropped, and a full list is asked for instead."""
