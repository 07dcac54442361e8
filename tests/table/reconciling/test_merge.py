"""A list taken in step by step, whatever is told in between, makes of each call what one taken in at once would."""

from collections.abc import Iterator
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from callboard.calls.events import (
    Event,
    LegSeen,
    SwitchListed,
    SwitchLost,
    SwitchRestarted,
    SwitchUp,
)
from callboard.calls.legs import Call, CallNumber, Leg, LegId, Side
from callboard.calls.state import LIVE, State
from callboard.table.reconciling import pace
from callboard.table.reconciling.links import LinkState
from callboard.table.store.numbering import Numbering
from callboard.table.table import Table
from tests.table.folding.test_shortcuts import check_all_that_finds
from tests.table.history import SWITCH, History, histories, leg, place
from tests.table.unruly import happenings

NOW = 5_000.0

Rows = dict[str, Call]
Play = list[tuple[int, Event]]
"""What is told while a list is taken in, each event after so many more steps of it."""


@pytest.fixture(autouse=True)
def _small_steps() -> Iterator[None]:
    """A step is as little as there can be: hypothesis may stop between any two legs."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pace, "STEP", 1)
        yield


def new_table() -> Table:
    blocks = count(1, 10_000)
    return Table(place, Numbering(0, lambda size: next(blocks)), epoch=1)


def clock() -> float:
    return NOW


def told(events: list[Event]) -> Table:
    table = new_table()
    for event in events:
        table.accept(event, NOW)
    return table


def rows(table: Table) -> Rows:
    """Every row by its switch's name, but for its number, which says only which began first. The last one counts."""
    calls = sorted(table.calls(), key=lambda call: call.number)
    return {call.key.native: replace(call, number=CallNumber(0)) for call in calls}


def ids(table: Table) -> set[LegId]:
    """The legs that are up."""
    legs = [leg for call in table.calls() if call.state in LIVE for leg in call.legs]
    return {leg.id for leg in legs if leg.state is not State.ENDED}


def listed(events: list[Event], at: float, *, complete: bool = True) -> SwitchListed:
    """What the switch lists after all this has happened."""
    calls = told(events).calls()
    legs = [leg for call in calls for leg in call.legs if leg.state is not State.ENDED]
    return SwitchListed(SWITCH, at, tuple(replace(leg, told_at=0.0) for leg in legs), complete)


class Scene:
    """What the table was told before (not all that happened, it may be), the list, and what happens after it."""

    def __init__(self, history: History, cut: int, heard: list[bool], lost: bool, complete: bool) -> None:
        events = list(history.events)
        cut = min(cut, len(events))
        at = 999.5 + cut
        known = [event for event, came in zip(events[:cut], heard, strict=False) if came]
        self.before: list[Event] = [SwitchUp(SWITCH, 999.0), *known]
        if lost:
            self.before += [SwitchLost(SWITCH, at - 0.2, "gone"), SwitchUp(SWITCH, at - 0.1)]
        self.list = listed(events[:cut], at, complete=complete)
        self.after = events[cut:]
        self.truth = ids(told(events))
        self.next_list = listed(events, 999.5 + len(events))

    def merged_after(self, count: int | None) -> Rows:
        """The rows where the list came at once after so many of the later events, or not at all."""
        events: list[Event] = [*self.before, *self.after]
        if count is not None:
            events.insert(len(self.before) + count, self.list)
        return rows(told(events))


scenes = st.builds(
    Scene,
    histories(),
    st.integers(0, 30),
    st.lists(st.sampled_from([True, True, True, False]), min_size=40, max_size=40),
    st.booleans(),
    st.sampled_from([True, True, False]),
)
pauses = st.lists(st.integers(0, 4), min_size=40, max_size=40)


@given(scenes, pauses)
@settings(max_examples=40, deadline=None)
def test_each_call_is_as_if_the_list_had_come_at_once_at_some_moment(scene: Scene, pauses: list[int]) -> None:
    table = told(scene.before)
    steps = table.accept_in_steps(scene.list, clock)
    for event, pause in zip(scene.after, pauses, strict=False):
        for _ in range(pause):
            next(steps, None)
        table.accept(event, NOW)
    pace.drain(steps)
    possible = [scene.merged_after(count) for count in range(len(scene.after) + 1)]
    found = rows(table)
    for name in found.keys() | possible[0].keys():
        assert found.get(name) in [each.get(name) for each in possible]
    assert table.links[0].state is (LinkState.UP if scene.list.complete else LinkState.RESYNCING)
    check_all_that_finds(table)
    table.accept(scene.next_list, NOW)
    assert ids(table) == scene.truth, "what was missed is made good by the next list"


