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
from callboard.operations.budget import Budget, Kept
from callboard.operations.sight import as_seen
from callboard.operations.watch import Watch, Why
from callboard.table.changes import Revision
from callboard.table.following.feeds import Snapshot
from callboard.table.following.steps import Step, conflated

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

BLOCK = 200
"""Calls of a snapshot in one message: to write them takes a few milliseconds."""


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


class Look:
    """How calls look to some: to principals of one customer with the same masks, who asked for the same.

    What was written last is kept, within the budget of all, since many a client asks for the same at the same time.
    Rows of calls that are seen as they are look alike to everybody.
    """

    def __init__(self, directory: Directory, principal: Principal, shape: Shape, budget: Budget) -> None:
        self._directory = directory
        self._principal = principal
        self._shape = shape
        self._budget = budget
        self._own = budget.open()
        """Rows, by the identity of the call, which is another one after each change."""
        self._plain = _plain(budget, shape)
        """The same of calls that are seen as they are."""
        self._batches = budget.open()
        """By the identity of the steps."""
        self._blocks: WeakKeyDictionary[Snapshot, Kept] = WeakKeyDictionary()
        """Of the snapshots that somebody is being shown, by where they begin."""

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
        return rows.text(id(call), call, lambda: self._written(seen, now))

    def block(self, snapshot: Snapshot, begin: int, now: float) -> bytes:
        """Some rows of a snapshot. Those who are shown the same at the same time ask for the same ones."""
        blocks = self._blocks.get(snapshot)
        if blocks is None:
            blocks = self._blocks[snapshot] = self._budget.open()
        calls = snapshot.calls[begin : begin + BLOCK]
        return blocks.text(begin, None, lambda: b",".join([self.row(call, now) for call in calls]))

    # --- messages ----------------------------------------------------------------------------------------------------

    def batch(self, steps: Sequence[Step], revision: Revision, now: float) -> Message | None:
        """What became of each call up to the revision; None if that is nothing."""
        batch = self._batches.text(id(steps), steps, lambda: self._changes(conflated(steps), now))
        return _changed(batch, revision, now) if batch else None

    def each(self, steps: Sequence[Step], revision: Revision, now: float) -> Iterator[Message]:
        """Every change by itself, none left out."""
        for number, together in groupby(steps, attrgetter("number")):
            yield _changed(self._changes(tuple(together), now), Revision(revision.epoch, number), now)


def _changed(changes: bytes, revision: Revision, now: float) -> Message:
    name = revision_text(revision)
    head = f'{{"type":"changes","revision":"{name}","at":"{timestamp(now)}","changes":['
    return Message("changes", head.encode() + changes + b"]}", name)


_PLAIN: WeakValueDictionary[tuple[int, Shape], Kept] = WeakValueDictionary()
"""The rows, in every shape that somebody asks for at present, of calls that are seen as they are."""


def _plain(budget: Budget, shape: Shape) -> Kept:
    # What is kept holds its budget, so that no other one gets its id meanwhile.
    rows = _PLAIN.get((id(budget), shape))
    if rows is None:
        rows = _PLAIN[id(budget), shape] = budget.open()
    return rows


_LOOKS: WeakValueDictionary[tuple[object, ...], Look] = WeakValueDictionary()
"""Every look that somebody has at present."""


def look_of(watch: Watch, shape: Shape) -> Look:
    """How calls look to who watches, as it stands at present."""
    principal, directory = watch.principal, watch.directory
    # The look holds the directory, so that no other one gets its id meanwhile.
    key = id(directory), watch.standing, principal.customer, principal.masks, shape
    look = _LOOKS.get(key)
    if look is None:
        look = _LOOKS[key] = Look(directory, principal, shape, watch.budget)
    return look


def shown(watch: Watch, why: Why, looks: Callable[[], Look], now: float) -> Iterator[Message]:
    """Forget everything: these are all calls that there are. How they look is asked for each block anew.

    It ends early where the snapshot is let go of meanwhile.
    """
    first = watch.begin(now)
    revision, total = revision_text(first.revision), len(first.calls)
    del first  # while a client reads it is the watch that holds it, or does not
    yield _message("begin", "", revision=revision, at=timestamp(now), total=total, why=why.value)
    for begin in range(0, total, BLOCK):
        if watch.showing is None:
            return
        yield Message("rows", b'{"type":"rows","calls":[' + looks().block(watch.showing, begin, now) + b"]}")
    watch.shown()
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
