"""Messages as they are sent: our own JSON, or the form that notifications of Ozeki's systems have."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple
from urllib.parse import urlencode

import msgspec

from callboard.calls.legs import Call
from callboard.operations.happenings import Happening
from callboard.operations.ledger import CommandRecord
from callboard.operations.limits import Passed
from callboard.operations.subscriptions import Format
from callboard.table.reconciling.links import Link

__all__ = ["Message", "Pens", "call_message", "command_message", "limit_message", "switch_message", "test_message"]

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"

View = Mapping[str, object]


class Pens(NamedTuple):
    """How calls and commands are written by those who show them: a receiver finds what it would find by asking."""

    call: Callable[[Call, float], View]
    command: Callable[[CommandRecord], View]
    notification: Callable[[Happening, Call, float], Sequence[tuple[str, str]]]
    """The pairs of Ozeki's form."""


class Message(NamedTuple):
    """What is sent."""

    body: str
    content_type: str


def _json(event: Happening, at: float, **data: Any) -> Message:
    document = {"type": event.value, "timestamp": _moment(at), "data": data}
    return Message(msgspec.json.encode(document).decode(), JSON)


def _moment(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def call_message(pens: Pens, form: Format, event: Happening, call: Call, at: float) -> Message:
    """A call, as its reader may see it, and what happened to it."""
    if form == "ozeki":
        return Message(urlencode(pens.notification(event, call, at)), FORM)
    return _json(event, at, call=pens.call(call, at))


def command_message(pens: Pens, record: CommandRecord, at: float) -> Message:
    """What came of a command."""
    return _json(Happening.COMMAND_OUTCOME, at, command=pens.command(record))


def switch_message(event: Happening, link: Link, at: float) -> Message:
    """The link to a switch is lost or back."""
    # JSON cannot carry half surrogate pairs.
    name, why = (text.encode("utf-8", "replace").decode() for text in (link.switch, link.why))
    switch = {"name": name, "link": link.state.name.lower(), "since": _moment(link.since), "why": why}
    return _json(event, at, switch=switch)


def limit_message(passed: Passed, at: float) -> Message:
    """Another level of a limit is reached."""
    return _json(
        Happening.LIMIT_PASSED,
        at,
        limit=msgspec.to_builtins(passed.limit),
        calls=passed.calls,
        level=passed.level,
        before=passed.before,
        direction="up" if passed.level > passed.before else "down",
    )


def test_message(form: Format, webhook: str, at: float) -> Message:
    """Nothing happened."""
    if form == "ozeki":
        return Message(urlencode([("NotificationName", "Test"), ("Webhook", webhook)]), FORM)
    return _json(Happening.TEST, at, webhook=webhook)
