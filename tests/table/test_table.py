"""The table, told what switches tell."""

from collections import Counter
from collections.abc import Callable
from itertools import count

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from callboard.calls.causes import Cause, Reason
from callboard.calls.events import (
    Event,
    LegAnswered,
    LegDescribed,
    LegDialing,
    LegEnded,
    LegEnding,
    LegHeld,
    LegRenamed,
    LegResumed,
    LegRinging,
    LegRouting,
    LegSeen,
    SwitchListed,
    SwitchLost,
    SwitchRestarted,
    SwitchUp,
)
from callboard.calls.legs import Call, CallKey, CallNumber, Facts, LegId, Side
from callboard.calls.state import CONNECTED, LIVE, State
from callboard.table.changes import Change, Kind
from callboard.table.folding import fold
from callboard.table.questions.counters import By
from callboard.table.questions.filters import Filter
from callboard.table.reconciling import pace
from callboard.table.reconciling.links import LinkState
from callboard.table.store.numbering import Numbering
from callboard.table.table import Table
from tests.table.history import SWITCH, History, histories, leg, place, weather


def new_table() -> Table:
    blocks = count(1, 10_000)
    return Table(place, Numbering(0, lambda size: next(blocks)), epoch=1)


def tell(table: Table, *events: Event, now: float = 2000.0) -> None:
    for event in events:
        table.accept(event, now)


def only(table: Table) -> Call:
    (call,) = table.calls()
    return call


A = LegId(SWITCH, "a")
B = LegId(SWITCH, "b")


def up(table: Table) -> None:
    """One answered call from 801 to 812."""
    tell(
        table,
        LegSeen(10.0, leg("a", "c1", Side.CALLER, 10.0, dialed="812", facts=Facts(account=3), media="127.0.0.2")),
        LegRouting(A, 10.1),
        LegSeen(10.2, leg("b", "c1", Side.CALLEE, 10.2, state=State.DIALING, facts=Facts(connection=1))),
        LegRinging(B, 10.5),
        LegAnswered(B, 12.0),
        LegAnswered(A, 12.1),
    )


def test_a_call_through_its_life() -> None:
    table = new_table()
    seen: list[tuple[Kind, State]] = []
    table.watch(lambda change: seen.append((change.kind, change.call.state)))
    up(table)
    tell(table, LegHeld(A, 13.0), LegResumed(A, 14.0), LegEnding(A, 20.0), LegEnding(B, 20.0))
    tell(table, LegEnded(A, 20.1), LegEnded(B, 20.2), now=100.0)
    assert [state for _, state in seen] == [
        State.NEW,
        State.ROUTING,
        State.DIALING,
        State.RINGING,
        State.RINGING,
        State.ANSWERED,
        State.HELD,
        State.ANSWERED,
        State.ENDING,
        State.ENDING,
        State.ENDING,
        State.ENDED,
    ]
    assert seen[0][0] is Kind.BEGAN
    assert seen[-1][0] is Kind.ENDED
    call = only(table)
    assert (call.caller, call.callee, call.dialed, call.caller_media) == ("801", "812", "812", "127.0.0.2")
    assert (call.started_at, call.progressed_at, call.answered_at, call.ended_at) == (10.0, 10.5, 12.1, 20.2)
    assert call.duration(1e9) == pytest.approx(8.1)
    assert call.delay(1e9) == pytest.approx(0.5)
    assert call.placement.account == 3
    assert call.placement.connection == 1


def test_an_ended_call_lingers_then_leaves() -> None:
    table = new_table()
    up(table)
    tell(table, LegEnded(A, 20.0), LegEnded(B, 20.0), now=100.0)
    number = only(table).number
    table.sweep(104.9)
    assert table.call(number) is not None
    table.sweep(105.0)
    assert table.call(number) is None
    assert len(table) == 0


def test_a_failed_branch_gives_way_to_the_next() -> None:
    table = new_table()
    tell(
        table,
        LegSeen(1.0, leg("a", "c1", Side.CALLER, 1.0, dialed="49301234567")),
        LegRouting(A, 1.0),
        LegSeen(1.1, leg("b0", "c1", Side.CALLEE, 1.1, state=State.DIALING, facts=Facts(connection=1))),
        LegEnded(LegId(SWITCH, "b0"), 2.0, Cause(Reason.FAILED, 503)),
        LegSeen(2.1, leg("b1", "c1", Side.CALLEE, 2.1, state=State.DIALING, facts=Facts(connection=2))),
    )
    call = only(table)
    assert [leg.id.native for leg in call.legs] == ["a", "b1"]
    assert call.state is State.DIALING
    assert call.placement.connection == 2


