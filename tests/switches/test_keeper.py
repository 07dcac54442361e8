"""The keeper, over a switch in memory whose links can be cut, and the real table, in virtual time."""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Iterator
from itertools import count, pairwise
from typing import Any

import pytest

from callboard.calls.causes import Reason
from callboard.calls.commands import CommandId, HangUp
from callboard.calls.events import (
    Event,
    LegAnswered,
    LegEnded,
    LegHeld,
    LegSeen,
    SwitchListed,
    SwitchLost,
    SwitchRestarted,
    SwitchUp,
)
from callboard.calls.legs import CallKey
from callboard.calls.state import State
from callboard.switches import gate
from callboard.switches.keeper import (
    CLOSE_TIMEOUT,
    FIRST_PAUSE,
    INCOMPLETE_GAP,
    LASTING_PAUSE,
    LEAST_GAP,
    LIST_SHARE,
    LONGEST_PAUSE,
    STEADY,
    Keeper,
    KeeperSettings,
)
from callboard.switches.link import LinkError
from callboard.table.reconciling.links import LinkState
from callboard.table.store.numbering import Numbering
from callboard.table.table import Table
from tests.faults.switch import SWITCH, Lists, MemoryLink, Switch
from tests.table.history import place
from tests.virtual_time import clock, run

SETTINGS = KeeperSettings(open_timeout=5.0, list_timeout=10.0, list_interval=30.0)
SOON = 0.1
"""Longer than a link takes to open and to list."""


class Scene:
    """A switch, its keeper and the table; `told` is all that the table was told."""

    def __init__(self, settings: KeeperSettings = SETTINGS, random: Callable[[], float] = lambda: 0.0) -> None:
        self.switch = Switch()
        blocks = count(1, 10_000)
        self.table = Table(place, Numbering(0, lambda size: next(blocks)), epoch=1)
        self.told: list[Event] = []
        self.keeper = Keeper(SWITCH, self.switch.make_link, self.tell, self.take_in, settings, clock, random)

    def tell(self, event: Event) -> None:
        self.told.append(event)
        self.table.accept(event, clock())

    def take_in(self, event: SwitchListed | SwitchLost | SwitchRestarted) -> Iterator[None]:
        self.told.append(event)
        return self.table.accept_in_steps(event, clock)

    def kinds(self) -> list[type[Event]]:
        return [type(event) for event in self.told]

    async def started(self) -> "Scene":
        """Up and listed for the first time, with one answered call."""
        leg = self.switch.begin()
        self.switch.move(leg, LegAnswered)
        self.keeper.start()
        await asyncio.sleep(SOON)
        assert self.keeper.health().up
        return self

    def states(self) -> list[State]:
        return sorted(call.state for call in self.table.calls())


def play(scene: Callable[[], Coroutine[Any, Any, None]]) -> Callable[[], None]:
    """Run a test in virtual time."""

    def test() -> None:
        run(scene())

    test.__name__, test.__doc__ = scene.__name__, scene.__doc__
    return test


@play
async def test_a_new_link_is_subscribed_then_listed() -> None:
    scene = await Scene().started()
    assert scene.kinds() == [SwitchUp, SwitchListed]
    assert scene.states() == [State.ANSWERED]
    assert scene.table.suspects(SWITCH) == 0
    health = scene.keeper.health()
    assert (health.state, health.why, health.lists, health.links) == (LinkState.UP, "", 1, 1)
    await scene.keeper.stop()


@play
async def test_what_is_told_while_the_link_opens_is_told_after_it_is_up() -> None:
    scene = Scene()
    scene.keeper.start()
    await asyncio.sleep(0.015)
    leg = scene.switch.begin()
    assert scene.told == []
    await asyncio.sleep(SOON)
    assert scene.kinds() == [SwitchUp, LegSeen, SwitchListed]
    assert scene.switch.legs.keys() == {leg}
    await scene.keeper.stop()


@play
async def test_what_is_told_during_the_first_list_is_merged_after_it() -> None:
    """The answer was missed while there was no link; the hold means something only to who knows of the answer."""
    scene = Scene()
    leg = scene.switch.begin()
    scene.switch.lists = Lists(takes=2.0)
    scene.keeper.start()
    await asyncio.sleep(1.0)
    scene.switch.cut()
    scene.switch.move(leg, LegAnswered)
    await asyncio.sleep(1.0)
    scene.switch.move(leg, LegHeld)
    await asyncio.sleep(3.0)
    assert scene.states() == [State.HELD]
    assert scene.table.ignored.total() == 0
    await scene.keeper.stop()


