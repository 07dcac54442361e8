"""The link to a FreeSWITCH on real sockets: the recorded switch plays, breaks, stays silent and comes back."""

import asyncio
import itertools
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

import pytest

from callboard.access.rights import Principal, Right, Role
from callboard.calls.causes import Cause, Reason
from callboard.calls.commands import Answer, CommandId, HangUp, Hold, Outcome, Transfer, Unhold
from callboard.calls.legs import Call, CallKey, Placement, Side
from callboard.calls.state import State
from callboard.operations.ledger import Ledger
from callboard.switches.freeswitch.adapter import FreeswitchLink, new_translator
from callboard.switches.freeswitch.settings import FreeswitchSettings
from callboard.switches.keeper import Keeper
from callboard.switches.link import LinkError
from callboard.table.store.numbering import Numbering
from callboard.table.table import Table
from tests.switches.freeswitch.replay import PASSWORD, Replay, replay

DEADLINE = 30.0
OPERATOR = Principal(login="admin", role=Role.ADMIN, customer=1, rights=frozenset(Right))


async def until(condition: Callable[[], object]) -> None:
    """Wait until something is so."""
    async with asyncio.timeout(DEADLINE):
        while not condition():  # noqa: ASYNC110  what is waited for has no event of its own
            await asyncio.sleep(0.005)


class Desk:
    """A table, and the link that fills it."""

    def __init__(self, switch: Replay, **more: object) -> None:
        fields: dict[str, object] = {"name": "pbx", "port": switch.port, "password": PASSWORD, **more}
        self.settings = FreeswitchSettings(**fields)  # type: ignore[arg-type]
        self.switch = switch
        self.translator = new_translator(self.settings)
        numbers = itertools.count(1)
        self.table = Table(lambda legs: Placement(), Numbering(0, lambda size: next(numbers) * size), 1)
        self.resyncs: list[str] = []
        self.link = FreeswitchLink(
            self.settings,
            self.translator,
            lambda event: self.table.accept(event, switch.now),
            self.resyncs.append,
            switch.clock,
        )

    def live(self) -> list[Call]:
        """The calls that are up."""
        return [call for call in self.table.select() if call.state is not State.ENDED]

    def state(self) -> list[str]:
        """Their states."""
        return [call.state.name.lower() for call in self.live()]


@asynccontextmanager
async def linked(scene: str, **more: object) -> AsyncIterator[Desk]:
    """A desk whose link is open."""
    async with replay(scene) as switch:
        desk = Desk(switch, **more)
        await desk.link.open()
        try:
            yield desk
        finally:
            await desk.link.close()


# --- the way in ---


@pytest.mark.parametrize("user", ["", "callboard@example.org"])
async def test_the_way_in(user: str) -> None:
    async with linked("idle", user=user) as desk:
        assert desk.link.instance == "f5e62aa6-5eb8-41d1-8585-88bd766ce242"
        assert [line.split()[0] for line in desk.switch.lines] == ["api", "api", "event"]


async def test_a_wrong_password_is_said_and_not_repeated() -> None:
    async with replay("idle") as switch:
        with pytest.raises(LinkError, match="refused the login") as raised:
            await Desk(switch, password="wrong-secret").link.open()

    assert raised.value.lasting
    assert "wrong-secret" not in str(raised.value)


async def test_nobody_listens() -> None:
    async with replay("idle") as switch:
        desk = Desk(switch)

    with pytest.raises(LinkError, match="cannot be reached"):
        await desk.link.open()
    assert desk.link.send(HangUp(CommandId("1"), CallKey("pbx", "a")))


async def test_a_switch_that_does_not_answer() -> None:
    async with replay("idle") as switch:
        switch.mute = True
        with pytest.raises(LinkError, match="did not let us in within"):
            await Desk(switch, connect_timeout=0.2).link.open()


