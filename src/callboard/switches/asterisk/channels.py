"""What AMI says of one channel, read as plain values: its state, its name's parts, its order, why it hung up."""

import re

import msgspec
from msgspec.structs import replace

from callboard.calls.causes import Cause, Reason, reason_of_sip
from callboard.calls.legs import Facts, Leg, LegId, Side
from callboard.calls.state import CONNECTED, State
from callboard.switches.asterisk.wire import Packet

__all__ = [
    "NOT_DIALED",
    "PREFIXES",
    "Snapshot",
    "age_of_channel",
    "as_side",
    "at_state",
    "cause_of",
    "described",
    "endpoint_of",
    "facts_of",
    "is_phone",
    "leg_id",
    "new_leg",
    "order_of",
    "state_of",
    "transfer_target",
]

NOT_DIALED = frozenset({"", "s", "h", "i", "t"})
"""Extensions that nobody dials: those of the dialplan itself."""

_OWN = frozenset(
    {
        "Announcer",
        "AsyncGoto",
        "Bridge",
        "CBAnn",
        "CBRec",
        "Local",
        "Message",
        "MulticastRTP",
        "Recorder",
        "Snoop",
        "Surrogate",
        "UnicastRTP",
    }
)
"""Channels that Asterisk makes for its own ends: nobody is at the other end of them, so they are no legs."""

_STATES = {
    "0": State.NEW,
    "3": State.DIALING,
    "4": State.ROUTING,
    "5": State.RINGING,
    "6": State.ANSWERED,
    "8": State.DIALING,
}
"""ChannelState. `Ring` (4) is an incoming leg whose dialplan runs: alerting on our side or not, the state is the same.
`Ringing` (5) is an outgoing leg that alerts.
"""

# Q.850 table 1, and Asterisk's own codes, by what an operator would act on alike.
_BY_Q850 = {
    0: Reason.NORMAL,
    1: Reason.NOT_FOUND,
    2: Reason.NOT_FOUND,
    3: Reason.NOT_FOUND,
    16: Reason.NORMAL,
    17: Reason.BUSY,
    18: Reason.NO_ANSWER,
    19: Reason.NO_ANSWER,
    20: Reason.NO_ANSWER,
    21: Reason.DECLINED,
    22: Reason.NOT_FOUND,
    26: Reason.CANCELLED,
    28: Reason.NOT_FOUND,
    31: Reason.NORMAL,
    52: Reason.FORBIDDEN,
    54: Reason.FORBIDDEN,
    57: Reason.FORBIDDEN,
    102: Reason.NO_ANSWER,
}
_SAYS_NOTHING = frozenset({0, 16, 26, 127})
"""Codes that a leg has which was never answered and that somebody gave up."""

_DURATION = re.compile(r"(\d{1,6}):(\d\d):(\d\d)")
_UNIQUEID = re.compile(r"(?:^|-)(\d{9,11})\.(\d{1,12})$")
_ENDPOINT = re.compile(r"^[^/]+/(.+)-[^-]*$")


_FIELDS = (
    "Uniqueid",
    "Linkedid",
    "Channel",
    "ChannelState",
    "CallerIDNum",
    "CallerIDName",
    "Exten",
    "AccountCode",
    "Context",
)
PREFIXES = ("", "Dest", "Parkee", "Transferee")
"""What the fields of a packet begin with, by which of its channels is meant."""
_NAMES = {prefix: tuple(f"{prefix}{field}" for field in _FIELDS) for prefix in PREFIXES}


class Snapshot(msgspec.Struct, frozen=True, gc=False):
    """A channel as one packet shows it."""

    uniqueid: str
    linkedid: str
    name: str
    state: State | None
    """None where the packet does not say."""
    number: str
    caller_name: str
    exten: str
    account_code: str
    context: str
    sip_call_id: str

    @classmethod
    def of(cls, packet: Packet, prefix: str = "") -> "Snapshot | None":
        """The channel whose fields begin with `prefix`; None if the packet shows none."""
        names = _NAMES[prefix]
        uniqueid, linkedid, name, state, number, caller_name, exten, account_code, context = map(packet.get, names)
        if not uniqueid or not name or not linkedid:
            return None
        return cls(
            uniqueid=uniqueid,
            linkedid=linkedid,
            name=name,
            state=state_of(state),
            number=number,
            caller_name=caller_name,
            exten=exten,
            account_code=account_code,
            context=context,
            sip_call_id="" if prefix else packet.variables.get("CHANNEL(pjsip,call-id)", ""),
        )


def state_of(number: str) -> State | None:
    """A leg's state from ChannelState; None for one that says nothing of it."""
    return _STATES.get(number)