@play
async def test_while_all_is_well_events_do_not_wait_for_lists() -> None:
    scene = await Scene().started()
    scene.switch.lists = Lists(takes=5.0)
    scene.keeper.resync("a test")
    await asyncio.sleep(1.0)
    scene.switch.begin()
    assert scene.kinds() == [SwitchUp, SwitchListed, LegSeen]
    await scene.keeper.stop()


@play
async def test_more_than_can_wait_is_made_good_by_one_more_list() -> None:
    scene = Scene()
    scene.switch.lists = Lists(takes=1.0)
    scene.keeper.start()
    await asyncio.sleep(0.5)
    before = [scene.switch.begin() for _ in range(3)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gate, "HELD_BACK", 3)
        scene.switch.cut()
        await asyncio.sleep(0.5)
        for leg in before:
            scene.switch.move(leg, LegEnded)
        scene.switch.begin()
        await asyncio.sleep(1.0)
        assert len(scene.switch.listed) == 2
        await asyncio.sleep(1.0 / LIST_SHARE + 1.0)
    assert len(scene.switch.listed) == 3
    assert scene.states().count(State.NEW) == 1
    await scene.keeper.stop()


@play
async def test_a_full_list_is_taken_each_interval() -> None:
    scene = await Scene().started()
    await asyncio.sleep(10 * SETTINGS.list_interval + 1.0)
    gaps = [later - earlier for earlier, later in pairwise(scene.switch.listed)]
    assert len(gaps) == 10
    assert all(SETTINGS.list_interval <= gap < SETTINGS.list_interval + SOON for gap in gaps)
    await scene.keeper.stop()


@play
async def test_lists_that_take_long_are_taken_seldom() -> None:
    scene = await Scene().started()
    scene.switch.lists = Lists(takes=8.0)
    await asyncio.sleep(1000.0)
    assert 8.0 * (len(scene.switch.listed) - 2) <= 1000.0 * LIST_SHARE
    assert len(scene.switch.listed) > 10
    await scene.keeper.stop()


@play
async def test_many_askings_make_one_list_and_none_is_lost() -> None:
    scene = await Scene().started()
    await asyncio.sleep(1.0)
    for _ in range(100):
        scene.keeper.resync("a test")
    await asyncio.sleep(SOON)
    assert len(scene.switch.listed) == 2
    scene.switch.lists = Lists(takes=0.01)
    for _ in range(1000):
        scene.keeper.resync("a test")
        await asyncio.sleep(0.01)
    assert len(scene.switch.listed) <= 3 + 10.0 / LEAST_GAP
    await scene.keeper.stop()


@play
async def test_an_asking_during_a_list_brings_another() -> None:
    scene = await Scene().started()
    scene.switch.lists = Lists(takes=0.5)
    scene.keeper.resync("the first")
    await asyncio.sleep(0.4)
    scene.keeper.resync("what the list under way may not say")
    await asyncio.sleep(0.5 / LIST_SHARE + 1.0)
    assert len(scene.switch.listed) == 3
    await scene.keeper.stop()


@play
async def test_a_list_that_is_not_complete_ends_nothing_and_is_soon_taken_again() -> None:
    scene = Scene()
    scene.switch.lists = Lists(missing=1)
    leg = scene.switch.begin()
    scene.keeper.start()
    await asyncio.sleep(SOON)
    assert scene.keeper.health().state is LinkState.RESYNCING
    assert scene.keeper.health().why == "no full list has vouched for its calls yet"
    assert [link.state for link in scene.table.links] == [LinkState.RESYNCING]
    scene.switch.lists = Lists()
    await asyncio.sleep(INCOMPLETE_GAP)
    assert scene.keeper.health().up
    assert scene.keeper.health().incomplete == 1
    scene.switch.lists = Lists(missing=1)
    scene.keeper.resync("a test")
    await asyncio.sleep(SOON)
    assert scene.switch.legs.keys() == {leg}
    assert scene.states() == [State.NEW]
    await scene.keeper.stop()


