"""Real calls by SIPp through a real Asterisk that change: forks, transfers, parking, queues and more."""

import asyncio
from contextlib import suppress
from pathlib import Path

import pytest

from callboard.calls.commands import CommandId, HangUp
from callboard.calls.legs import Call
from callboard.calls.state import State
from tests.conformance.asterisk_stage import Stage, stage
from tests.conformance.sipp import Callee, Caller, pause
from tests.rig.director import application, ari

pytestmark = [pytest.mark.usefixtures("sipp", "real_asterisk")]

ALICE, BOB, FRED = Caller(user="alice"), Caller(user="bob"), Caller(user="trunk")
FAR, OTHER = Callee(), Callee(media="127.0.0.4")
ANSWERING = (FAR.invited(), FAR.trying(), pause(300), FAR.ring(), pause(300), FAR.answer())


def calling(caller: Caller) -> tuple[tuple[str, ...], ...]:
    return caller.invite(), caller.trying(), caller.answered(1)


def hang_up(on_stage: Stage, call: Call) -> None:
    assert on_stage.watch.link.send(HangUp(CommandId("1"), call.key)) is None


async def test_forked(tmp_path: Path) -> None:
    async with stage(tmp_path) as on_stage:
        await on_stage.callee(FAR.invited(), FAR.trying(), pause(300), FAR.ring(), FAR.cancelled())
        await on_stage.callee(
            OTHER.invited(),
            OTHER.trying(),
            pause(300),
            OTHER.ring(),
            pause(700),
            OTHER.answer(),
            OTHER.hung_up(),
            other=True,
        )
        await on_stage.caller("fork", *calling(ALICE), pause(700), ALICE.bye(2))
        await on_stage.shows("ringing alice>fork: alice routing, far/fork ringing, far/fork ringing")
        await on_stage.agrees()
        await on_stage.shows("answered alice>fork: alice answered, far/fork answered")
        await on_stage.agrees()


async def test_blind_transfer(tmp_path: Path) -> None:
    async with stage(tmp_path) as on_stage:
        await on_stage.callee(*ANSWERING, FAR.hung_up())
        await on_stage.callee(
            OTHER.invited(),
            OTHER.trying(),
            pause(300),
            OTHER.ring(),
            pause(700),
            OTHER.answer(),
            OTHER.hung_up(),
            other=True,
        )
        await on_stage.caller("442", *calling(BOB), pause(700), BOB.transfer("501", 2))
        (before,) = await on_stage.shows("answered bob>442: bob answered, far/442 answered")
        await on_stage.shows("ringing 442>501: far/442 answered, far/501 ringing")
        (after,) = await on_stage.shows("answered 442>501: far/442 answered, far/501 answered")
        await on_stage.agrees()
        assert (after.number, after.answered_at, after.caller_name) == (before.number, before.answered_at, "")
        hang_up(on_stage, after)


async def test_attended_transfer(tmp_path: Path) -> None:
    async with stage(tmp_path) as on_stage:
        await on_stage.callee(*ANSWERING, FAR.hung_up())
        await on_stage.callee(
            OTHER.invited(),
            OTHER.trying(),
            pause(300),
            OTHER.ring(),
            pause(700),
            OTHER.answer(),
            OTHER.hung_up(),
            other=True,
        )
        await on_stage.caller("601", *calling(ALICE), pause(5000), ALICE.bye(2))
        (before,) = await on_stage.shows("answered alice>601: alice answered, far/601 answered")
        channel = await on_stage.director.channel("alice")
        await on_stage.director.ask("Atxfer", Channel=channel, Exten="501", Context="rig")
        asks = "alice held, far/601 answered, far/501"
        await on_stage.shows(f"held alice>601: {asks} ringing")
        await on_stage.agrees()
        await on_stage.shows(f"held alice>601: {asks} answered")
        await on_stage.agrees()
        (after,) = await on_stage.shows("answered 601>501: far/601 answered, far/501 answered")
        await on_stage.agrees()
        assert (after.number, after.answered_at) == (before.number, before.answered_at)
        hang_up(on_stage, after)


