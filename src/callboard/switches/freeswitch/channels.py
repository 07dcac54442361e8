"""A channel's headers, or its row in a list, as a leg: whose number, which state, whose facts. Pure functions."""

import re
from collections.abc import Callable

from msgspec.structs import replace

from callboard.calls.causes import Cause, Reason
from callboard.calls.legs import Facts, Leg, LegId, Side
from callboard.calls.state import CONNECTED, State
from callboard.switches.freeswitch.wire import ChannelEvent, Row, Told

__all__ = [
    "cause_of",
    "cause_word",
    "is_loopback",
    "leg_of_event",
    "leg_of_row",
    "listed_again",
    "state_of",
    "with_news",
]

Ours = Callable[[float], float]
"""A time of the switch on our clock; Unix seconds."""

_REASONS = {
    "NORMAL_CLEARING": Reason.NORMAL,
    "BLIND_TRANSFER": Reason.NORMAL,
    "ATTENDED_TRANSFER": Reason.NORMAL,
    "PICKED_OFF": Reason.NORMAL,
    "USER_BUSY": Reason.BUSY,
    "NO_USER_RESPONSE": Reason.NO_ANSWER,
    "NO_ANSWER": Reason.NO_ANSWER,
    "PROGRESS_TIMEOUT": Reason.NO_ANSWER,
    "ORIGINATOR_CANCEL": Reason.CANCELLED,
    "LOSE_RACE": Reason.CANCELLED,
    "CALL_REJECTED": Reason.DECLINED,
    "UNALLOCATED_NUMBER": Reason.NOT_FOUND,
    "NO_ROUTE_DESTINATION": Reason.NOT_FOUND,
    "INVALID_NUMBER_FORMAT": Reason.NOT_FOUND,
    "SUBSCRIBER_ABSENT": Reason.NOT_FOUND,
    "USER_NOT_REGISTERED": Reason.NOT_FOUND,
    "NUMBER_CHANGED": Reason.NOT_FOUND,
    "OUTGOING_CALL_BARRED": Reason.FORBIDDEN,
    "INCOMING_CALL_BARRED": Reason.FORBIDDEN,
    "BEARERCAPABILITY_NOTAUTH": Reason.FORBIDDEN,
    "MANAGER_REQUEST": Reason.DISCONNECTED,
    "MEDIA_TIMEOUT": Reason.VANISHED,
    "SYSTEM_SHUTDOWN": Reason.SWITCH_LOST,
}
"""FreeSWITCH's words (switch_channel.c, after Q.850). What is not here failed."""

_WORDS = {
    Reason.NORMAL: "NORMAL_CLEARING",
    Reason.BUSY: "USER_BUSY",
    Reason.NO_ANSWER: "NO_ANSWER",
    Reason.CANCELLED: "ORIGINATOR_CANCEL",
    Reason.DECLINED: "CALL_REJECTED",
    Reason.NOT_FOUND: "UNALLOCATED_NUMBER",
    Reason.FORBIDDEN: "OUTGOING_CALL_BARRED",
    Reason.FAILED: "NORMAL_TEMPORARY_FAILURE",
}

_MEDIA = re.compile(r"\nc=IN IP[46] ([^\s/]+)")
"""No description begins with this line (RFC 8866 section 5)."""
_TARGET = re.compile(r"^sips?:(?:[^@]*@)?([^;>?]+)")


def cause_of(event: Told) -> Cause:
    """Why a channel ended: the switch's word, and the SIP status where the far end or the switch gave one."""
    word = event.hangup_cause
    code = event.sip_cause.removeprefix("sip:")
    sip = int(code) if code.isascii() and code.isdigit() and len(code) == 3 else 0
    return Cause(_REASONS.get(word, Reason.FAILED if word else Reason.NORMAL), sip, word)


def cause_word(reason: Reason) -> str:
    """The word for a reason that `uuid_kill` is given; MANAGER_REQUEST, which `hupall` gives too, for our own."""
    return _WORDS.get(reason, "MANAGER_REQUEST")


def is_loopback(channel: str) -> bool:
    """Whether a channel, by its name, is half of a loopback pair: the switch talking to itself, no party."""
    return channel.startswith("loopback/")


def _is_root(uuid: str, call_uuid: str) -> bool:
    """Whether a channel belongs to no other: it is the one that calls."""
    return call_uuid in ("", uuid)


# --- from events ---


def leg_of_event(event: ChannelEvent, switch: str, call: str, ours: Ours, at: float) -> Leg:
    """All that an event (or `uuid_dump`) tells of a channel. `at` is when it was told, on our clock."""
    inbound, state = event.direction == "inbound", state_of(event)
    number = (event.first_caller_number or event.caller_number) if inbound else event.destination
    started = _time(event.created, ours) or at
    progressed = _later(_time(event.progressed, ours) or _time(event.progressed_media, ours), started)
    answered = _later(_time(event.answered, ours), started)
    leg = Leg(
        id=LegId(switch, event.uuid),
        call=call,
        side=Side.CALLER if _is_root(event.uuid, event.call_uuid) else Side.CALLEE,
        state=state,
        number=number,
        name=event.caller_name if inbound else "",
        dialed=event.destination if inbound else "",
        media=_media(event),
        sip_call_id=event.sip_call_id,
        channel=event.channel,
        facts=_facts(event),
        started_at=started,
        progressed_at=progressed or answered,
        answered_at=answered if state in CONNECTED else None,
    )
    return leg if inbound or leg.side is Side.CALLEE else _as_caller(leg, event.destination)


def _later(at: float | None, started: float) -> float | None:
    """A time that is not before the beginning, whatever the switch's clock was set to in between."""
    return None if at is None else max(at, started)


