"""Every shell example of the README and of the pages for newcomers works, pasted as it stands, against the demo."""

import asyncio
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from callboard.access.entries import sealing
from callboard.cli.banner import banner
from callboard.directory.document import read_document
from tests.conformance.server import PATIENCE, until
from tests.ports import free_port

PAGES = (
    "README.md",
    "docs/start/first-steps.md",
    "docs/how-to/run-a-server.md",
    "docs/how-to/destinations.md",
    "docs/how-to/command-calls.md",
    "docs/how-to/give-access.md",
    "docs/how-to/follow-calls.md",
    "docs/how-to/webhooks.md",
    "docs/how-to/monitor.md",
    "docs/how-to/use-the-api.md",
)

pytestmark = [
    pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed: apt-get install curl"),
    pytest.mark.timeout(8 * PATIENCE),
]


def blocks_of(page: str, language: str) -> list[str]:
    """All blocks of a page in a language."""
    text = Path(page).read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def shell_of(page: str) -> str:
    """All shell blocks of a page, one after the other."""
    return "\n".join(blocks_of(page, "sh"))


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """The demo, one for all pages; the port of its HTTP server."""
    number = free_port()
    command = (sys.executable, "-P", "-m", "callboard", "demo", "--calls", "25")
    addresses = ("--http", f"127.0.0.1:{number}", "--sip", f"127.0.0.1:{free_port()}")
    with subprocess.Popen((*command, *addresses), stdout=subprocess.DEVNULL) as process:
        yield number
        process.terminate()


@pytest.fixture
async def demo(port: int) -> str:
    """The demo with a few calls up, whatever the page before did to them; the port of its HTTP server."""

    async def answered() -> bool:
        try:
            async with httpx2.AsyncClient() as client:
                url = f"http://127.0.0.1:{port}/v1/calls?state=answered&account=5"
                calls = await client.get(url, auth=("root", "demo-root"))
        except httpx2.TransportError:
            return False
        return calls.status_code == 200 and bool(calls.json()["calls"])

    await until(answered, "an answered call of account 5", 3 * PATIENCE)
    return str(port)


@pytest.mark.parametrize("page", PAGES)
async def test_the_examples_of_a_page_work(demo: str, tmp_path: Path, page: str) -> None:
    script = shell_of(page).replace("127.0.0.1:8080", f"127.0.0.1:{demo}")
    assert script, f"{page} has no shell examples: take it off the list"
    script = script.replace("9999", str(free_port()))  # where the README receives a webhook
    # `curl` tells of HTTP errors only when asked to.
    script = script.replace("curl -s ", "curl -sS --fail-with-body ").replace(
        "curl -u ", "curl -sS --fail-with-body -u "
    )
    scripts = Path(sys.executable).parent
    (tmp_path / ".venv").mkdir()
    (tmp_path / ".venv" / "bin").symlink_to(scripts)
    (tmp_path / "rates.csv").write_text("prefix,name,country\n63,Philippines Proper,PHL\n", encoding="utf-8")
    environment = os.environ | {
        "PATH": f"{scripts}:{os.environ['PATH']}",
        "CALLBOARD_SERVER": f"http://127.0.0.1:{demo}",
        "CALLBOARD_USER": "root",
        "CALLBOARD_PASSWORD": "demo-root",
    }
    process = await asyncio.create_subprocess_exec(
        "bash",
        *("-euo", "pipefail", "-c", script),
        cwd=tmp_path,
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output = (await asyncio.wait_for(process.communicate(), 3 * PATIENCE))[0].decode()
    assert process.returncode == 0, output
    assert "faultCode" not in output


async def test_the_python_examples_of_the_api_work(demo: str, tmp_path: Path) -> None:
    blocks = blocks_of("docs/how-to/use-the-api.md", "python")
    assert blocks
    for block in blocks:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", block.replace("127.0.0.1:8080", f"127.0.0.1:{demo}")),
            cwd=tmp_path,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        output = (await asyncio.wait_for(process.communicate(), PATIENCE))[0].decode()
        assert process.returncode == 0, output


@pytest.mark.skipif(shutil.which("php") is None, reason="PHP is not installed: apt-get install php-cli")
async def test_the_php_example_of_the_api_works(demo: str, tmp_path: Path) -> None:
    (block,) = blocks_of("docs/how-to/use-the-api.md", "php")
    file = tmp_path / "example.php"
    file.write_text(block.replace("127.0.0.1:8080", f"127.0.0.1:{demo}"), encoding="utf-8")

    async def output() -> str:
        process = await asyncio.create_subprocess_exec(
            *("php", "-d", "display_errors=stdout", file), stdout=asyncio.subprocess.PIPE
        )
        return (await asyncio.wait_for(process.communicate(), PATIENCE))[0].decode()

    assert re.fullmatch(r"(\d+ -> \d+, \d+ s\n)+", await output())
    file.write_text(file.read_text(encoding="utf-8").replace("state=answered", "stat=answered"), encoding="utf-8")
    assert "did you mean state?" in await output()


async def test_what_the_demo_prints_can_be_pasted(demo: str, tmp_path: Path) -> None:
    """Every line that lists calls shows some: in our words and in those of each vendor."""
    printed = banner((f"127.0.0.1:{demo}",), "127.0.0.1:5060", "callboard")
    lines = [line.strip() for line in printed.splitlines() if line.startswith(("  curl", "  python3", "  callboard"))]
    lists = [line for line in lines if "960" not in line]
    assert len(lists) == 7
    for line in lists:
        line = line.replace("curl ", "curl -sS --fail-with-body ", 1)
        environment = os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
        process = await asyncio.create_subprocess_exec(
            *("bash", "-c", line),
            cwd=tmp_path,
            env=environment,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        output = (await asyncio.wait_for(process.communicate(), PATIENCE))[0].decode()
        assert process.returncode == 0, f"{line}\n{output}"
        assert re.search(r"\b(101|103)\b", output), f"{line} shows no call of Acme's:\n{output}"


def test_the_printed_directory_can_be_put_in() -> None:
    page = Path("docs/how-to/run-a-server.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```toml\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    (document,) = [block for block in blocks if "[[customers]]" in block]
    tomllib.loads(document)
    read = read_document(document, "toml", sealing(sip_realm="callboard", http_realm="Callboard"))
    assert [login.name for login in read.logins or ()] == ["boss", "first"]
    assert all(account.ha1_md5 for account in read.accounts)


def test_every_link_between_pages_leads_somewhere() -> None:
    for page in (Path("README.md"), *Path("docs").rglob("*.md")):
        for target in re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
            if "://" not in target:
                assert (page.parent / target).exists(), f"{page} points to {target}, which does not exist"