def test_an_end_before_its_start_makes_no_ghost() -> None:
    table = new_table()
    tell(table, LegEnded(A, 5.0), LegSeen(4.0, leg("a", "c1", Side.CALLER, 4.0)))
    assert table.calls() == ()
    assert table.ignored == Counter({"LegEnded": 1, "LegSeen": 1})


def test_events_that_do_not_fit_are_ignored_and_counted() -> None:
    table = new_table()
    up(table)
    before = only(table)
    tell(table, LegRinging(A, 12.0), LegDialing(B, 11.0), LegHeld(LegId(SWITCH, "stranger"), 1.0))
    assert only(table).state is before.state
    assert table.ignored.total() == 3


def test_a_hold_that_comes_after_its_resume_is_out_of_order() -> None:
    table = new_table()
    up(table)
    tell(table, LegResumed(A, 16.0), LegHeld(A, 15.0))
    assert only(table).state is State.ANSWERED


def test_a_renamed_leg_keeps_the_calls_number() -> None:
    table = new_table()
    up(table)
    number = only(table).number
    tell(table, LegRenamed(15.0, A, LegId(SWITCH, "a2")), LegHeld(LegId(SWITCH, "a2"), 16.0))
    call = only(table)
    assert call.number == number
    assert call.state is State.HELD


def test_a_callee_who_calls_on_is_on_the_callers_side_from_then_on() -> None:
    table = new_table()
    up(table)
    calls_on = leg("b", "c1", Side.CALLER, 10.2, state=State.ANSWERED, number="812", dialed="813")

    tell(
        table,
        LegSeen(20.0, calls_on),
        LegEnded(A, 20.1),
        LegSeen(20.2, leg("c", "c1", Side.CALLEE, 20.2, number="813")),
    )
    tell(table, LegSeen(15.0, leg("b", "c1", Side.CALLEE, 10.2)))

    call = only(table)
    assert (call.caller, call.dialed, call.callee) == ("812", "813", "813")
    assert call.state is State.DIALING


def test_a_call_that_a_restart_ended_is_back_once_a_list_has_it() -> None:
    """Its beginning was told before anybody knew of the restart."""
    table = new_table()
    tell(table, LegSeen(10.0, leg("a", "1", Side.CALLER, 10.0)), now=10.0)
    tell(table, SwitchRestarted(SWITCH, 11.0, "it restarted"), now=11.0)
    assert only(table).state is State.ENDED
    tell(table, SwitchListed(SWITCH, 12.0, (leg("a", "1", Side.CALLER, 10.0),), complete=True), now=12.0)
    assert [call.state for call in table.calls()] == [State.ENDED, State.NEW]


def test_a_lost_link_makes_calls_suspect_and_ends_none() -> None:
    table = new_table()
    up(table)
    tell(table, SwitchLost(SWITCH, 30.0, "connection reset"))
    call = only(table)
    assert call.state is State.ANSWERED
    assert call.suspect_since == 30.0
    assert table.suspects(SWITCH) == 1
    assert [(link.state, link.why) for link in table.links] == [(LinkState.LOST, "connection reset")]
    tell(table, SwitchUp(SWITCH, 40.0))
    assert only(table).suspect_since == 30.0, "a working link alone vouches for nothing"
    tell(table, LegDescribed(41.0, leg("a", "c1", Side.CALLER, 10.0)))
    assert only(table).suspect_since is None


def test_a_complete_list_ends_what_is_missing_and_an_incomplete_one_does_not() -> None:
    table = new_table()
    up(table)
    tell(table, SwitchListed(SWITCH, 50.0, (), complete=False))
    assert only(table).suspect_since == 50.0
    assert only(table).state is State.ANSWERED
    tell(table, SwitchListed(SWITCH, 60.0, (), complete=True))
    assert only(table).state is State.ENDED
    assert only(table).cause == Cause(Reason.MISSING, 0, "not in the switch's own list")


