"""Each recorded scene: which calls there were, between whom, through which states, when, and how they ended.

What is expected was written from what was done at the time, second by second, and not from what comes out.
"""

import msgspec
import pytest

from callboard.calls.causes import Reason
from tests.switches.asterisk.replay import Theatre, reason


class Row(msgspec.Struct, frozen=True):
    """A call as a person who watched the scene would tell it. Times: seconds since the scene's first channel."""

    caller: str
    dialed: str
    callee: str
    states: str
    ended: float
    reason: Reason | None
    answered: float | None = None
    rang: float | None = None
    """When the far end first alerted or sent media."""
    began: float = 0.0
    sip: int = 0


TALKED = "routing dialing ringing answered ending ended"
N = Reason.NORMAL

SCENES: dict[str, tuple[Row, ...]] = {
    "idle": (),
    "one_leg": (Row("alice", "echo", "echo", "routing answered ending ended", 2.0, N, answered=0.0, rang=0.0),),
    "bridged": (Row("alice", "uas-answer", "uas-answer", TALKED, 3.3, N, answered=0.3, rang=0.0),),
    "display_name": (Row("carol", "uas-answer", "uas-answer", TALKED, 1.8, N, answered=0.3, rang=0.0),),
    # The caller gave up: first she is on her way out, then nobody rings any more, then she is gone.
    "ringing_cancelled": (
        Row(
            "alice",
            "uas-ring",
            "uas-ring",
            "routing dialing ringing ending ended",
            2.0,
            Reason.CANCELLED,
            rang=0.0,
            sip=487,
        ),
    ),
    # No event that we ask for says that the switch itself rings.
    "ringing_one_leg": (Row("alice", "ring", "ring", "routing ending ended", 1.5, Reason.CANCELLED, sip=487),),
    "early_media": (Row("alice", "uas-early", "uas-early", TALKED, 4.0, N, answered=3.0, rang=0.0),),
    # The far end refused: the caller's dialplan had the call again for a moment.
    "busy": (Row("alice", "uas-busy", "uas-busy", "routing dialing routing ended", 0.0, Reason.BUSY, sip=486),),
    "declined": (
        # To the caller this dialplan says 403.
        Row(
            "alice",
            "uas-decline",
            "uas-decline",
            "routing dialing ringing routing ended",
            0.5,
            Reason.DECLINED,
            rang=0.0,
            sip=403,
        ),
    ),
    # The switch ended both legs, the caller's first. Of the unknown extension that was called next there is no event.
    "missing": (
        Row("alice", "uas-missing", "uas-missing", "routing dialing ending ended", 0.0, Reason.NOT_FOUND, sip=404),
    ),
    "callee_hangs_up": (Row("alice", "uas-hangup", "uas-hangup", TALKED, 3.3, N, answered=0.3, rang=0.0),),
    "held": (
        Row(
            "alice",
            "uas-answer",
            "uas-answer",
            "routing dialing ringing answered held answered ending ended",
            4.8,
            N,
            answered=0.3,
            rang=0.0,
        ),
    ),
    # 1.3: alice sends the one she talks to on to uas-hangup, who rings, answers at 1.6 and hangs up 3 s later.
    "blind_transfer": (
        Row(
            "uas-answer",
            "uas-hangup",
            "uas-hangup",
            "routing dialing ringing answered dialing ringing answered ending ended",
            4.7,
            N,
            answered=0.3,
            rang=0.0,
        ),
    ),
    # Hold at 1.6 and no release: alice has the first party on hold while she calls uas-slow, until she leaves at 9.3.
    "attended_transfer": (
        Row(
            "uas-answer",
            "uas-slow",
            "uas-slow",
            "routing dialing ringing answered held answered ending ended",
            9.9,
            N,
            answered=0.3,
            rang=0.0,
        ),
    ),
    "forked": (Row("alice", "fork", "fork", TALKED, 4.5, N, answered=3.0, rang=0.0),),
    # Hung up by the recorder's AMI connection, not ours: the switch says normal clearing.
    "killed_by_ami": (Row("alice", "uas-answer", "uas-answer", TALKED, 1.1, N, answered=0.3, rang=0.0),),
    "killed_by_ari": (Row("alice", "uas-answer", "uas-answer", TALKED, 1.1, N, answered=0.3, rang=0.0),),
    # An application answers alice at 0.6, originates a leg of its own (a call of its own, until it is bridged at 1.6).
    "stasis": (
        Row("alice", "stasis2", "100", "routing answered ending ended", 2.4, N, answered=0.6, rang=0.6),
        Row("100", "", "", "new dialing ringing answered ended", 1.6, N, answered=0.9, rang=0.6, began=0.6),
    ),
    "parked": (Row("alice", "park", "park", "routing answered held ended", 0.9, N, answered=0.0, rang=0.0),),
    # The switch calls uas-answer and, once that answered at 0.3, leads it to uas-hangup: answers at 0.6, leaves at 3.6.
    "originated": (
        Row(
            "uas-answer",
            "uas-hangup",
            "uas-hangup",
            "new dialing ringing answered dialing ringing answered ending ended",
            3.6,
            N,
            answered=0.3,
            rang=0.0,
        ),
    ),
    # Each member is a call of his own with the switch; they come one after another and stay 1.5 s.
    "conference": (
        Row("alice", "meet", "meet", "routing answered ending ended", 1.5, N, answered=0.0, rang=0.0),
        Row("bob", "meet", "meet", "routing answered ending ended", 1.6, N, answered=0.1, rang=0.1),
        Row("trunk", "meet", "meet", "routing answered ending ended", 1.6, N, answered=0.1, rang=0.1, began=0.1),
    ),
    # The queue answers and at 0.5 calls its agent by a Local channel: rings at 1.2, answers at 1.9.
    "queued": (
        Row(
            "alice",
            "queue",
            "442",
            "routing answered dialing ringing answered ending ended",
            2.5,
            N,
            answered=0.0,
            rang=0.0,
        ),
    ),
    # Bob dials the place where alice is parked, hears of it for half a second, and joins her call; he leaves at 1.6.
    "parked_and_fetched": (
        Row("alice", "park", "bob", "routing answered held answered ending ended", 1.6, N, answered=0.0, rang=0.0),
        Row("bob", "701", "701", "routing answered ended", 1.0, N, answered=0.5, rang=0.5, began=0.5),
    ),
    # Right after the answer one party is sent to music and the other let go. Only a list tells that it goes on.
    "redirected_caller": (Row("alice", "442", "442", TALKED, 1.0, N, answered=0.6, rang=0.3),),
    "redirected_callee": (Row("alice", "442", "442", TALKED, 1.0, N, answered=0.6, rang=0.3),),
    # The configuration and the SIP modules are read anew while they talk.
    "reloaded": (Row("alice", "442", "442", TALKED, 0.7, N, answered=0.6, rang=0.3),),
    # At 0.9 bob takes the call that rings elsewhere. No event says so until they part; a list would (Linkedid).
    "picked_up": (
        Row(
            "alice",
            "501",
            "bob",
            "routing dialing ringing ending answered ending ended",
            1.0,
            N,
            answered=0.9,
            rang=0.3,
        ),
        Row("bob", "pick", "pick", "routing answered ended", 0.9, N, answered=0.4, rang=0.4, began=0.4),
    ),
    "congested": (Row("alice", "congestion", "congestion", "routing ending ended", 0.0, Reason.FAILED, sip=503),),
    "shut_down": (
        Row("alice", "echo", "echo", "routing answered ended", 1.4, N, answered=0.0, rang=0.0),
        Row("bob", "uas-answer", "uas-answer", TALKED, 1.4, N, answered=0.3, rang=0.0),
    ),
}


@pytest.mark.parametrize("scene", SCENES)
def test_scene(scene: str) -> None:
    theatre = Theatre().play(scene)
    stories = list(theatre.stories.values())
    told = [
        Row(
            caller=story.call.caller,
            dialed=story.call.dialed,
            callee=story.call.callee,
            states=story.path,
            ended=_since(theatre, story.call.ended_at),
            reason=reason(story.call),
            answered=None if story.call.answered_at is None else _since(theatre, story.call.answered_at),
            rang=None if story.call.progressed_at is None else _since(theatre, story.call.progressed_at),
            began=_since(theatre, story.call.started_at),
            sip=story.call.cause.sip if story.call.cause else 0,
        )
        for story in stories
    ]
    assert told == list(SCENES[scene])
    assert len(theatre.translator) == 0
    assert not theatre.translator.doubtful(theatre.now + 60)


def _since(theatre: Theatre, at: float | None) -> float:
    assert at is not None
    return abs(round(at - theatre.began, 1))
