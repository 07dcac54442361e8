"""Another's judge of our OpenAPI document: schemathesis, with all its checks, against a server as an operator runs it.

It reads the document, makes requests that fit it and requests that do not, and holds every answer against it.
"""

import asyncio
import os
import sys
from pathlib import Path

import httpx2
import pytest

from tests.conformance.server import serve

EXAMPLES = os.environ.get("CALLBOARD_EXAMPLES", "")
"""Random requests for each operation, beside those that cover every keyword of the document."""

CONFIG = """
[checks.positive_data_acceptance]
# 422: the document was read, and what it says is wrong by what is there, which no schema tells.
expected-statuses = ["2xx", "401", "403", "404", "409", "412", "422"]
"""

SETTINGS = """
[access]
free_failures = 1000000
free_failures_of_address = 1000000
"""
"""It tries wrong credentials with each operation, and would be told to wait."""

NOT_FOR_IT = r"^/v1/(stream|ws)$"
"""What never ends."""
RUINOUS = ("putDirectory", "putLoginsName", "patchLoginsName", "deleteLoginsName")
"""What takes away the login that it uses: a document in the place of the directory, and changes of logins, whose names
it finds out. These, and what never ends, have tests of their own.
"""


@pytest.mark.timeout(300)
async def test_every_answer_is_as_the_document_says(tmp_path: Path) -> None:
    (tmp_path / "schemathesis.toml").write_text(CONFIG, encoding="utf-8")
    hooks = Path(__file__).with_name("openapi_hooks.py").resolve()
    async with serve(tmp_path, more=SETTINGS) as server:
        process = await asyncio.create_subprocess_exec(
            str(Path(sys.executable).with_name("schemathesis")),
            *("--config-file", "schemathesis.toml", "run", f"http://{server.http}/v1/openapi.json"),
            *("--auth", "root:demo-root", "--checks", "all", "--phases", "examples,coverage,fuzzing"),
            *("--max-examples", EXAMPLES or "2", "--seed", "1", "--exclude-path-regex", NOT_FOR_IT, "--no-color"),
            *(word for name in RUINOUS for word in ("--exclude-operation-id", name)),
            cwd=tmp_path,
            env=os.environ | {"SCHEMATHESIS_HOOKS": str(hooks)},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        output = (await asyncio.wait_for(process.communicate(), 280))[0].decode()
        assert process.returncode == 0, output
        assert "Tested:" in output


async def test_the_document_and_the_page_are_for_everybody(tmp_path: Path) -> None:
    async with serve(tmp_path) as server, httpx2.AsyncClient(base_url=f"http://{server.http}") as client:
        document = (await client.get("/v1/openapi.json")).json()
        page = await client.get("/v1/docs", headers={"Accept-Encoding": "gzip"})
        assert document["openapi"] == "3.1.0"
        assert page.headers["Content-Encoding"] == "gzip"
        assert page.headers["Content-Security-Policy"].startswith("default-src 'none'")
        for methods in document["paths"].values():
            for operation in methods.values():
                assert f'id="{operation["operationId"]}"' in page.text
