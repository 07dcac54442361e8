"""The switches of the settings, bound to a whole house; on the far side of each a server that speaks its protocol."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import msgspec
import pytest

from callboard.access.rights import Principal, Right, Role
from callboard.assembly.house import House, open_house
from callboard.assembly.switches import open_switches
from callboard.calls.commands import Answer, CommandId, HangUp
from callboard.calls.legs import CallKey
from callboard.config.settings import Config
from callboard.operations.show import LIST_SWITCHES, ListSwitches, SwitchView
from callboard.table.reconciling.links import LinkState
from tests.ports import free_port
from tests.switches.asterisk.server import SECRET, manager
from tests.switches.freeswitch.recording import bodies
from tests.switches.freeswitch.replay import PASSWORD, replay
from tests.switches.kamailio.test_adapter import switch as kamailio
from tests.switches.opensips.test_adapter import switch as opensips

DEADLINE = 20.0
OPERATOR = Principal(login="root", role=Role.ADMIN, customer=1, rights=frozenset({Right.SWITCHES_READ}))


def config(**kinds: dict[str, dict[str, object]]) -> Config:
    """The settings of a house without an embedded switch."""
    switches: dict[str, Any] = {"b2bua": {"enabled": False}}
    for kind, named in kinds.items():
        switches[kind] = {name: {"name": name, **fields} for name, fields in named.items()}
    return msgspec.convert({"switches": switches}, Config)


@asynccontextmanager
async def house(settings: Config) -> AsyncIterator[House]:
    """One that runs, with its switches, in memory."""
    async with open_house(settings, None) as opened, AsyncExitStack() as stack:
        assert await open_switches(stack, opened) == ""
        yield opened


async def until(condition: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < deadline, what
        await asyncio.sleep(0.01)


def shown(opened: House) -> dict[str, SwitchView]:
    """What an operator is told of each switch."""
    views = opened.desk.perform(LIST_SWITCHES, OPERATOR, ListSwitches(), time.time())
    return {view.link.switch: view for view in views}


async def test_each_switch_of_the_settings_is_kept_in_sight() -> None:
    async with manager() as pbx, replay("idle") as voice, kamailio() as edge, opensips() as core:
        assert core.rpc is not None
        edge.rpc.name = "kamailio (5.6.3 (x86_64/linux))"
        settings = config(
            asterisk={"pbx": {"port": pbx.port, "secret": SECRET}},
            freeswitch={"voice": {"port": voice.port, "password": PASSWORD}},
            kamailio={"edge": {"rpc": f"http://127.0.0.1:{edge.rpc.port}/RPC", "events": f"127.0.0.1:{edge.port}"}},
            opensips={"core": {"rpc": f"http://127.0.0.1:{core.rpc.port}/mi", "listen": "127.0.0.1:0"}},
        )
        async with house(settings) as opened:
            await until(lambda: not opened.links.troubles(), f"a list from each, but {opened.links.troubles()}")
            views = shown(opened)
            assert {name: view.facts.kind for name, view in views.items()} == {
                "pbx": "asterisk",
                "voice": "freeswitch",
                "edge": "kamailio",
                "core": "opensips",
            }
            assert {view.link.state for view in views.values()} == {LinkState.UP}
            assert {view.facts.last_error for view in views.values()} == {""}
            assert views["pbx"].facts.version == "22.10.1"
            assert views["edge"].facts.version == "kamailio (5.6.3 (x86_64/linux))"
            assert views["core"].facts.version == "", "it is another server's name that stands in its answers"
            voice.send(next(body for body in bodies("loopback") if b'"HEARTBEAT"' in body))
            await until(lambda: shown(opened)["voice"].facts.version.startswith("1.10.12-release"), "a heartbeat")
            assert views["pbx"].facts.clock_offset is None, "nothing that it told was timed"
            assert views["voice"].facts.clock_offset == pytest.approx(voice.now - time.time(), abs=2.0)


def waited_for(name: str) -> str:
    return f"no full list of the switch {name} yet: GET /v1/switches says why"


async def test_a_switch_that_is_down_stops_nothing_and_says_why() -> None:
    async with manager() as pbx:
        settings = config(
            asterisk={"pbx": {"port": pbx.port, "secret": SECRET}, "down": {"port": free_port()}},
        )
        async with house(settings) as opened:
            await until(lambda: shown(opened)["pbx"].link.state is LinkState.UP, "the one that is there")
            await until(lambda: shown(opened)["down"].facts.last_error, "a reason")
            assert opened.links.troubles() == (waited_for("down"),), "anybody may read it: it has no address"
            view = shown(opened)["down"]
            assert view.link.state is LinkState.LOST
            assert view.facts.last_error == view.link.why
            assert view.facts.last_error.startswith("127.0.0.1:")
            assert "check `host` and `port`" in view.facts.last_error
            assert view.facts.last_error_at == pytest.approx(time.time(), abs=DEADLINE)


async def test_a_switch_that_was_vouched_for_once_does_not_take_the_server_away() -> None:
    async with manager() as pbx, house(config(asterisk={"pbx": {"port": pbx.port, "secret": SECRET}})) as opened:
        assert opened.links.troubles() == (waited_for("pbx"),)
        assert shown(opened)["pbx"].link.state is LinkState.LOST
        await until(lambda: not opened.links.troubles(), "a list")
        pbx.answers["Login"] = lambda _: ["Response: Error\r\nMessage: Authentication failed"]
        pbx.hang_up()
        await until(lambda: "refused the login" in shown(opened)["pbx"].facts.last_error, "the loss")
        assert opened.links.troubles() == ()
        assert shown(opened)["pbx"].facts.version == "22.10.1", "what was known stays known"


async def test_commands_go_to_the_switch_that_carries_the_call() -> None:
    answers: list[Answer] = []

    def send(opened: House, name: str) -> str | None:
        return opened.links.send(HangUp(CommandId("c"), CallKey(name, "1795247000.1")), answers.append)

    async with manager() as pbx, manager() as other:
        settings = config(
            asterisk={
                "pbx": {"port": pbx.port, "secret": SECRET},
                "other": {"port": other.port, "secret": SECRET},
                "down": {"port": free_port()},
            }
        )
        async with house(settings) as opened:
            await until(lambda: len(opened.links.troubles()) == 1, "two that are there")
            assert send(opened, "nowhere") == "there is no switch nowhere"
            assert str(send(opened, "down")).startswith("the link to the switch down is lost: ")
            assert str(send(opened, "pbx")) == "the switch pbx has no such call"
            assert answers == []


async def test_the_address_of_a_server_without_the_embedded_switch_is_empty() -> None:
    async with house(config()) as opened:
        assert opened.links.troubles() == ()
        assert shown(opened) == {}
