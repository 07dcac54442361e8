"""Examining a link: an OpenSIPS by its documentation, which lacks one thing after the other."""

import pytest

from callboard.switches.examining import Step
from callboard.switches.opensips.examine import examine
from callboard.switches.opensips.settings import OpensipsSettings
from tests.ports import free_port
from tests.switches.dialogs.rpc_server import Answer, serving
from tests.switches.opensips.proxy import body, dialog, fault

NAMES = ["address", "interface", "events", "list", "hang up"]
WELL: dict[str, Answer] = {
    "uptime": body({"Now": "now", "Up since": "Sat Nov 21 07:22:58 2026", "Up time": "1 [sec]"}),
    "event_subscribe": body("OK"),
    "dlg_list_ctx": body({"count": 2, "Dialogs": [dialog(1), dialog(2)]}),
    "dlg_end_dlg": fault(404, "Dialog not found"),
}


async def examined(answers: dict[str, Answer], **more: object) -> tuple[list[Step], list[str]]:
    async with serving(answers) as rpc:
        fields = {"name": "pbx", "rpc": f"http://127.0.0.1:{rpc.port}/mi", "listen": "127.0.0.1:0", **more}
        return [step async for step in examine(OpensipsSettings(**fields))], rpc.methods()  # type: ignore[arg-type]


async def test_all_is_well() -> None:
    steps, asked = await examined(WELL)
    assert [(step.name, step.ok) for step in steps] == [(name, True) for name in NAMES], steps
    assert steps[3].found == "2 dialogs are listed"
    assert asked.count("event_subscribe") == 2, "asked for, and given back"


@pytest.mark.parametrize(
    ("method", "name"), [("event_subscribe", "events"), ("dlg_list_ctx", "list"), ("dlg_end_dlg", "hang up")]
)
async def test_a_module_that_is_missing(method: str, name: str) -> None:
    steps, _ = await examined(WELL | {method: fault(-32601, "Method not found")})
    (failed,) = [step for step in steps if not step.ok]
    assert (len(steps), failed.name) == (len(NAMES), name)
    assert 'loadmodule "dialog.so"' in failed.fix


async def test_an_interface_that_is_none() -> None:
    for answers, fix in (({}, "correct the path"), ({"uptime": 401}, "`password`"), ({"uptime": b"<html>"}, "mi_http")):
        steps, _ = await examined(answers)  # type: ignore[arg-type]
        assert (steps[-1].name, steps[-1].ok, len(steps)) == ("interface", False, 2)
        assert fix in steps[-1].fix


async def test_addresses_that_are_not_there() -> None:
    steps, _ = await examined(WELL, rpc=f"http://127.0.0.1:{free_port()}/mi")
    assert "check that OpenSIPS runs" in steps[-1].fix
    steps, _ = await examined(WELL, rpc="http://no.such.name.invalid/mi")
    assert [step.ok for step in steps] == [False]
    steps, _ = await examined(WELL, listen="192.0.2.66:8093")
    (failed,) = [step for step in steps if not step.ok]
    assert (failed.name, "`listen`" in failed.fix) == ("events", True)
