"""Why calls end: one small vocabulary for every switch, with the SIP and Q.850 codes it stands for."""

from enum import IntEnum

import msgspec

__all__ = ["Cause", "Reason", "reason_of_sip"]


class Reason(IntEnum):
    """The reason in one word."""

    NORMAL = 0
    """One of the parties hung up."""
    BUSY = 1
    NO_ANSWER = 2
    CANCELLED = 3
    """The caller hung up before the answer."""
    DECLINED = 4
    NOT_FOUND = 5
    """No such number, or nobody is registered for it."""
    FORBIDDEN = 6
    """Credentials missing or wrong, or the account may not call there."""
    FAILED = 7
    """The far end or a network failed."""
    DISCONNECTED = 8
    """Ended by one of our commands."""
    VANISHED = 9
    """A party stopped answering probes."""
    SWITCH_LOST = 10
    """The switch that carried the call went down or restarted."""
    MISSING = 11
    """The switch's complete list did not have the call any more; its end was never told."""
    FORGOTTEN = 12
    """The row was removed by hand."""


class Cause(msgspec.Struct, frozen=True, gc=False):
    """Why a leg or call ended: our word for it, and the switch's own code and words."""

    reason: Reason
    sip: int = 0
    """SIP status code, 0 if none was involved."""
    text: str = ""
    """The switch's own words, for people."""


# RFC 3261 section 21; the reasons group what an operator would act on alike.
_BY_SIP = {
    401: Reason.FORBIDDEN,
    403: Reason.FORBIDDEN,
    404: Reason.NOT_FOUND,
    407: Reason.FORBIDDEN,
    408: Reason.NO_ANSWER,
    410: Reason.NOT_FOUND,
    480: Reason.NO_ANSWER,
    484: Reason.NOT_FOUND,
    486: Reason.BUSY,
    487: Reason.CANCELLED,
    600: Reason.BUSY,
    603: Reason.DECLINED,
    604: Reason.NOT_FOUND,
}


def reason_of_sip(code: int) -> Reason:
    """The reason behind a final SIP status code."""
    return Reason.NORMAL if 200 <= code < 300 else _BY_SIP.get(code, Reason.FAILED)
