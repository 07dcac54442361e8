"""The automaton."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callboard.calls.state import CONNECTED, JOINT, LEG, LIVE, Signal, State, furthest, joint, step

states = st.sampled_from(State)


def test_every_state_has_its_row_and_the_end_is_final() -> None:
    assert set(LEG) == set(State)
    assert LEG[State.ENDED] == {}
    sides = {None, *State}
    assert set(JOINT) == sides
    assert all(set(row) == sides for row in JOINT.values())


def test_every_leg_can_end_and_be_disconnected() -> None:
    for state in LIVE:
        assert step(state, Signal.END) is State.ENDED
        if state is not State.ENDING:
            assert step(state, Signal.DISCONNECT) is State.ENDING


@given(states, st.sampled_from(Signal))
def test_only_resuming_goes_back(state: State, signal: Signal) -> None:
    to = step(state, signal)
    assert to is None or to > state or signal is Signal.RESUME


@pytest.mark.parametrize(
    ("caller", "callee", "call"),
    [
        ([State.NEW], [], State.NEW),
        ([State.AUTHENTICATING], [], State.AUTHENTICATING),
        ([State.ROUTING], [State.DIALING], State.DIALING),
        ([State.ROUTING], [State.RINGING], State.RINGING),
        ([State.ROUTING], [State.ANSWERED], State.RINGING),
        ([State.ANSWERED], [State.ANSWERED], State.ANSWERED),
        ([State.ANSWERED], [], State.ANSWERED),
        ([State.HELD], [State.ANSWERED], State.HELD),
        ([State.ANSWERED], [State.HELD], State.HELD),
        ([State.ENDED], [State.ANSWERED], State.ENDING),
        ([State.ENDED], [State.ENDED], State.ENDED),
        ([State.ANSWERED], [State.ENDED, State.ANSWERED, State.ENDING], State.ANSWERED),
        ([State.ROUTING], [State.ENDED], State.ROUTING),
        ([], [State.RINGING], State.RINGING),
    ],
)
def test_the_call_follows_from_its_sides(caller: list[State], callee: list[State], call: State) -> None:
    assert joint(caller, callee) is call


@given(st.lists(states), st.lists(states))
def test_a_call_is_over_only_when_every_leg_is(caller: list[State], callee: list[State]) -> None:
    over = bool(caller or callee) and all(state is State.ENDED for state in [*caller, *callee])
    assert (joint(caller, callee) is State.ENDED) == over


@given(st.lists(states), st.lists(states))
def test_parties_are_connected_only_if_no_side_still_waits(caller: list[State], callee: list[State]) -> None:
    if joint(caller, callee) in CONNECTED:
        assert furthest(caller) in {None, *CONNECTED}
        assert furthest(callee) in {None, *CONNECTED}
