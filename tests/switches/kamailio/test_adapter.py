"""The link over real sockets, against a server that says what a real Kamailio said."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec
import pytest

from callboard.calls.causes import Reason
from callboard.calls.commands import Answer as Told
from callboard.calls.commands import CommandId, HangUp, Outcome
from callboard.calls.events import Event, SwitchUp
from callboard.calls.legs import CallKey, Placement
from callboard.calls.state import State
from callboard.switches.dialogs import link as dialogs_link
from callboard.switches.dialogs import rpc as rpc_module
from callboard.switches.kamailio import adapter, wire
from callboard.switches.kamailio.adapter import KamailioLink, links
from callboard.switches.kamailio.settings import KamailioSettings
from callboard.switches.link import Link, LinkError
from callboard.table.reconciling.links import LinkState
from callboard.table.store.numbering import Numbering
from callboard.table.table import Table
from tests.switches.dialogs.rpc_server import Answer, RpcServer, serving, until
from tests.switches.kamailio.replay import answer, arrivals

BRIEF = 0.3
"""Seconds of patience with what never answers."""


class Kamailio:
    """The switch: its RPC, and what it sends to whoever listens for events."""

    def __init__(self, rpc: RpcServer) -> None:
        self.rpc = rpc
        self.listeners: list[asyncio.StreamWriter] = []
        self.port = 0

    async def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Someone listens."""
        self.listeners.append(writer)
        await reader.read()
        writer.close()

    def say(self, data: bytes) -> None:
        """Send bytes to all listeners."""
        for writer in self.listeners:
            writer.write(data)

    def play(self, scene: str, until: float = float("inf")) -> None:
        """Send a scene's events at once."""
        for arrival in arrivals(scene):
            if arrival.at <= until:
                self.say(arrival.data)

    def settings(self, **more: object) -> KamailioSettings:
        """What leads here."""
        fields: dict[str, object] = {
            "name": "kamailio",
            "rpc": f"http://127.0.0.1:{self.rpc.port}/RPC",
            "events": f"127.0.0.1:{self.port}",
        }
        return msgspec.convert({**fields, **more}, KamailioSettings)


class Watch:
    """A table that is told everything, and the wishes for a list."""

    def __init__(self) -> None:
        self.table = Table(lambda legs: Placement(), Numbering(0, lambda size: 1), 1)
        self.wishes: list[str] = []

    def tell(self, event: Event) -> None:
        """What the keeper would do."""
        self.table.accept(event, time.time())

    def states(self) -> list[State]:
        """Of all calls."""
        return [call.state for call in self.table.calls()]


@asynccontextmanager
async def switch(**answers: Answer) -> AsyncIterator[Kamailio]:
    """A Kamailio with no calls, but for what `answers` say (a dot of a method's name is written as two underscores)."""
    fixed: dict[str, Answer] = {
        "core.uptime": answer("idle", "06-core.uptime"),
        "dlg.list": answer("idle", "01-dlg.list"),
        "dlg.stats_active": answer("ten_calls", "03-dlg.stats_active-ten"),
        "dlg.end_dlg": answer("killed", "04-dlg.end_dlg"),
        **{name.replace("__", "."): value for name, value in answers.items()},
    }
    async with serving(fixed) as rpc:
        kamailio = Kamailio(rpc)
        server = await asyncio.start_server(kamailio.accept, "127.0.0.1", 0)
        kamailio.port = server.sockets[0].getsockname()[1]
        try:
            yield kamailio
        finally:
            server.close()
            for writer in kamailio.listeners:
                writer.close()


@asynccontextmanager
async def linked(settings: KamailioSettings, watch: Watch) -> AsyncIterator[Link]:
    """A link that is open."""
    link = links(settings, watch.wishes.append)(watch.tell)
    try:
        await link.open()
        yield link
    finally:
        await link.close()


def order(native: str) -> HangUp:
    """The order to end a call."""
    return HangUp(CommandId("c1"), CallKey("kamailio", native))


async def test_events_and_list_come_to_the_table() -> None:
    watch = Watch()
    async with (
        switch(dlg__list=answer("answered", "01-dlg.list")) as kamailio,
        linked(kamailio.settings(), watch) as link,
    ):
        assert link.instance == "Sat Nov 21 07:22:58 2026"
        await until(lambda: kamailio.listeners)
        kamailio.play("answered", until=1.0)
        await until(lambda: watch.states() == [State.ANSWERED])
        watch.tell(SwitchUp("kamailio", time.time()))
        watch.tell(await link.list())
        assert watch.states() == [State.ANSWERED]
        assert watch.table.links[0].state is LinkState.UP
        kamailio.play("answered")
        await until(lambda: watch.states() == [State.ENDED])


async def test_what_cannot_be_read_is_counted_and_the_rest_goes_on() -> None:
    watch = Watch()
    async with switch() as kamailio, linked(kamailio.settings(), watch) as link:
        assert isinstance(link, KamailioLink)
        await until(lambda: kamailio.listeners)
        kamailio.say(b"2:{},4:null,3:\xff\xfe\xfd,")
        kamailio.play("answered")
        await until(lambda: watch.states() == [State.ENDED])
        assert link.malformed == 3


