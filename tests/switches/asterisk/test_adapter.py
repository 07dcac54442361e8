"""The link over real sockets: logging in, what is told and listed, hanging up, and every way to lose it."""

import asyncio
import ssl
import subprocess
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from callboard.calls.commands import Answer, CommandId, HangUp, Outcome
from callboard.calls.events import Event, LegAnswered, LegSeen, SwitchListed
from callboard.calls.legs import CallKey
from callboard.calls.state import State
from callboard.switches.asterisk import adapter, translate
from callboard.switches.asterisk.adapter import AsteriskLink
from callboard.switches.asterisk.settings import AsteriskSettings
from callboard.switches.asterisk.translate import Translator
from callboard.switches.link import Link, LinkError
from tests.ports import free_port
from tests.switches.asterisk.server import SECRET, Manager, listing, manager

ALICE = "Channel: PJSIP/alice-01\r\nUniqueid: 1000000001.1\r\nLinkedid: 1000000001.1\r\nExten: 801"
BOB = "Channel: PJSIP/bob-02\r\nUniqueid: 1000000001.2\r\nLinkedid: 1000000001.1\r\nExten: s"


def settings(port: int, **more: object) -> AsteriskSettings:
    fields: dict[str, object] = {"name": "pbx", "port": port, "secret": SECRET, "answer_timeout": 5.0, **more}
    return AsteriskSettings(**fields)  # type: ignore[arg-type]


@asynccontextmanager
async def linked(switch: Manager, **more: object) -> AsyncIterator[tuple[AsteriskLink, list[Event]]]:
    """An open link that has taken its first list, and what it told since."""
    told: list[Event] = []
    tasks: list[asyncio.Task[None]] = []

    async def take_list() -> None:
        told.append(await link.list())

    link = AsteriskLink(
        settings(switch.port, **more), told.append, lambda why: tasks.append(asyncio.create_task(take_list()))
    )
    await link.open()
    try:
        await link.list()
        yield link, told
    finally:
        await link.close()


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        for _ in iter(true, True):
            await asyncio.sleep(0.01)


async def refused(switch: Manager, **more: object) -> LinkError:
    link = AsteriskLink(settings(switch.port, **more), lambda event: None, lambda why: None)
    with pytest.raises(LinkError) as caught:
        await link.open()
    return caught.value


@pytest.mark.parametrize("plain", [False, True])
async def test_logging_in_asks_for_the_events_of_calls_only(plain: bool) -> None:
    async with manager() as switch, linked(switch, plain_login=plain) as (link, _):
        port: Link = link
        assert port.instance == "2026-11-21 07:14:52"
    login = next(packet for packet in switch.heard if packet.get("Action") == "Login")
    assert login.get("Events") == "system,call"
    assert (SECRET in login.fields.values()) is plain


async def test_a_wrong_secret_is_named_and_lasting() -> None:
    async with manager() as switch:
        error = await refused(switch, secret="wrong")
    assert error.lasting
    assert "manager.conf" in error.fix
    assert "wrong" not in str(error)


async def test_a_missing_permission_is_named() -> None:
    async with manager() as switch:
        switch.answers["CoreStatus"] = lambda _: ["Response: Error\r\nMessage: Permission denied"]
        error = await refused(switch)
        assert error.lasting
        assert "write = call,reporting" in error.fix
        switch.answers["CoreStatus"] = Manager().answers["CoreStatus"]
        async with linked(switch) as (link, _):
            switch.answers["CoreShowChannels"] = lambda _: ["Response: Error\r\nMessage: Permission denied"]
            with pytest.raises(LinkError, match="write = call,reporting") as refusal:
                await link.list()
            assert refusal.value.lasting


async def test_nobody_there_and_nobody_who_speaks() -> None:
    nobody = AsteriskLink(settings(free_port()), lambda event: None, lambda why: None)
    with pytest.raises(LinkError, match="cannot be reached"):
        await nobody.open()
    async with manager() as switch:
        switch.answers["Challenge"] = lambda _: []
        assert "did not answer within 0.2 s" in str(await refused(switch, connect_timeout=0.2))


async def test_events_are_told_as_they_come() -> None:
    async with manager() as switch, linked(switch) as (_, told):
        switch.tell(
            f"Event: Newchannel\r\nChannelState: 4\r\n{ALICE}", f"Event: Newstate\r\nChannelState: 6\r\n{ALICE}"
        )
        await until(lambda: len(told) == 2)
        assert [type(event) for event in told] == [LegSeen, LegAnswered]


