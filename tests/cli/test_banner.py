"""What the demo says: true, and ready to paste."""

import re
import shlex
import subprocess
import xml.etree.ElementTree as ElementTree

from callboard.cli.banner import (
    banner,
    demo_logins,
    enswitch_line,
    mor_line,
    ozeki_line,
    python_line,
    sippy_line,
)

TEXT = banner(("127.0.0.1:8080", "127.0.0.1:9509"), "127.0.0.1:5060", "callboard")


def test_it_warns() -> None:
    assert "NOT FOR PRODUCTION" in TEXT.splitlines()[1]


def test_it_tells_where_everything_is() -> None:
    assert "http://127.0.0.1:8080, http://127.0.0.1:9509" in TEXT
    assert "127.0.0.1:5060 (UDP)" in TEXT
    assert "http://127.0.0.1:8080/board\n" in TEXT


def test_every_login_with_a_password_is_there() -> None:
    assert len(demo_logins()) >= 8
    for login in demo_logins():
        assert re.search(rf"^  {login.name} +{login.password} ", TEXT, re.MULTILINE)


def test_an_address_that_stands_for_all_is_found_on_loopback() -> None:
    assert "http://127.0.0.1:80/v1/calls" in banner(("0.0.0.0:80",), "0.0.0.0:5060", "callboard")
    assert "http://[::1]:80/v1/calls" in banner(("[::]:80",), "0.0.0.0:5060", "callboard")


def test_what_is_not_a_line_to_paste_fits_the_screen() -> None:
    prose = [line for line in TEXT.splitlines() if not line.startswith(("  curl", "  python3", "  callboard"))]
    assert max(map(len, prose)) <= 84


def test_the_shell_takes_the_lines_as_they_are() -> None:
    sippy = sippy_line("http://h", "listAllCalls", "")
    for line in (sippy, *(make("http://h") for make in (python_line, ozeki_line, enswitch_line, mor_line))):
        subprocess.run(["sh", "-n", "-c", line], check=True)
    words = shlex.split(sippy_line("http://h", "listAllCalls", ""))
    assert ElementTree.fromstring(words[words.index("--data") + 1]).findtext("methodName") == "listAllCalls"
    compile(shlex.split(python_line("http://h"))[2], "line", "exec")