@play
async def test_a_list_that_is_older_than_the_link_vouches_for_nothing() -> None:
    """The answer came after what the list says and before the link: only a younger list can know of it."""
    scene = Scene()
    leg = scene.switch.begin()
    scene.switch.lists = Lists(lag=1.0)
    await asyncio.sleep(5.0)
    scene.switch.move(leg, LegAnswered)
    scene.keeper.start()
    await asyncio.sleep(0.5)
    scene.switch.move(leg, LegHeld)
    await asyncio.sleep(0.4)
    assert scene.keeper.health().state is LinkState.RESYNCING
    assert [link.state for link in scene.table.links] == [LinkState.RESYNCING]
    await asyncio.sleep(0.5)
    assert scene.keeper.health().up
    assert scene.states() == [State.HELD]
    assert len(scene.switch.listed) == 2
    await scene.keeper.stop()


@play
async def test_a_lost_link_is_told_at_once_and_made_anew() -> None:
    scene = await Scene().started()
    scene.switch.cut("connection reset")
    await asyncio.sleep(0)
    await asyncio.sleep(0.001)
    assert isinstance(scene.told[-1], SwitchLost)
    assert scene.told[-1].why == "connection reset"
    assert scene.table.suspects(SWITCH) == 1
    assert not scene.keeper.health().up
    await asyncio.sleep(FIRST_PAUSE + SOON)
    assert scene.kinds()[-2:] == [SwitchUp, SwitchListed]
    assert scene.table.suspects(SWITCH) == 0
    assert scene.states() == [State.ANSWERED]
    assert scene.switch.closed == 1
    await scene.keeper.stop()


@play
async def test_pauses_grow_and_stay_short_enough() -> None:
    scene = Scene()
    scene.switch.refusal = LinkError("connection refused", "start it")
    scene.keeper.start()
    await asyncio.sleep(60.0)
    gaps = [round(later - earlier, 6) for earlier, later in pairwise(scene.switch.tries)]
    assert gaps[:6] == [0.1, 0.2, 0.4, 0.8, 1.6, 3.0]
    assert set(gaps[5:]) == {LONGEST_PAUSE}
    await scene.keeper.stop()


@play
async def test_half_of_a_pause_is_left_to_chance() -> None:
    dice = iter([0.0, 1.0, 0.5] * 10)
    scene = Scene(random=lambda: next(dice))
    scene.switch.refusal = LinkError("connection refused")
    scene.keeper.start()
    await asyncio.sleep(20.0)
    gaps = [round(later - earlier, 6) for earlier, later in pairwise(scene.switch.tries)]
    assert gaps[6:9] == [3.0, 1.5, 2.25]
    await scene.keeper.stop()


@play
async def test_what_only_people_can_mend_is_tried_seldom() -> None:
    scene = Scene()
    scene.switch.refusal = LinkError("wrong password", "set it in the settings", lasting=True)
    scene.keeper.start()
    await asyncio.sleep(10 * LASTING_PAUSE - 1.0)
    assert len(scene.switch.tries) == 10
    assert scene.keeper.health().why == "wrong password: set it in the settings"
    scene.switch.refusal = None
    await asyncio.sleep(LASTING_PAUSE)
    assert scene.keeper.health().up
    await scene.keeper.stop()


@play
async def test_a_switch_that_drops_us_again_and_again_is_not_hammered() -> None:
    scene = Scene()
    scene.keeper.start()
    for _ in range(200):
        await asyncio.sleep(0.5)
        scene.switch.cut()
    assert len(scene.switch.tries) <= 10 + 100.0 / LONGEST_PAUSE
    await asyncio.sleep(LONGEST_PAUSE + STEADY + 1.0)
    tries = len(scene.switch.tries)
    scene.switch.cut()
    await asyncio.sleep(FIRST_PAUSE + SOON)
    assert len(scene.switch.tries) == tries + 1, "after a steady link the first pause is short again"
    await scene.keeper.stop()


@play
async def test_a_switch_that_was_never_reached_is_shown_as_lost_with_the_present_reason() -> None:
    scene = Scene()
    scene.switch.refusal = LinkError("connection refused")
    scene.keeper.start()
    await asyncio.sleep(10.0)
    assert [(link.state, link.why) for link in scene.table.links] == [(LinkState.LOST, "connection refused")]
    assert scene.kinds() == [SwitchLost], "the same reason is told once"
    since = scene.table.links[0].since
    scene.switch.refusal = ConnectionError("no route to host")
    await asyncio.sleep(10.0)
    assert [(link.since, link.why) for link in scene.table.links] == [(since, "no route to host")]
    await scene.keeper.stop()