def test_a_list_does_not_undo_what_was_told_since_it_was_taken() -> None:
    table = new_table()
    up(table)
    ringing = leg("a", "c1", Side.CALLER, 10.0, state=State.RINGING)
    tell(table, SwitchListed(SWITCH, 11.0, (ringing,), complete=True))
    assert only(table).state is State.ANSWERED


def test_a_list_that_still_has_an_ended_call_makes_no_ghost() -> None:
    table = new_table()
    up(table)
    listed = only(table).legs
    tell(table, LegEnded(A, 20.0), LegEnded(B, 20.0))
    tell(table, SwitchListed(SWITCH, 21.0, listed, complete=True))
    assert [call.state for call in table.calls()] == [State.ENDED]


def test_a_call_stays_known_by_the_leg_it_began_with() -> None:
    table = new_table()
    up(table)
    assert only(table).first_leg == A
    transferred = leg("c", "c1", Side.CALLER, 15.0, number="803", state=State.ANSWERED)
    renamed = LegId(SWITCH, "a2")
    tell(table, LegRenamed(14.0, A, renamed), LegSeen(15.0, transferred), LegEnded(renamed, 15.1))
    assert [known.id.native for known in only(table).legs] == ["b", "c"]
    assert only(table).first_leg == A
    tell(table, SwitchListed(SWITCH, 16.0, (transferred,), complete=True))
    assert [known.id.native for known in only(table).legs] == ["c"]
    assert only(table).first_leg == A


@pytest.mark.parametrize("listed_first", [False, True])
def test_a_list_takes_nothing_away_that_legs_told_which_have_gone(listed_first: bool) -> None:
    table = new_table()
    up(table)
    before = only(table)
    goes_on = leg("b2", "c1", Side.CALLER, 15.0, number="812", state=State.ANSWERED, answered_at=15.0)
    if not listed_first:
        tell(table, LegSeen(15.0, goes_on), LegEnded(B, 15.0), LegEnded(A, 15.1))
    tell(table, SwitchListed(SWITCH, 16.0, (goes_on,), complete=True))
    after = only(table)
    assert (after.number, after.state, after.caller) == (before.number, State.ANSWERED, "812")
    assert (after.started_at, after.progressed_at, after.answered_at) == (10.0, 10.5, 12.1)
    assert after.dialed == "812"
    tell(table, LegEnded(goes_on.id, 20.0))
    assert (only(table).started_at, only(table).answered_at, only(table).ended_at) == (10.0, 12.1, 20.0)


def test_a_list_corrects_the_times_of_legs_that_are_there() -> None:
    table = new_table()
    up(table)
    listed = tuple(
        msgspec.structs.replace(known, started_at=11.0, progressed_at=11.5, answered_at=13.0)
        for known in only(table).legs
    )
    tell(table, SwitchListed(SWITCH, 16.0, listed, complete=True))
    assert (only(table).started_at, only(table).progressed_at, only(table).answered_at) == (11.0, 11.5, 13.0)
    ringing = tuple(
        msgspec.structs.replace(known, state=State.RINGING, started_at=14.0, progressed_at=14.0, answered_at=None)
        for known in listed
    )
    tell(table, SwitchListed(SWITCH, 17.0, ringing, complete=True))
    assert (only(table).state, only(table).started_at, only(table).answered_at) == (State.RINGING, 14.0, None)


def test_no_time_that_stays_is_before_a_beginning_that_a_list_corrects() -> None:
    """The caller's beginning is put right; the answer was that of a callee who has gone."""
    table = new_table()
    up(table)
    caller = next(known for known in only(table).legs if known.id == A)
    late = msgspec.structs.replace(caller, started_at=14.0, answered_at=14.0, progressed_at=14.0)
    tell(table, SwitchListed(SWITCH, 16.0, (late,), complete=True))
    assert (only(table).started_at, only(table).answered_at) == (14.0, 14.0)


def test_a_call_whose_callee_is_told_first_is_known_by_that_leg() -> None:
    table = new_table()
    tell(table, LegSeen(10.2, leg("b", "c1", Side.CALLEE, 10.2)), LegSeen(10.0, leg("a", "c1", Side.CALLER, 10.0)))
    assert only(table).first_leg == B