async def test_what_is_told_before_the_first_list_is_told_with_it() -> None:
    told: list[Event] = []
    async with manager() as switch:
        link = AsteriskLink(settings(switch.port), told.append, lambda why: None)
        await link.open()
        answer = listing("CoreShowChannels", f"Event: CoreShowChannel\r\nChannelState: 4\r\n{ALICE}")
        switch.tells("CoreShowChannels", f"Event: Newstate\r\nChannelState: 6\r\n{ALICE}", answer=answer)
        listed = await link.list()
        await link.close()
    assert [leg.state for leg in listed.legs] == [State.ROUTING]
    assert [type(event) for event in told] == [LegAnswered]


async def test_of_what_could_not_wait_a_list_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(translate, "MOST_WAITING", 1)
    wanted: list[str] = []
    async with manager() as switch:
        link = AsteriskLink(settings(switch.port), lambda event: None, wanted.append)
        await link.open()
        events = [f"Event: Newchannel\r\nChannelState: 4\r\n{who}" for who in (ALICE, BOB)]
        switch.tells("CoreShowChannels", *events, answer=listing("CoreShowChannels"))
        await link.list()
        await link.close()
    assert wanted == ["more was told than could wait for the list"]


async def test_however_many_events_wait_others_have_their_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adapter, "CHUNK", 4096)
    packets = [
        f"Event: Newchannel\r\nChannelState: 4\r\nChannel: PJSIP/alice-{n}\r\nUniqueid: {n}.1\r\nLinkedid: {n}.1"
        for n in range(1000, 1500)
    ]
    async with manager() as switch, linked(switch) as (_, told):
        switch.tell(*packets)
        before = most = 0
        async with asyncio.timeout(30):
            while len(told) < len(packets):
                await asyncio.sleep(0)
                most, before = max(most, len(told) - before), len(told)
        assert most <= 4096 // len(packets[0]) + 1


