"""Feeds: what one filter shows, step by step, and what is kept of it."""

from itertools import count
from weakref import ref

import pytest

from callboard.calls.events import LegAnswered, LegDescribed, LegEnded, LegSeen
from callboard.calls.legs import Facts, LegId, Side
from callboard.calls.state import LIVE
from callboard.table.changes import Revision
from callboard.table.following import feeds as module
from callboard.table.following import history
from callboard.table.following.feeds import Convoy, Feeds, Reader
from callboard.table.following.steps import Left
from callboard.table.questions.filters import EVERYTHING, Filter, Order
from callboard.table.reconciling import pace
from callboard.table.store.numbering import Numbering
from callboard.table.table import Table
from tests.table.history import SWITCH, leg, place


class Scene:
    """A table and its feeds. An account of number n is of customer n % 3 + 1."""

    def __init__(self) -> None:
        blocks = count(1, 10_000)
        self.table = Table(place, Numbering(0, lambda size: next(blocks)), epoch=1)
        self.feeds = Feeds(self.table)

    def begins(self, name: str, account: int = 3, at: float = 0.0) -> None:
        self.table.accept(LegSeen(at, leg(name, name, Side.CALLER, at, facts=Facts(account=account))), at)

    def moves_to(self, name: str, account: int, at: float = 1.0) -> None:
        """The switch says that it is another account's."""
        self.table.accept(LegDescribed(at, leg(name, name, Side.CALLER, at, facts=Facts(account=account))), at)

    def answered(self, name: str, at: float = 1.0) -> None:
        self.table.accept(LegAnswered(LegId(SWITCH, name), at), at)

    def ends(self, name: str, at: float = 2.0) -> None:
        self.table.accept(LegEnded(LegId(SWITCH, name), at), at)

    def open(self, wanted: Filter, now: float = 0.0) -> Reader:
        return self.feeds.open(wanted, now)


@pytest.fixture
def scene() -> Scene:
    return Scene()


def told(reader: Reader) -> list[tuple[bool, bool, Left | None]]:
    steps = reader.take()
    assert steps is not None
    return [(step.before, step.after, step.left) for step in steps]


ENTER, UPDATE = (False, True, None), (True, True, None)


def test_a_call_that_turns_out_to_be_somebody_elses_leaves_and_enters(scene: Scene) -> None:
    one = scene.open(Filter(customers=frozenset({1})))
    other = scene.open(Filter(parties=frozenset({2})))
    scene.begins("a", account=3)
    scene.moves_to("a", account=4)
    steps = one.take()
    assert steps is not None
    assert [(step.before, step.after, step.left) for step in steps] == [ENTER, (True, False, Left.NO_LONGER_MATCHES)]
    assert steps[-1].call.placement.customer == 1, "who it is now is not for the one who had it to know"
    assert told(other) == [ENTER]


def test_a_call_that_ends_leaves_with_its_last_row(scene: Scene) -> None:
    reader = scene.open(Filter(states=LIVE))
    scene.begins("a")
    scene.ends("a", at=7.0)
    steps = reader.take()
    assert steps is not None
    assert steps[-1].left is Left.ENDED
    assert steps[-1].call.ended_at == 7.0


def test_who_asks_for_everything_sees_the_row_leave(scene: Scene) -> None:
    reader = scene.open(EVERYTHING)
    scene.begins("a")
    scene.ends("a")
    scene.table.sweep(100.0)
    assert told(reader) == [ENTER, UPDATE, (True, False, Left.LEFT)]


def test_durations_let_calls_enter_and_leave_once_a_second(scene: Scene) -> None:
    long = scene.open(Filter(states=LIVE, min_duration=10.0))
    short = scene.open(Filter(states=LIVE, max_duration=10.0))
    scene.begins("a")
    scene.answered("a", at=1.0)
    assert told(long) == []
    scene.feeds.sweep(10.9)
    assert told(long) == []
    scene.feeds.sweep(11.0)
    assert told(long) == [ENTER]
    assert told(short) == [ENTER, UPDATE]
    scene.feeds.sweep(11.5)
    assert told(long) == []
    assert told(short) == [(True, False, Left.NO_LONGER_MATCHES)]
    scene.ends("a", at=12.0)
    assert told(long) == [(True, False, Left.ENDED)]