@given(scenes, pauses)
@settings(max_examples=30, deadline=None)
def test_where_nothing_was_missed_nothing_is_lost_and_nothing_comes_back(scene: Scene, pauses: list[int]) -> None:
    table = told([SwitchUp(SWITCH, 999.0), *told_of(scene)])
    steps = table.accept_in_steps(scene.list, clock)
    for event, pause in zip(scene.after, pauses, strict=False):
        for _ in range(pause):
            next(steps, None)
        table.accept(event, NOW)
    pace.drain(steps)
    assert ids(table) == scene.truth


def told_of(scene: Scene) -> list[Event]:
    """Everything that the list speaks of, as events."""
    return [LegSeen(scene.list.at - 0.1, leg) for leg in scene.list.legs]


interruptions = st.sampled_from(
    [SwitchLost(SWITCH, 4_000.0, "cut"), SwitchUp(SWITCH, 4_000.0), SwitchRestarted(SWITCH, 4_000.0, "new"), None]
)


@given(scenes, st.integers(0, 12), interruptions)
@settings(max_examples=60, deadline=None)
def test_of_a_list_that_is_interrupted_nothing_is_done_that_it_did_not_come_to(
    scene: Scene, done: int, interruption: Event | None
) -> None:
    """None stands for another list."""
    what = scene.next_list if interruption is None else interruption
    scene.before, scene.after = [*scene.before, *scene.after], [what]
    table = told(scene.before)
    last_list_at = table.links[0].last_list_at
    steps = table.accept_in_steps(scene.list, clock)
    vouched = any(next(steps, "done") for _ in range(done))
    table.accept(what, NOW)
    assert next(steps, "over") == "over"
    if not vouched and not isinstance(what, SwitchListed):
        assert table.links[0].last_list_at == last_list_at
    possible, found = [scene.merged_after(None), scene.merged_after(0)], rows(table)
    for name in found.keys() | possible[1].keys():
        assert found.get(name) in [each.get(name) for each in possible]
    live = [call for call in table.calls() if call.state in LIVE]
    match what:
        case SwitchLost():
            assert all(call.suspect_since is not None for call in live)
            assert table.links[0].state is LinkState.LOST
        case SwitchRestarted():
            assert live == []
        case SwitchListed():
            assert ids(table) == scene.truth
    check_all_that_finds(table)


clocks = pytest.mark.parametrize("by", [3_600.0, -3_600.0], ids=["forward", "back"])


def under_way(event: SwitchListed | SwitchLost | SwitchRestarted, by: float) -> Table:
    """Twenty calls set up at 100, and our clock set `by` seconds forward in the middle of what is told of them all."""
    table = told([SwitchUp(SWITCH, 1.0), *(LegSeen(100.0, caller(number)) for number in range(20))])
    steps = table.accept_in_steps(event, clock)
    for _ in range(7):
        next(steps)
    table.set_clock(by, NOW + by)
    pace.drain(steps)
    return table


def caller(number: int) -> Leg:
    return leg(f"a{number}", f"c{number}", Side.CALLER, 100.0)


@clocks
def test_no_call_outlives_a_restart_because_our_clock_was_set_meanwhile(by: float) -> None:
    table = under_way(SwitchRestarted(SWITCH, 200.0, "new"), by)
    before, after = (100.0, 200.0), (100.0 + by, 200.0 + by)
    assert {(call.started_at, call.ended_at) for call in table.calls()} == {before, after}, "what is over stays put"


@clocks
def test_every_call_of_a_lost_link_is_suspect_since_the_same_moment_of_the_clock_that_was_set(by: float) -> None:
    table = under_way(SwitchLost(SWITCH, 200.0, "cut"), by)
    assert {call.suspect_since for call in table.calls()} == {200.0 + by}


@clocks
def test_a_list_speaks_of_the_same_moment_when_our_clock_is_set_meanwhile(by: float) -> None:
    table = under_way(SwitchListed(SWITCH, 200.0, tuple(map(caller, range(0, 20, 2))), complete=True), by)
    lengths = {call.key.native: call.ended_at and call.ended_at - call.started_at for call in table.calls()}
    assert lengths == {f"c{number}": 100.0 if number % 2 else None for number in range(20)}
    assert table.links[0].last_list_at == 200.0 + by


@pytest.mark.parametrize("seed", range(0, 100, 20))
def test_whatever_switches_tell_all_that_finds_a_call_knows_the_rows(seed: int) -> None:
    """Legs that change calls, that are told of in any order, that are listed twice: each list has many steps."""
    for each in range(seed, seed + 20):
        table = new_table()
        under_way: list[pace.Steps] = []
        for number, (_, event) in enumerate(happenings(each)):
            for steps in under_way[number % 3 :]:
                next(steps, None)
            if isinstance(event, SwitchListed | SwitchLost | SwitchRestarted):
                under_way.append(table.accept_in_steps(event, clock))
            else:
                table.accept(event, NOW)
        for steps in under_way:
            pace.drain(steps)
        check_all_that_finds(table)
