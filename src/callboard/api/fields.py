"""Calls, commands and switches in our own words: one line a field. Times are RFC 3339 in UTC, lengths are seconds."""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime

import msgspec

from callboard.calls.causes import Cause
from callboard.calls.legs import Call
from callboard.http.blocks import in_blocks
from callboard.operations.ledger import CommandRecord
from callboard.operations.show import SwitchView

__all__ = ["CALL_FIELDS", "blocks", "call_view", "command_view", "switch_view", "timestamp"]

View = dict[str, object]


def timestamp(at: float | None) -> str | None:
    """Unix seconds as `2021-08-22T10:11:52.000Z`."""
    if at is None:
        return None
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _text(text: str) -> str:
    """The text without half surrogate pairs, which JSON cannot carry: a hostile caller's name must break no listing."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


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
    "callee_customer": lambda call, now: call.placement.callee_customer,
    "callee_account": lambda call, now: call.placement.callee_account,
    "vendor": lambda call, now: call.placement.vendor,
    "connection": lambda call, now: call.placement.connection,
    "switch": lambda call, now: _text(call.key.switch),
    "country": lambda call, now: call.placement.country,
    "destination": lambda call, now: call.placement.destination,
    "started_at": lambda call, now: timestamp(call.started_at),
    "progressed_at": lambda call, now: timestamp(call.progressed_at),
    "answered_at": lambda call, now: timestamp(call.answered_at),
    "ended_at": lambda call, now: timestamp(call.ended_at),
    "suspect_since": lambda call, now: timestamp(call.suspect_since),
    "delay": lambda call, now: round(call.delay(now), 3),
    "duration": lambda call, now: round(call.duration(now), 3),
    "media": lambda call, now: {"caller": _text(call.caller_media), "callee": _text(call.callee_media)},
    "sip_call_id": lambda call, now: _text(call.sip_call_id),
    "cause": lambda call, now: _cause(call.cause),
}
"""A call's fields. The id is a string because it may have more digits than JavaScript's numbers hold."""


def call_view(call: Call, now: float) -> View:
    """One call as it stands in JSON."""
    return {name: of(call, now) for name, of in CALL_FIELDS.items()}


def blocks(calls: Sequence[Call], now: float) -> Iterator[bytes]:
    """The calls as the inside of a JSON array, block by block, rendered when they are asked for."""
    for number, block in enumerate(in_blocks(calls)):
        yield (b"," if number else b"") + msgspec.json.encode([call_view(call, now) for call in block])[1:-1]


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