def test_many_clocks_are_turned_some_at_a_time_and_who_leaves_meanwhile_is_passed_over(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pace, "STEP", 1)
    readers = [scene.open(Filter(states=LIVE, min_duration=10.0 + number)) for number in range(3)]
    scene.begins("a")
    scene.answered("a", at=1.0)
    steps = scene.feeds.sweep_in_steps(20.0)
    next(steps)
    assert [told(reader) for reader in readers] == [[ENTER], [], []]
    scene.feeds.close(readers[1])
    come = scene.open(Filter(states=LIVE, min_duration=1.0))
    pace.drain(steps)
    assert [told(reader) for reader in (readers[0], readers[2], come)] == [[], [ENTER], []]


def test_what_was_missed_is_what_would_have_been_told(scene: Scene) -> None:
    scene.begins("a", account=3)
    since = scene.table.revision
    early = scene.open(Filter(customers=frozenset({1})))
    scene.begins("b", account=3)
    scene.begins("c", account=4)
    scene.answered("a")
    late = scene.open(Filter(customers=frozenset({1})))
    assert scene.feeds.missed(late, since) == early.take()
    assert told(late) == []
    assert scene.feeds.missed(late, scene.table.revision) == ()


def test_what_is_not_kept_is_not_made_up(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "HISTORY", 3)
    scene.feeds = Feeds(scene.table)
    for name in "abcd":
        scene.begins(name)
    reader = scene.open(EVERYTHING)
    missed = scene.feeds.missed(reader, Revision(1, 1))
    assert missed is not None
    assert [step.number for step in missed] == [2, 3, 4]
    assert scene.feeds.missed(reader, Revision(1, 0)) is None
    assert scene.feeds.missed(reader, Revision(1, 5)) is None
    assert scene.feeds.missed(reader, Revision(2, 4)) is None
    assert scene.feeds.missed(scene.open(Filter(min_duration=1.0)), Revision(1, 4)) is None


def test_nor_what_is_too_old(scene: Scene) -> None:
    scene.begins("a")
    scene.feeds.sweep(100.0)
    scene.begins("b")
    scene.feeds.sweep(100.0 + history.HISTORY_SPAN)
    reader = scene.open(EVERYTHING)
    assert scene.feeds.missed(reader, Revision(1, 0)) is None
    assert scene.feeds.missed(reader, Revision(1, 1)) is not None


