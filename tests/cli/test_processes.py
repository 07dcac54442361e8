"""Verbs as processes of their own, and on a terminal: what needs one, is asked there, and is stopped there."""

import contextlib
import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from callboard.calls.state import State
from tests.cli.conftest import Run
from tests.house import House

COMMAND = (sys.executable, "-m", "callboard")


@pytest.fixture
def signed_in(server: str, run: Run) -> dict[str, str]:
    """The environment of somebody who works with the server; `run` has cleared what the tests were started with."""
    assert run is not None
    return os.environ | {
        "CALLBOARD_SERVER": server,
        "CALLBOARD_USER": "root",
        "CALLBOARD_PASSWORD": "demo-root",
        "TERM": "xterm-256color",
    }


class Terminal:
    """A command on a terminal of 80 by 24."""

    def __init__(self, *words: str, environment: dict[str, str]) -> None:
        self._near, far = pty.openpty()
        size = environment | {"COLUMNS": "80", "LINES": "24"}
        self.process = subprocess.Popen(
            [*COMMAND, *words], stdin=far, stdout=far, stderr=far, env=size, start_new_session=True
        )
        os.close(far)
        os.set_blocking(self._near, False)
        self.seen = ""

    def until(self, holds: Callable[[str], bool]) -> None:
        """Read until what was shown so far is as wanted."""
        deadline = time.monotonic() + 40
        while not holds(self.seen):
            assert time.monotonic() < deadline, self.seen
            ended = self.process.poll() is not None
            if not self._read():
                assert not ended, self.seen
                time.sleep(0.02)

    def _read(self) -> bool:
        """Take in what is there by now; whether there was anything. Once the command is gone, so is its terminal."""
        with contextlib.suppress(OSError):
            block = os.read(self._near, 65_536)
            self.seen += block.decode(errors="replace")
            return bool(block)
        return False

    def type(self, keys: str) -> None:
        """As if typed."""
        os.write(self._near, keys.encode())

    def hang_up(self) -> None:
        """The terminal is gone, as when its window is closed; what was started apart from it is not told."""
        os.close(self._near)

    def interrupt(self) -> None:
        """Ctrl-C."""
        self.process.send_signal(signal.SIGINT)

    def end(self) -> int:
        """Its exit code, once it has ended by itself; what it still showed is read."""
        deadline = time.monotonic() + 40
        while self._read() or (self.process.poll() is None and time.monotonic() < deadline):
            time.sleep(0.01)
        self.process.kill()
        os.close(self._near)
        return self.process.wait()


def test_the_board_on_a_terminal(house: House, signed_in: dict[str, str]) -> None:
    house.call(State.ANSWERED, caller="80123", name="\x1b]0;owned\x07")
    terminal = Terminal("top", environment=signed_in)
    terminal.until(lambda seen: "80123" in seen)
    terminal.type("/")
    terminal.until(lambda seen: "search: number" in seen)
    terminal.type("80")
    terminal.until(lambda seen: "showing 1 of 1" in seen)
    terminal.type("\x11")  # Ctrl-Q, which ends it wherever the cursor is
    assert terminal.end() == 0
    assert "owned" not in terminal.seen


def test_the_board_ends_with_its_terminal(house: House, signed_in: dict[str, str]) -> None:
    house.call(State.ANSWERED, caller="80123")
    terminal = Terminal("top", environment=signed_in)
    terminal.until(lambda seen: "80123" in seen)
    terminal.hang_up()
    assert terminal.process.wait(40) == 0


def test_ctrl_c_leaves_the_board(house: House, signed_in: dict[str, str]) -> None:
    house.call(State.ANSWERED, caller="80123")
    terminal = Terminal("top", environment=signed_in)
    terminal.until(lambda seen: "80123" in seen)
    terminal.type("/\x03")
    assert terminal.end() == 0


@pytest.mark.parametrize(("answer", "code", "sent"), [("y", 0, 1), ("n", 130, 0)])
def test_many_are_ended_after_a_question(
    house: House, signed_in: dict[str, str], answer: str, code: int, sent: int
) -> None:
    house.call()
    house.obeys = True
    terminal = Terminal("calls", "hangup", "--where", "account=3", environment=signed_in)
    terminal.until(lambda seen: "End them? [y/N]:" in seen)
    assert "1 call would be ended." in terminal.seen
    terminal.type(f"{answer}\n")
    assert terminal.end() == code
    assert len(house.sent) == sent
    assert ("1 of 1" in terminal.seen) == bool(sent)


