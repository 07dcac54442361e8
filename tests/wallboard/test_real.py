"""The board on a real server with real calls: `callboard demo` as anybody starts it."""

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx2
import pytest
from playwright.sync_api import Browser, Page, WebSocket, expect

from tests.ports import free_port
from tests.wallboard.conftest import PATIENCE, sign_in, until
from tests.wallboard.relay import relaying


class Demo:
    """A demo that can be ended and started again at the same address."""

    def __init__(self) -> None:
        self.http = f"127.0.0.1:{free_port()}"
        self._sip = f"127.0.0.1:{free_port()}"
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Until it answers."""
        command = (sys.executable, "-P", "-m", "callboard", "demo", "--calls", "15", "--http", self.http)
        self._process = subprocess.Popen((*command, "--sip", self._sip), stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if "Ctrl-C" in line:
                return
        raise AssertionError("the demo ended before it was up")

    def stop(self) -> None:
        """At once: nobody is told."""
        if self._process is not None:
            self._process.terminate()
            self._process.communicate(timeout=PATIENCE)
            self._process = None

    def get(self, path: str, login: str = "root") -> Any:
        """What the API answers."""
        answer = httpx2.get(f"http://{self.http}/v1{path}", auth=(login, f"demo-{login}"), timeout=PATIENCE)
        answer.raise_for_status()
        return answer.json()


@pytest.fixture(scope="module")
def demo() -> Iterator[Demo]:
    """A demo with calls in every state."""
    running = Demo()
    running.start()
    yield running
    running.stop()


@contextmanager
def board(browser: Browser, demo: Demo, login: str, path: str = "/board") -> Iterator[Page]:
    """A board in a profile of its own; nothing may go wrong in it unseen."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    page = context.new_page()
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.goto(f"http://{demo.http}{path}")
    sign_in(page, login)
    yield page
    context.close()
    assert wrong == []


def ids(page: Page) -> set[str]:
    """The calls in the table, which are few here."""
    return set(page.locator(".rows .line").evaluate_all("rows => rows.map(row => row.dataset.id)"))


def listed(demo: Demo, login: str) -> set[str]:
    """The calls that the API lists."""
    return {call["id"] for call in demo.get("/calls?limit=1000&fields=id", login)["calls"]}


@pytest.mark.parametrize("login", ["root", "reseller", "acme"])
def test_each_role_sees_what_the_api_lists_for_it(browser: Browser, demo: Demo, login: str) -> None:
    with board(browser, demo, login) as page:
        until(lambda: len(listed(demo, login)) > 0, "calls")
        until(lambda: ids(page) == listed(demo, login), "the same calls on the board and in the list")
        assert page.get_by_role("region", name="Switches").count() == (login == "root")
        expect(page.get_by_role("img", name="The last hour: between")).to_be_visible()
        if login == "acme":
            expect(page.get_by_role("region", name="Customers")).to_contain_text("Acme")
            assert "Initech" not in page.content()


def test_a_call_is_ended_and_the_switch_proves_it(browser: Browser, demo: Demo) -> None:
    # The one that was answered last: it is not about to end by itself.
    with board(browser, demo, "root", "/board?state=answered&sort=duration") as page:
        newest = page.locator('[aria-rowindex="2"]')
        expect(newest).to_be_visible()
        number = newest.get_attribute("data-id")
        page.locator(f'.rows [data-id="{number}"]').click()
        call = page.get_by_role("complementary")
        expect(call.get_by_role("region", name="Legs").get_by_role("listitem")).to_have_count(2)
        expect(call.get_by_role("region", name="Timeline")).to_contain_text("Answered")
        page.get_by_role("complementary").get_by_role("button", name="Disconnect").click()
        page.get_by_role("dialog", name="Disconnect this call?").get_by_role("button", name="Disconnect").click()
        expect(page.get_by_role("region", name="Disconnects")).to_contain_text("Ended: the switch reported it")
        expect(page.locator(f'.rows [data-id="{number}"]')).to_have_count(0)
        assert number not in listed(demo, "root")


