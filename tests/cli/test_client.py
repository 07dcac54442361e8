"""What can stand between a command and its server."""

import contextlib
import os
import pty
import re
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from tests.cli.conftest import Run
from tests.house import House

SIGNED_IN = {"CALLBOARD_USER": "root", "CALLBOARD_PASSWORD": "demo-root"}


def test_nobody_answers(run: Run) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    ran = run("calls", "list", "--server", f"http://127.0.0.1:{port}", **SIGNED_IN)
    assert ran.code == 3
    cause, fix = ran.err.splitlines()
    assert cause.startswith(f"Error: no Callboard answers at http://127.0.0.1:{port} (")
    assert fix == "Start one with `callboard demo` or `callboard serve`, or name another with --server"


@pytest.mark.parametrize("url", ["127.0.0.1:8080", "ftp://127.0.0.1", "http://[::1"])
def test_what_is_no_address_of_a_server(run: Run, url: str) -> None:
    ran = run("calls", "list", "--server", url, **SIGNED_IN)
    assert (ran.code, ran.err.splitlines()[1]) == (2, "Write it like http://127.0.0.1:8080")


class SomethingElse(BaseHTTPRequestHandler):
    """A web server that is no Callboard."""

    def do_GET(self) -> None:
        self.send_error(404)

    def log_message(self, *words: object) -> None:
        """Tests print nothing."""


@pytest.fixture
def something_else() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), SomethingElse) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join(10)


def test_somebody_else_answers(run: Run, something_else: str) -> None:
    ran = run("calls", "list", "--server", something_else, **SIGNED_IN)
    assert ran.code == 1
    assert "with status 404, not as a Callboard does" in ran.err


def test_a_server_that_fails_gives_a_reference(house: House, ask: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(house.desk, "table", None)
    ran = ask("calls", "list")
    assert ran.code == 1
    assert re.match(r"Error: the server failed: .*[0-9a-f]{8}.*\nIts log tells why\n", ran.err)


def test_a_wrong_password(ask: Run) -> None:
    ran = ask("calls", "list", CALLBOARD_PASSWORD="opensesame")
    assert ran.code == 4
    assert "opensesame" not in ran.err
    assert ran.err.endswith("or --user, and CALLBOARD_PASSWORD or --password\n")


@pytest.mark.parametrize(("given", "missing"), [({}, "user"), ({"CALLBOARD_USER": "root"}, "password")])
def test_nobody_is_there_to_be_asked_for_a_password(run: Run, given: dict[str, str], missing: str) -> None:
    ran = run("calls", "list", **given)
    assert (ran.code, ran.err.splitlines()[0]) == (4, f"Error: no {missing} is given")


def test_the_password_is_asked_for_and_not_shown(house: House, server: str) -> None:
    seen, code = talk(
        [sys.executable, "-m", "callboard", "calls", "list", "--server", server],
        {
            "User": "root",
            "Password": "demo-root",
        },
    )
    assert code == 0
    assert "0 calls" in seen
    assert "demo-root" not in seen


def talk(command: list[str], answers: dict[str, str]) -> tuple[str, int]:
    """Run a command on a terminal, answer its questions, and return what the terminal showed, and the exit code."""
    terminal, end = pty.openpty()
    with subprocess.Popen(command, stdin=end, stdout=end, stderr=end, start_new_session=True) as process:
        os.close(end)
        seen = ""
        with contextlib.suppress(OSError):  # the terminal is gone once the command is
            while chunk := os.read(terminal, 1024):
                seen += chunk.decode()
                for question in [question for question in answers if seen.endswith(f"{question}: ")]:
                    os.write(terminal, f"{answers.pop(question)}\n".encode())
    os.close(terminal)
    return seen, process.returncode
