"""The messages of a stream as bytes: rows rendered once for all who see them alike, framed for SSE or WebSocket."""

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple
from weakref import WeakKeyDictionary, WeakValueDictionary

import msgspec

from callboard.access.rights import Principal
from callboard.api.faults import GOING_AWAY, refused
from callboard.api.fields import call_view, leg_views, timestamp
from callboard.calls.legs import Call
from callboard.calls.refusals import Refusal
from callboard.directory.directory import Directory
from callboard.http.blocks import BLOCK
from callboard.operations.sight import as_seen
from callboard.operations.watch import Watch, Why
from callboard.table.changes import Revision
from callboard.table.feeds import Snapshot, Step, conflated

__all__ = [
    "Look",
    "Message",
    "Shape",
    "behind",
    "error",
    "going_away",
    "heartbeat",
    "look_of",
    "resumed",
    "revision_text",
    "shown",
]

LEG_FIELDS = ("state", "started_at", "progressed_at", "answered_at", "ended_at", "cause", "sip_call_id")
"""What is shown of a leg beside what tells it apart."""

KEPT = 2_000
"""Rendered rows that are kept for those who see them alike."""
KEPT_BLOCKS = 4
"""Of a snapshot, for those who are shown it at the same time."""


class Message(NamedTuple):
    """One message: its type, its JSON, and the revision up to which its reader has everything then."""

    type: str
    data: bytes
    revision: str | None = None
    """Empty: it has nothing; None: as before."""

    @property
    def event(self) -> bytes:
        """As an event of SSE (WHATWG HTML, section 9.2). JSON has no line ends that would break it."""
        name = "" if self.revision is None else f"id: {self.revision}\n"
        return f"event: {self.type}\n{name}data: ".encode() + self.data + b"\n\n"


def revision_text(revision: Revision) -> str:
    """`<epoch>-<number>`."""
    return f"{revision.epoch}-{revision.number}"


class Shape(NamedTuple):
    """What of a call is shown."""

    fields: tuple[str, ...]
    """In this order; the id is one of them."""
    legs: bool = False
    """Whether its legs stand beside it."""


class _Rows:
    """The last rows that were written, for those who see their calls alike."""

    def __init__(self) -> None:
        self._rows: dict[int, tuple[Call, bytes]] = {}
        """By the identity of the call, which is another one after each change."""

    def row(self, call: Call, write: Callable[[], bytes]) -> bytes:
        """The call's row, written unless it is known."""
        known = self._rows.get(id(call))
        if known is not None:
            return known[1]
        row = write()
        if len(self._rows) >= KEPT:
            del self._rows[next(iter(self._rows))]
        self._rows[id(call)] = call, row
        return row


class Look:
    """How calls look to some: to principals of one customer with the same masks, who asked for the same.

    Its last rows, and its last batch, are kept, since many a client asks for the same at the same time. Rows of calls
    that are seen as they are look alike to everybody.
    """

    def __init__(self, directory: Directory, principal: Principal, shape: Shape) -> None:
        self._directory = directory
        self._principal = principal
        self._shape = shape
        self._own = _Rows()
        self._plain = _PLAIN.setdefault(shape, _Rows())
        self._blocks: WeakKeyDictionary[Snapshot, dict[int, bytes]] = WeakKeyDictionary()
        """The blocks of snapshots that were made last, by where they begin."""
        self._steps: Sequence[Step] = ()
        self._batch = b""

    def row(self, call: Call, now: float) -> bytes:
        """The call as it looks."""
        return self._written(as_seen(self._directory, self._principal, call), now)

    def _written(self, seen: Call, now: float) -> bytes:
        row = call_view(seen, now, self._shape.fields)
        if self._shape.legs:
            row["legs"] = list(leg_views(seen, now, LEG_FIELDS))
        return msgspec.json.encode(row)

    def _changes(self, steps: Sequence[Step], now: float) -> bytes:
        return b",".join([self._change(step, now) for step in steps])

    def _change(self, step: Step, now: float) -> bytes:
        kind = ("enter" if not step.before else "update") if step.after else "leave"
        reason = f'"reason":"{step.left.value}",' if step.left else ""
        head = f'{{"kind":"{kind}",{reason}"id":"{step.call.number}","call":'
        return head.encode() + self._kept_row(step.call, now) + b"}"

    def _kept_row(self, call: Call, now: float) -> bytes:
        seen = as_seen(self._directory, self._principal, call)
        rows = self._plain if seen is call else self._own
        return rows.row(call, lambda: self._written(seen, now))

    def block(self, snapshot: Snapshot, begin: int, now: float) -> bytes:
        """Some rows of a snapshot. Those who are shown the same at the same time ask for the same ones."""
        blocks = self._blocks.setdefault(snapshot, {})
        if begin not in blocks:
            if len(blocks) >= KEPT_BLOCKS:
                del blocks[next(iter(blocks))]
            blocks[begin] = b",".join([self.row(call, now) for call in snapshot.calls[begin : begin + BLOCK]])
        return blocks[begin]

    # --- messages ----------------------------------------------------------------------------------------------------

    def batch(self, steps: Sequence[Step], revision: Revision, now: float) -> Message | None:
        """What became of each call up to the revision; None if that is nothing."""
        if steps is not self._steps:
            self._steps, self._batch = steps, self._changes(conflated(steps), now)
        return _changed(self._batch, revision, now) if self._batch else None

    def each(self, steps: Sequence[Step], revision: Revision, now: float) -> Iterator[Message]:
        """Every change by itself, none left out."""
        for number, together in groupby(steps, attrgetter("number")):
            yield _changed(self._changes(tuple(together), now), Revision(revision.epoch, number), now)