def test_all_calls_of_a_filter_are_counted_and_ended(browser: Browser, demo: Demo) -> None:
    until(lambda: len(demo.get("/calls?state=answered,held")["calls"]) > 2, "some calls that are answered")
    with board(browser, demo, "root", "/board?state=answered,held") as page:
        page.get_by_role("button", name=re.compile("^Disconnect all")).click()
        question = page.get_by_role("dialog", name=re.compile(r"^Disconnect \d+ calls\?$"))
        question.get_by_role("button", name=re.compile(r"^Disconnect \d+$")).click()
        orders = page.get_by_role("region", name="Disconnects")
        expect(orders).to_contain_text(re.compile(r"(\d+) of \1 calls"))
        expect(orders).to_contain_text(re.compile(r"\d+ done"))


def test_a_token_that_may_only_look_shows_a_board_to_look_at(browser: Browser, demo: Demo) -> None:
    wanted = {"name": "wall", "rights": ["calls.list", "calls.stats", "switches.read"]}
    made = httpx2.post(f"http://{demo.http}/v1/tokens", auth=("root", "demo-root"), json=wanted, timeout=PATIENCE)
    page = browser.new_page()
    page.goto(f"http://{demo.http}/board?wall=true")
    page.get_by_role("button", name="Token").click()
    page.get_by_label("Token", exact=True).fill(made.json()["token"])
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator(".wall-now .figure-value")).to_have_text(re.compile("^[1-9]"))
    page.keyboard.press("w")
    expect(page.locator(".rows .line").first).to_be_visible()
    assert page.get_by_role("checkbox").count() == 0
    gone = f"http://{demo.http}/v1/tokens/{made.json()['id']}"
    httpx2.delete(gone, auth=("root", "demo-root"), timeout=PATIENCE).raise_for_status()
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    expect(page.get_by_role("alert")).to_contain_text(re.compile("token", re.IGNORECASE))
    assert page.evaluate("sessionStorage.length") == 0
    page.close()


def test_a_browser_is_led_to_the_board_and_no_other_page_is_put_around_it(browser: Browser, demo: Demo) -> None:
    page = browser.new_page()
    page.goto(f"http://{demo.http}")
    assert page.url == f"http://{demo.http}/board"
    page.goto("about:blank")
    page.set_content(f'<iframe src="http://{demo.http}/board"></iframe>')
    frame = page.frames[-1]
    frame.wait_for_url("chrome-error:**")
    assert frame.get_by_role("button", name="Sign in").count() == 0
    page.close()


def test_a_wire_that_is_cut_is_mended_and_the_stream_goes_on_where_it_was(browser: Browser, demo: Demo) -> None:
    with relaying(demo.http) as wire:
        context = browser.new_context()
        page = context.new_page()
        links: list[list[str]] = []

        def note(link: WebSocket) -> None:
            heard: list[str] = []
            links.append(heard)
            link.on("framereceived", lambda frame: heard.append(str(frame)[:40]))

        page.on("websocket", note)
        page.goto(f"http://{wire.address}/board")
        sign_in(page, "root")
        expect(page.locator(".rows .line").first).to_be_visible()

        def heard_on(link: int) -> Callable[[], bool]:
            return lambda: bool(page.title()) and len(links) > link and links[link] != []

        for cut in range(1, 4):
            wire.cut()
            until(heard_on(cut), "another link, and something heard on it")
            expect(page.get_by_role("alert")).to_have_count(0)
            assert '"resumed"' in links[cut][0], links
        assert not any('"begin"' in each for heard in links[1:] for each in heard)
        until(lambda: ids(page) == listed(demo, "root"), "the same calls on the board and in the list")
        context.close()


def test_a_server_that_went_and_came_back_is_found_again(browser: Browser, demo: Demo) -> None:
    with board(browser, demo, "root") as page:
        expect(page.locator(".rows .line").first).to_be_visible()
        demo.stop()
        expect(page.get_by_role("alert")).to_contain_text("Link lost.")
        expect(page.locator(".board")).to_have_class(re.compile("is-stale"))
        demo.start()
        expect(page.get_by_role("alert")).to_have_count(0, timeout=1000 * PATIENCE)
        until(lambda: ids(page) == listed(demo, "root") != set(), "the calls of the new server")