def _as_caller(leg: Leg, destination: str) -> Leg:
    """A channel that the switch itself called, once it calls on: after a transfer, or an originated call."""
    dialed = destination if destination != leg.number else leg.dialed
    return replace(leg, side=Side.CALLER, name=leg.name or leg.number, dialed=dialed)


def with_news(leg: Leg, event: ChannelEvent) -> Leg:
    """The leg with what another event of its channel tells: its side and its numbers stay, unless it calls on now."""
    media, sip_call_id = _media(event) or leg.media, event.sip_call_id or leg.sip_call_id
    facts = _with_more(leg.facts, _facts(event))
    news = leg
    if media != leg.media or sip_call_id != leg.sip_call_id or facts is not leg.facts:
        news = replace(leg, media=media, sip_call_id=sip_call_id, facts=facts)
    if event.direction != "outbound" or event.answer_state == "hangup" or not _is_root(event.uuid, event.call_uuid):
        return news
    return _as_caller(news, event.destination)


def _with_more(known: Facts, told: Facts) -> Facts:
    """The facts, with those that are told; the same ones where that is nothing new."""
    if told == known:
        return known
    facts = Facts(
        account_code=told.account_code or known.account_code,
        endpoint=told.endpoint or known.endpoint,
        trunk=told.trunk or known.trunk,
        context=told.context or known.context,
        source=told.source or known.source,
    )
    return known if facts == known else facts


def state_of(event: ChannelEvent) -> State:
    """How far a channel is, by what every event of it says."""
    outbound = event.direction == "outbound"
    match event.answer_state, event.call_state:
        case ("hangup", _) | (_, "HANGUP"):
            return State.ENDING
        case "answered", "HELD":
            return State.HELD
        case "answered", _:
            return State.ANSWERED
        case "early", _:
            return State.RINGING
        case _, "RINGING" if outbound:
            return State.RINGING
    if event.progressed not in ("", "0"):
        return State.RINGING
    return State.DIALING if outbound else State.ROUTING


def _facts(event: ChannelEvent) -> Facts:
    """Only what the switch itself knows: a caller's own word for who it is (its From header) is no fact."""
    inbound = event.direction == "inbound"
    peer = f"{event.peer_ip}:{event.peer_port}" if event.peer_ip and event.peer_port else ""
    target = _TARGET.match(event.destination_url)
    return Facts(
        account_code=event.account_code,
        endpoint=event.auth_user if inbound else event.dialed_user,
        trunk=event.gateway_in if inbound else event.gateway,
        context=event.context,
        source=peer if inbound or target is None else target[1],
    )


def _media(event: ChannelEvent) -> str:
    connection = _MEDIA.search(event.sdp) if event.sdp else None
    return connection[1] if connection else event.media_ip


def _time(text: str, ours: Ours) -> float | None:
    """Microseconds since 1970 in Unix seconds on our clock; None for "0" and for what is no number."""
    if not (text.isascii() and text.isdigit() and len(text) <= 17) or int(text) == 0:
        return None
    return ours(int(text) / 1e6)


# --- from lists ---

_ROW_STATES = {
    "EARLY": State.RINGING,
    "RING_WAIT": State.ANSWERED,
    "ACTIVE": State.ANSWERED,
    "UNHELD": State.ANSWERED,
    "HELD": State.HELD,
    "HANGUP": State.ENDING,
}
"""A list's word -> state, where both directions agree."""


def leg_of_row(row: Row, switch: str, call: str, ours: Ours, at: float) -> Leg:
    """What a list tells of a channel: its start to the second, no answer time, no SIP Call-ID."""
    inbound = row.direction == "inbound"
    destination = row.initial_dest or row.dest
    seconds = row.created_epoch
    created = ours(float(seconds)) if seconds.isascii() and seconds.isdigit() and len(seconds) <= 11 else at
    leg = Leg(
        id=LegId(switch, row.uuid),
        call=call,
        side=Side.CALLER if _is_root(row.uuid, row.call_uuid) else Side.CALLEE,
        state=_row_state(row, None),
        number=(row.initial_cid_num or row.cid_num) if inbound else destination,
        name=(row.initial_cid_name or row.cid_name) if inbound else "",
        dialed=destination if inbound else "",
        channel=row.name,
        facts=Facts(account_code=row.accountcode, context=row.context),
        started_at=min(created, at),
    )
    return leg if inbound or leg.side is Side.CALLEE else _as_caller(leg, row.dest)


def listed_again(leg: Leg, row: Row, at: float) -> Leg:
    """A known leg as a list shows it `at`: state, side and numbers are the list's, the rest is known better.

    A channel that was first heard of after a transfer said where it calls now, not as what it was called.
    """
    state = _row_state(row, leg.state)
    progressed = leg.progressed_at or (at if State.RINGING <= state <= State.HELD else None)
    answered = leg.answered_at or (at if state in CONNECTED else None)
    leg = replace(leg, state=state, progressed_at=progressed, answered_at=answered)
    caller = _is_root(row.uuid, row.call_uuid)
    side = Side.CALLER if caller else Side.CALLEE
    if row.direction == "inbound":
        return replace(leg, side=side, dialed=row.initial_dest or leg.dialed)
    if row.initial_dest not in ("", leg.number):
        leg = replace(leg, number=row.initial_dest, name="", dialed="")
    return _as_caller(leg, row.dest) if caller else replace(leg, side=side)


def _row_state(row: Row, known: State | None) -> State:
    state = _ROW_STATES.get(row.callstate)
    if state is not None:
        return state
    # An inbound channel is "RINGING" from the start; whether its caller hears it ring, only events tell.
    if known is not None and known >= State.RINGING:
        return State.RINGING
    if row.direction == "inbound":
        return State.ROUTING
    return State.RINGING if row.callstate == "RINGING" else State.DIALING
