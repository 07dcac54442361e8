"""What the recordings do not hold: doubled, late and lost events, facts for placement, and a clock that is off."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callboard.calls.causes import Reason
from callboard.calls.commands import CommandId, HangUp
from callboard.calls.events import Event, LegEnded, LegSeen
from callboard.calls.legs import CallKey, Facts, Placement, Side
from callboard.calls.state import State
from callboard.switches.dialogs.memory import KILL_PATIENCE
from callboard.switches.kamailio import wire
from callboard.switches.kamailio.translate import RefusedError, Translator
from callboard.switches.portions import at_once
from callboard.table.store.numbering import Numbering
from callboard.table.table import Table
from tests.switches.kamailio.replay import Stage, answer, arrivals, exhaust, pushed

NOW = 1_795_245_780.0
KINDS = ("created", "early", "start", "media", "end", "failed", "refer", "")


def said(kind: str, **more: object) -> wire.Pushed:
    """An event of dialog 1:2, from alice to bob."""
    fields: dict[str, object] = {"from_uri": "sip:alice@a", "to_uri": "sip:bob@b", "from_tag": "ft", "call_id": "c@a"}
    return wire.Pushed(event=kind, h_entry=1, h_id=2, **{**fields, **more})  # type: ignore[arg-type]


def on_list(state: int = 4, **more: object) -> wire.Listed:
    """The same dialog in a list."""
    fields: dict[str, object] = {"from_uri": "sip:alice@a", "to_uri": "sip:bob@b", "call_id": "c@a"}
    return wire.Listed(h_entry=1, h_id=2, state=state, **{**fields, **more})  # type: ignore[arg-type]


def table_of(*events: Event) -> Table:
    """A table that was told these."""
    table = Table(lambda legs: Placement(), Numbering(0, lambda size: 1), 1)
    for event in events:
        table.accept(event, NOW)
    return table


@pytest.mark.parametrize("scene", ["answered", "declined", "held", "killed_while_ringing", "ten_calls"])
def test_doubled_events_make_no_difference(scene: str) -> None:
    once, twice = Stage(scene), Stage(scene)
    exhaust(once.play())
    for arrival in arrivals(scene):
        twice.hear(arrival)
        twice.hear(arrival)
    assert twice.calls == once.calls


@given(st.permutations(range(4)), st.sets(st.integers(0, 3)))
def test_events_in_any_order_or_lost_never_bring_a_call_back(order: list[int], lost: set[int]) -> None:
    """Whatever came before it: after the end there is no call, and a list that lacks it leaves none in memory."""
    events = pushed("answered")
    translator = Translator("kamailio")
    table = table_of()
    for index in order:
        if index not in lost or index == 3:
            for event in translator.event(events[index], NOW):
                table.accept(event, NOW)
    assert all(call.state is State.ENDED for call in table.calls())
    told, listed = at_once(translator.listed([], NOW + 1, NOW + 1))
    assert (told, listed.legs, len(translator.memory)) == ([], (), 0)


@given(
    st.lists(
        st.builds(
            said,
            st.sampled_from(KINDS),
            state=st.integers(-1, 9),
            status=st.integers(-5, 900),
            from_uri=st.text(max_size=12),
            from_tag=st.text(max_size=3),
            direction=st.text(max_size=8),
        ),
        max_size=12,
    )
)
def test_no_event_raises(events: list[wire.Pushed]) -> None:
    translator = Translator("kamailio")
    table = table_of()
    for event in events:
        for told in translator.event(event, NOW):
            table.accept(told, NOW)
    assert len(translator.memory) <= 1


def test_an_answer_whose_beginning_was_lost_is_a_call() -> None:
    first, second = Translator("kamailio").event(said("start", state=3), NOW)
    assert isinstance(first, LegSeen)
    assert isinstance(second, LegSeen)
    assert (first.leg.state, first.leg.side, first.leg.number) == (State.ANSWERED, Side.CALLER, "alice")
    assert (second.leg.side, second.leg.number, second.leg.call) == (Side.CALLEE, "bob", "1:2")


def test_the_callee_may_hold_too() -> None:
    translator = Translator("kamailio")
    table = table_of(*translator.event(said("created"), NOW), *translator.event(said("start"), NOW + 1))
    for event in translator.event(said("media", from_tag="tt", direction="inactive"), NOW + 2):
        table.accept(event, NOW + 2)
    (call,) = table.calls()
    assert [leg.state for leg in call.legs] == [State.ANSWERED, State.HELD]
    assert translator.event(said("media", from_tag="ft", direction="sendrecv"), NOW + 3) == []
    assert len(translator.event(said("media", from_tag="tt", direction="sendrecv"), NOW + 3)) == 1


def test_facts_that_the_script_noted() -> None:
    noted = {
        "account": "17",
        "source": "192.0.2.7:5060",
        "did": "442079460123",
        "trunk_out": "gw1",
        "target": "192.0.2.9:5062",
    }
    caller, callee = (
        event.leg.facts for event in Translator("k").event(said("created", **noted), NOW) if isinstance(event, LegSeen)
    )
    assert caller == Facts(account_code="17", endpoint="alice", source="192.0.2.7:5060", did="442079460123")
    assert callee == Facts(trunk="gw1", source="192.0.2.9:5062")


@pytest.mark.parametrize(
    ("trust", "more", "endpoint"), [(False, {}, ""), (True, {"trunk_in": "gw1"}, ""), (True, {}, "alice")]
)
def test_from_speaks_for_the_caller_only_where_it_may(trust: bool, more: dict[str, str], endpoint: str) -> None:
    caller = Translator("k", trust_from=trust).event(said("created", **more), NOW)[0]
    assert isinstance(caller, LegSeen)
    assert caller.leg.facts.endpoint == endpoint


def test_facts_of_a_list_are_variables_and_profiles_and_the_contact_of_the_callee() -> None:
    dialog = on_list(
        profiles=["all", {"trunk_out": "gw1"}, {"account": "of the profile"}],
        variables=[{"account": "17"}, {"name": '"Alice"'}, {"source": None}],
        callee=wire.Party(contact="<sip:bob@192.0.2.9>"),
    )
    _, listed = at_once(Translator("k").listed([dialog], NOW, NOW))
    caller, callee = listed.legs
    assert (caller.name, caller.facts.account_code) == ("Alice", "17")
    assert callee.facts == Facts(trunk="gw1", source="192.0.2.9:5060")


def test_a_clock_that_is_an_hour_ahead_makes_no_call_begin_in_the_future() -> None:
    dialog = on_list(init_ts=int(NOW) + 3580, start_ts=int(NOW) + 3590, duration=10)
    _, listed = at_once(Translator("k").listed([dialog], NOW, NOW))
    assert [leg.started_at for leg in listed.legs] == [NOW - 20, NOW - 20]
    assert [leg.answered_at for leg in listed.legs] == [NOW - 10, NOW - 10]


def test_a_list_with_a_state_that_nobody_knows_ends_nothing() -> None:
    _, listed = at_once(Translator("k").listed([on_list(9)], NOW, NOW))
    assert (listed.legs, listed.complete) == ((), False)


def test_an_incomplete_list_forgets_nothing() -> None:
    translator = Translator("k")
    translator.event(said("start"), NOW)
    at_once(translator.listed([], NOW + 1, NOW + 1, complete=False))
    assert translator.memory.state("1:2") is State.ANSWERED


def test_a_list_taken_before_an_event_forgets_nothing_of_it() -> None:
    translator = Translator("k")
    translator.event(said("start"), NOW)
    at_once(translator.listed([], NOW - 1, NOW))
    assert translator.memory.state("1:2") is State.ANSWERED


def test_the_end_that_is_told_after_our_order_is_ours() -> None:
    translator = Translator("k")
    translator.event(said("start"), NOW)
    translator.memory.ordered("1:2", NOW)
    ends = translator.event(said("end", state=5), NOW + 1)
    assert [end.cause.reason for end in ends if isinstance(end, LegEnded)] == [Reason.DISCONNECTED] * 2


def test_a_call_that_outlives_our_order_is_up_again() -> None:
    translator = Translator("k")
    translator.event(said("start"), NOW)
    translator.memory.ordered("1:2", NOW)
    assert len(translator.memory.ending("1:2", NOW)) == 2
    for later, state in ((1.0, State.ENDING), (KILL_PATIENCE + 1, State.ANSWERED)):
        _, listed = at_once(translator.listed([on_list()], NOW + later, NOW + later))
        assert [leg.state for leg in listed.legs] == [state, state]


@pytest.mark.parametrize("native", ["1:2\r\n", "x", "1", ":", "1:2:3", "²:1"])
def test_an_id_that_is_none_goes_nowhere(native: str) -> None:
    with pytest.raises(RefusedError):
        Translator("k").hang_up(HangUp(CommandId("c"), CallKey("k", native)))


def test_ten_listed_calls_in_any_order() -> None:
    dialogs, _ = at_once(wire.read_dialogs(answer("ten_calls", "01-dlg.list-ten")))
    _, listed = at_once(Translator("k").listed([*dialogs, *reversed(dialogs)], NOW, NOW))
    assert len(listed.legs) == len({leg.id for leg in listed.legs}) == 20


def test_an_order_that_is_refused_is_forgotten() -> None:
    translator = Translator("k")
    translator.event(said("start"), NOW)
    translator.memory.ordered("1:2", NOW)
    translator.memory.spared("1:2")
    ends = translator.event(said("end", state=5), NOW + 1)
    assert [end.cause.reason for end in ends if isinstance(end, LegEnded)] == [Reason.NORMAL] * 2