@asynccontextmanager
async def saying(words: bytes) -> AsyncIterator[int]:
    """A server that says something to whoever comes, and waits until they leave."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(words)
        with suppress(ConnectionError):
            await reader.read()
        writer.close()
        left.set()

    left = asyncio.Event()
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]
        await left.wait()


@pytest.mark.parametrize(
    ("words", "why", "lasting"),
    [
        (b"Content-Type: text/rude-rejection\nContent-Length: 24\n\nAccess Denied, go away.\n", "our address", True),
        (b"SSH-2.0-OpenSSH_9.2\r\n" * 2000, "without an end", False),
    ],
)
async def test_who_does_not_want_us_and_who_is_no_freeswitch(words: bytes, why: str, lasting: bool) -> None:
    async with saying(words) as port, replay("idle") as switch:
        switch.port = port
        with pytest.raises(LinkError, match=why) as raised:
            await Desk(switch).link.open()

    assert raised.value.lasting is lasting


# --- events and lists ---


async def test_events_are_told_as_they_come() -> None:
    async with linked("held") as desk:
        await desk.switch.play(lists=1)
        await until(lambda: desk.state() == ["held"])

        await desk.switch.play()
        await until(lambda: desk.live() == [])

    (call,) = desk.table.calls()
    assert call.answered_at
    assert call.answered_at - call.started_at == pytest.approx(0.3, abs=0.1)


async def test_events_at_the_pace_of_the_recording() -> None:
    async with linked("ringing_one_leg") as desk:
        seen: list[State] = []
        desk.table.watch(lambda change: seen.append(change.call.state))

        began = asyncio.get_running_loop().time()
        await desk.switch.play(pace=0.25)

        assert asyncio.get_running_loop().time() - began > 0.25
        await until(lambda: State.ENDED in seen)
    assert seen == [State.ROUTING, State.RINGING, State.ENDING, State.ENDED]


async def test_a_list_after_a_late_connect() -> None:
    async with replay("blind_transfer") as switch:
        await switch.play(lists=1)
        desk = Desk(switch)
        await desk.link.open()
        desk.table.accept(await desk.link.list(), switch.now)
        await desk.link.close()

    (call,) = desk.live()
    assert (call.caller, call.dialed, call.callee) == ("answer", "uas-hangup", "hangup")
    assert call.state is State.ANSWERED


async def test_a_list_speaks_of_a_moment_ago() -> None:
    async with linked("idle") as desk:
        assert (await desk.link.list()).at == desk.switch.now - 1.0


async def test_a_ghost_in_the_list() -> None:
    async with linked("killed") as desk:
        await desk.switch.play(lists=1)
        await until(lambda: desk.state() == ["answered"])
        ghost = {"uuid": "ghost", "direction": "inbound", "callstate": "ACTIVE", "created_epoch": "1"}
        desk.switch.answers["show channels as json"] = json.dumps({"row_count": 1, "rows": [ghost]}).encode()
        desk.switch.answers["uuid_dump ghost json"] = b"-ERR No such channel!\n"
        before = desk.live()

        listed = await desk.link.list()
        desk.table.accept(listed, desk.switch.now)

        assert [leg.id.native for leg in listed.legs if leg.id.native == "ghost"] == []
        assert desk.live() == before


@pytest.mark.parametrize("words", [b"-ERR permission denied\n", b"", b'{"row_count":1,"rows":'])
async def test_no_list_is_not_an_empty_list(words: bytes) -> None:
    async with linked("idle") as desk:
        desk.switch.answers["show channels as json"] = words
        with pytest.raises(LinkError, match="does not list its channels") as raised:
            await desk.link.list()
        assert raised.value.lasting is (b"permission denied" in words)


async def test_a_list_that_does_not_come() -> None:
    async with linked("idle", answer_timeout=0.2) as desk:
        desk.switch.mute = True
        with pytest.raises(LinkError, match=r"within 0\.2 s"):
            await desk.link.list()
        desk.switch.mute = False


async def test_a_transfer_asks_for_a_list_once_the_switch_can_tell() -> None:
    async with linked("blind_transfer", list_age=0.05) as desk:
        await desk.switch.play(lists=1)
        await until(lambda: desk.resyncs)

        await desk.link.list()

        assert set(desk.resyncs) == {"calls were joined or parted"}


async def test_too_many_events_are_dropped_and_a_list_is_asked_for() -> None:
    async with linked("six_calls", backlog=1) as desk:
        await desk.switch.play(lists=1)
        await until(lambda: desk.resyncs)
        await until(lambda: desk.link.shed)

        desk.table.accept(await desk.link.list(), desk.switch.now)

        assert desk.state() == ["answered"] * 6, "what was dropped is in the list, and answers are never dropped"


async def test_what_is_no_event_does_no_harm() -> None:
    async with linked("one_leg") as desk:
        for body in (b"", b"{", b"[]", b"\xff\xfe", b'{"Event-Name":"CHANNEL_CREATE"}', b'{"Unique-ID":"x"}'):
            desk.switch.send(body)
        desk.switch.send_raw(b"Content-Type: text/odd\n\n")
        await desk.switch.play(lists=1)
        await until(lambda: desk.state() == ["answered"])

        assert desk.translator.ignored == 6


# --- the end of a link ---


async def test_a_cut_connection_is_a_lost_link() -> None:
    async with linked("idle") as desk:
        desk.switch.cut()

        assert "closed the connection" in str(await desk.link.lost())
        with pytest.raises(LinkError):
            await desk.link.list()
        assert desk.link.send(HangUp(CommandId("1"), CallKey("pbx", "a")))


async def test_a_list_that_is_under_way_when_the_link_is_lost() -> None:
    async with linked("idle") as desk:
        desk.switch.mute = True
        listing = asyncio.create_task(desk.link.list())
        await until(lambda: "api show channels as json" in desk.switch.lines)

        desk.switch.cut()

        with pytest.raises(LinkError, match="closed the connection"):
            await listing


async def test_a_switch_that_shuts_down_says_so_and_its_calls_end() -> None:
    async with linked("shut_down") as desk:
        await desk.switch.play()
        await until(lambda: len(desk.table.calls()) == 2 and not desk.live())
        text = b"The system is being shut down.\n"
        desk.switch.send_raw(b"Content-Type: text/disconnect-notice\nContent-Length: %d\n\n%s" % (len(text), text))

        assert "The system is being shut down." in str(await desk.link.lost())


async def test_silence_is_a_lost_link() -> None:
    async with linked("idle", silence=0.1) as desk:
        assert "nothing was heard" in str(await desk.link.lost())


# --- commands ---


async def test_a_hang_up_goes_out_for_every_channel() -> None:
    async with linked("killed") as desk:
        await desk.switch.play(lists=1)
        await until(lambda: desk.state() == ["answered"])
        (call,) = desk.live()

        refused = desk.link.send(HangUp(CommandId("1"), call.key, Cause(Reason.BUSY)))

        assert refused is None
        kills = [f"api uuid_kill {leg.id.native} USER_BUSY" for leg in call.legs]
        await until(lambda: desk.switch.lines[-2:] == kills)
        await desk.switch.play()
        await until(lambda: not desk.live())


async def test_a_hang_up_of_what_the_switch_does_not_know_asks_for_a_list() -> None:
    async with linked("idle") as desk:
        assert desk.link.send(HangUp(CommandId("1"), CallKey("pbx", "gone"))) is None
        assert desk.resyncs == ["a command was about a call that is not known"]


async def test_a_kill_that_is_refused_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    async with linked("killed") as desk:
        await desk.switch.play(lists=1)
        await until(lambda: desk.live())
        (call,) = desk.live()
        desk.switch.answers = {
            f"uuid_kill {leg.id.native} MANAGER_REQUEST": b"-ERR permission denied\n" for leg in call.legs
        }

        desk.link.send(HangUp(CommandId("1"), call.key))

        await until(lambda: "refused to end a call: -ERR permission denied" in caplog.text)


async def test_the_switchs_answer_is_told_once_for_all_channels() -> None:
    refused, gone = b"-ERR permission denied\n", b"-ERR No such channel!\n"
    for answer, outcome in ((refused, Outcome.REFUSED), (gone, Outcome.ALREADY_GONE)):
        async with linked("killed") as desk:
            await desk.switch.play(lists=1)
            await until(lambda: len(desk.live()) == 1 and len(desk.live()[0].legs) == 2)
            (call,) = desk.live()
            desk.switch.answers = {f"uuid_kill {leg.id.native} MANAGER_REQUEST": answer for leg in call.legs}
            heard: list[Answer] = []
            desk.link.send(HangUp(CommandId("1"), call.key), heard.append)
            await until(heard.__len__)
            await desk.link.close()
            assert [(told.outcome, told.words) for told in heard] == [(outcome, answer.decode().strip())]
            assert bool(desk.resyncs) is (outcome is Outcome.ALREADY_GONE)


async def test_a_command_that_is_not_allowed_is_refused_with_the_switchs_words() -> None:
    """Such a one gets a reply, as a login does, and no answer of its own."""
    async with linked("killed") as desk:
        await desk.switch.play(lists=1)
        await until(lambda: len(desk.live()) == 1)
        (call,) = desk.live()
        desk.switch.denied = frozenset({"uuid_kill"})
        heard: list[Answer] = []
        desk.link.send(HangUp(CommandId("1"), call.key), heard.append)
        await until(heard.__len__)
        assert (heard[0].outcome, heard[0].words) == (Outcome.REFUSED, "-ERR permission denied")
        desk.switch.denied = frozenset({"show"})
        with pytest.raises(LinkError, match="permission denied"):
            await desk.link.list()


async def test_a_list_is_none_without_the_right_to_ask_for_what_is_in_doubt() -> None:
    async with replay("bridged") as switch:
        await switch.play(lists=1)
        desk = Desk(switch)
        await desk.link.open()
        switch.denied = frozenset({"uuid_dump"})
        with pytest.raises(LinkError, match=r"does not answer uuid_dump \(-ERR permission denied\)") as raised:
            await desk.link.list()
        await desk.link.close()
    assert raised.value.lasting
    assert "esl-allowed-api" in raised.value.fix


async def test_a_transfer_begins_the_dialplan_anew_for_the_party_that_goes() -> None:
    async with linked("bridged", transfer_context="transfers") as desk:
        await desk.switch.play(lists=1)
        await until(lambda: desk.state() == ["answered"])
        (call,) = desk.live()
        for party in Side:
            (leg,) = call.side(party)
            line = f"uuid_transfer {leg.id.native} 104 XML transfers"
            desk.switch.answers[line] = b"+OK\n"
            heard: list[Answer] = []
            assert desk.link.send(Transfer(CommandId("1"), call.key, "104", party), heard.append) is None
            await until(heard.__len__)
            assert desk.switch.lines[-1] == f"api {line}"
            assert heard[0].outcome is Outcome.PENDING


async def test_a_hold_is_proven_by_the_switchs_own_events() -> None:
    """As recorded: the caller's phone was held by `uuid_hold`, and released by `uuid_hold off`."""
    async with linked("held_by_api") as desk:
        playing = asyncio.create_task(desk.switch.play(pace=1.0))
        await until(lambda: desk.state() == ["answered"])
        (call,) = desk.live()
        (leg,) = call.side(Side.CALLER)
        hold, unhold = f"uuid_hold {leg.id.native}", f"uuid_hold off {leg.id.native}"
        desk.switch.answers = {hold: b"+OK Success\n", unhold: b"+OK Success\n"}
        ledger = Ledger(lambda: CommandId("1"))
        desk.table.watch(lambda change: ledger.observe(change, desk.switch.now))
        for operation, command in (("calls.hold", Hold), ("calls.unhold", Unhold)):
            record = ledger.begin(OPERATOR, operation, call, desk.switch.now)
            ledger.issue(record, command(record.id, call.key), call, desk.link)
            await until(lambda: ledger.outcome(CommandId("1")) is Outcome.DONE)
            (call,) = desk.live()
        assert [line for line in desk.switch.lines if "uuid_hold" in line] == [f"api {hold}", f"api {unhold}"]
        await playing


