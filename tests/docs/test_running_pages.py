"""What the pages on running a server say to paste works: the unit for systemd, the lines for nginx, the backup."""

import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import aiohttp
import msgspec
import pytest
from aiohttp import encode_basic_auth

from callboard.config import load
from callboard.storage.database import open_database
from tests.conformance.server import PATIENCE, until
from tests.ports import free_port

HOW_TO = Path("docs/how-to")
PROGRAMS = Path(sys.executable).parent


def block(page: str, language: str) -> str:
    """The one block of a page in a language that is the page's subject: the longest."""
    text = (HOW_TO / page).read_text(encoding="utf-8")
    return str(max(re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL), key=len))


def shell_of(page: str) -> list[str]:
    """The shell blocks of a page."""
    text = (HOW_TO / page).read_text(encoding="utf-8")
    return re.findall(r"^```sh\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def needed(program: str) -> str:
    """Where a program is. Skip where it is not installed."""
    found = shutil.which(program, path=f"{os.environ['PATH']}:/usr/sbin")
    if found is None:
        pytest.skip(f"{program} is not installed")
    return found


@pytest.fixture
def unit(tmp_path: Path) -> Path:
    """The unit of the page, its program where it is here: systemd looks whether it is there."""
    text = block("run-with-systemd.md", "ini")
    assert text.count("/opt/callboard/.venv/bin/callboard ") == 2
    file = tmp_path / "callboard.service"
    file.write_text(text.replace("/opt/callboard/.venv/bin/", f"{PROGRAMS}/"), encoding="utf-8")
    return file


def test_systemd_takes_the_unit(unit: Path) -> None:
    analyze = needed("systemd-analyze")
    checked = subprocess.run([analyze, "verify", unit], capture_output=True, text=True, check=False)
    assert (checked.returncode, checked.stdout + checked.stderr) == (0, "")


def test_systemd_finds_little_that_the_unit_may_do(unit: Path) -> None:
    analyze = needed("systemd-analyze")
    # 20 of 100: a unit without any limits has 96, and "OK" begins below 50
    checked = subprocess.run(
        [analyze, "security", "--offline=true", "--threshold=20", unit], capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stdout


def proxy_settings() -> tuple[str, str]:
    """The settings of the page on proxies: without one, and behind nginx."""
    text = (HOW_TO / "behind-a-proxy.md").read_text(encoding="utf-8")
    direct, proxied = re.findall(r"^```toml\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return direct, proxied


def test_the_settings_of_the_proxy_page_can_be_pasted(tmp_path: Path) -> None:
    direct, proxied = proxy_settings()
    file = tmp_path / "callboard.toml"
    file.write_text(direct, encoding="utf-8")
    assert load(file, {}, {}).http.certificate.endswith(".pem")
    file.write_text(proxied, encoding="utf-8")
    assert load(file, {}, {}).http.proxies == ("127.0.0.1",)


class Site(msgspec.Struct, frozen=True):
    """A server behind nginx."""

    url: str
    password: str
    """That of `admin`."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, str]]:
    """A server without a switch, with the settings of the page: its port, and the password of the first login."""
    port, folder = free_port(), tmp_path_factory.mktemp("server")
    settings = proxy_settings()[1].replace("127.0.0.1:8080", f"127.0.0.1:{port}")
    (folder / "callboard.toml").write_text(f"{settings}\n[switches.b2bua]\nenabled = false\n", encoding="utf-8")
    command = (str(PROGRAMS / "callboard"), "serve")
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        try:
            printed = b""
            while not (found := re.search(rb"admin, password (\S+)", printed)):
                line = process.stdout.readline()
                assert line, f"the server ended by itself: {printed.decode()}"
                printed += line
            yield port, found[1].decode()
        finally:
            process.terminate()


@pytest.fixture(scope="module")
def site(server: tuple[int, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """That server, with the nginx of the page before it."""
    nginx, port, folder = needed("nginx"), free_port(), tmp_path_factory.mktemp("nginx")
    certificate = certificate_in(folder)
    lines = block("behind-a-proxy.md", "nginx")
    for printed, here in (
        ("listen 443 ssl", f"listen 127.0.0.1:{port}"),  # nginx's own TLS is not what is tried here
        ("/etc/nginx/tls/callboard.pem", str(certificate)),
        ("/etc/nginx/tls/callboard.key", str(certificate.with_suffix(".key"))),
        ("127.0.0.1:8080", f"127.0.0.1:{server[0]}"),
    ):
        assert printed in lines
        lines = lines.replace(printed, here)
    kept = "".join(f"{kind}_temp_path {folder};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    head = f"daemon off; pid {folder}/nginx.pid; error_log stderr; events {{}} http {{ access_log off; {kept}"
    (folder / "nginx.conf").write_text(f"{head}\n{lines}}}", encoding="utf-8")
    with subprocess.Popen((nginx, "-c", str(folder / "nginx.conf"), "-e", "stderr")) as process:
        try:
            yield Site(url=f"http://127.0.0.1:{port}", password=server[1])
        finally:
            process.terminate()


def certificate_in(folder: Path) -> Path:
    """A new certificate for nginx, and beside it its key, in a file that ends in `.key`."""
    file = folder / "callboard.pem"
    subject = ("-subj", "/CN=callboard.example.org", "-keyout", file.with_suffix(".key"), "-out", file)
    ask = (needed("openssl"), "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
    subprocess.run([*ask, *subject], check=True, capture_output=True)
    return file


@pytest.fixture
async def client(site: Site) -> AsyncIterator[aiohttp.ClientSession]:
    """A client that comes from an address of its own, and claims another."""
    async with aiohttp.ClientSession(
        site.url,
        connector=aiohttp.TCPConnector(local_addr=("127.0.0.7", 0)),
        headers={"X-Forwarded-For": "192.0.2.66", "Authorization": encode_basic_auth("admin", site.password)},
        timeout=aiohttp.ClientTimeout(PATIENCE),
    ) as session:

        async def listening() -> bool:
            try:
                async with session.get("/-/healthy") as answer:
                    return answer.status == 200
            except aiohttp.ClientConnectorError:
                return False

        await until(listening, "nginx", PATIENCE)
        yield session


async def test_lists_and_streams_come_through_the_proxy(client: aiohttp.ClientSession) -> None:
    async with client.get("/v1/calls") as answer:
        assert (await answer.json())["calls"] == []
    async with client.get("/v1/stream") as answer:
        assert await answer.content.readuntil(b"event: begin\n")
    # as a browser: a page of this very site
    origin = str(client._base_url).rstrip("/")
    async with client.ws_connect("/v1/ws", origin=origin) as socket:
        assert json.loads((await socket.receive()).data)["type"] == "begin"
    async with client.get("/board") as answer:
        assert answer.status == 200


async def test_who_comes_through_the_proxy_has_their_own_address(client: aiohttp.ClientSession) -> None:
    async with client.get("/v1/calls", headers={"Authorization": encode_basic_auth("admin", "guess")}) as answer:
        assert answer.status == 401

    async def written() -> bool:
        async with client.get("/v1/audit?action=sign_in") as answer:
            return [entry["address"] for entry in (await answer.json())["entries"]] == ["127.0.0.7"]

    await until(written, "the failed sign-in, with its address, in the audit", PATIENCE)


def test_the_directory_is_taken_out(server: tuple[int, str], tmp_path: Path) -> None:
    port, password = server
    script = "\n".join(shell_of("back-up-and-upgrade.md")[1:])
    assert "callboard directory export directory.json" in script
    said = {"CALLBOARD_SERVER": f"http://127.0.0.1:{port}", "CALLBOARD_USER": "admin", "CALLBOARD_PASSWORD": password}
    environment = os.environ | said | {"PATH": f"{PROGRAMS}:{os.environ['PATH']}"}
    bash = ["bash", "-euo", "pipefail", "-c", script]
    subprocess.run(bash, cwd=tmp_path, env=environment, check=True, capture_output=True)
    assert json.loads((tmp_path / "directory.json").read_text(encoding="utf-8"))["logins"][0]["name"] == "admin"


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A folder with a database that is in use."""
    with open_database(tmp_path / "callboard.db"):
        yield tmp_path


def test_a_backup_is_a_whole_database(folder: Path) -> None:
    needed("sqlite3")
    bash = ["bash", "-euo", "pipefail", "-c", shell_of("back-up-and-upgrade.md")[0]]
    done = subprocess.run(bash, cwd=folder, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "ok\n", "")
    (copy,) = folder.glob("callboard-*.db")
    with sqlite3.connect(copy) as connection:
        assert connection.execute("SELECT count(*) FROM ended_calls").fetchone() == (0,)
    connection.close()
