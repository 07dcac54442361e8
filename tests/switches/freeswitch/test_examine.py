"""Examining a link: the replayed switch, which lacks one thing after the other."""

import asyncio
import json
from contextlib import suppress
from typing import Any

import pytest

from callboard.switches.examining import Step
from callboard.switches.freeswitch.examine import NOBODY, examine
from callboard.switches.freeswitch.settings import FreeswitchSettings
from tests.ports import free_port
from tests.switches.freeswitch.replay import PASSWORD, Replay, reply

NAMES = [
    "address",
    "connection",
    "greeting",
    "login",
    "events",
    "status",
    "list",
    "exists",
    "details",
    "end",
    "transfer",
    "hold",
]
COMMANDS = {
    f"uuid_exists {NOBODY}": b"false",
    f"uuid_dump {NOBODY} json": b"-ERR No such channel!\n",
    f"uuid_kill {NOBODY} MANAGER_REQUEST": b"-ERR No such channel!\n",
    f"uuid_transfer {NOBODY} 0 XML": b"-ERR No such channel!\n",
    f"uuid_hold {NOBODY}": b"-ERR Operation failed\n",
}


class Telling(Replay):
    """Tells of each command where that was asked for, as the real one does."""

    def __init__(self) -> None:
        super().__init__("idle")
        self.answers = dict(COMMANDS)
        self.events = "+OK event listener enabled json"
        self.tells = True
        self._asked = False

    def _reply(self, line: str, writer: asyncio.StreamWriter) -> bool:
        if line.startswith("event "):
            self._asked |= line == "event json API"
            writer.write(reply(self.events))
            return False
        over = super()._reply(line, writer)
        if line.startswith("api ") and self._asked and self.tells:
            body = json.dumps({"Event-Name": "API"}).encode()
            writer.write(b"Content-Length: %d\nContent-Type: text/event-json\n\n%s" % (len(body), body))
        return over


async def examined(switch: Replay, **more: object) -> list[Step]:
    server = await asyncio.start_server(switch.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    fields: dict[str, Any] = {"name": "pbx", "port": port, "password": PASSWORD, "answer_timeout": 1.0, **more}
    try:
        return [step async for step in examine(FreeswitchSettings(**fields))]
    finally:
        server.close()
        await switch.end()


async def test_all_is_well() -> None:
    switch = Telling()
    steps = await examined(switch)
    assert [(step.name, step.ok) for step in steps] == [(name, True) for name in NAMES], steps
    assert [line.removeprefix("api ") for line in switch.lines if NOBODY in line] == list(COMMANDS)
    assert PASSWORD not in repr(steps)


async def test_a_wrong_password() -> None:
    failed = (await examined(Telling(), password="wrong-secret"))[-1]
    assert (failed.name, failed.ok) == ("login", False)
    assert "esl-password" in failed.fix
    assert "wrong-secret" not in repr(failed)


@pytest.mark.parametrize(("command", "name"), [*zip(COMMANDS, NAMES[-5:], strict=True)])
async def test_a_command_that_is_not_allowed(command: str, name: str) -> None:
    switch = Telling()
    switch.denied = frozenset({command.partition(" ")[0]})
    steps = await examined(switch)
    (failed,) = [step for step in steps if not step.ok]
    assert (len(steps), failed.name) == (len(NAMES), name)
    assert "esl-allowed-api" in failed.fix


async def test_a_list_that_is_not_allowed() -> None:
    switch = Telling()
    switch.denied = frozenset({"show"})
    (failed,) = [step for step in await examined(switch) if not step.ok]
    assert (failed.name, "permission denied" in failed.found) == ("list", True)


async def test_events_that_are_not_allowed_or_never_come() -> None:
    refused, silent = Telling(), Telling()
    refused.events, silent.tells = "-ERR no", False
    for switch, fix in ((refused, "esl-allowed-events"), (silent, "overloaded")):
        (failed,) = [step for step in await examined(switch) if not step.ok]
        assert failed.name == "events"
        assert fix in failed.fix


async def test_a_user_may_be_allowed_the_events_of_calls_alone() -> None:
    switch = Telling()
    switch.tells = False
    steps = await examined(switch, user="callboard@example.org")
    assert [step.name for step in steps if not step.ok] == []
    assert "event json API" not in switch.lines


async def test_nobody_listens() -> None:
    port = free_port()
    failed = (await examined(Telling(), port=port))[-1]
    assert (failed.name, failed.ok) == ("connection", False)
    assert f'name="listen-port" value="{port}"' in failed.fix


@pytest.mark.parametrize(
    ("words", "found", "fix"),
    [
        (b"Content-Type: text/rude-rejection\nContent-Length: 4\n\nno\n\n", "does not let our address in", "acl"),
        (b"HTTP/1.1 400 Bad Request\nContent-Length: x\n\n", "something else answers", "event socket"),
        (b"", "no answer within", "event socket"),
    ],
)
async def test_what_is_no_event_socket_for_us(words: bytes, found: str, fix: str) -> None:
    class Saying(Replay):
        async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            self._writers.add(writer)
            self._clients.add(asyncio.current_task())
            writer.write(words)
            with suppress(ConnectionError):
                await reader.read()
            writer.close()

    failed = (await examined(Saying("idle"), answer_timeout=0.3))[-1]
    assert (failed.name, failed.ok) == ("greeting", False)
    assert found in failed.found
    assert fix in failed.fix
