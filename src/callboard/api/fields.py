"""Calls, commands and switches in our own words: one line a field. Times are RFC 3339 in UTC, lengths are seconds."""

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from functools import lru_cache
from math import modf

from msgspec.structs import replace

from callboard.calls.causes import Cause
from callboard.calls.legs import Call, Leg
from callboard.calls.state import State
from callboard.operations.ledger import CommandRecord
from callboard.operations.past import EndedCall
from callboard.operations.show import SwitchView

__all__ = [
    "CALL_FIELDS",
    "CSV_COLUMNS",
    "LEG_COLUMNS",
    "call_view",
    "command_view",
    "leg_views",
    "past_view",
    "switch_view",
    "timestamp",
]

View = dict[str, object]


@lru_cache(maxsize=1 << 15)
def timestamp(at: float | None) -> str | None:
    """Unix seconds as `2021-08-22T10:11:52.000Z`. Kept: a call's times come again with each of its changes."""
    if at is None:
        return None
    rest, whole = modf(at)
    seconds, microseconds = divmod(int(whole) * 1_000_000 + round(rest * 1e6), 1_000_000)
    return f"{_to_the_second(seconds)}.{microseconds // 1000:03}Z"


@lru_cache(maxsize=1 << 12)
def _to_the_second(at: int) -> str:
    """Kept as well: of a page of new calls, many have their times in the same seconds."""
    return datetime.fromtimestamp(at, UTC).isoformat().removesuffix("+00:00")


def _text(text: str) -> str:
    """The text without half surrogate pairs, which JSON cannot carry: a hostile caller's name must break no listing."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def _over(seconds: float) -> float:
    """With the milliseconds that are over."""
    return int(seconds * 1000.0) / 1000


def _cause(cause: Cause | None) -> View | None:
    if cause is None:
        return None
    return {"reason": cause.reason.name.lower(), "sip": cause.sip or None, "text": _text(cause.text)}


CALL_FIELDS: dict[str, Callable[[Call, float], object]] = {
    "id": lambda call, now: str(call.number),
    "state": lambda call, now: call.state.name.lower(),
    "suspect": lambda call, now: call.suspect_since is not None,
    "direction": lambda call, now: call.placement.direction.name.lower(),
    "caller": lambda call, now: _text(call.caller),
    "caller_name": lambda call, now: _text(call.caller_name),
    "dialed": lambda call, now: _text(call.dialed),
    "callee": lambda call, now: _text(call.callee),
    "customer": lambda call, now: call.placement.customer,
    "account": lambda call, now: call.placement.account,
    "device": lambda call, now: call.placement.device,
    "callee_customer": lambda call, now: call.placement.callee_customer,
    "callee_account": lambda call, now: call.placement.callee_account,
    "callee_device": lambda call, now: call.placement.callee_device,
    "vendor": lambda call, now: call.placement.vendor,
    "connection": lambda call, now: call.placement.connection,
    "did": lambda call, now: call.placement.did,
    "machine": lambda call, now: call.placement.machine,
    "switch": lambda call, now: _text(call.key.switch),
    "country": lambda call, now: call.placement.country,
    "destination": lambda call, now: call.placement.destination,
    "started_at": lambda call, now: timestamp(call.started_at),
    "progressed_at": lambda call, now: timestamp(call.progressed_at),
    "answered_at": lambda call, now: timestamp(call.answered_at),
    "ended_at": lambda call, now: timestamp(call.ended_at),
    "suspect_since": lambda call, now: timestamp(call.suspect_since),
    "delay": lambda call, now: _over(call.delay(now)),
    "duration": lambda call, now: _over(call.duration(now)),
    "media": lambda call, now: {"caller": _text(call.caller_media), "callee": _text(call.callee_media)},
    "sip_call_id": lambda call, now: _text(call.sip_call_id),
    "cause": lambda call, now: _cause(call.cause),
}
"""A call's fields. The id is a string because it may have more digits than JavaScript's numbers hold."""


CSV_COLUMNS = {
    "media": ("media_caller", "media_callee"),
    "cause": ("cause_reason", "cause_sip", "cause_text"),
}
"""Fields that are several columns in CSV."""
LEG_COLUMNS = ("leg", "side", "number", "name", "channel")
"""What tells a leg apart from the others of its call."""


def call_view(call: Call, now: float, fields: Iterable[str] = CALL_FIELDS) -> View:
    """One call as it stands in JSON."""
    return {name: CALL_FIELDS[name](call, now) for name in fields}


def leg_views(call: Call, now: float, fields: Iterable[str] = CALL_FIELDS) -> Iterator[View]:
    """A call leg by leg, the caller's side first: what tells the leg apart, and its call's fields.

    State, times and lengths are the leg's own.
    """
    for leg in sorted(call.legs, key=lambda leg: (leg.side, leg.started_at)):
        own = {
            "state": leg.state,
            "sip_call_id": leg.sip_call_id,
            "started_at": leg.started_at,
            "progressed_at": leg.progressed_at,
            "answered_at": leg.answered_at,
            "ended_at": leg.ended_at,
            "cause": leg.cause,
        }
        yield _leg_identity(leg) | call_view(replace(call, **own), now, fields)


def _leg_identity(leg: Leg) -> View:
    texts = map(_text, (leg.id.native, leg.side.name.lower(), leg.number, leg.name, leg.channel))
    return dict(zip(LEG_COLUMNS, texts, strict=True))


def past_view(call: EndedCall) -> View:
    """A call whose row has left the table, with the fields of a row."""
    kept = {name: getattr(call, name) for name in CALL_FIELDS if hasattr(call, name)}
    texts = {name: _text(value) for name, value in kept.items() if isinstance(value, str)}
    times = {name: timestamp(value) for name, value in kept.items() if name.endswith(("_at", "_since"))}
    begun = call.ended_at if call.progressed_at is None else call.progressed_at
    own = {
        "id": str(call.number),
        "state": State.ENDED.name.lower(),
        "suspect": call.suspect_since is not None,
        "delay": _over(max(0.0, begun - call.started_at)),
        "duration": _over(call.duration),
        "media": {"caller": _text(call.caller_media), "callee": _text(call.callee_media)},
        "cause": {"reason": call.cause, "sip": call.sip_code or None, "text": _text(call.cause_text)},
    }
    found = kept | texts | times | own
    return {name: found[name] for name in CALL_FIELDS}


def command_view(record: CommandRecord) -> View:
    """A command and what came of it."""
    return {
        "id": record.id,
        "operation": record.operation,
        "call": str(record.call_number),
        "switch": _text(record.switch),
        "login": record.login,
        "address": record.address,
        "asked_at": timestamp(record.at),
        "outcome": record.outcome.name.lower(),
        "outcome_at": timestamp(record.outcome_at),
        "words": _text(record.words),
    }


def switch_view(view: SwitchView) -> View:
    """A switch, the state of its link and the age of what is known of it."""
    calls, connected = view.calls
    facts, offset = view.facts, view.facts.clock_offset
    return {
        "name": _text(view.link.switch),
        "kind": facts.kind or None,
        "version": _text(facts.version) or None,
        "link": view.link.state.name.lower(),
        "since": timestamp(view.link.since),
        "last_event_at": timestamp(view.link.last_event_at),
        "last_list_at": timestamp(view.link.last_list_at),
        "clock_offset": None if offset is None else round(offset, 3),
        "why": _text(view.link.why),
        "last_error": _text(facts.last_error),
        "last_error_at": timestamp(facts.last_error_at),
        "calls": calls,
        "connected": connected,
        "suspects": view.suspects,
    }
