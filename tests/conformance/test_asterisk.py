"""Real calls by SIPp through a real Asterisk: one caller and whoever is called, as recorded, and what must be shown."""

import signal
from pathlib import Path

import pytest

from callboard.calls.causes import Reason
from callboard.calls.commands import CommandId, HangUp
from callboard.calls.legs import Call
from callboard.calls.state import State
from callboard.switches.asterisk.adapter import AsteriskLink
from tests.conformance.asterisk_stage import Stage, stage
from tests.conformance.sipp import Callee, Caller, pause

pytestmark = [pytest.mark.usefixtures("sipp", "real_asterisk")]

ALICE = Caller(user="alice")
BOB = Callee()
N = "442079460123"
RINGS = f"ringing alice>{N}: alice routing, far/{N} ringing"
TALKS = f"answered alice>{N}: alice answered, far/{N} answered"

# A far end that rings at once may do so before Asterisk has told that it dials.
RINGING = (BOB.invited(), BOB.trying(), pause(300), BOB.ring(), pause(700))
ANSWERING = (BOB.invited(), BOB.trying(), pause(300), BOB.ring(), BOB.answer())
CALLING = (ALICE.invite(), ALICE.trying(), ALICE.answered(1))


async def ends(on_stage: Stage, reason: Reason, sip: int = 0) -> Call:
    """Wait until the only call is over."""
    await on_stage.over()
    (call,) = on_stage.watch.table.calls()
    assert call.cause is not None
    assert (call.state, call.cause.reason, call.cause.sip) == (State.ENDED, reason, sip)
    return call


def hang_up(on_stage: Stage, call: Call) -> None:
    assert on_stage.watch.link.send(HangUp(CommandId("1"), call.key)) is None


def _blocked(process: int) -> int:
    """The signals that a process does not get, as a mask (proc(5), SigBlk)."""
    status = Path(f"/proc/{process}/status").read_text(encoding="ascii")
    return int(status.partition("SigBlk:")[2].split()[0], 16)


async def test_the_switch_may_take_the_signal_that_wakes_it(tmp_path: Path) -> None:
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGURG})
    try:
        async with stage(tmp_path) as on_stage:
            blocked = _blocked(on_stage.switch.process.pid)
            still = signal.pthread_sigmask(signal.SIG_BLOCK, set())
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    assert not blocked & 1 << signal.SIGURG - 1
    assert signal.SIGURG in still


async def test_nothing_is_shown_of_an_idle_switch(tmp_path: Path) -> None:
    async with stage(tmp_path) as on_stage:
        assert on_stage.watch.live == []


async def test_a_call_through_all_its_states(tmp_path: Path) -> None:
    hold = (ALICE.media_turns("sendonly", 2), pause(1000), ALICE.media_turns("sendrecv", 3), pause(700))
    async with stage(tmp_path) as on_stage:
        await on_stage.callee(*RINGING, BOB.answer(), BOB.hung_up())
        await on_stage.caller(N, *CALLING, pause(700), *hold, ALICE.bye(4))
        (ringing,) = await on_stage.shows(RINGS)
        await on_stage.agrees()
        assert (ringing.callee, ringing.placement.account) == (N, 7)
        (answered,) = await on_stage.shows(TALKS)
        assert answered.answered_at is not None
        assert answered.answered_at - answered.started_at > 0.9
        await on_stage.shows(f"held alice>{N}: alice held, far/{N} answered")
        await on_stage.agrees()
        await on_stage.shows(TALKS)
        over = await ends(on_stage, Reason.NORMAL)
        assert over.number == ringing.number
    assert on_stage.watch.path == "routing dialing ringing answered held answered ending ended"


async def test_the_switch_itself_answers(tmp_path: Path) -> None:
    async with stage(tmp_path) as on_stage:
        await on_stage.caller("echo", *CALLING, pause(700), ALICE.bye(2))
        await on_stage.shows("answered alice>echo: alice answered")
        await on_stage.agrees()
        await ends(on_stage, Reason.NORMAL)


