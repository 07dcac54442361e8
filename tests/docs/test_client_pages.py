"""The examples of the pages on the command line and on the Python client work as they stand."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest

from callboard.calls.state import State
from tests.cli.conftest import book, house, server
from tests.docs.test_examples import blocks_of, shell_of
from tests.house import House

__all__ = ["book", "house", "server"]

CLIENT_PAGE = "docs/how-to/python-client.md"


@pytest.mark.timeout(300)
def test_the_command_lines(house: House, server: str, tmp_path: Path) -> None:
    house.obeys = True
    for account in (3, 5, 5, 7):
        house.call(State.ANSWERED, account=account)
    house.call(State.RINGING, account=5)
    script = shell_of("docs/how-to/command-line.md").replace("http://127.0.0.1:8080", server)
    scripts = Path(sys.executable).parent
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CALLBOARD_")} | {
        "PATH": f"{scripts}:{os.environ['PATH']}",
        "XDG_CONFIG_HOME": str(tmp_path),
    }
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env=environment,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "no such call" in done.stdout
    assert "1 done" in done.stdout


@pytest.mark.parametrize("number", range(len(blocks_of(CLIENT_PAGE, "python"))))
async def test_the_python_examples(house: House, server: str, number: int) -> None:
    house.obeys = True
    for account in (3, 5):
        house.call(State.ANSWERED, account=account)
    house.call(State.RINGING, account=5)
    code = blocks_of(CLIENT_PAGE, "python")[number].replace("http://127.0.0.1:8080", server)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", code), stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    ended = asyncio.create_task(process.communicate())
    async with asyncio.timeout(30):
        while not ended.done():
            house.call(State.RINGING, account=7)
            await asyncio.wait((ended,), timeout=0.2)
    assert process.returncode == 0, (await ended)[0].decode()