@play
async def test_a_switch_that_answers_nothing_is_given_up_in_time() -> None:
    scene = Scene()
    scene.switch.stall()
    scene.keeper.start()
    await asyncio.sleep(SETTINGS.open_timeout + 0.1)
    assert scene.keeper.health().why.startswith("it did not let us in within 5 s")
    assert scene.switch.closed == 1
    await scene.keeper.stop()


@play
async def test_a_list_that_does_not_come_is_a_lost_link_and_ends_nothing() -> None:
    scene = await Scene().started()
    for lists, why in [(Lists(silent=True), "it gave no full list within 10 s"), (Lists(failing=True), "the list fa")]:
        scene.switch.lists = lists
        scene.keeper.resync("a test")
        await asyncio.sleep(SETTINGS.list_timeout + 0.5)
        lost = [event.why for event in scene.told if isinstance(event, SwitchLost)]
        assert lost[-1].startswith(why)
        assert scene.states() == [State.ANSWERED]
        assert scene.table.suspects(SWITCH) == 1
        scene.switch.heal()
        await asyncio.sleep(SETTINGS.list_timeout + 2 * LONGEST_PAUSE)
        assert scene.table.suspects(SWITCH) == 0
    await scene.keeper.stop()


@play
async def test_a_link_cut_during_its_list_is_lost_at_once() -> None:
    scene = await Scene().started()
    scene.switch.lists = Lists(takes=9.0)
    scene.keeper.resync("a test")
    await asyncio.sleep(1.0)
    scene.switch.cut()
    await asyncio.sleep(0.001)
    assert isinstance(scene.told[-1], SwitchLost)
    await scene.keeper.stop()


@play
async def test_what_was_told_before_the_loss_is_not_dropped_with_the_list() -> None:
    scene = await Scene().started()
    scene.switch.cut()
    scene.switch.lists = Lists(takes=5.0)
    await asyncio.sleep(1.0)
    scene.switch.move(next(iter(scene.switch.legs)), LegEnded)
    scene.switch.cut("cut in the middle of the list")
    await asyncio.sleep(0.001)
    assert scene.kinds()[-2:] == [LegEnded, SwitchLost]
    assert scene.states() == [State.ENDED]
    await scene.keeper.stop()


@play
async def test_a_switch_that_restarted_says_so_before_anything_of_its_new_life() -> None:
    scene = await Scene().started()
    await asyncio.sleep(10.0)
    scene.switch.restart()
    lost_at = clock()
    scene.switch.refusal = LinkError("connection refused")
    await asyncio.sleep(20.0)
    assert scene.table.suspects(SWITCH) == 1
    scene.switch.refusal = None
    new = scene.switch.begin()
    await asyncio.sleep(LONGEST_PAUSE + SOON)
    assert scene.kinds()[-3:] == [SwitchRestarted, SwitchUp, SwitchListed]
    old = next(call for call in scene.table.calls() if call.state is State.ENDED)
    assert old.cause is not None
    assert old.cause.reason is Reason.SWITCH_LOST
    assert old.ended_at == pytest.approx(lost_at, abs=0.01)
    assert scene.table.find(CallKey(SWITCH, scene.switch.legs[new].call)) is not None
    await scene.keeper.stop()


@play
async def test_a_switch_that_does_not_tell_its_life_is_never_taken_for_restarted() -> None:
    scene = Scene()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(MemoryLink, "instance", "")
        await scene.started()
        scene.switch.restart()
        await asyncio.sleep(1.0)
    assert SwitchRestarted not in scene.kinds()
    causes = [call.cause.reason for call in scene.table.calls() if call.cause]
    assert causes == [Reason.MISSING], "its full list says it all the same"
    await scene.keeper.stop()


@play
async def test_what_a_link_tells_after_it_was_given_up_is_dropped_and_counted() -> None:
    scene = await Scene().started()
    (link,) = scene.switch.links
    (leg,) = scene.switch.legs
    scene.switch.cut()
    await asyncio.sleep(1.0)
    told = len(scene.told)
    link.tell(LegEnded(leg, clock()))
    assert len(scene.told) == told
    assert scene.keeper.health().late == 1
    assert scene.states() == [State.ANSWERED]
    await scene.keeper.stop()


def hang_up(name: str) -> HangUp:
    return HangUp(CommandId(name), CallKey(SWITCH, "call-1-1"))


