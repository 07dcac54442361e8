"""The recorded scenes: what was done with the phones is what the table must show.

The plays are written from what the scenes are, with the times at which each thing happened on the wire; times to 0.1 s.
"""

import msgspec
import pytest

from callboard.calls.causes import Reason
from callboard.calls.commands import CommandId, HangUp
from callboard.calls.legs import CallKey
from callboard.calls.state import State
from callboard.switches.kamailio import wire
from callboard.switches.kamailio.translate import RefusedError
from callboard.switches.portions import at_once
from tests.switches.kamailio.replay import ALICE, Stage, answer, exhaust

DIALING, RINGING, ANSWERED, HELD, ENDED = State.DIALING, State.RINGING, State.ANSWERED, State.HELD, State.ENDED

TENTH = 0.051
"""Seconds by which a time written to 0.1 s may be off."""


class Play(msgspec.Struct, frozen=True):
    """A scene of one call that alice makes: when it comes to which state, and why it ends."""

    scene: str
    dialed: str
    states: tuple[tuple[float, State], ...]
    cause: Reason | None = None
    sip: int = 0


PLAYS = (
    Play("answered", "answer", ((0.4, DIALING), (0.4, RINGING), (0.7, ANSWERED), (3.3, ENDED)), Reason.NORMAL),
    Play("callee_hangs_up", "hangup", ((0.4, DIALING), (0.4, RINGING), (0.7, ANSWERED), (3.7, ENDED)), Reason.NORMAL),
    Play("early_media", "early", ((0.4, DIALING), (0.4, RINGING), (3.4, ANSWERED), (4.4, ENDED)), Reason.NORMAL),
    Play("busy", "busy", ((0.4, DIALING), (0.4, ENDED)), Reason.BUSY, 486),
    Play("declined", "decline", ((0.4, DIALING), (0.4, RINGING), (0.9, ENDED)), Reason.DECLINED, 603),
    Play("missing", "missing", ((0.4, DIALING), (0.4, ENDED)), Reason.NOT_FOUND, 404),
    Play("ringing_cancelled", "ring", ((0.4, DIALING), (0.4, RINGING), (2.4, ENDED)), Reason.CANCELLED, 487),
    Play(
        "held",
        "answer",
        ((0.4, DIALING), (0.4, RINGING), (0.7, ANSWERED), (2.3, HELD), (3.8, ANSWERED), (5.3, ENDED)),
        Reason.NORMAL,
    ),
    # dlg.end_dlg at 1.3 s does nothing but make Kamailio say that the dialog failed; the caller cancels at 2.9 s.
    Play("killed_while_ringing", "ring", ((0.4, DIALING), (0.4, RINGING), (2.9, ENDED)), Reason.CANCELLED, 487),
    # The caller died at some time after the answer, which nobody is told; the operator's order ends it.
    Play("dead_caller", "answer", ((0.4, DIALING), (0.4, RINGING), (0.7, ANSWERED), (4.6, ENDED)), Reason.NORMAL),
    # Of these two Kamailio never told the end.
    Play("killed", "answer", ((0.4, DIALING), (0.4, RINGING), (0.7, ANSWERED))),
    Play("shut_down", "answer", ((0.5, DIALING), (0.5, RINGING), (0.8, ANSWERED))),
)


@pytest.mark.parametrize("play", PLAYS, ids=lambda play: play.scene)
def test_the_call_goes_through_its_states(play: Play) -> None:
    stage = Stage(play.scene)
    seen: list[tuple[float, State]] = []
    for at in stage.play():
        if not seen or seen[-1][1] is not stage.call.state:
            seen.append((at, stage.call.state))
    assert [state for _, state in seen] == [state for _, state in play.states]
    assert [at for at, _ in seen] == pytest.approx([at for at, _ in play.states], abs=TENTH)


@pytest.mark.parametrize("play", PLAYS, ids=lambda play: play.scene)
def test_the_call_tells_who_talks_to_whom_and_when(play: Play) -> None:
    stage = Stage(play.scene)
    exhaust(stage.play())
    call = stage.call
    assert (call.caller, call.caller_name, call.dialed, call.callee) == ("alice", "alice", play.dialed, play.dialed)
    assert call.sip_call_id.endswith("@127.0.0.1")
    assert call.placement.account == ALICE.id
    times = {state: at for at, state in reversed(play.states)}
    moments = {
        DIALING: call.started_at,
        RINGING: call.progressed_at,
        ANSWERED: call.answered_at,
        ENDED: call.ended_at,
    }
    for state, moment in moments.items():
        if state in times:
            assert moment is not None
            assert moment - stage.began == pytest.approx(times[state], abs=TENTH)
        else:
            assert moment is None
    assert (call.cause.reason if call.cause else None) == play.cause
    assert (call.cause.sip if call.cause else 0) == play.sip
    assert not stage.table.ignored


def test_ten_calls_overlap_and_none_is_mixed_up_with_another() -> None:
    stage = Stage("ten_calls")
    exhaust(stage.play(until=3.0))
    assert [call.state for call in stage.calls] == [ANSWERED] * 10
    assert len({call.sip_call_id for call in stage.calls}) == 10
    starts = [call.started_at - stage.began for call in stage.calls]
    assert starts == pytest.approx([0.5, 0.7, 0.9, 1.1, 1.3, 1.5, 1.7, 1.9, 2.1, 2.3], abs=TENTH)
    stage = Stage("ten_calls")
    exhaust(stage.play())
    assert [call.state for call in stage.calls] == [ENDED] * 10
    assert [call.duration(0.0) for call in stage.calls] == pytest.approx([2.5] * 10, abs=0.1)
    assert not stage.up


