"""Every recorded scene, and the calls that anybody who knows the scene expects to see."""

import pytest
from msgspec import Struct

from callboard.calls.causes import Reason
from callboard.calls.legs import Call, Placement
from callboard.calls.state import State
from callboard.switches.clock import SwitchClock
from callboard.switches.freeswitch.translate import Translator
from callboard.table.changes import Change, Kind
from callboard.table.store.numbering import Numbering
from callboard.table.table import Table
from tests.switches.freeswitch.recording import SCENES, events

NEW_TO_END = "routing dialing ringing answered ending ended"


class Expected(Struct, frozen=True):
    """A call as it should have been seen. Seconds count from its start."""

    caller: str
    dialed: str
    callee: str
    states: str
    answered: float | None
    ended: float
    reason: Reason = Reason.NORMAL
    name: str = "alice"


PLAYS: dict[str, tuple[Expected, ...]] = {
    # Nobody calls.
    "idle": (),
    # alice hears her own echo for two seconds.
    "one_leg": (Expected("alice", "echo", "echo", "routing answered ending ended", 0.0, 2.0),),
    # The far end rings 0.3 s and answers; alice hangs up after three seconds.
    "bridged": (Expected("alice", "uas-answer", "answer", NEW_TO_END, 0.3, 3.4),),
    # The same, but the media does not go through the switch, and it is shorter.
    "bypass_media": (Expected("alice", "bypass-answer", "answer", NEW_TO_END, 0.3, 1.8),),
    "display_name": (Expected("alice", "uas-answer", "answer", NEW_TO_END, 0.3, 1.6, name="Zoë O'Brien, Ünit 4; <x>"),),
    # alice gives up after two seconds.
    "ringing_cancelled": (
        Expected(
            "alice", "uas-ring", "ring", "routing dialing ringing ending ended", None, 2.1, reason=Reason.CANCELLED
        ),
    ),
    # The switch itself rings; alice gives up after a second and a half.
    "ringing_one_leg": (
        Expected("alice", "ring", "ring", "routing ringing ending ended", None, 1.5, reason=Reason.CANCELLED),
    ),
    # Announcements for three seconds, then the answer; alice hangs up a second later.
    "early_media": (Expected("alice", "uas-early", "early", NEW_TO_END, 3.1, 4.1),),
    # The far end fails; nothing more is tried, and the caller is told so.
    "busy": (
        Expected("alice", "uas-busy", "busy", "routing dialing routing ending ended", None, 0.0, reason=Reason.BUSY),
    ),
    "declined": (
        Expected(
            "alice", "uas-decline", "decline", "routing dialing ringing ending ended", None, 0.5, reason=Reason.DECLINED
        ),
    ),
    # A number that the far end does not know, then one that the switch does not know.
    "missing": (
        Expected(
            "alice",
            "uas-missing",
            "missing",
            "routing dialing routing ending ended",
            None,
            0.0,
            reason=Reason.NOT_FOUND,
        ),
        Expected("alice", "nosuch", "nosuch", "routing ending ended", None, 0.0, reason=Reason.NOT_FOUND),
    ),
    "callee_hangs_up": (Expected("alice", "uas-hangup", "hangup", NEW_TO_END, 0.3, 3.3),),
    # A second and a half after the answer alice holds for two seconds, and hangs up a second and a half after that.
    "held": (
        Expected(
            "alice", "uas-answer", "answer", "routing dialing ringing answered held answered ending ended", 0.3, 5.4
        ),
    ),
    # The switch is told to hold and to take back.
    "held_by_api": (
        Expected(
            "alice", "uas-answer", "answer", "routing dialing ringing answered held answered ending ended", 0.3, 2.5
        ),
    ),
    # alice sends the party she talks to ("answer") on to another ("hangup"), who hangs up after three seconds.
    "blind_transfer": (
        Expected(
            "answer",
            "uas-hangup",
            "hangup",
            "routing dialing ringing answered dialing ringing answered ending ended",
            0.3,
            4.7,
            name="answer",
        ),
    ),
    # Between alice and the far end the switch calls itself. She hears ringing; after three seconds "slow" answers.
    "loopback": (Expected("alice", "loop", "slow", "routing ringing answered ending ended", 3.0, 5.6),),
    # uuid_kill, without a cause of its own.
    "killed": (Expected("alice", "uas-answer", "answer", NEW_TO_END, 0.3, 1.1),),
    # alice waits in a parking lot until uuid_kill ends it with CALL_REJECTED.
    "parked": (Expected("alice", "wait", "wait", "routing answered ending ended", 0.0, 0.9, reason=Reason.DECLINED),),
    # The switch calls "answer"; once that party is there, it is connected to "hangup", who leaves after three seconds.
    "originated": (
        Expected(
            "answer",
            "uas-hangup",
            "hangup",
            "dialing ringing answered dialing ringing answered ending ended",
            0.3,
            3.7,
            name="answer",
        ),
    ),
    # Six calls, one each fifth of a second.
    "six_calls": (Expected("load", "uas-answer", "answer", NEW_TO_END, 0.3, 2.8, name="load"),) * 6,
    # The switch is shut down while bob talks and alice is parked.
    "shut_down": (
        Expected("bob", "uas-answer", "answer", NEW_TO_END, 0.3, 2.1, reason=Reason.SWITCH_LOST, name="bob"),
        Expected("alice", "wait", "wait", "routing answered ending ended", 0.0, 2.1, reason=Reason.SWITCH_LOST),
    ),
}


