"""An ended call in our own words: the names of a live one, as far as they are kept."""

import csv
import io
import re
from collections.abc import Iterable

import msgspec

from callboard.api.fields import timestamp
from callboard.operations.past import EndedCall

__all__ = ["PastCall", "PastCause", "as_csv", "past_call"]


class PastCause(msgspec.Struct, frozen=True):
    """Why a call ended."""

    reason: str
    """In one word, such as `normal`, `busy`, `no_answer`."""
    sip: int | None
    """The SIP status code, where one was involved."""
    text: str
    """The switch's own words."""


class PastCall(msgspec.Struct, frozen=True, kw_only=True):
    """An ended call. Times are RFC 3339 in UTC, lengths are seconds, ids are the directory's of that time."""

    id: str
    switch: str
    direction: str
    caller: str
    caller_name: str
    dialed: str
    callee: str
    customer: int | None
    account: int | None
    device: int | None
    callee_customer: int | None
    callee_account: int | None
    callee_device: int | None
    vendor: int | None
    connection: int | None
    did: int | None
    machine: int | None
    country: str
    destination: str
    started_at: str | None
    progressed_at: str | None
    answered_at: str | None
    ended_at: str | None
    duration: float
    suspect_since: str | None
    """Set if nothing vouched for the call any more when it ended: its end may have been earlier."""
    caller_media: str
    callee_media: str
    sip_call_id: str
    cause: PastCause


def past_call(call: EndedCall) -> PastCall:
    """One ended call as it stands in JSON."""
    texts = {
        name: _text(getattr(call, name))
        for name in ("switch", "caller", "caller_name", "dialed", "callee", "sip_call_id")
    }
    times = {
        name: timestamp(getattr(call, name))
        for name in ("started_at", "progressed_at", "answered_at", "ended_at", "suspect_since")
    }
    kept = {name: getattr(call, name) for name in PastCall.__struct_fields__ if hasattr(call, name)}
    cause = PastCause(call.cause, call.sip_code or None, _text(call.cause_text))
    own = {"id": str(call.number), "duration": round(call.duration, 3), "cause": cause}
    return PastCall(**kept | texts | times | own)


def _text(text: str) -> str:
    """The text without half surrogate pairs, which JSON cannot carry."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


_HARMLESS = re.compile(r"[^=+\-@\t\r].*|[+-]?[0-9.]*", re.DOTALL)
"""Cells that no spreadsheet takes for a formula."""


def as_csv(calls: Iterable[PastCall]) -> bytes:
    """A header and a line for each (RFC 4180); the cause is three columns. No cell is a formula."""
    written = io.StringIO()
    writer = csv.writer(written)
    plain = [name for name in PastCall.__struct_fields__ if name != "cause"]
    causes = PastCause.__struct_fields__
    writer.writerow([*plain, *(f"cause_{name}" for name in causes)])
    for call in calls:
        cells = [*(getattr(call, name) for name in plain), *(getattr(call.cause, name) for name in causes)]
        writer.writerow(["" if cell is None else _cell(str(cell)) for cell in cells])
    return written.getvalue().encode()


def _cell(text: str) -> str:
    return text if _HARMLESS.fullmatch(text) else f"'{text}"
