"""`callboard demo` and `callboard serve`, as an operator runs them."""

import contextlib
import os
import shlex
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from queue import Queue
from threading import Thread
from typing import Any

import msgspec
import pytest

from callboard.cli.banner import DemoLogin, demo_logins, python_line
from tests.cli.conftest import Run
from tests.ports import free_port

COMMAND = [sys.executable, "-m", "callboard"]


class Server:
    """A command that keeps running; its output is read as it comes."""

    def __init__(self, *words: str, folder: Path) -> None:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("CALLBOARD_")}
        self.process = subprocess.Popen(
            [*COMMAND, *words],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=folder,
            env=environment,
            start_new_session=True,
        )
        self._lines: Queue[str] = Queue()
        assert self.process.stdout is not None
        Thread(target=self._read, args=(self.process.stdout,), daemon=True).start()

    def _read(self, stream: Iterator[str]) -> None:
        for line in stream:
            self._lines.put(line)
        self._lines.put("")

    def until(self, words: str) -> str:
        """What it printed, up to the line that has `words`."""
        text = ""
        while words not in text:
            line = self._lines.get(timeout=60)
            assert line, f"it ended with {self.process.wait()} before it said {words!r}:\n{text}\n{self.errors()}"
            text += line
        return text

    def until_error(self, words: str) -> str:
        """What it wrote to standard error, up to the line that has `words`."""
        assert self.process.stderr is not None
        text = ""
        while words not in text:
            line = self.process.stderr.readline()
            assert line, f"it ended before it told of {words!r}:\n{text}"
            text += line
        return text

    def errors(self) -> str:
        """What it wrote to standard error; waits for its end."""
        assert self.process.stderr is not None
        return self.process.stderr.read()

    def stop(self, number: signal.Signals) -> tuple[int, str]:
        """Its exit code after a signal, and what it still printed."""
        self.process.send_signal(number)
        text = ""
        while line := self._lines.get(timeout=30):
            text += line
        return self.process.wait(30), text

    def close(self) -> None:
        """Leave nothing running."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        for stream in (self.process.stdout, self.process.stderr):
            if stream is not None:
                stream.close()


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, str, Path]]:
    """A demo without traffic, its URL, and the folder that it was started in."""
    folder = tmp_path_factory.mktemp("demo")
    http, sip = f"127.0.0.1:{free_port()}", f"127.0.0.1:{free_port()}"
    server = Server("demo", "--calls", "0", "--http", http, "--sip", sip, folder=folder)
    try:
        server.until("Ctrl-C ends it.")
        yield server, f"http://{http}", folder
    finally:
        server.close()


@pytest.mark.parametrize("login", demo_logins(), ids=lambda login: login.name)
def test_every_login_of_the_banner_signs_in(demo: tuple[Server, str, Path], run: Run, login: DemoLogin) -> None:
    _, url, _ = demo
    words = ("--server", url, "--user", login.name, "--password", login.password)
    assert run("calls", "list", *words).out.endswith("\n0 calls\n")


def test_the_python_line_of_the_banner_works(demo: tuple[Server, str, Path]) -> None:
    _, url, _ = demo
    words = shlex.split(python_line(url))
    done = subprocess.run([sys.executable, *words[1:]], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_ctrl_c_ends_the_demo_and_nothing_is_left(demo: tuple[Server, str, Path]) -> None:
    server, _, folder = demo
    code, text = server.stop(signal.SIGINT)
    assert (code, text.strip(), server.errors()) == (0, "Stopped, nothing left behind.", "")
    assert list(folder.iterdir()) == []


def settings(folder: Path) -> Path:
    file = folder / "callboard.toml"
    sip = f"127.0.0.1:{free_port()}"
    file.write_text(f'[http]\nlisten = ["127.0.0.1:0"]\n[switches.b2bua]\nsip = "{sip}"\n', encoding="utf-8")
    return file


def test_serve_makes_a_first_login_once_and_ends_cleanly(tmp_path: Path, run: Run) -> None:
    settings(tmp_path)
    first = Server("serve", folder=tmp_path)
    try:
        text = first.until("password")
        address = text.partition("HTTP at ")[2].partition(" ")[0]
        name, password = text.rstrip().rpartition(": ")[2].split(", password ")
        ran = run("calls", "list", "--server", f"http://{address}", "--user", name, "--password", password)
        assert (ran.code, ran.out.splitlines()[-1]) == (0, "0 calls")
        assert first.stop(signal.SIGTERM)[0] == 0
    finally:
        first.close()
    again = Server("serve", folder=tmp_path)
    try:
        again.until("Callboard answers")
        assert again.stop(signal.SIGINT) == (0, "")
    finally:
        again.close()


def test_serve_says_which_switches_it_listens_to_and_starts_without_them(tmp_path: Path) -> None:
    text = f"""