def is_phone(name: str) -> bool:
    """Whether somebody is at the other end of a channel of this name (Local halves and the like have nobody)."""
    technology, slash, _ = name.partition("/")
    return bool(slash) and technology not in _OWN


def endpoint_of(name: str) -> str:
    """The endpoint, peer or trunk in a channel's name: `alice` of `PJSIP/alice-00000001`."""
    match = _ENDPOINT.match(name)
    return match[1] if match else ""


def facts_of(channel: Snapshot, side: Side) -> Facts:
    """What helps to place a leg. A trunk is an endpoint like any other.

    The callee's leg inherits the caller's account code, which says nothing of the callee.
    """
    return Facts(
        account_code=channel.account_code if side is Side.CALLER else "",
        endpoint=endpoint_of(channel.name),
        context=channel.context,
    )


def described(leg: Leg, shown: Snapshot) -> Leg:
    """The leg with what its channel shows of itself; what was known and is not shown any more stays."""
    return replace(
        leg,
        number=shown.number or leg.number,
        name=shown.caller_name or leg.name,
        sip_call_id=shown.sip_call_id or leg.sip_call_id,
        channel=shown.name,
        facts=facts_of(shown, leg.side),
    )


def new_leg(switch: str, shown: Snapshot, created_at: float, side: Side, dialed: str = "") -> Leg:
    """The leg of a channel that is seen for the first time. `dialed`: what the channel does not show itself."""
    leg = Leg(
        id=leg_id(switch, shown.uniqueid, shown.linkedid, side),
        call=shown.linkedid,
        side=side,
        dialed=dialed or ("" if shown.exten in NOT_DIALED else shown.exten),
        started_at=created_at,
    )
    return described(leg, shown)


def transfer_target(packet: Packet) -> str:
    """Where a transfer leads. An attended one shows no target at times: it is whom the transferer talked to last."""
    told = map(packet.get, ("Extension", "TransferTargetCallerIDNum", "SecondTransfererConnectedLineNum"))
    return next(filter(None, told), "")


def as_side(switch: str, shown: Snapshot, leg: Leg, side: Side, dialed: str = "") -> Leg:
    """The leg on a side of the call that its channel shows, which may be another than it was in."""
    return replace(
        leg,
        id=leg_id(switch, shown.uniqueid, shown.linkedid, side),
        call=shown.linkedid,
        side=side,
        dialed=dialed or leg.dialed,
        facts=facts_of(shown, side),
    )


def at_state(leg: Leg, state: State, at: float) -> Leg:
    """The leg in another state since `at`."""
    progressed = leg.progressed_at or (at if State.RINGING <= state <= State.HELD else None)
    answered = leg.answered_at or (at if state in CONNECTED else None)
    return replace(leg, state=state, progressed_at=progressed, answered_at=answered)


def leg_id(switch: str, uniqueid: str, linkedid: str, side: Side) -> LegId:
    """A leg's id: it follows from what every list says, so that events and lists name the same leg alike.

    The table knows a leg by one call and one side for ever. A channel may join another call (its Linkedid changes) or
    become the caller of its own (a transfer); then it goes on as a new leg.
    """
    if side is Side.CALLEE:
        return LegId(switch, f"{uniqueid}/{linkedid}")
    return LegId(switch, uniqueid if uniqueid == linkedid else f"{uniqueid}/{linkedid}/caller")


def order_of(uniqueid: str, created_at: float) -> tuple[float, int]:
    """By this the channels of a call are ordered by age. An id has the second and a count, unless somebody chose it."""
    match = _UNIQUEID.search(uniqueid)
    return (float(match[1]), int(match[2])) if match else (created_at, 0)


def age_of_channel(packet: Packet) -> float:
    """Seconds since the channel of a list began (CoreShowChannels: Duration, Status: Seconds); whole ones only."""
    match = _DURATION.fullmatch(packet.get("Duration"))
    if match:
        return int(match[1]) * 3600.0 + int(match[2]) * 60.0 + int(match[3])
    return float(_number(packet.get("Seconds")))


def cause_of(packet: Packet, *, answered: bool, asked: bool, side: Side) -> Cause:
    """Why a channel hung up. `asked`: its own far end wanted to."""
    code, sip = _number(packet.get("Cause")), _number(packet.get("TechCause"))
    sip = sip if 300 <= sip < 700 else 0
    if not answered and code in _SAYS_NOTHING:
        gave_up = asked or side is Side.CALLEE
        reason = Reason.CANCELLED if gave_up else Reason.NO_ANSWER
    elif code in _BY_Q850:
        reason = _BY_Q850[code]
    else:
        reason = reason_of_sip(sip) if sip and code == 127 else Reason.FAILED
    return Cause(reason, sip, packet.get("Cause-txt"))


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