def test_a_restarted_switch_ends_its_calls() -> None:
    table = new_table()
    up(table)
    tell(table, SwitchRestarted(SWITCH, 30.0, "the engine was killed by signal 9"))
    call = only(table)
    assert call.state is State.ENDED
    assert call.cause == Cause(Reason.SWITCH_LOST, 0, "the engine was killed by signal 9")
    assert call.ended_at == 30.0


def test_a_restart_ends_no_call_of_the_switchs_new_life() -> None:
    table = new_table()
    up(table)
    tell(table, LegSeen(51.0, leg("c", "c2", Side.CALLER, 51.0)))
    tell(table, SwitchRestarted(SWITCH, 50.0, "it restarted"))
    assert {call.key.native: call.state for call in table.calls()} == {"c1": State.ENDED, "c2": State.NEW}


def test_a_forgotten_row_is_ended_by_hand_and_stays_away_while_its_tombstones_stand() -> None:
    table = new_table()
    up(table)
    listed = only(table).legs
    tell(table, SwitchLost(SWITCH, 30.0, "connection reset"))
    forgotten = table.forget(only(table).number, "removed by hand", 40.0)
    assert forgotten == only(table)
    assert (forgotten.state, forgotten.ended_at, forgotten.suspect_since) == (State.ENDED, 40.0, None)
    assert forgotten.cause == Cause(Reason.FORGOTTEN, 0, "removed by hand")
    assert table.forget(forgotten.number, "again", 41.0) is None
    assert table.forget(99, "a stranger", 41.0) is None
    tell(table, SwitchListed(SWITCH, 50.0, listed, complete=True), now=50.0)
    assert [call.state for call in table.calls()] == [State.ENDED]
    table.sweep(1000.0)
    tell(table, SwitchListed(SWITCH, 1000.0, listed, complete=True), now=1000.0)
    assert only(table).state is State.ANSWERED
    assert only(table).number != forgotten.number


def test_legs_that_a_list_shows_in_another_call_are_not_over() -> None:
    """An attended transfer makes one call of two, which no event tells."""
    table = new_table()
    up(table)
    other = leg("c", "c2", Side.CALLER, 13.0, state=State.ANSWERED)
    tell(table, LegSeen(13.0, other))
    joined = msgspec.structs.replace(other, call="c1")
    for at in (20.0, 30.0):
        legs = (*(known for call in table.calls() if call.key.native == "c1" for known in call.legs), joined)
        tell(table, SwitchListed(SWITCH, at, legs, complete=True))
        live = [call for call in table.calls() if call.state in LIVE]
        assert [{known.id.native for known in call.legs} for call in live] == [{"a", "b", "c"}]
    tell(table, LegHeld(joined.id, 31.0))
    assert table.ignored.total() == 0


def test_a_call_that_is_younger_than_the_list_is_not_suspect() -> None:
    table = new_table()
    up(table)
    tell(table, SwitchListed(SWITCH, 9.0, (), complete=True))
    assert only(table).suspect_since is None
    tell(table, SwitchListed(SWITCH, 9.0, (), complete=False))
    assert only(table).suspect_since is None


def test_a_leg_that_is_known_by_its_new_name_already_is_not_known_twice() -> None:
    table = new_table()
    up(table)
    renamed = LegId(SWITCH, "a2")
    tell(table, LegSeen(14.0, leg("a2", "c1", Side.CALLER, 10.0)), LegRenamed(14.0, A, renamed))
    assert {known.id.native for known in only(table).legs} == {"a2", "b"}
    tell(table, LegSeen(13.9, leg("a", "c1", Side.CALLER, 10.0)))
    assert {known.id.native for known in only(table).legs} == {"a2", "b"}, "the old name is buried"


def test_what_one_list_lacked_another_may_have() -> None:
    """Only an end that was told, or made by hand, holds against a later list."""
    table = new_table()
    up(table)
    legs = only(table).legs
    tell(table, SwitchListed(SWITCH, 50.0, (), complete=True))
    tell(table, LegSeen(13.0, legs[0]))
    assert [call.state for call in table.calls()] == [State.ENDED], "a late message makes no ghost"
    tell(table, SwitchListed(SWITCH, 60.0, legs, complete=True))
    assert sorted(call.state for call in table.calls()) == [State.ANSWERED, State.ENDED]
    tell(table, LegEnded(A, 70.0), LegEnded(B, 70.0), SwitchListed(SWITCH, 71.0, legs, complete=True))
    assert [call.state for call in table.calls()] == [State.ENDED, State.ENDED]