[http]
listen = ["127.0.0.1:0"]
[switches.b2bua]
enabled = false
[switches.asterisk.pbx1]
port = {free_port()}
[switches.freeswitch.pbx2]
port = {free_port()}
"""
    (tmp_path / "callboard.toml").write_text(text, encoding="utf-8")
    server = Server("serve", folder=tmp_path)
    try:
        said = server.until("password")
        assert " and no SIP." in said
        assert "It listens to pbx1, pbx2; GET /v1/switches shows how each link is." in said
        server.until_error("switch pbx1: the link is lost and is tried again: 127.0.0.1:")
        code, _ = server.stop(signal.SIGTERM)
        assert code == 0, server.errors()
    finally:
        server.close()


def test_an_address_that_is_taken_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = subprocess.run(
            [*COMMAND, "serve", "-c", str(settings(tmp_path)), "--set", f"http.listen=127.0.0.1:{port}"],
            capture_output=True,
            text=True,
            check=False,
            cwd=tmp_path,
        )
    assert done.returncode == 1
    error = [line for line in done.stderr.splitlines() if line.startswith("Error: ")]
    assert len(error) == 1
    assert str(port) in error[0]
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("option", "value", "cause"),
    [
        ("--http", "127.0.0.1", "'127.0.0.1' is no address to listen on: write it like 127.0.0.1:8080 or [::1]:8080"),
        ("--sip", "nonsense", "sip is 'nonsense', which has no port: write it like 192.0.2.7:5060"),
        ("--sip", "[::1]:5060", "sip is '[::1]:5060', but the demo's phones speak IPv4: write 127.0.0.1:5060"),
        ("--carrier", "nonsense", "carrier is 'nonsense', which has no port: write it like 192.0.2.7:5060"),
    ],
)
def test_an_address_that_is_none_is_named_with_the_fix(run: Run, option: str, value: str, cause: str) -> None:
    ran = run("demo", option, value)
    assert (ran.code, ran.out, ran.err) == (2, "", f"Error: {cause}\n")


def test_the_demo_says_how_to_take_another_port(run: Run) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        http = f"127.0.0.1:{taken.getsockname()[1]}"
        ran = run("demo", "--calls", "0", "--http", http, "--sip", "127.0.0.1:0")
    assert ran.code == 1
    assert ran.err.splitlines()[-2].startswith(f"Error: Cannot listen on {http}: another program uses this port.")
    assert ran.err.splitlines()[-1] == "The demo takes other addresses with --http HOST:PORT and --sip HOST:PORT"


def test_the_phones_find_a_switch_that_goes_by_a_name_and_any_port(tmp_path: Path, run: Run) -> None:
    demo = Server("demo", "--calls", "1", "--http", "127.0.0.1:0", "--sip", "localhost:0", folder=tmp_path)
    try:
        url = demo.until("Ctrl-C ends it.").partition("HTTP  ")[2].split()[0].rstrip(",")
        words = ("calls", "list", "--server", url, "--user", "root", "--password", "demo-root")
        deadline = time.monotonic() + 30
        while run(*words).out.endswith("\n0 calls\n"):
            assert time.monotonic() < deadline, "the demo's phone makes no call"
            time.sleep(0.1)
        assert demo.stop(signal.SIGINT)[0] == 0
        assert demo.errors() == ""
    finally:
        demo.close()


def test_what_was_ended_stands_in_the_history_and_who_did_it_in_the_audit(tmp_path: Path, run: Run) -> None:
    demo = Server("demo", "--calls", "2", "--http", "127.0.0.1:0", "--sip", "127.0.0.1:0", folder=tmp_path)
    try:
        url = demo.until("Ctrl-C ends it.").partition("HTTP  ")[2].split()[0].rstrip(",")
        words = ("--server", url, "-u", "root", "--password", "demo-root", "-o", "json")

        def told(*verb: str) -> dict[str, list[dict[str, str]]]:
            return msgspec.json.decode(run(*verb, *words).out, type=dict[str, Any])

        calls = waited(lambda: told("calls", "ls", "--where", "state=answered")["calls"])
        number = calls[0]["id"]
        assert run("calls", "hangup", number, *words[:-2]).code == 0
        waited(lambda: [call for call in told("history", "--limit", "5")["calls"] if call["id"] == number])
        entries = waited(lambda: told("audit", "--action", "calls.disconnect")["entries"])
        assert (entries[0]["login"], entries[0]["outcome"]) == ("root", "done")
        for verb in ("history", "audit"):
            assert run(verb, *words[:-2]).out.count("\n") >= 4
    finally:
        demo.close()


def waited(look: Callable[[], list[dict[str, str]]]) -> list[dict[str, str]]:
    """What is to be seen, once it is."""
    deadline = time.monotonic() + 40
    while not (found := look()):
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.2)
    return found


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path, run: Run) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    ran = run("demo", "--calls", "0", "--data", str(tmp_path / "file" / "data"))
    assert (ran.code, ran.err.splitlines()[0]) == (1, f"Error: {tmp_path}/file/data: Not a directory")