async def test_parked_and_fetched(tmp_path: Path) -> None:
    async with stage(tmp_path) as on_stage:
        await on_stage.caller("park", *calling(ALICE), ALICE.hung_up())
        (parked,) = await on_stage.shows("held alice>park: alice held")
        await on_stage.agrees()
        on_stage.watch.tell(await on_stage.watch.link.list())
        await on_stage.shows("held alice>park: alice held")
        await on_stage.caller("701", *calling(BOB), pause(1000), BOB.bye(2))
        (fetched,) = await on_stage.shows("answered alice>park: alice answered, bob answered")
        await on_stage.agrees()
        assert (fetched.number, fetched.answered_at) == (parked.number, parked.answered_at)


async def test_queued(tmp_path: Path) -> None:
    async with stage(tmp_path) as on_stage:
        await on_stage.callee(
            FAR.invited(), FAR.trying(), pause(700), FAR.ring(), pause(700), FAR.answer(), FAR.hung_up()
        )
        await on_stage.caller("queue", *calling(ALICE), pause(2500), ALICE.bye(2))
        await on_stage.shows("dialing alice>queue: alice answered, far/442 dialing")
        await on_stage.shows("ringing alice>queue: alice answered, far/442 ringing")
        await on_stage.agrees()
        await on_stage.shows("answered alice>queue: alice answered, far/442 answered")
        await on_stage.agrees()


async def test_conference(tmp_path: Path) -> None:
    async with stage(tmp_path) as on_stage:
        rows = [f"answered {name}>meet: {name} answered" for name in ("alice", "bob", "trunk")]
        for count, caller in enumerate((ALICE, BOB, FRED), 1):
            await on_stage.caller("meet", *calling(caller), caller.hung_up())
            calls = await on_stage.shows(*rows[:count])
        await on_stage.agrees()
        for left, call in enumerate(calls, 1):
            hang_up(on_stage, call)
            await on_stage.shows(*rows[left:])
            await on_stage.agrees()


async def test_originated(tmp_path: Path) -> None:
    async with stage(tmp_path) as on_stage:
        await on_stage.callee(*ANSWERING, FAR.hung_up())
        await on_stage.callee(
            OTHER.invited(),
            OTHER.trying(),
            pause(300),
            OTHER.ring(),
            pause(700),
            OTHER.answer(),
            OTHER.hung_up(),
            other=True,
        )
        await on_stage.director.ask(
            "Originate",
            Channel="Local/442@rig",
            Context="rig",
            Exten="501",
            Priority="1",
            Async="true",
            CallerID="Click <2000>",
        )
        await on_stage.shows("ringing 442>: far/442 ringing")
        await on_stage.shows("ringing 442>501: far/442 answered, far/501 ringing")
        (call,) = await on_stage.shows("answered 442>501: far/442 answered, far/501 answered")
        await on_stage.agrees()
        hang_up(on_stage, call)


async def test_the_caller_is_redirected(tmp_path: Path) -> None:
    async with stage(tmp_path) as on_stage:
        await on_stage.callee(*ANSWERING, FAR.hung_up())
        await on_stage.caller("442", *calling(ALICE), ALICE.hung_up())
        (before,) = await on_stage.shows("answered alice>442: alice answered, far/442 answered")
        channel = await on_stage.director.channel("alice")
        await on_stage.director.ask("Redirect", Channel=channel, Context="rig", Exten="hold", Priority="1")
        (after,) = await on_stage.shows("answered alice>442: alice answered")
        await on_stage.agrees()
        assert (after.number, after.answered_at) == (before.number, before.answered_at)
        hang_up(on_stage, after)


