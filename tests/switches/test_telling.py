"""Our clock is set while calls are up."""

from itertools import count

import pytest

from callboard.calls.events import LegAnswered, LegEnded, LegHeld, LegSeen, SwitchListed, SwitchLost, SwitchUp
from callboard.calls.legs import Call, LegId, Side
from callboard.calls.state import State
from callboard.switches.clock import OurClock
from callboard.switches.telling import Telling
from callboard.table.questions.filters import Order
from callboard.table.store.numbering import Numbering
from callboard.table.table import Table
from tests.table.history import SWITCH, leg, place

BEGAN = 1_000_000.0
A = leg("a", "1", Side.CALLER, BEGAN)
HOUR = 3600.0


class Scene:
    """A table and what it is told, with a machine's clock that can be set."""

    def __init__(self) -> None:
        blocks = count(1, 10_000)
        self.table = Table(place, Numbering(0, lambda size: next(blocks)), epoch=1)
        self.now = BEGAN
        self.set_by = 0.0
        self.telling = Telling(self.table, OurClock(lambda: self.now + self.set_by, lambda: self.now))

    @property
    def wall(self) -> float:
        return self.now + self.set_by

    @property
    def call(self) -> Call:
        (call,) = self.table.calls()
        return call

    def begin(self) -> "Scene":
        """A call is answered and goes on for ten seconds."""
        self.telling.tell(LegSeen(self.now, A))
        self.telling.tell(LegAnswered(A.id, self.now))
        self.now += 10.0
        return self


@pytest.mark.parametrize("by", [-HOUR, HOUR, -1.0])
def test_no_call_becomes_longer_or_shorter(by: float) -> None:
    scene = Scene().begin()
    scene.set_by = by
    scene.telling.check()
    assert scene.call.duration(scene.wall) == pytest.approx(10.0)
    assert scene.call.started_at == pytest.approx(BEGAN + by, abs=0.001)
    scene.now += 5.0
    scene.telling.tell(LegEnded(A.id, scene.now))
    assert scene.call.duration(scene.wall) == pytest.approx(15.0)
    assert scene.call.ended_at == pytest.approx(scene.wall, abs=0.001)


@pytest.mark.parametrize("by", [-HOUR, HOUR])
def test_a_list_is_believed_at_once(by: float) -> None:
    scene = Scene().begin()
    scene.set_by = by
    scene.telling.tell(SwitchListed(SWITCH, scene.now, (), complete=True))
    assert scene.call.state is State.ENDED


def test_a_hold_after_the_clock_was_set_back_is_no_old_one() -> None:
    scene = Scene().begin()
    scene.set_by = -HOUR
    scene.telling.tell(LegHeld(A.id, scene.now))
    assert scene.call.state is State.HELD


def test_a_list_that_was_under_way_does_not_bring_back_what_ended() -> None:
    scene = Scene().begin()
    asked = scene.now
    scene.telling.tell(LegEnded(A.id, scene.now + 0.1))
    scene.set_by = -HOUR
    scene.telling.tell(SwitchListed(SWITCH, asked, (A,), complete=True))
    assert [call.state for call in scene.table.calls()] == [State.ENDED]


@pytest.mark.parametrize("by", [-HOUR, HOUR])
def test_the_oldest_call_is_still_the_oldest(by: float) -> None:
    scene = Scene().begin()
    scene.set_by = by
    scene.telling.tell(LegSeen(scene.now, leg("b", "2", Side.CALLER, scene.now)))
    oldest = scene.table.select(order=Order.OLDEST_FIRST)
    assert [call.key.native for call in oldest] == ["1", "2"]


def test_what_is_over_leaves_in_its_time_and_keeps_its_times() -> None:
    scene = Scene().begin()
    scene.telling.tell(LegEnded(A.id, scene.now))
    over = scene.call
    scene.set_by = -HOUR
    scene.telling.check()
    assert scene.call == over
    scene.now += 4.0
    scene.table.sweep(scene.wall)
    assert len(scene.table) == 1
    scene.now += 2.0
    scene.table.sweep(scene.wall)
    assert len(scene.table) == 0
    scene.now += 200.0
    scene.table.sweep(scene.wall)
    scene.telling.tell(LegSeen(scene.now, A))
    assert len(scene.table) == 1, "its tombstone stands no longer than others"


def test_links_and_suspects_keep_their_age() -> None:
    scene = Scene().begin()
    scene.telling.tell(SwitchUp(SWITCH, scene.now))
    scene.telling.tell(SwitchListed(SWITCH, scene.now, (A,), complete=True))
    scene.telling.tell(SwitchLost(SWITCH, scene.now, "gone"))
    scene.now += 7.0
    scene.set_by = HOUR
    scene.telling.check()
    (link,) = scene.table.links
    assert scene.wall - link.since == pytest.approx(7.0)
    assert link.last_list_at is not None
    assert scene.wall - link.last_list_at == pytest.approx(7.0)
    assert scene.call.suspect_since is not None
    assert scene.wall - scene.call.suspect_since == pytest.approx(7.0)


def test_a_call_that_began_after_the_clock_was_set_is_on_the_machines_clock() -> None:
    scene = Scene()
    scene.set_by = HOUR
    scene.telling.tell(LegSeen(scene.now, A))
    assert scene.call.started_at == scene.wall
    assert scene.table.find(scene.call.key) is not None
    assert scene.call.legs[0].id == LegId(SWITCH, "a")