def test_a_list_that_was_taken_before_a_rename_ends_nothing() -> None:
    table = new_table()
    up(table)
    legs = only(table).legs
    tell(table, LegRenamed(20.0, A, LegId(SWITCH, "a2")), SwitchListed(SWITCH, 19.0, legs, complete=True))
    assert {known.id.native for known in only(table).legs} == {"a2", "b"}


def test_a_name_can_be_given_back() -> None:
    table = new_table()
    up(table)
    renamed = LegId(SWITCH, "a2")
    tell(table, LegRenamed(14.0, A, renamed), LegRenamed(15.0, renamed, A), LegHeld(A, 16.0))
    assert only(table).state is State.HELD
    tell(table, SwitchListed(SWITCH, 17.0, only(table).legs, complete=True))
    assert only(table).state is State.HELD


def test_a_switchs_name_for_a_call_can_be_used_again_once_it_is_over() -> None:
    table = new_table()
    up(table)
    tell(table, LegEnded(A, 20.0), LegEnded(B, 20.0))
    tell(table, LegSeen(21.0, leg("a2", "c1", Side.CALLER, 21.0)))
    assert sorted(call.state for call in table.calls()) == [State.NEW, State.ENDED]
    assert table.find(CallKey(SWITCH, "c1")) == table.call(CallNumber(2))


TOLD_BY_LEGS = ("number", "first_leg", "caller", "caller_name", "dialed", "callee", "sip_call_id")
MEDIA = ("caller_media", "callee_media")
TIMES = ("started_at", "progressed_at", "answered_at")


def rows(table: Table) -> list[Call]:
    """The live rows in a fixed order, without what a leg that has gone since may have told."""
    live = (call for call in table.calls() if call.state in LIVE)
    blank = dict.fromkeys((*TOLD_BY_LEGS, *MEDIA, *TIMES))
    return sorted((msgspec.structs.replace(call, **blank) for call in live), key=lambda call: call.key)


def only_adds(more: Call, listed: Call) -> bool:
    """Whether a row says all that the list says, and more only where that says nothing, or has the later time."""
    texts = all(getattr(listed, name) in ("", getattr(more, name)) for name in ("caller", "dialed", *MEDIA))
    times = [(getattr(more, name), getattr(listed, name)) for name in TIMES]
    no_later = all(late is None or (early is not None and early <= late) for early, late in times)
    known = [early for early, _ in times[1:] if early is not None]
    return texts and no_later and all(more.started_at <= at for at in known)


@given(st.data())
def test_any_order_doubling_or_loss_then_the_full_list_gives_the_same_rows(data: st.DataObject) -> None:
    history: History = data.draw(histories())
    stormy, calm = new_table(), new_table()
    tell(stormy, *data.draw(weather(history)), history.list())
    tell(calm, history.list())
    assert rows(stormy) == rows(calm)
    for listed in calm.calls():
        more = stormy.find(listed.key)
        assert more is not None
        assert only_adds(more, listed)
    assert stormy.suspects(SWITCH) == 0


@given(histories())
def test_the_true_history_ends_with_the_state_that_the_list_gives(history: History) -> None:
    told, listed = new_table(), new_table()
    tell(told, *history.events)
    whole = {leg.id for leg in history.legs}
    tell(listed, history.list())
    complete = [call for call in told.calls() if {leg.id for leg in call.legs} <= whole]
    expected = {call.key: call.state for call in listed.calls()}
    assert {call.key: call.state for call in complete} == {call.key: expected[call.key] for call in complete}


