"""Examining a link: a Kamailio that lacks one thing after the other."""

import asyncio

import pytest

from callboard.switches.examining import Step
from callboard.switches.kamailio.examine import examine
from callboard.switches.kamailio.settings import KamailioSettings
from tests.ports import free_port
from tests.switches.dialogs.rpc_server import Answer, serving
from tests.switches.kamailio.replay import answer

NAMES = ["address", "events", "RPC", "dialogs", "list", "hang up"]
MISSING = (500, b'{"jsonrpc":"2.0","error":{"code":500,"message":"Method Not Found"},"id":1}')
WELL: dict[str, Answer] = {
    "core.uptime": b'{"jsonrpc":"2.0","result":{"now":"n","up_since":"Sat Nov 21 07:22:58 2026","uptime":1},"id":1}',
    "dlg.stats_active": b'{"jsonrpc":"2.0","result":{"all":10},"id":1}',
    "dlg.list": answer("ten_calls", "01-dlg.list-ten"),
    "dlg.end_dlg": (404, b'{"jsonrpc":"2.0","error":{"code":404,"message":"Dialog not found"},"id":1}'),
}


async def examined(answers: dict[str, Answer], *, stays: bool = True, **more: object) -> list[Step]:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if stays:
            await reader.read()
        writer.close()
        left.set()

    left = asyncio.Event()
    events = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = events.sockets[0].getsockname()[1]
    async with serving(answers) as rpc:
        fields = {"name": "pbx", "rpc": f"http://127.0.0.1:{rpc.port}/RPC", "events": f"127.0.0.1:{port}", **more}
        try:
            return [step async for step in examine(KamailioSettings(**fields))]  # type: ignore[arg-type]
        finally:
            events.close()
            if not more:
                await left.wait()


async def test_all_is_well() -> None:
    steps = await examined(WELL)
    assert [(step.name, step.ok) for step in steps] == [(name, True) for name in NAMES], steps
    assert steps[4].found == "10 dialogs are listed"


@pytest.mark.parametrize(
    ("method", "name"), [("dlg.stats_active", "dialogs"), ("dlg.list", "list"), ("dlg.end_dlg", "hang up")]
)
async def test_a_module_that_is_missing(method: str, name: str) -> None:
    (failed,) = [step for step in await examined(WELL | {method: MISSING}) if not step.ok]
    assert failed.name == name
    assert 'loadmodule "dialog.so"' in failed.fix


async def test_events_that_cannot_come() -> None:
    port = free_port()
    (failed,) = [step for step in await examined(WELL, events=f"127.0.0.1:{port}") if not step.ok]
    assert (failed.name, f'"bind_addr", "127.0.0.1:{port}"' in failed.fix) == ("events", True)
    (failed,) = [step for step in await examined(WELL, stays=False) if not step.ok]
    assert (failed.name, "max_clients" in failed.fix) == ("events", True)


@pytest.mark.parametrize(("uptime", "fix"), [(404, "correct the path"), (401, "`password`"), (b"<html>", "jsonrpcs")])
async def test_an_rpc_that_is_none(uptime: Answer, fix: str) -> None:
    steps = await examined(WELL | {"core.uptime": uptime})
    assert (steps[-1].name, steps[-1].ok, len(steps)) == ("RPC", False, 3)
    assert fix in steps[-1].fix