class Board:
    """A table that is told the scene, and what it said of each call."""

    def __init__(self) -> None:
        self.translator = Translator("pbx", SwitchClock())
        self.table = Table(lambda legs: Placement(), Numbering(0, lambda size: 1), 1)
        self.table.watch(self.see)
        self.states: dict[int, list[State]] = {}
        self.calls: dict[int, Call] = {}

    def see(self, change: Change) -> None:
        """The table changed."""
        if change.kind is not Kind.LEFT:
            self.calls[change.call.number] = change.call
            states = self.states.setdefault(change.call.number, [])
            if not states or states[-1] is not change.call.state:
                states.append(change.call.state)

    def play(self, scene: str) -> None:
        """Tell it a whole scene, each event when it happened."""
        for event in events(scene):
            received = int(event.timestamp) / 1e6
            for told in self.translator.accept(event, received):
                self.table.accept(told, received)


def test_every_recorded_scene_has_its_play() -> None:
    assert set(PLAYS) == set(SCENES)


@pytest.mark.parametrize("scene", PLAYS)
def test_a_scene(scene: str) -> None:
    board = Board()

    board.play(scene)

    assert len(board.calls) == len(PLAYS[scene])
    for call, expected in zip(board.calls.values(), PLAYS[scene], strict=True):
        seen = " ".join(state.name.lower() for state in board.states[call.number])
        assert seen == expected.states
        assert (call.caller, call.dialed, call.callee) == (expected.caller, expected.dialed, expected.callee)
        assert call.caller_name == expected.name
        assert call.cause
        assert call.cause.reason is expected.reason
        answered = None if call.answered_at is None else call.answered_at - call.started_at
        assert answered == (None if expected.answered is None else pytest.approx(expected.answered, abs=0.1))
        assert call.ended_at
        assert call.ended_at - call.started_at == pytest.approx(expected.ended, abs=0.1)


@pytest.mark.parametrize("scene", PLAYS)
def test_after_a_scene_nothing_is_left(scene: str) -> None:
    board = Board()

    board.play(scene)

    assert len(board.translator) == 0
    assert board.table.select() == tuple(call for call in board.table.select() if call.state is State.ENDED)
    assert not board.table.ignored


@pytest.mark.parametrize("scene", SCENES)
def test_the_switchs_words_for_a_callee_without_a_name_are_no_name(scene: str) -> None:
    board = Board()

    board.play(scene)

    for call in board.calls.values():
        assert "Outbound Call" not in (call.caller_name, *(leg.name for leg in call.legs))


def test_facts_of_the_legs_are_for_placement() -> None:
    board = Board()

    board.play("bridged")

    (call,) = board.calls.values()
    caller, callee = call.legs
    assert caller.facts.account_code == "rig-account"
    assert caller.facts.context == "rig"
    assert caller.facts.source == "127.0.0.1:5060"
    assert caller.facts.endpoint == "", "From is the caller's own word, and it did not authenticate"
    assert callee.facts.source == "127.0.0.1:5070"
    assert (call.caller_media, call.callee_media) == ("127.0.0.1", "127.0.0.1")
    assert call.sip_call_id == "1-22010@127.0.0.1"


def test_a_transferred_call_keeps_its_number_and_asks_for_a_list() -> None:
    board = Board()

    board.play("blind_transfer")

    assert len(board.calls) == 1
    assert board.translator.wants_list