@given(st.data())
def test_the_counters_are_what_counting_the_rows_gives(data: st.DataObject) -> None:
    history: History = data.draw(histories())
    table = new_table()
    tell(table, *data.draw(weather(history)))
    live = [call for call in table.calls() if call.state in LIVE]
    assert table.counters.total == (len(live), sum(call.state in CONNECTED for call in live))
    keys: dict[By, Callable[[Call], object]] = {
        By.ACCOUNT: lambda call: call.placement.account,
        By.CUSTOMER: lambda call: call.placement.customer,
        By.CONNECTION: lambda call: call.placement.connection,
        By.VENDOR: lambda call: call.placement.vendor,
        By.STATE: lambda call: call.state,
        By.DIRECTION: lambda call: call.placement.direction,
        By.SWITCH: lambda call: call.key.switch,
    }
    for by, key in keys.items():
        totals = Counter(key(call) for call in live)
        connected = Counter(key(call) for call in live if call.state in CONNECTED)
        assert table.counters.by(by) == {value: (total, connected[value]) for value, total in totals.items()}


@given(st.data())
def test_changes_alone_rebuild_the_table(data: st.DataObject) -> None:
    history: History = data.draw(histories())
    table = new_table()
    copy: dict[int, Call] = {}
    numbers: list[int] = []

    def apply(change: Change) -> None:
        numbers.append(change.revision.number)
        if change.kind is Kind.LEFT:
            del copy[change.call.number]
        else:
            copy[change.call.number] = change.call

    table.watch(apply)
    tell(table, *data.draw(weather(history)), history.list(), now=100.0)
    table.sweep(200.0)
    assert numbers == list(range(1, len(numbers) + 1))
    assert {number: _timeless(call) for number, call in copy.items()} == {
        call.number: _timeless(call) for call in table.calls()
    }


def _timeless(call: Call) -> Call:
    legs = tuple(msgspec.structs.replace(leg, told_at=0.0) for leg in call.legs)
    return msgspec.structs.replace(call, legs=legs)


@given(st.data())
def test_the_columns_say_what_the_rows_say(data: st.DataObject) -> None:
    history: History = data.draw(histories())
    table = new_table()
    tell(table, *data.draw(weather(history)))
    for state in State:
        expected = {call.number for call in table.calls() if call.state is state}
        assert {call.number for call in table.select(Filter(states=frozenset({state})))} == expected


@given(st.data())
def test_every_shortcut_gives_the_call_that_all_its_legs_give(data: st.DataObject) -> None:
    table = new_table()

    def check(change: Change) -> None:
        before, after = change.before, change.call
        if change.kind is not Kind.LEFT:
            assert after == fold.call_of(after.number, after.key, after.legs, after.placement, before=before)

    table.watch(check)
    for event in data.draw(weather(data.draw(histories()))):
        table.accept(event, 2000.0)


def test_who_watches_some_kinds_of_changes_is_told_of_no_others() -> None:
    table = new_table()
    told: list[Kind] = []
    end = table.watch(lambda change: told.append(change.kind), {Kind.BEGAN, Kind.ENDED})
    first, second = leg("1-a", "1", Side.CALLER, 10.0), leg("2-a", "2", Side.CALLER, 10.0)
    tell(table, LegSeen(10.0, first), LegAnswered(first.id, 11.0), LegEnded(first.id, 12.0), now=12.0)
    table.sweep(100.0)
    assert told == [Kind.BEGAN, Kind.ENDED]
    end()
    tell(table, LegSeen(13.0, second), now=13.0)
    assert told == [Kind.BEGAN, Kind.ENDED]


def test_who_stops_watching_takes_nobody_else_along() -> None:
    table = new_table()
    first: list[Kind] = []
    second: list[Kind] = []
    end = table.watch(lambda change: first.append(change.kind))
    table.watch(lambda change: second.append(change.kind), {Kind.BEGAN})
    end()
    up(table)
    assert (first, second) == ([], [Kind.BEGAN])


def test_a_branch_that_gave_way_is_no_ghost_when_it_is_told_of_late() -> None:
    table = new_table()
    up(table)
    other = leg("x", "c1", Side.CALLEE, 10.3, state=State.DIALING)
    tell(table, LegSeen(10.3, other), LegEnded(other.id, 10.4), LegSeen(10.3, other))
    assert [one.id for one in only(table).legs] == [A, B]
    assert table.ignored == {"LegSeen": 1}