def _changed(changes: bytes, revision: Revision, now: float) -> Message:
    name = revision_text(revision)
    head = f'{{"type":"changes","revision":"{name}","at":"{timestamp(now)}","changes":['
    return Message("changes", head.encode() + changes + b"]}", name)


_PLAIN: WeakValueDictionary[Shape, _Rows] = WeakValueDictionary()
"""The rows, in every shape that somebody asks for at present, of calls that are seen as they are."""

_LOOKS: WeakValueDictionary[tuple[object, ...], Look] = WeakValueDictionary()
"""Every look that somebody has at present."""


def look_of(watch: Watch, shape: Shape) -> Look:
    """How calls look to who watches, as it stands at present."""
    principal, directory = watch.principal, watch.directory
    # The look holds the directory, so that no other one gets its id meanwhile.
    key = id(directory), watch.standing, principal.customer, principal.masks, shape
    look = _LOOKS.get(key)
    if look is None:
        look = _LOOKS[key] = Look(directory, principal, shape)
    return look


def shown(snapshot: Snapshot, why: Why, looks: Callable[[], Look], now: float) -> Iterator[Message]:
    """Forget everything: these are all calls that there are. How they look is asked for each block anew."""
    revision = revision_text(snapshot.revision)
    total = len(snapshot.calls)
    yield _message("begin", "", revision=revision, at=timestamp(now), total=total, why=why.value)
    for begin in range(0, total, BLOCK):
        yield Message("rows", b'{"type":"rows","calls":[' + looks().block(snapshot, begin, now) + b"]}")
    yield _message("ready", revision, revision=revision)


def _message(kind: str, has: str | None = None, **more: object) -> Message:
    return Message(kind, msgspec.json.encode({"type": kind, **more}), has)


def heartbeat(revision: Revision, now: float) -> Message:
    """The server's clock, and a sign that it is there."""
    name = revision_text(revision)
    return _message("heartbeat", name, at=timestamp(now), revision=name)


def resumed(since: Revision) -> Message:
    """No snapshot is needed: the changes since then follow."""
    name = revision_text(since)
    return _message("resumed", name, revision=name)


def behind() -> Message:
    """The client reads too slowly; a snapshot follows."""
    return _message("behind", why="changes came faster than they were read: a new snapshot follows")


def error(refusal: Refusal) -> Message:
    """Why the stream ends: a problem document."""
    body = refused(refusal).body
    return Message("error", b'{"type":"error",' + (body if isinstance(body, bytes) else b"".join(body))[1:])


def going_away() -> Message:
    """The server stops."""
    detail = "the server stops: come back in a moment"
    return _message(
        "error", title=GOING_AWAY.status.phrase, status=GOING_AWAY.status, detail=detail, code=GOING_AWAY.code
    )
