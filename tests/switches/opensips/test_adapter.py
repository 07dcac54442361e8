"""The link over real sockets, against a server that answers by OpenSIPS's documentation."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec
import pytest

from callboard.calls.causes import Reason
from callboard.calls.commands import Answer as Told
from callboard.calls.commands import CommandId, HangUp, Outcome
from callboard.calls.events import Event
from callboard.calls.legs import Call, CallKey, Placement
from callboard.calls.state import State
from callboard.switches.dialogs import link as dialogs_link
from callboard.switches.link import LinkError
from callboard.switches.opensips import adapter
from callboard.switches.opensips.adapter import OpensipsLink, links
from callboard.switches.opensips.settings import OpensipsSettings
from callboard.table.store.numbering import Numbering
from callboard.table.table import Table
from tests.switches.dialogs.rpc_server import Answer, RpcServer, serving, until
from tests.switches.opensips.proxy import body, changed, dialog, fault

UPTIME = body({"Now": "Sat Nov 21 08:00:00 2026", "Up since": "Sat Nov 21 07:00:00 2026", "Up time": "3600 [sec]"})


class Opensips:
    """The switch: dialogs that it lists, its RPC, and the socket that its events come from."""

    def __init__(self) -> None:
        self.dialogs: list[dict[str, object]] = []
        self.out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.rpc: RpcServer | None = None

    def list(self, params: dict[str, object] | list[object]) -> bytes:
        """dlg_list_ctx, whole, in pages, or of one dialog."""
        assert isinstance(params, dict)
        if "callid" in params:
            found = [entry for entry in self.dialogs if entry["callid"] == params["callid"]]
            return body({"Dialog": found[0]}) if found else fault(404, "No such dialog")
        index, counter = params["index"], params["counter"]
        assert isinstance(index, int)
        assert isinstance(counter, int)
        return body({"count": len(self.dialogs), "Dialogs": self.dialogs[index : index + counter]})

    def say(self, datagram: bytes) -> None:
        """Send an event to whoever subscribed last."""
        assert self.rpc is not None
        asked = [params for method, params in self.rpc.asked if method == "event_subscribe"]
        assert isinstance(asked[-1], dict)
        host, port = str(asked[-1]["socket"]).removeprefix("udp:").split(":")
        self.out.sendto(datagram, (host, int(port)))


class Watch:
    """A table that is told everything, and the wishes for a list."""

    def __init__(self) -> None:
        self.table = Table(lambda legs: Placement(), Numbering(0, lambda size: 1), 1)
        self.wishes: list[str] = []

    def tell(self, event: Event) -> None:
        """What the keeper would do."""
        self.table.accept(event, time.time())

    @property
    def call(self) -> Call | None:
        """The only call."""
        return next(iter(self.table.calls()), None)


@asynccontextmanager
async def switch(**answers: Answer) -> AsyncIterator[Opensips]:
    """An OpenSIPS without calls."""
    opensips = Opensips()
    fixed: dict[str, Answer] = {
        "uptime": UPTIME,
        "event_subscribe": body("OK"),
        "dlg_end_dlg": body("OK"),
        "dlg_list_ctx": opensips.list,
        **answers,
    }
    async with serving(fixed) as rpc:
        opensips.rpc = rpc
        try:
            yield opensips
        finally:
            opensips.out.close()


@asynccontextmanager
async def linked(opensips: Opensips, watch: Watch, **more: object) -> AsyncIterator[OpensipsLink]:
    """A link that is open."""
    assert opensips.rpc is not None
    fields: dict[str, object] = {
        "name": "opensips",
        "rpc": f"http://127.0.0.1:{opensips.rpc.port}/mi",
        "listen": "127.0.0.1:0",
        "answer_timeout": 10.0,
        "page": 2,
        **more,
    }
    link = links(msgspec.convert(fields, OpensipsSettings), watch.wishes.append)(watch.tell)
    assert isinstance(link, OpensipsLink)
    try:
        await link.open()
        yield link
    finally:
        await link.close()


async def test_a_new_call_is_asked_about_and_followed_to_its_end() -> None:
    watch = Watch()
    async with switch() as opensips, linked(opensips, watch) as link:
        assert link.instance == "Sat Nov 21 07:00:00 2026"
        opensips.dialogs = [dialog(1, 2)]
        opensips.say(changed(1, 1, 2))
        await until(lambda: watch.call and watch.call.caller == "alice")
        opensips.say(changed(1, 2, 3))
        opensips.say(changed(1, 3, 4))
        await until(lambda: watch.call and watch.call.state is State.ANSWERED)
        opensips.say(changed(1, 4, 5))
        await until(lambda: watch.call and watch.call.state is State.ENDED)


async def test_a_list_in_pages() -> None:
    watch = Watch()
    async with switch() as opensips, linked(opensips, watch) as link:
        opensips.dialogs = [dialog(number) for number in range(5)]
        listed = await link.list()
        assert (len(listed.legs), listed.complete) == (10, True)


async def test_a_list_that_calls_leave_while_it_is_read_is_begun_anew_and_in_the_end_incomplete() -> None:
    watch = Watch()
    async with switch() as opensips, linked(opensips, watch) as link:
        assert opensips.rpc is not None
        opensips.dialogs = [dialog(number) for number in range(40)]

        def leaving(params: dict[str, object] | list[object]) -> bytes:
            page = opensips.list(params)
            del opensips.dialogs[0]
            return page

        opensips.rpc.answers["dlg_list_ctx"] = leaving
        listed = await link.list()
        assert not listed.complete
        assert opensips.rpc.methods().count("dlg_list_ctx") == 2 * adapter.LIST_TRIES


async def test_a_hangup_is_proven_by_the_event() -> None:
    watch = Watch()
    async with switch() as opensips, linked(opensips, watch) as link:
        assert opensips.rpc is not None
        opensips.dialogs = [dialog(1)]
        watch.tell(await link.list())
        assert link.send(HangUp(CommandId("c"), CallKey("opensips", "6ae.1"))) is None
        await until(lambda: watch.call and watch.call.state is State.ENDING)
        assert opensips.rpc.asked[-1] == ("dlg_end_dlg", {"dialog_id": "6ae.1"})
        opensips.say(changed(1, 4, 5))
        await until(lambda: watch.call and watch.call.state is State.ENDED)
        assert watch.call is not None
        assert watch.call.cause is not None
        assert watch.call.cause.reason is Reason.DISCONNECTED


async def test_a_hangup_whose_end_is_not_told_makes_a_list_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dialogs_link, "KILL_CHECK", 0.01)
    watch = Watch()
    async with switch() as opensips, linked(opensips, watch) as link:
        opensips.dialogs = [dialog(1)]
        watch.tell(await link.list())
        link.send(HangUp(CommandId("c"), CallKey("opensips", "6ae.1")))
        await until(lambda: watch.wishes)


async def test_a_refused_hangup_leaves_the_call_as_it_is(caplog: pytest.LogCaptureFixture) -> None:
    watch = Watch()
    async with switch(dlg_end_dlg=fault(403, "Dialog in backup state")) as opensips, linked(opensips, watch) as link:
        opensips.dialogs = [dialog(1)]
        watch.tell(await link.list())
        heard: list[Told] = []
        link.send(HangUp(CommandId("c"), CallKey("opensips", "6ae.1")), heard.append)
        await until(lambda: watch.wishes)
        assert watch.call is not None
        assert watch.call.state is State.ANSWERED
        assert "backup state" in caplog.text
        assert [(told.outcome, "backup state" in told.words) for told in heard] == [(Outcome.REFUSED, True)]
        assert "control characters" in str(link.send(HangUp(CommandId("c"), CallKey("opensips", "6ae\r\n"))))


async def test_what_cannot_be_read_is_counted_and_strangers_are_not_heard() -> None:
    watch = Watch()
    async with switch() as opensips, linked(opensips, watch) as link:
        opensips.dialogs = [dialog(1, 2)]
        link.datagram_received(changed(2, 1, 2), ("192.0.2.66", 5))
        opensips.say(b"\xff\xff")
        opensips.say(changed(1, 1, 2, callid="a\r\nb"))
        opensips.say(b'{"jsonrpc":"2.0","method":"E_PIKE_BLOCKED","params":{}}')
        opensips.say(changed(1, 2, 3))
        await until(lambda: watch.call and watch.call.state is State.ANSWERED)
        assert (link.strangers, link.malformed, len(watch.table)) == (1, 2, 1)


async def test_too_many_new_calls_make_a_list_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adapter, "MAX_ASKING", 0)
    watch = Watch()
    async with switch() as opensips, linked(opensips, watch):
        opensips.say(changed(1, 1, 2))
        await until(lambda: watch.wishes)


@pytest.mark.parametrize(
    ("again", "words"),
    [
        (body({"Up since": "Sat Nov 21 09:00:00 2026"}), "restarted"),
        (None, "no answer"),
        (fault(-32601, "Method not found"), "Method not found"),
    ],
)
async def test_one_that_goes_or_restarts_is_lost(again: Answer, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adapter, "RENEWALS", 1000)
    watch = Watch()
    async with switch() as opensips, linked(opensips, watch, answer_timeout=1.0) as link:
        assert opensips.rpc is not None
        opensips.rpc.answers["uptime"] = again
        error = await asyncio.wait_for(link.lost(), 10)
        assert words in error.cause
        assert "is down" in str(link.send(HangUp(CommandId("c"), CallKey("opensips", "6ae.1"))))


async def test_modules_that_are_not_loaded_are_named() -> None:
    async with switch(event_subscribe=fault(400, "Bad parameter value")) as opensips:
        with pytest.raises(LinkError, match="Bad parameter value") as raised:
            async with linked(opensips, Watch()):
                pass
        assert "event_datagram.so" in raised.value.fix
        assert raised.value.lasting


async def test_one_that_does_not_answer_is_soon_tried_again() -> None:
    async with switch(event_subscribe=None) as opensips:
        with pytest.raises(LinkError, match="gave no answer") as raised:
            async with linked(opensips, Watch(), answer_timeout=0.2):
                pass
        assert not raised.value.lasting


async def test_an_address_that_is_taken() -> None:
    async with switch() as opensips:
        opensips.out.bind(("127.0.0.1", 0))
        port = opensips.out.getsockname()[1]
        with pytest.raises(LinkError, match="cannot listen") as raised:
            async with linked(opensips, Watch(), listen=f"127.0.0.1:{port}"):
                pass
        assert "`listen`" in raised.value.fix


async def test_the_subscription_ends_with_the_link() -> None:
    async with switch() as opensips:
        async with linked(opensips, Watch(), advertise="192.0.2.2:9"):
            pass
        assert opensips.rpc is not None
        wanted = {"event": "E_DLG_STATE_CHANGED", "socket": "udp:192.0.2.2:9"}
        subscribed = [params for method, params in opensips.rpc.asked if method == "event_subscribe"]
        assert subscribed == [{**wanted, "expire": 60}, {**wanted, "expire": 0}]


def test_settings_name_what_is_wrong() -> None:
    with pytest.raises(ValueError, match="no HTTP address"):
        OpensipsSettings(rpc="127.0.0.1:8888")
    with pytest.raises(ValueError, match="no port"):
        OpensipsSettings(listen="127.0.0.1")