def test_ctrl_c_stops_a_batch(house: House, signed_in: dict[str, str]) -> None:
    for _ in range(50):
        house.call()
    house.obeys = True
    terminal = Terminal("calls", "hangup", "-w", "account=3", "--yes", "--rate", "0.5", environment=signed_in)
    terminal.until(lambda seen: " of 50" in seen)
    terminal.interrupt()
    assert terminal.end() == 130
    assert "Stopped: " in terminal.seen
    assert len(house.sent) < 50


def test_ctrl_c_ends_a_watch(house: House, signed_in: dict[str, str]) -> None:
    house.call()
    terminal = Terminal("calls", "watch", environment=signed_in)
    terminal.until(lambda seen: "960" in seen)
    terminal.interrupt()
    assert terminal.end() == 0
    assert "Traceback" not in terminal.seen


def test_a_table_is_no_wider_than_the_terminal(house: House, signed_in: dict[str, str]) -> None:
    house.call(dialed="4" * 100)
    terminal = Terminal("calls", "ls", environment=signed_in)
    assert terminal.end() == 0
    assert max(map(len, terminal.seen.splitlines())) <= 80
    assert "…" in terminal.seen


@pytest.mark.parametrize("words", ["calls ls", "directory export", "cheat"])
@pytest.mark.parametrize(("redirection", "why"), [("> /dev/full", "No space left on device"), (">&-", "it is closed")])
def test_what_cannot_be_written_is_told(signed_in: dict[str, str], words: str, redirection: str, why: str) -> None:
    command = f'"$0" -m callboard {words} {redirection}'
    done = subprocess.run(
        ["bash", "-c", command, sys.executable], capture_output=True, text=True, check=False, env=signed_in
    )
    assert (done.returncode, done.stderr) == (1, f"Error: cannot write to standard output: {why}\n")


@pytest.mark.parametrize("words", ["calls ls", "calls watch", "directory export", "--help"])
def test_a_reader_that_goes_is_no_news(house: House, signed_in: dict[str, str], words: str) -> None:
    """As with `| head`; what is printed after that ends the command without a word."""
    house.call()
    near, far = os.pipe()
    process = subprocess.Popen([*COMMAND, *words.split()], stdout=far, stderr=subprocess.PIPE, env=signed_in, text=True)
    os.close(far)
    os.close(near)
    _, errors = process.communicate(timeout=40)
    assert (process.returncode, errors) == (1, "")


SCRIPT = """
callboard calls hold 960 --no-wait
callboard calls transfer 960 104 --no-wait
callboard calls unhold 961 --no-wait
callboard calls forget 961
callboard directory show customers 3
callboard directory export directory.toml
callboard directory import directory.toml
callboard directory destinations - <<< $'prefix,name,country\\n63,Philippines Proper,PHL'
callboard logins list
callboard logins show acme
callboard tokens list
id() { grep -o '"id": "[^"]*"' | cut -d'"' -f4; }
callboard tokens remove "$(callboard tokens add x -o json | id)"
webhook=$(callboard webhooks add https://crm.example.net/x --event call.ended -o json | id)
callboard webhooks list
callboard webhooks show $webhook
callboard webhooks change $webhook --name crm
callboard webhooks deliveries $webhook
callboard webhooks replay $webhook
callboard webhooks secret $webhook
callboard webhooks remove $webhook
callboard contexts add here --server $CALLBOARD_SERVER <<< cb_x.y
callboard contexts use here
callboard contexts remove here
callboard cheat
"""


@pytest.mark.timeout(240)
def test_all_other_verbs_as_processes(house: House, signed_in: dict[str, str], tmp_path: Path) -> None:
    """Those that no page's examples run."""
    house.call(State.ANSWERED)
    house.call(State.HELD)
    environment = signed_in | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", SCRIPT],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env=environment,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "directory.toml").stat().st_size