async def test_the_callee_is_redirected(tmp_path: Path) -> None:
    async with stage(tmp_path) as on_stage:
        await on_stage.callee(*ANSWERING, FAR.hung_up())
        await on_stage.caller("442", *calling(ALICE), ALICE.hung_up())
        (before,) = await on_stage.shows("answered alice>442: alice answered, far/442 answered")
        channel = await on_stage.director.channel("far")
        await on_stage.director.ask("Redirect", Channel=channel, Context="rig", Exten="hold", Priority="1")
        (after,) = await on_stage.shows("answered 442>442: far/442 answered")
        await on_stage.agrees()
        assert after.number == before.number
        assert after.started_at == before.started_at
        assert after.answered_at is not None
        assert before.answered_at is not None
        assert before.started_at < after.answered_at <= before.answered_at, "its own answer, which was before both were"
        hang_up(on_stage, after)


async def test_picked_up_by_another_phone(tmp_path: Path) -> None:
    async with stage(tmp_path) as on_stage:
        ringing = (OTHER.invited(), OTHER.trying(), pause(300), OTHER.ring(), OTHER.cancelled())
        await on_stage.callee(*ringing, other=True)
        await on_stage.caller("501", *calling(ALICE), ALICE.hung_up())
        (before,) = await on_stage.shows("ringing alice>501: alice routing, far/501 ringing")
        await on_stage.caller("pick", *calling(BOB), BOB.hung_up())
        (after,) = await on_stage.shows("answered alice>501: alice answered, bob answered")
        await on_stage.agrees()
        assert after.number == before.number
        hang_up(on_stage, after)


async def test_an_application_joins_two_legs(tmp_path: Path) -> None:
    async with stage(tmp_path, http=True) as on_stage, application(on_stage.switch):
        await on_stage.callee(*ANSWERING, FAR.hung_up())
        await on_stage.caller("stasis", *calling(ALICE), ALICE.hung_up())
        (alone,) = await on_stage.shows("routing alice>stasis: alice routing")
        one = alone.legs[0].id.native
        await ari(on_stage.switch, "POST", f"/channels/{one}/answer")
        await on_stage.shows("answered alice>stasis: alice answered")
        await ari(on_stage.switch, "POST", "/bridges", type="mixing", bridgeId="b")
        await ari(on_stage.switch, "POST", "/bridges/b/addChannel", channel=one)
        await ari(
            on_stage.switch,
            "POST",
            "/channels",
            endpoint=f"PJSIP/far/sip:442@127.0.0.1:{on_stage.ports[0]}",
            app="director",
            channelId="out",
        )
        await on_stage.shows("answered alice>stasis: alice answered", "answered >: far/ answered")
        await on_stage.agrees()
        await ari(on_stage.switch, "POST", "/bridges/b/addChannel", channel="out")
        (joined,) = await on_stage.shows("answered alice>stasis: alice answered, far/ answered")
        await on_stage.agrees()
        assert joined.number == alone.number
        await ari(on_stage.switch, "DELETE", "/channels/out")
        await ari(on_stage.switch, "DELETE", f"/channels/{one}")


async def test_a_reload_ends_nothing(tmp_path: Path) -> None:
    async with stage(tmp_path) as on_stage:
        await on_stage.callee(*ANSWERING, FAR.hung_up())
        await on_stage.caller("442", *calling(ALICE), ALICE.hung_up())
        (call,) = await on_stage.shows("answered alice>442: alice answered, far/442 answered")
        await on_stage.director.ask("Reload", Module="res_pjsip.so")
        await on_stage.director.order("core reload")
        await on_stage.agrees()
        hang_up(on_stage, call)
        assert State.ENDING not in on_stage.watch.states


async def test_it_is_shut_down_and_comes_back(tmp_path: Path) -> None:
    async with stage(tmp_path) as on_stage:
        watch = on_stage.watch
        await on_stage.callee(*ANSWERING, FAR.hung_up())
        await on_stage.caller("442", *calling(ALICE), ALICE.hung_up())
        await on_stage.shows("answered alice>442: alice answered, far/442 answered")
        before = watch.link.instance
        with suppress(asyncio.IncompleteReadError):
            await on_stage.director.order("core restart now")
        assert "shut down" in str(await watch.link.lost())
        await on_stage.shows()
        await on_stage.again()
        assert watch.link.instance != before