def test_of_very_many_that_ended_at_once_some_leave_at_a_time() -> None:
    table = new_table()
    calls = 3 * pace.STEP // pace.LEFT
    for number in range(calls):
        tell(table, LegSeen(10.0, leg(f"a{number}", f"c{number}", Side.CALLER, 10.0)))
    tell(table, SwitchRestarted(SWITCH, 20.0, "new"), now=20.0)
    left: list[int] = []
    for _ in table.sweep_in_steps(lambda: 30.0):
        left.append(calls - len(table))
        assert len(table.calls()) == len(table), "each step leaves the table whole"
        tell(table, LegSeen(30.0, leg(f"b{len(left)}", f"d{len(left)}", Side.CALLER, 30.0)), now=30.0)
    assert left == [calls // 3, 2 * calls // 3 - 1, calls - 2]
    assert {call.key.native for call in table.calls()} == {"d1", "d2", "d3"}


def test_our_clock_may_be_set_while_calls_leave() -> None:
    table = new_table()
    calls = 2 * pace.STEP // pace.LEFT
    for number in range(calls):
        tell(table, LegSeen(10.0, leg(f"a{number}", f"c{number}", Side.CALLER, 10.0)))
    tell(table, SwitchRestarted(SWITCH, 20.0, "new"), now=20.0)
    now = 30.0
    steps = table.sweep_in_steps(lambda: now)
    next(steps)
    table.set_clock(-1000.0, -970.0)
    now = -976.0
    pace.drain(steps)
    assert len(table) == calls // 2, "they ended four seconds ago"
    table.sweep(-970.0)
    assert len(table) == 0


def test_tombstones_stand_as_long_as_before_when_our_clock_is_set() -> None:
    table = new_table()
    up(table)
    tell(table, LegEnded(A, 20.0), LegEnded(B, 20.0), now=2000.0)
    table.set_clock(10_000.0, 12_000.0)
    table.sweep(12_100.0)
    seen = leg("a", "c1", Side.CALLER, 10.0)
    tell(table, LegSeen(10.0, seen), now=12_100.0)
    assert table.calls() == ()
    table.sweep(12_130.0)
    tell(table, LegSeen(12_130.0, seen), now=12_130.0)
    assert len(table) == 1


@pytest.mark.parametrize("complete", [True, False])
def test_a_leg_that_a_list_shows_in_another_call_is_in_that_one_alone(complete: bool) -> None:
    table = new_table()
    up(table)
    tell(table, LegHeld(A, 50.0))
    moved = leg("b", "c2", Side.CALLEE, 10.2, state=State.ANSWERED)
    tell(table, SwitchListed(SWITCH, 40.0, (moved,), complete), now=51.0)
    assert {call.key.native: [one.id for one in call.legs] for call in table.calls()} == {"c1": [A], "c2": [B]}
    tell(table, LegEnded(B, 60.0), now=60.0)
    assert [call.key.native for call in table.calls() if call.state in LIVE] == ["c1"]


def test_of_a_call_that_a_list_lacks_only_what_is_younger_goes_on() -> None:
    table = new_table()
    up(table)
    tell(table, LegHeld(A, 50.0), SwitchListed(SWITCH, 40.0, (), complete=True), now=51.0)
    call = only(table)
    assert [one.id for one in call.legs] == [A]
    assert (call.state, call.suspect_since, call.callee) == (State.HELD, None, "812")
    assert (call.placement.account, call.placement.connection) == (3, 1), "it stays whose it was"
    tell(table, LegHeld(B, 52.0), now=52.0)
    assert only(table) == call


def test_facts_that_legs_share_are_not_kept_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("callboard.table.table.SHARED", 5)
    table = new_table()
    for number in range(40):
        caller = leg(str(number), str(number), Side.CALLER, 1.0, facts=Facts(account=number % 20))
        tell(table, LegSeen(1.0, caller))
        assert len(table._facts) <= 5
    assert {call.placement.account for call in table.calls()} == set(range(20))


def test_what_is_left_of_a_suspect_call_is_suspect_since_then() -> None:
    table = new_table()
    up(table)
    moved = leg("b", "c2", Side.CALLEE, 10.2, state=State.ANSWERED)
    tell(table, SwitchLost(SWITCH, 20.0, "gone"), SwitchListed(SWITCH, 40.0, (moved,), complete=False))
    assert {call.key.native: call.suspect_since for call in table.calls()} == {"c1": 20.0, "c2": None}