@play
async def test_commands_go_out_at_once_or_never() -> None:
    scene = Scene()
    not_yet = "the link to the switch pbx is lost: it was not tried yet"
    assert scene.keeper.send(hang_up("c-1")) == not_yet
    scene.keeper.start()
    await asyncio.sleep(0.005)
    assert scene.keeper.send(hang_up("c-1")) == not_yet, "it is being opened"
    await scene.started()
    assert scene.keeper.send(hang_up("c-2")) is None
    scene.switch.cut("connection reset")
    await asyncio.sleep(0.001)
    assert scene.keeper.send(hang_up("c-3")) == "the link to the switch pbx is lost: connection reset"
    await asyncio.sleep(1.0)
    assert scene.keeper.send(hang_up("c-4")) is None
    assert [command.id for command in scene.switch.sent] == ["c-2", "c-4"]
    await scene.keeper.stop()


class Talkative(MemoryLink):
    """Once it is open it says more of its switch."""

    version = ""
    clock_offset: float | None = None

    async def open(self) -> None:
        await super().open()
        self.version, self.clock_offset = "22.10.1", 1.5


@play
async def test_what_a_switch_said_of_itself_is_known_after_it_is_lost_though_nobody_had_asked() -> None:
    switch = Switch()

    def make_link(tell: Callable[[Event], None]) -> Talkative:
        link = Talkative(switch, tell)
        switch.made.append(link)
        return link

    keeper = Keeper(SWITCH, make_link, lambda event: None, lambda event: iter(()), SETTINGS, clock, lambda: 0.0)
    keeper.start()
    await asyncio.sleep(SOON)
    switch.refusal = LinkError("connection refused")
    switch.cut()
    await asyncio.sleep(1.0)
    health = keeper.health()
    assert (health.state, health.version, health.clock_offset) == (LinkState.LOST, "22.10.1", 1.5)
    await keeper.stop()


@play
async def test_to_stop_closes_the_link_and_leaves_the_calls_as_suspects() -> None:
    scene = await Scene().started()
    await scene.keeper.stop()
    assert isinstance(scene.told[-1], SwitchLost)
    assert scene.states() == [State.ANSWERED]
    assert scene.table.suspects(SWITCH) == 1
    assert scene.switch.closed == 1
    assert scene.switch.links == []
    assert len(asyncio.all_tasks()) == 1


@pytest.mark.parametrize("after", [0.0, 0.005, 0.015, 0.025, 1.0])
def test_it_can_be_stopped_at_any_moment(after: float) -> None:
    async def scene() -> None:
        made = Scene()
        made.keeper.start()
        await asyncio.sleep(after)
        await made.keeper.stop()
        await made.keeper.stop()
        assert len(asyncio.all_tasks()) == 1
        assert made.switch.links == []

    run(scene())


@play
async def test_one_that_was_never_started_is_stopped_too() -> None:
    await Scene().keeper.stop()


@play
async def test_a_link_that_does_not_close_holds_nobody_up() -> None:
    async def never(link: MemoryLink) -> None:
        await asyncio.Event().wait()

    scene = await Scene().started()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(MemoryLink, "close", never)
        scene.switch.cut()
        await asyncio.sleep(CLOSE_TIMEOUT + FIRST_PAUSE + SOON)
        assert scene.keeper.health().up
        await scene.keeper.stop()


def test_a_defect_in_an_adapter_is_logged_and_tried_again(caplog: pytest.LogCaptureFixture) -> None:
    async def scene() -> None:
        made = Scene()
        made.switch.refusal = KeyError("secret")
        made.keeper.start()
        await asyncio.sleep(1.0)
        assert made.keeper.health().why == "a defect in its adapter (KeyError), which the log tells of"
        made.switch.refusal = None
        await asyncio.sleep(LONGEST_PAUSE + SOON)
        assert made.keeper.health().up
        await made.keeper.stop()

    run(scene())
    (record,) = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert record.getMessage() == "switch pbx: a defect in its adapter"


def test_a_link_that_is_cancelled_from_within_is_made_anew() -> None:
    async def lost(link: MemoryLink) -> LinkError:
        raise asyncio.CancelledError

    async def scene() -> None:
        made = Scene()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(MemoryLink, "lost", lost)
            made.keeper.start()
            await asyncio.sleep(1.0)
            assert made.keeper.health().why == "it was given up by its adapter"
        await asyncio.sleep(LONGEST_PAUSE + SOON)
        assert made.keeper.health().up
        await made.keeper.stop()

    run(scene())