def test_who_falls_too_far_behind_is_told_once(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LOG", 2)
    slow, other = scene.open(EVERYTHING), scene.open(EVERYTHING)
    for name in "abc":
        scene.begins(name)
    assert slow.take() is None
    assert slow.take() == ()
    scene.begins("d")
    assert told(slow) == [ENTER]
    assert other.take() is None


def test_what_every_reader_has_had_is_forgotten(scene: Scene) -> None:
    quick, slow = scene.open(EVERYTHING), scene.open(EVERYTHING)
    for name in "abc":
        scene.begins(name)
    quick.take()
    scene.feeds.sweep(1.0)
    assert len(quick.feed.steps) == 3
    steps = slow.take()
    assert steps is not None
    assert [step.number for step in steps] == [1, 2, 3]
    scene.feeds.sweep(2.0)
    assert len(quick.feed.steps) == 0
    scene.begins("d")
    assert told(quick) == told(slow) == [ENTER]


def test_readers_in_step_get_the_same_steps_made_once(scene: Scene) -> None:
    one, other = scene.open(EVERYTHING), scene.open(EVERYTHING)
    assert one.feed is other.feed
    scene.begins("a")
    assert one.take() is other.take()


def test_bells_ring_once(scene: Scene) -> None:
    rung: list[str] = []
    reader = scene.open(Filter(customers=frozenset({1})))

    def bell() -> None:
        rung.append("!")

    reader.feed.bells[bell] = None
    scene.begins("a", account=4)
    assert not rung
    scene.begins("b", account=3)
    scene.begins("c", account=3)
    assert rung == ["!"]


def test_a_feed_goes_with_its_last_reader(scene: Scene) -> None:
    wanted = (Filter(customers=frozenset({1, 2})), Filter(parties=frozenset({2})), EVERYTHING)
    readers = [scene.open(each) for each in wanted for _ in range(2)]
    assert len(scene.feeds) == 3
    for reader in readers:
        scene.feeds.close(reader)
    assert len(scene.feeds) == 0
    scene.begins("a", account=4)
    assert all(not reader.waiting for reader in readers)


def test_who_comes_while_others_are_shown_all_gets_the_same_and_then_what_happened(scene: Scene) -> None:
    scene.begins("a")
    first = scene.open(EVERYTHING)
    shown = scene.feeds.snapshot(first)
    scene.begins("b", at=1.0)
    second = scene.open(EVERYTHING)
    assert scene.feeds.snapshot(second) is shown
    assert [call.key.native for call in shown.calls] == ["a"]
    assert told(first) == told(second) == [ENTER]
    newest = scene.feeds.snapshot(scene.open(EVERYTHING), Order.NEWEST_FIRST)
    assert [call.key.native for call in newest.calls] == ["b", "a"]


def test_but_not_what_is_too_far_back_nor_what_nobody_is_shown_any_more(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LOG", 20)
    reader = scene.open(EVERYTHING)
    old = scene.feeds.snapshot(reader)
    for name in "ab":
        scene.begins(name)
    assert scene.feeds.snapshot(reader) is old
    scene.begins("c")
    new = scene.feeds.snapshot(reader)
    assert (len(new.calls), new.place, new.revision) == (3, reader.feed.end, scene.table.revision)
    assert not reader.waiting
    scene.ends("a")
    del new
    reader.showing = None
    again = scene.feeds.snapshot(reader)
    assert again.revision == scene.table.revision
    quick = scene.open(EVERYTHING)
    monkeypatch.setattr(module, "LOG", 10_000)
    scene.begins("d")
    for each in (reader, quick):
        each.take()
    scene.feeds.sweep(1.0)
    assert scene.feeds.snapshot(quick) is not again, "what happened since is not kept any more"


def test_more_than_the_log_is_not_told_but_shown(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LOG", 2)
    for name in "abc":
        scene.begins(name, account=3)
    reader, other = scene.open(EVERYTHING), scene.open(Filter(customers=frozenset({2})))
    assert scene.feeds.missed(reader, Revision(1, 0)) is None
    assert scene.feeds.missed(reader, Revision(1, 1)) is not None
    assert scene.feeds.missed(other, Revision(1, 0)) == ()


def test_a_convoy_gathers_for_each_place_the_last_state_of_each_call(scene: Scene) -> None:
    one, other = scene.open(EVERYTHING), scene.open(EVERYTHING)
    convoy = Convoy(one.feed)
    convoy.readers |= {one: None, other: None}
    scene.begins("a")
    scene.answered("a")
    other.take()
    scene.ends("a")
    convoy.gather()
    assert told_by(convoy, one) == [ENTER]
    assert told_by(convoy, other) == [UPDATE]
    scene.begins("b")
    assert told_by(convoy, one) == [ENTER, ENTER]
    held = convoy.part(one)
    assert [step.number for step in held] == [3]
    assert told(one) == [ENTER]
    other.place = other.feed.end
    convoy.settle()
    assert convoy.part(other) == ()


def told_by(convoy: Convoy, reader: Reader) -> list[tuple[bool, bool, Left | None]]:
    steps = convoy.steps(reader, reader.feed.end)
    assert steps is not None
    return [(step.before, step.after, step.left) for step in steps]


def test_a_convoy_tells_who_missed_something(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LOG", 2)
    reader = scene.open(EVERYTHING)
    convoy = Convoy(reader.feed)
    convoy.readers[reader] = None
    for name in "ab":
        scene.begins(name)
    assert told_by(convoy, reader) == [ENTER, ENTER]
    scene.begins("c")
    assert convoy.steps(reader, reader.feed.end) is None


def test_a_snapshot_that_somebody_is_shown_for_too_long_is_let_go(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "SHOWN", 2)
    reader = scene.open(EVERYTHING)
    old = ref(scene.feeds.snapshot(reader))
    for name in "ab":
        scene.begins(name)
    scene.feeds.sweep(1.0)
    assert reader.showing is old() is not None
    scene.begins("c")
    scene.feeds.sweep(2.0)
    assert reader.showing is old() is None


def test_all_logs_together_are_bounded(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LOGS", 9)
    some = [scene.open(Filter(customers=frozenset({1, customer}))) for customer in (4, 5, 6)]
    for name in "abc":
        scene.begins(name)
    scene.feeds.sweep(1.0)
    assert [len(reader.feed.steps) for reader in some] == [3, 3, 3]
    scene.begins("d")
    scene.feeds.sweep(2.0)
    assert [len(reader.feed.steps) for reader in some] == [3, 3, 3]
    assert some[0].take() is None, "it is told that it missed something"
    scene.begins("e")
    assert told(some[0]) == [ENTER]