async def test_the_switch_itself_rings_until_the_caller_gives_up(tmp_path: Path) -> None:
    async with stage(tmp_path) as on_stage:
        await on_stage.caller("ring", ALICE.invite(), ALICE.rings(), pause(700), ALICE.cancel(1))
        await on_stage.shows("routing alice>ring: alice routing")
        await on_stage.agrees()
        await ends(on_stage, Reason.CANCELLED, 487)


async def test_the_caller_gives_up(tmp_path: Path) -> None:
    async with stage(tmp_path) as on_stage:
        await on_stage.callee(BOB.invited(), BOB.trying(), pause(300), BOB.ring(), BOB.cancelled())
        await on_stage.caller(N, ALICE.invite(), ALICE.rings(), pause(700), ALICE.cancel(1))
        await on_stage.shows(RINGS)
        await on_stage.agrees()
        over = await ends(on_stage, Reason.CANCELLED, 487)
        assert over.answered_at is None


async def test_early_media_counts_as_ringing(tmp_path: Path) -> None:
    async with stage(tmp_path) as on_stage:
        await on_stage.callee(
            BOB.invited(), BOB.trying(), pause(300), BOB.early(), pause(700), BOB.answer(), BOB.hung_up()
        )
        await on_stage.caller(N, *CALLING, pause(500), ALICE.bye(2))
        await on_stage.shows(RINGS)
        await on_stage.agrees()
        await on_stage.shows(TALKS)
        await ends(on_stage, Reason.NORMAL)


@pytest.mark.parametrize(
    ("status", "told", "reason"),
    [
        ("486 Busy Here", 486, Reason.BUSY),
        ("404 Not Found", 404, Reason.NOT_FOUND),
        ("603 Decline", 403, Reason.DECLINED),
        ("480 Temporarily Unavailable", 480, Reason.NO_ANSWER),
    ],
)
async def test_the_callee_refuses(tmp_path: Path, status: str, told: int, reason: Reason) -> None:
    async with stage(tmp_path) as on_stage:
        await on_stage.callee(BOB.invited(), BOB.trying(), pause(500), BOB.refuse(status))
        await on_stage.caller(N, ALICE.invite(), ALICE.trying(), ALICE.refused(told, 1))
        await on_stage.shows(f"dialing alice>{N}: alice routing, far/{N} dialing")
        await on_stage.agrees()
        await ends(on_stage, reason, told)


async def test_the_switch_has_no_way(tmp_path: Path) -> None:
    async with stage(tmp_path) as on_stage:
        await on_stage.caller("congestion", ALICE.invite(), ALICE.trying(), ALICE.refused(503, 1))
        await ends(on_stage, Reason.FAILED, 503)


async def test_an_unknown_extension_makes_no_call(tmp_path: Path) -> None:
    async with stage(tmp_path) as on_stage:
        await on_stage.caller("nosuch", ALICE.invite(), ALICE.trying(), ALICE.refused(404, 1))
        await on_stage.over()
        assert on_stage.watch.states == []


async def test_the_callee_hangs_up(tmp_path: Path) -> None:
    async with stage(tmp_path) as on_stage:
        await on_stage.callee(BOB.invited_by_name(), BOB.trying(), BOB.ring(), BOB.answer(), pause(700), BOB.bye())
        await on_stage.caller(N, *CALLING, ALICE.hung_up())
        await on_stage.shows(TALKS)
        await ends(on_stage, Reason.NORMAL)


async def test_we_hang_up(tmp_path: Path) -> None:
    async with stage(tmp_path) as on_stage:
        await on_stage.callee(*ANSWERING, BOB.hung_up())
        await on_stage.caller(N, *CALLING, ALICE.hung_up())
        (call,) = await on_stage.shows(TALKS)
        hang_up(on_stage, call)
        await ends(on_stage, Reason.DISCONNECTED)


async def test_somebody_else_hangs_up(tmp_path: Path) -> None:
    async with stage(tmp_path) as on_stage:
        await on_stage.callee(*ANSWERING, BOB.hung_up())
        await on_stage.caller(N, *CALLING, ALICE.hung_up())
        await on_stage.shows(TALKS)
        await on_stage.director.ask("Hangup", Channel=await on_stage.director.channel("alice"), Cause="16")
        await ends(on_stage, Reason.NORMAL)