def test_no_calls() -> None:
    stage = Stage("answered")
    stage.take_list("01-dlg.list", 0.0, scene="idle")
    assert not stage.calls


class Question(msgspec.Struct, frozen=True):
    """A list that was asked for at some time of a scene, and the state that it shows all calls in."""

    scene: str
    name: str
    at: float
    state: State
    calls: int = 1


QUESTIONS = (
    Question("answered", "01-dlg.list", 2.0, ANSWERED),
    Question("callee_hangs_up", "01-dlg.list", 2.0, ANSWERED),
    Question("early_media", "01-dlg.list-early", 1.5, RINGING),
    Question("ringing_cancelled", "01-dlg.list-ringing", 1.5, RINGING),
    Question("killed_while_ringing", "02-dlg.list-after", 1.5, RINGING),
    Question("killed", "01-dlg.list-before", 1.2, ANSWERED),
    Question("dead_caller", "01-dlg.list-caller-gone", 4.5, ANSWERED),
    Question("held", "04-dlg.list-resumed", 4.5, ANSWERED),
    Question("ten_calls", "01-dlg.list-ten", 3.0, ANSWERED, 10),
)


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.scene)
def test_a_list_changes_nothing_that_events_told(question: Question) -> None:
    stage = Stage(question.scene)
    exhaust(stage.play(until=question.at))
    before = stage.calls
    stage.take_list(question.name, question.at)
    assert [call.number for call in stage.calls] == [call.number for call in before]
    for call, known in zip(stage.calls, before, strict=True):
        for field in ("state", "caller", "caller_name", "dialed", "callee", "sip_call_id", "placement", "first_leg"):
            assert getattr(call, field) == getattr(known, field)
        for field in ("started_at", "progressed_at", "answered_at"):
            assert getattr(call, field) == getattr(known, field)


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.scene)
def test_a_list_right_after_the_connect_gives_the_rows_that_events_would_have_given(question: Question) -> None:
    told, listed = Stage(question.scene), Stage(question.scene)
    exhaust(told.play(until=question.at))
    listed.take_list(question.name, question.at)
    assert len(listed.calls) == question.calls
    by_call_id = {call.sip_call_id: call for call in told.calls}
    for call in listed.calls:
        known = by_call_id[call.sip_call_id]
        assert call.state is known.state is question.state
        for field in ("key", "caller", "dialed", "callee", "first_leg"):
            assert getattr(call, field) == getattr(known, field)
        assert call.placement.account == known.placement.account
        # A list has whole seconds.
        assert call.started_at == pytest.approx(known.started_at, abs=1.0)
        assert call.started_at <= listed.began + question.at
        if known.answered_at is None:
            assert call.answered_at is None
        else:
            assert call.answered_at == pytest.approx(known.answered_at, abs=1.0)


def test_a_hold_stands_in_no_list_but_is_kept() -> None:
    stage = Stage("held")
    exhaust(stage.play(until=3.0))
    stage.take_list("01-dlg.list-held", 3.0)
    assert stage.call.state is HELD
    afresh = Stage("held")
    afresh.take_list("01-dlg.list-held", 3.0)
    assert afresh.call.state is ANSWERED


def order(stage: Stage) -> HangUp:
    """The order to end the only call."""
    return HangUp(CommandId("c1"), CallKey("kamailio", stage.call.key.native))


def test_a_call_that_we_ended_ends_with_the_list_though_kamailio_never_tells_it() -> None:
    stage = Stage("killed")
    exhaust(stage.play())
    assert stage.translator.hang_up(order(stage)) == (
        b'{"jsonrpc":"2.0","method":"dlg.end_dlg","id":1,"params":[1067,24445]}'
    )
    stage.translator.memory.ordered("1067:24445", stage.began + 1.4)
    for event in stage.translator.memory.ending("1067:24445", stage.began + 1.5):
        stage.table.accept(event, stage.began + 1.5)
    assert stage.call.state is State.ENDING
    stage.take_list("05-dlg.list-after", 1.6)
    assert stage.call.state is ENDED
    assert stage.call.cause is not None
    assert stage.call.cause.reason is Reason.DISCONNECTED
    assert not len(stage.translator.memory)


def test_a_call_that_ends_with_nobody_telling_is_missing_in_the_list() -> None:
    stage = Stage("killed")
    exhaust(stage.play())
    stage.take_list("05-dlg.list-after", 1.6)
    assert stage.call.cause is not None
    assert stage.call.cause.reason is Reason.MISSING


def test_a_ringing_call_cannot_be_ended_and_says_so() -> None:
    stage = Stage("killed_while_ringing")
    exhaust(stage.play(until=1.0))
    with pytest.raises(RefusedError, match="only once it is answered"):
        stage.translator.hang_up(order(stage))
    exhaust(stage.play())
    with pytest.raises(RefusedError, match="does not have this call any more"):
        stage.translator.hang_up(order(stage))


def test_a_late_list_does_not_bring_back_what_ended() -> None:
    stage = Stage("answered")
    exhaust(stage.play())
    stage.take_list("01-dlg.list", 3.0)
    assert not stage.up


def test_a_dialog_that_is_over_is_listed_for_a_while_and_is_no_call() -> None:
    stage = Stage("answered")
    over = answer("answered", "01-dlg.list").replace(b'"state":4', b'"state":5')
    dialogs, _ = at_once(wire.read_dialogs(over))
    _, listed = at_once(stage.translator.listed(dialogs, 1.0, 1.1))
    assert listed.legs == ()
    assert listed.complete
