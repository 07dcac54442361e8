"""The Python example of the page on following calls works as it stands."""

import asyncio
import re
from pathlib import Path
from typing import Any

import pytest

from tests.api.test_stream import Served, auth, served

__all__ = ["served"]

PAGE = Path("docs/how-to/follow-calls.md")


def example() -> str:
    """The one block of Python on the page."""
    (found,) = re.findall(r"^```python\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    return str(found)


async def test_the_python_example_follows(served: Served, capsys: pytest.CaptureFixture[str]) -> None:
    names: dict[str, Any] = {}
    exec(compile(example(), str(PAGE), "exec"), names)  # noqa: S102
    async with served.session.post(f"{served.url}/v1/tokens", json={"name": "wall"}, headers=auth()) as answer:
        token = (await answer.json())["token"]
    task = asyncio.create_task(names["follow"](served.url, token))
    printed = ""
    async with asyncio.timeout(30):
        for count in (0, 1, 2):
            while f"{count} calls" not in printed:  # the example tells nobody else
                await asyncio.sleep(0.01)
                printed += capsys.readouterr().out
            served.house.call()
    task.cancel()
    await asyncio.wait((task,))
