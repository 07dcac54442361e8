"""What can stand between a command and its server."""

import contextlib
import io
import os
import pty
import re
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.house import House
from tests.strangers import certificate, stranger

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


VERBS = (
    "calls ls",
    "calls ls --legs",
    "calls show 960",
    "calls watch --for 9",
    "calls hangup 960",
    "calls hangup --where customer=3 --yes",
    "calls hold 960",
    "calls forget 960",
    "stats",
    "switches",
    "history",
    "audit",
    "whoami",
    "tokens list",
    "tokens add x",
    "directory list customers",
    "logins list",
    "webhooks list",
    "webhooks add http://127.0.0.1:9/x --event call.ended",
    "webhooks deliveries wh1",
)


@pytest.mark.parametrize(
    "body",
    [b"<html>", b"{}", b'{"calls": [1], "switches": [1], "next": null}'],
    ids=["html", "empty", "other"],
)
def test_no_answer_of_somebody_else_breaks_a_verb(run: Run, body: bytes) -> None:
    with stranger(body) as server:
        for verb in VERBS:
            ran = run(*verb.split(), "--server", server, **SIGNED_IN)
            assert (ran.code, ran.out) == (1, ""), verb
            assert ran.err.startswith(f"Error: {server}: "), verb
            assert ran.err.endswith("\nCheck that --server names a Callboard\n"), verb


@pytest.mark.parametrize("status", [400, 403, 404, 409, 429, 500])
def test_what_a_server_says_cannot_act_on_the_terminal(run: Run, status: int) -> None:
    words = b"\\u001b]0;owned\\u0007 \\u202e"
    body = b'{"status": %d, "code": "x", "detail": "%s", "mistakes": ["%s"]}' % (status, words, words)
    with stranger(body, status) as server:
        ran = run("calls", "ls", "--server", server, **SIGNED_IN)
    assert "\\x1b]0;owned\\x07 \\u202e" in ran.err
    assert all(line.isprintable() for line in ran.err.splitlines())


@pytest.mark.parametrize(
    ("status", "headers", "code", "words"),
    [
        (
            301,
            {"Location": "https://calls.example.net/v1"},
            1,
            "redirects to https://calls.example.net (status 301)",
        ),
        (500, {}, 1, "Error: the server failed: it does not say why\nIts log tells why"),
        (502, {}, 3, "cannot reach it (status 502)\nTry again in a moment, or look after the server"),
    ],
)
def test_what_stands_before_a_server(run: Run, status: int, headers: dict[str, str], code: int, words: str) -> None:
    with stranger(b"", status, headers) as server:
        ran = run("whoami", "--server", server, **SIGNED_IN)
    assert (ran.code, words in ran.err) == (code, True), ran.err


def test_when_to_try_again(run: Run) -> None:
    body = b'{"status": 429, "code": "too_many_attempts", "detail": "Too many."}'
    with stranger(body, 429, {"Retry-After": "30"}) as server:
        ran = run("whoami", "--server", server, **SIGNED_IN)
    assert (ran.code, ran.err) == (1, "Error: the server refuses: Too many.\nTry again in 30 seconds\n")


def test_a_token_that_cannot_be_one_is_not_shown(run: Run) -> None:
    ran = run("whoami", "--server", "http://127.0.0.1:1", CALLBOARD_TOKEN="cb_hidden.hidden\nX: y")
    assert ran.code == 2
    assert ran.err == "Error: the token has characters that no token has\nCopy it again, as a whole and alone\n"


@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs openssl: apt-get install openssl")
def test_a_certificate_of_ones_own(run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = certificate(tmp_path)
    with stranger(b'{"at": "2026-01-02T00:00:00Z", "switches": []}', tls=file) as server:
        ran = run("switches", "--server", server, **SIGNED_IN)
        assert ran.code == 3
        assert ran.err.startswith(f"Error: the certificate of {server} is not one to trust (self-signed certificate)\n")
        assert "callboard contexts add --ca-file" in ran.err
        monkeypatch.setattr("sys.stdin", io.StringIO("cb_x.y\n"))
        monkeypatch.chdir(tmp_path)
        assert run("contexts", "add", "own", "--server", server, "--ca-file", file.name).code == 0
        monkeypatch.chdir("/")
        monkeypatch.delenv("CALLBOARD_USER")
        monkeypatch.delenv("CALLBOARD_PASSWORD")
        assert run("switches").out.endswith("\n0 switches\n")


@pytest.mark.parametrize(
    ("words", "secret", "cause"),
    [
        ("--server http://127.0.0.1:99999", "cb_x.y", "http://127.0.0.1:99999 is not the address of a server"),
        ("--server http://root:opensesame@127.0.0.1", "cb_x.y", "the address has a user in it"),
        ("--server http://127.0.0.1", "cb_x y", "the token has characters that no token has"),
        ("--server https://127.0.0.1 --ca-file /nowhere.pem", "cb_x.y", "/nowhere.pem cannot be used (No such file"),
    ],
)
def test_a_context_that_could_not_be_used_is_not_kept(
    run: Run, monkeypatch: pytest.MonkeyPatch, words: str, secret: str, cause: str
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{secret}\n"))
    ran = run("contexts", "add", "own", *words.split())
    assert (ran.code, ran.err.startswith(f"Error: {cause}")) == (2, True), ran.err
    assert "opensesame" not in ran.err
    assert "own" not in run("contexts", "list").out


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