async def test_a_reader_with_a_defect_has_lost_the_link(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> list[Event]:
        raise ZeroDivisionError

    async with manager() as switch, linked(switch) as (link, _):
        monkeypatch.setattr(Translator, "accept", broken)
        switch.tell(f"Event: Newchannel\r\nChannelState: 4\r\n{ALICE}")
        async with asyncio.timeout(30):
            assert "defect in its adapter (ZeroDivisionError)" in str(await link.lost())


async def test_a_list_with_what_was_dialled() -> None:
    async with manager() as switch, linked(switch) as (link, told):
        item = f"Event: CoreShowChannel\r\nChannelState: 6\r\nDuration: 00:01:00\r\n{ALICE}"
        switch.answers["CoreShowChannels"] = lambda _: listing("CoreShowChannels", item)
        switch.answers["Status"] = lambda _: listing("Status", f"Event: Status\r\nDNID: 0800\r\n{ALICE}")
        listed = await link.list()
        assert [(leg.dialed, round(listed.at - leg.started_at)) for leg in listed.legs] == [("0800", 60)]
        assert listed.complete
        assert (await link.list()).legs == listed.legs
        assert switch.names().count("Status") == 1, "of a channel that is known it is not asked again"
        assert told == []


async def test_a_list_that_lacks_items_is_none() -> None:
    async with manager() as switch, linked(switch) as (link, _):
        switch.answers["CoreShowChannels"] = lambda _: listing("CoreShowChannels", count=2)
        with pytest.raises(LinkError, match="0 items and should have 2"):
            await link.list()


async def test_a_list_that_never_comes_is_none() -> None:
    async with manager() as switch, linked(switch, answer_timeout=0.2) as (link, _):
        switch.answers["CoreShowChannels"] = lambda _: ["Response: Success\r\nEventList: start"]
        with pytest.raises(LinkError, match="no answer to CoreShowChannels"):
            await link.list()


async def test_hanging_up_ends_every_leg() -> None:
    async with manager() as switch, linked(switch) as (link, told):
        switch.tell(
            f"Event: Newchannel\r\nChannelState: 4\r\n{ALICE}", f"Event: Newchannel\r\nChannelState: 0\r\n{BOB}"
        )
        await until(lambda: len(told) == 2)
        assert link.send(HangUp(CommandId("1"), CallKey("pbx", "1000000001.1"))) is None
        await until(lambda: switch.names().count("Hangup") == 2)
        assert [packet.get("Channel") for packet in switch.heard[-2:]] == ["PJSIP/alice-01", "PJSIP/bob-02"]
        assert link.send(HangUp(CommandId("2"), CallKey("pbx", "9.9"))) == "the switch pbx has no such call"
        await link.close()
        assert link.send(HangUp(CommandId("3"), CallKey("pbx", "1000000001.1"))) == "the link is down"


async def test_a_refused_hang_up_is_for_people_to_read(caplog: pytest.LogCaptureFixture) -> None:
    async with manager() as switch, linked(switch) as (link, told):
        switch.answers["Hangup"] = lambda _: ["Response: Error\r\nMessage: Permission denied"]
        switch.tell(f"Event: Newchannel\r\nChannelState: 4\r\n{ALICE}")
        await until(lambda: bool(told))
        heard: list[Answer] = []
        assert link.send(HangUp(CommandId("1"), CallKey("pbx", "1000000001.1")), heard.append) is None
        await until(lambda: "refused to end a call: Permission denied" in caplog.text)
        assert [answer.outcome for answer in heard] == [Outcome.REFUSED]
        assert "write = call" in heard[0].words


async def test_a_call_that_the_switch_has_not_any_more_is_asked_of_the_list() -> None:
    async with manager() as switch, linked(switch) as (link, told):
        switch.answers["Hangup"] = lambda _: ["Response: Error\r\nMessage: No such channel"]
        switch.tell(f"Event: Newchannel\r\nChannelState: 4\r\n{ALICE}")
        await until(lambda: bool(told))
        heard: list[Answer] = []
        assert link.send(HangUp(CommandId("1"), CallKey("pbx", "1000000001.1")), heard.append) is None
        await until(lambda: any(isinstance(event, SwitchListed) for event in told))
        assert [answer.outcome for answer in heard] == [Outcome.ALREADY_GONE]
        assert [event.legs for event in told if isinstance(event, SwitchListed)] == [()]


async def test_what_events_leave_in_doubt_is_asked_of_the_list() -> None:
    async with manager() as switch, linked(switch) as (_, told):
        item = f"Event: CoreShowChannel\r\nChannelState: 6\r\n{ALICE}"
        switch.answers["CoreShowChannels"] = lambda _: listing("CoreShowChannels", item)
        switch.tell(
            f"Event: Newchannel\r\nChannelState: 6\r\n{ALICE}", f"Event: Newchannel\r\nChannelState: 6\r\n{BOB}"
        )
        switch.tell(f"Event: Hangup\r\nCause: 16\r\n{BOB}")
        await until(lambda: any(isinstance(event, SwitchListed) for event in told))
        assert [len(event.legs) for event in told if isinstance(event, SwitchListed)] == [1]


async def test_the_ways_to_lose_it() -> None:
    async with manager() as switch:
        async with linked(switch) as (link, _):
            switch.tell("Event: Shutdown\r\nShutdown: Cleanly\r\nRestart: False")
            assert "shut down (cleanly)" in str(await link.lost())
        async with linked(switch) as (link, _):
            switch.hang_up()
            assert "closed the connection" in str(await link.lost())
        async with linked(switch, ping_interval=0.05, answer_timeout=0.2) as (link, _):
            switch.answers["Ping"] = lambda _: []
            assert "no answer to Ping" in str(await link.lost())


async def test_losing_it_ends_what_waits_for_an_answer() -> None:
    async with manager() as switch, linked(switch) as (link, _):
        switch.answers["CoreShowChannels"] = lambda _: []
        asked = asyncio.create_task(link.list())
        await until(lambda: switch.names().count("CoreShowChannels") == 2)
        switch.hang_up()
        with pytest.raises(LinkError, match="closed the connection"):
            await asked


async def test_over_tls(tmp_path: Path) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    making = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    naming = ["-days", "2", "-subj", "/CN=pbx.example", "-addext", "subjectAltName=DNS:pbx.example"]
    files = ["-keyout", str(key), "-out", str(certificate)]
    await asyncio.to_thread(subprocess.run, [*making, *naming, *files], check=True, capture_output=True)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    async with manager(context) as switch:
        async with linked(switch, tls=True, tls_ca=str(certificate), tls_name="pbx.example") as (link, _):
            assert (await link.list()).legs == ()
        assert "tls_ca" in (await refused(switch, tls=True)).fix
        assert "tls_name" in (await refused(switch, tls=True, tls_ca=str(certificate))).fix
        assert (await refused(switch, tls=True, tls_ca=str(tmp_path / "none"))).lasting