async def test_a_call_that_rings_is_not_transferred() -> None:
    async with linked("ringing_cancelled") as desk:
        await desk.switch.play(lists=1)
        await until(lambda: desk.state() == ["ringing"])
        (call,) = desk.live()
        words = desk.link.send(Transfer(CommandId("1"), call.key, "104"))
        assert words is not None
        assert "only a call that is answered" in words


# --- with its keeper ---


@asynccontextmanager
async def kept(switch: Replay) -> AsyncIterator[tuple[Desk, Keeper]]:
    """A desk whose links are made by a keeper."""
    desk = Desk(switch)
    keeper = Keeper(
        "pbx",
        lambda tell: FreeswitchLink(desk.settings, desk.translator, tell, lambda why: keeper.resync(why), switch.clock),
        lambda event: desk.table.accept(event, switch.now),
        lambda event: desk.table.accept_in_steps(event, lambda: switch.now),
        clock=switch.clock,
    )
    keeper.start()
    try:
        yield desk, keeper
    finally:
        await keeper.stop()


async def test_after_a_cut_the_calls_are_the_same_and_none_is_a_ghost() -> None:
    async with replay("blind_transfer") as switch, kept(switch) as (desk, _):
        await until(lambda: "api show channels as json" in switch.lines)
        await switch.play(lists=1)
        await until(lambda: desk.state() == ["answered"])
        (before,) = desk.live()

        switch.now += 5
        switch.cut()
        await until(lambda: [call.suspect_since for call in desk.live()] != [None])
        await until(lambda: [call.suspect_since for call in desk.live()] == [None])

        (after,) = desk.live()
        assert (after.number, after.state, after.caller) == (before.number, State.ANSWERED, "answer")
        await switch.play()
        await until(lambda: not desk.live())


async def test_calls_that_ended_while_we_were_away_are_over() -> None:
    async with replay("bridged") as switch, kept(switch) as (desk, _):
        await until(lambda: "api show channels as json" in switch.lines)
        await switch.play(lists=1)
        await until(lambda: desk.state() == ["answered"])

        switch.cut()
        await switch.play()
        switch.now += 5

        await until(lambda: not desk.live())


async def test_a_switch_that_restarted_has_none_of_its_calls() -> None:
    async with replay("bridged") as switch, kept(switch) as (desk, _):
        await until(lambda: "api show channels as json" in switch.lines)
        await switch.play(lists=1)
        await until(lambda: desk.state() == ["answered"])

        switch.core = "another life"
        switch.answers["show channels as json"] = b'{"row_count": 0}\n'
        switch.now += 5
        switch.cut()

        await until(lambda: not desk.live())
    (call,) = desk.table.calls()
    assert call.cause
    assert call.cause.reason is Reason.SWITCH_LOST
