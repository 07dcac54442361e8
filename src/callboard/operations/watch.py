"""Watch the calls that a principal may see: a listing that is kept up to date, for as long as it may be seen."""

from enum import Enum

from callboard.access.rights import Principal, Right
from callboard.calls.legs import Call
from callboard.directory.directory import Directory
from callboard.operations.budget import Budget
from callboard.operations.desk import Desk
from callboard.operations.list_calls import ListCalls, wanted_of
from callboard.operations.operation import Operation
from callboard.operations.sight import names_owned
from callboard.table.changes import Revision
from callboard.table.following.feeds import PORTION, Bell, Convoy, Reader, Snapshot
from callboard.table.following.steps import Left, Step, conflated, difference
from callboard.table.questions.filters import Filter

__all__ = ["WATCH_CALLS", "Watch", "Why"]


class Why(Enum):
    """Why a client gets a snapshot rather than what it missed."""

    NEW = "new"
    RESYNC = "resync"
    """What it missed is not kept (any more)."""
    BEHIND = "behind"
    """It read too slowly."""
    UNKNOWN_REVISION = "unknown_revision"
    """The revision it had is of another life of the server."""
    RIGHTS = "rights"
    """What it may see, or how, changed."""


class Watch:
    """One client's view. Begin with `begin` or `resume`, then ask for `news` again and again; `close` it at the end.

    Whether the principal may still see what it sees is asked again each time that anything about that changed.
    """

    def __init__(self, desk: Desk, principal: Principal, arguments: ListCalls) -> None:
        self.principal = principal
        """As it stands now: its masks say how the calls are shown."""
        self.arguments = arguments
        self._desk = desk
        self._wanted = wanted_of(desk, principal, arguments)
        self._scope = desk.scope(principal)
        self.standing = desk.standing.changes
        """Grows when what may be seen, or how, was looked at again."""
        self.reader: Reader | None = None
        """Its place among the changes, once it has begun."""
        self._backlog: tuple[Step, ...] = ()
        self._turned = False
        """Whether the backlog says what became of a view that was turned: it holds when all of it was told."""
        self.known: Revision = self.revision
        """After `begin`, `resume` or `news`: up to where the client knows all, once it was told that."""

    @property
    def directory(self) -> Directory:
        """Whose customers are whose."""
        return self._desk.directory

    @property
    def budget(self) -> Budget:
        """Of what is written for several who watch."""
        return self._desk.budget

    @property
    def revision(self) -> Revision:
        """The table's."""
        return self._desk.table.revision

    @property
    def apart(self) -> bool:
        """Whether there may be news that are not, or not only, in the log that it shares with others, or more of them
        than others wait for.
        """
        reader = self.reader
        return (
            reader is None
            or bool(self._backlog)
            or self.standing != self._desk.standing.changes
            or reader.feed.end - reader.place > PORTION
        )

    def begin(self, now: float) -> Snapshot:
        """A snapshot, and the place from which news are news. Raises as `news` does."""
        self.look_again(now)
        reader = self._open(now)
        self._backlog, self._turned = (), False
        snapshot = self._desk.feeds.snapshot(reader, self.arguments.order)
        self.known = snapshot.revision
        return snapshot

    @property
    def showing(self) -> Snapshot | None:
        """The snapshot that `begin` gave, until it is too old. Who shows it asks for it here before each piece."""
        return None if self.reader is None else self.reader.showing

    def shown(self) -> None:
        """All of the snapshot was shown."""
        if self.reader is not None:
            self.reader.showing = None

    def resume(self, since: Revision, now: float) -> Why | None:
        """Go on from where the client was; what it missed is news then. Else it says why a snapshot is needed."""
        self.look_again(now)
        revision = self.revision
        if since.epoch != revision.epoch or since.number > revision.number:
            return Why.UNKNOWN_REVISION
        standing, owned = self._desk.standing, names_owned(self.arguments.where)
        if since.number <= max(standing.changed_at, standing.owned_changed_at if owned else -1):
            return Why.RIGHTS
        missed = self._desk.feeds.missed(self._open(now), since)
        if missed is None:
            return Why.RESYNC
        self._backlog, self.known = missed, since
        return None

    def news(self, now: float) -> tuple[Step, ...] | Why:
        """What happened since the last time, some of it where it is much, or why only a snapshot can tell.

        Raises the refusals of the family `Unauthenticated`, `Forbidden` or `CustomerNotFound` once the principal may
        not watch this any more.
        """
        why = self.look_again(now)
        if why is not None:
            return why
        reader = self._open(now)
        steps = self._of_backlog() if self._backlog else reader.take(PORTION)
        if steps is None:
            return Why.BEHIND
        self._turned = self._turned and bool(self._backlog)
        if not self._backlog and not reader.waiting:
            self.known = self.revision
        elif steps and not self._turned:
            self.known = Revision(self.revision.epoch, steps[-1].number)
        return steps

    def _of_backlog(self) -> tuple[Step, ...]:
        """What a convoy gathered is no more than this, for what is told of it at once must be all."""
        some, self._backlog = self._backlog[: 2 * PORTION], self._backlog[2 * PORTION :]
        return some

    def expired(self, now: float) -> bool:
        """Whether the time is over for which the principal may see this."""
        expires_at = self.principal.expires_at
        return expires_at is not None and expires_at <= now

    def look_again(self, now: float) -> Why | None:
        """Look again at what may be seen, if anything about that changed, and turn to it. Raises as `news` does.

        To be asked also while something long is shown. Returns why it must be shown anew.
        """
        if self.standing == self._desk.standing.changes and not self.expired(now):
            return None
        self.standing = self._desk.standing.changes
        before, scope = self.principal, self._scope
        renewed = self._desk.renew(WATCH_CALLS, before, now)
        wanted = wanted_of(self._desk, renewed, self.arguments)
        self.principal, self._scope = renewed, self._desk.scope(renewed)
        if (renewed.customer, renewed.masks) != (before.customer, before.masks):
            self._turn_anew(wanted)
            return Why.RIGHTS
        return self._turn(wanted, self._scope ^ scope, now)

    def join(self, convoy: Convoy, bell: Bell) -> None:
        """Be told with others from now on, and have `bell` called when what may be seen is to be looked at again."""
        if self.reader is not None:
            convoy.readers[self.reader] = None
        self._desk.standing.ring(bell)

    def part(self, convoy: Convoy, bell: Bell) -> None:
        """Ask for `news` again."""
        if self.reader is not None:
            self._backlog = convoy.part(self.reader)
        self._desk.standing.unring(bell)

    def close(self) -> None:
        """Follow no longer."""
        if self.reader is not None:
            self._desk.feeds.close(self.reader)
            self.reader = None

    # --- what may be seen --------------------------------------------------------------------------------------------

    def _open(self, now: float) -> Reader:
        if self.reader is None:
            self.reader = self._desk.feeds.open(self._wanted, now)
        return self.reader

    def _turn_anew(self, wanted: Filter) -> None:
        self.close()
        self._wanted, self._backlog, self._turned = wanted, (), False

    def _turn(self, wanted: Filter, changed: frozenset[int], now: float) -> Why | None:
        """Show from now on what is wanted now: what came or went by that, and what names a customer that did, is news.

        What the client was not told of yet is joined with it, so that it learns nothing that it may not see by now.
        """
        if wanted == self._wanted and not changed:
            return None
        feeds, number, reader = self._desk.feeds, self.revision.number, self._open(now)
        steps = reader.take()
        shown: dict[int, Call] = {call.number: call for call in feeds.shown(reader)}
        before = self._backlog
        self._turn_anew(wanted)
        if steps is None:
            return Why.BEHIND
        turned_to = self._open(now)
        turned_to.showing = reader.showing
        calls = feeds.shown(turned_to)
        touched = tuple(
            Step(number, call, before=True, after=True)
            for call in calls
            if call.number in shown and _names(call, changed)
        )
        turned = tuple(difference(shown, calls, number, Left.NO_LONGER_ALLOWED))
        self._backlog, self._turned = conflated(before + steps + touched + turned), True
        return None


def _names(call: Call, customers: frozenset[int]) -> bool:
    return call.placement.customer in customers or call.placement.callee_customer in customers


def _watch(desk: Desk, principal: Principal, arguments: ListCalls, now: float) -> Watch:
    return Watch(desk, principal, arguments)


WATCH_CALLS = Operation(
    name="calls.watch",
    summary="Watch the calls that are up, of a customer and all below: a snapshot, then every change.",
    right=Right.CALLS_LIST,
    arguments=ListCalls,
    example=ListCalls(where=Filter(vendor=1)),
    run=_watch,
)