async def test_however_many_events_wait_others_have_their_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adapter, "_READ", 1000)
    async with switch() as kamailio, linked(kamailio.settings(), Watch()) as link:
        assert isinstance(link, KamailioLink)
        await until(lambda: kamailio.listeners)
        kamailio.say(b"2:{}," * 2000)
        before = most = 0
        async with asyncio.timeout(10):
            while link.malformed < 2000:
                await asyncio.sleep(0)
                most, before = max(most, link.malformed - before), link.malformed
        assert most <= 1000 // 5 + 1


async def test_who_listens_no_more_for_a_defect_has_lost_the_link(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(_: bytes) -> wire.Pushed:
        raise ZeroDivisionError

    monkeypatch.setattr(wire, "read_event", broken)
    async with switch() as kamailio, linked(kamailio.settings(), Watch()) as link:
        await until(lambda: kamailio.listeners)
        kamailio.say(b"2:{},")
        async with asyncio.timeout(30):
            assert "defect in its adapter (ZeroDivisionError)" in str(await link.lost())
    assert "ZeroDivisionError" in caplog.text


async def test_a_hangup_is_sent_and_proven_by_a_list() -> None:
    watch = Watch()
    async with switch() as kamailio, linked(kamailio.settings(), watch) as link:
        await until(lambda: kamailio.listeners)
        kamailio.play("killed")
        await until(lambda: watch.states() == [State.ANSWERED])
        assert link.send(order("1067:24445")) is None
        await until(lambda: watch.wishes)
        assert kamailio.rpc.asked[-1] == ("dlg.end_dlg", [1067, 24445])
        assert watch.states() == [State.ENDING]
        watch.tell(await link.list())
        (call,) = watch.table.calls()
        assert call.state is State.ENDED
        assert call.cause is not None
        assert call.cause.reason is Reason.DISCONNECTED


async def test_a_call_that_does_not_go_is_asked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dialogs_link, "KILL_CHECK", 0.01)
    watch = Watch()
    async with switch() as kamailio, linked(kamailio.settings(), watch) as link:
        await until(lambda: kamailio.listeners)
        kamailio.play("killed")
        await until(lambda: watch.states() == [State.ANSWERED])
        link.send(order("1067:24445"))
        await until(lambda: len(watch.wishes) == 2)


async def test_a_hangup_that_kamailio_refuses_leaves_the_call_as_it_is(caplog: pytest.LogCaptureFixture) -> None:
    watch = Watch()
    async with (
        switch(dlg__end_dlg=answer("idle", "12-dlg.end_dlg")) as kamailio,
        linked(kamailio.settings(), watch) as link,
    ):
        await until(lambda: kamailio.listeners)
        kamailio.play("killed")
        await until(lambda: watch.states() == [State.ANSWERED])
        assert link.send(order("1067:24445")) is None
        await until(lambda: watch.wishes)
        assert watch.states() == [State.ANSWERED]
        assert "Dialog not found" in caplog.text


async def test_what_cannot_be_ended_is_refused_at_once() -> None:
    watch = Watch()
    async with switch() as kamailio, linked(kamailio.settings(), watch) as link:
        await until(lambda: kamailio.listeners)
        assert "does not have this call" in str(link.send(order("1:2")))
        kamailio.play("killed_while_ringing", until=1.0)
        await until(lambda: watch.states() == [State.RINGING])
        assert "still rings" in str(link.send(order("1573:4671")))
        assert "dlg.end_dlg" not in kamailio.rpc.methods()


async def test_a_kamailio_that_goes_is_lost_and_takes_no_orders() -> None:
    watch = Watch()
    async with switch() as kamailio, linked(kamailio.settings(), watch) as link:
        await until(lambda: kamailio.listeners)
        kamailio.play("answered", until=1.0)
        await until(lambda: watch.states() == [State.ANSWERED])
        kamailio.listeners[0].close()
        error = await asyncio.wait_for(link.lost(), 10)
        assert "closed the connection for events" in error.cause
        assert "max_clients" in error.fix
        assert "is down" in str(link.send(order("4845:22605")))


async def test_events_without_netstrings_are_named() -> None:
    watch = Watch()
    async with switch() as kamailio, linked(kamailio.settings(), watch) as link:
        await until(lambda: kamailio.listeners)
        kamailio.say(b'{"event":"created"}')
        error = await asyncio.wait_for(link.lost(), 10)
        assert "netstring_format" in error.fix
        assert error.lasting


async def test_a_list_that_never_comes_says_how_many_dialogs_there_are() -> None:
    watch = Watch()
    async with (
        switch(dlg__list=None) as kamailio,
        linked(kamailio.settings(answer_timeout=BRIEF, list_timeout=BRIEF), watch) as link,
    ):
        with pytest.raises(LinkError, match="it has 10 dialogs") as raised:
            await link.list()
        assert "-M 64" in raised.value.fix