async def test_a_name_that_the_switch_must_escape(tmp_path: Path) -> None:
    bob = Caller(user="bob")
    async with stage(tmp_path) as on_stage:
        await on_stage.callee(*ANSWERING, BOB.hung_up())
        await on_stage.caller(N, bob.invite(), bob.trying(), bob.answered(1), pause(500), bob.bye(2))
        (call,) = await on_stage.shows(f"answered bob>{N}: bob answered, far/{N} answered")
        assert call.caller_name == "Bob O'Brien, Ünit 4"


async def test_what_placement_is_told(tmp_path: Path) -> None:
    trunk = Caller(user="trunk")
    async with stage(tmp_path) as on_stage:
        await on_stage.callee(*ANSWERING, BOB.hung_up(), times=2)
        await on_stage.caller(N, *CALLING, ALICE.hung_up())
        await on_stage.shows(TALKS)
        await on_stage.caller(N, trunk.invite(), trunk.trying(), trunk.answered(1), trunk.hung_up())
        ours, theirs = await on_stage.shows(TALKS, f"answered trunk>{N}: trunk answered, far/{N} answered")
        facts = [leg.facts for call in (ours, theirs) for leg in call.legs]
        told = [(fact.account_code, fact.endpoint, fact.context) for fact in facts]
        assert told == [("7", "alice", "rig"), ("", "far", "rig"), ("", "trunk", "from-trunk"), ("", "far", "rig")]
        for call in (ours, theirs):
            hang_up(on_stage, call)


async def test_the_callee_leaves_and_the_caller_stays_in_the_dialplan(tmp_path: Path) -> None:
    async with stage(tmp_path) as on_stage:
        await on_stage.callee(BOB.invited_by_name(), BOB.trying(), BOB.ring(), BOB.answer(), pause(700), BOB.bye())
        await on_stage.caller("alone", *CALLING, ALICE.hung_up())
        (both,) = await on_stage.shows("answered alice>alone: alice answered, far/alone answered")
        (alone,) = await on_stage.shows("answered alice>alone: alice answered")
        await on_stage.agrees()
        assert (alone.number, alone.answered_at) == (both.number, both.answered_at)
        hang_up(on_stage, alone)


async def test_nobody_answers_and_the_voicemail_does(tmp_path: Path) -> None:
    async with stage(tmp_path) as on_stage:
        await on_stage.callee(BOB.invited(), BOB.trying(), pause(200), BOB.ring(), BOB.cancelled())
        await on_stage.caller("voicemail", *CALLING, ALICE.hung_up())
        await on_stage.shows("ringing alice>voicemail: alice routing, far/voicemail ringing")
        (call,) = await on_stage.shows("answered alice>voicemail: alice answered")
        await on_stage.agrees()
        hang_up(on_stage, call)


async def test_a_new_link_finds_the_call_that_is_up(tmp_path: Path) -> None:
    async with stage(tmp_path) as on_stage:
        watch = on_stage.watch
        await on_stage.callee(*ANSWERING, BOB.hung_up())
        await on_stage.caller(N, *CALLING, ALICE.hung_up())
        (before,) = await on_stage.shows(TALKS)
        await watch.link.close()
        assert "closed" in str(await watch.link.lost())
        afresh = AsteriskLink(watch.settings, watch.tell, watch.resync)
        await afresh.open()
        assert afresh.instance == watch.link.instance
        watch.link = afresh
        watch.tell(await afresh.list())
        (after,) = await on_stage.shows(TALKS)
        assert after.number == before.number
        assert {leg.id for leg in after.legs} == {leg.id for leg in before.legs}
        hang_up(on_stage, after)


async def test_ten_calls_are_ended_and_none_is_left(tmp_path: Path) -> None:
    async with stage(tmp_path) as on_stage:
        await on_stage.callee(*ANSWERING, BOB.hung_up(), times=10)
        await on_stage.caller(N, *CALLING, ALICE.hung_up(), times=10)
        calls = await on_stage.shows(*[TALKS] * 10)
        await on_stage.agrees()
        for call in calls:
            hang_up(on_stage, call)
        await on_stage.over()
        reasons = [call.cause.reason for call in on_stage.watch.table.calls() if call.cause]
        assert reasons == [Reason.DISCONNECTED] * 10
