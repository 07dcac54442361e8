"""A real browser, and a server for it to look at."""

import re
import shutil
import time
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect, sync_playwright

from tests.wallboard.fake import Fake, running

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
INSTALL = "Chromium is not installed: 'apt-get install chromium' on Debian"

PATIENCE = 30.0
"""Seconds that a test waits for what must come, on a machine that may be busy."""

OpenBoard = Callable[..., Page]

# The board itself may wait for twelve seconds until it tries a server again.
expect.set_options(timeout=1000 * PATIENCE)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium. Skip where it is not installed. Of a module: its loop ends with it."""
    if CHROMIUM is None:
        pytest.skip(INSTALL)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture
def fake() -> Iterator[Fake]:
    """A server with some calls."""
    with running(calls=60) as server:
        yield server


@pytest.fixture
def open_board(browser: Browser, fake: Fake) -> Iterator[OpenBoard]:
    """Opens a board of the server in a browser profile of its own, signed in; nobody is, if `login` is empty.

    At the end, nothing must have gone wrong in the page that nobody saw.
    """
    contexts: list[BrowserContext] = []
    wrong: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if (
            message.type == "error"
            and "Failed to load resource" not in message.text
            and "WebSocket" not in message.text
        ):
            wrong.append(message.text)

    def open_one(login: str = "root", path: str = "/board", width: int = 1280, height: int = 800, **more: str) -> Page:
        context = browser.new_context(viewport={"width": width, "height": height}, **more)  # type: ignore[arg-type]
        contexts.append(context)
        page = context.new_page()
        page.on("console", note)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.goto(f"http://127.0.0.1:{fake.port}{path}")
        if login:
            sign_in(page, login)
        return page

    yield open_one
    for context in contexts:
        context.close()
    assert wrong == []


def sign_in(page: Page, login: str) -> None:
    """Type name and password, and wait for the board with all its calls: the link is live before they are there."""
    page.get_by_label("Name").fill(login)
    page.get_by_label("Password", exact=True).fill(f"demo-{login}")
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator(".link-live")).to_be_visible()
    expect(page.locator(".empty").filter(has_text=re.compile("Waiting|on their way"))).to_have_count(0)


def until(condition: Callable[[], bool], what: str) -> None:
    """Wait until a condition holds that no locator of the page can tell of."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, f"not in {PATIENCE:.0f} s: {what}"
        time.sleep(0.05)