async def test_a_list_without_the_dialog_module() -> None:
    watch = Watch()
    async with (
        switch(dlg__list=answer("idle", "08-no.such_method")) as kamailio,
        linked(kamailio.settings(), watch) as link,
    ):
        with pytest.raises(LinkError, match="Method Not Found") as raised:
            await link.list()
        assert "dialog.so" in raised.value.fix
        assert raised.value.lasting


async def test_a_list_with_an_entry_that_cannot_be_read_is_incomplete() -> None:
    watch = Watch()
    body = answer("ten_calls", "01-dlg.list-ten").replace(b'"h_id":1527', b'"h_id":null', 1)
    async with switch(dlg__list=body) as kamailio, linked(kamailio.settings(), watch) as link:
        listed = await link.list()
        assert (len(listed.legs), listed.complete) == (18, False)


@pytest.mark.parametrize(
    ("answered", "outcome"),
    [
        ((404, b'{"jsonrpc":"2.0","error":{"code":404,"message":"Dialog not found"},"id":1}'), Outcome.ALREADY_GONE),
        ((500, b'{"jsonrpc":"2.0","error":{"code":500,"message":"Method Not Found"},"id":1}'), Outcome.REFUSED),
        (b'{"jsonrpc":"2.0","error":{"code":403,"message":"Dialog in backup state"},"id":1}', Outcome.REFUSED),
    ],
)
async def test_what_kamailio_says_to_a_hangup_is_told(answered: Answer, outcome: Outcome) -> None:
    """Its errors come with an HTTP status of the same number, as a real one answers."""
    watch, heard = Watch(), list[Told]()
    async with (
        switch(dlg__list=answer("answered", "01-dlg.list"), dlg__end_dlg=answered) as kamailio,
        linked(kamailio.settings(), watch) as link,
    ):
        watch.tell(await link.list())
        (call,) = watch.table.calls()
        assert link.send(order(call.key.native), heard.append) is None
        await until(heard.__len__)
        assert [told.outcome for told in heard] == [outcome]
        assert heard[0].words.startswith("Kamailio answered: ")


async def test_an_answer_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rpc_module, "MAX_ANSWER", 1000)
    watch = Watch()
    async with (
        switch(dlg__list=answer("ten_calls", "01-dlg.list-ten")) as kamailio,
        linked(kamailio.settings(), watch) as link,
    ):
        with pytest.raises(LinkError, match="more than 1000 bytes"):
            await link.list()


@pytest.mark.parametrize(
    ("uptime", "words", "fix"),
    [
        (404, "nothing at", "correct the path"),
        (401, "refused the login", "`user` and `password`"),
        (503, "status 503", "see the log"),
        (b"<html>", "no answer of the expected shape", "jsonrpc_dispatch"),
        (None, "gave no answer", ""),
    ],
)
async def test_an_rpc_that_is_none(uptime: Answer, words: str, fix: str) -> None:
    async with switch(core__uptime=uptime) as kamailio:
        settings = kamailio.settings(answer_timeout=BRIEF) if uptime is None else kamailio.settings()
        with pytest.raises(LinkError, match=words) as raised:
            async with linked(settings, Watch()):
                pass
        assert fix in raised.value.fix
        assert raised.value.lasting is (uptime in (401, 404))


async def test_a_certificate_file_that_is_none() -> None:
    async with switch() as kamailio:
        with pytest.raises(LinkError, match="cannot be read as certificates") as raised:
            async with linked(kamailio.settings(ca="no-such-file.pem"), Watch()):
                pass
        assert raised.value.lasting


async def test_nobody_there() -> None:
    async with switch() as kamailio:
        settings = kamailio.settings()
    with pytest.raises(LinkError, match="no connection for events") as raised:
        async with linked(settings, Watch()):
            pass
    assert "bind_addr" in raised.value.fix


async def test_events_but_no_rpc() -> None:
    async with switch() as kamailio, switch() as other:
        settings = kamailio.settings(events=f"127.0.0.1:{other.port}", rpc="http://127.0.0.1:1/RPC")
        with pytest.raises(LinkError, match="cannot be asked") as raised:
            async with linked(settings, Watch()):
                pass
        assert "serves HTTP" in raised.value.fix


async def test_the_login_goes_along_and_stands_in_no_error() -> None:
    async with switch(core__uptime=401) as kamailio:
        settings = kamailio.settings(user="callboard", password="s3cret-word")
        with pytest.raises(LinkError) as raised:
            async with linked(settings, Watch()):
                pass
        assert "s3cret-word" not in str(raised.value)
        assert "authorization: basic" in kamailio.rpc.headers[0].lower()


def test_settings_name_what_is_wrong() -> None:
    with pytest.raises(ValueError, match="no HTTP address"):
        KamailioSettings(rpc="127.0.0.1:5060")
    with pytest.raises(ValueError, match="no port"):
        KamailioSettings(events="127.0.0.1")
