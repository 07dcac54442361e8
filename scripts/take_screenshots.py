"""Take the pictures for the docs, of the wallboard and of `callboard top`, from a demo that has been up for a while.

callboard demo --calls 80
python scripts/take_screenshots.py http://127.0.0.1:8080 docs/images
"""

import asyncio
import re
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, Page, expect, sync_playwright

from callboard.cli.board.app import Board
from callboard.client.exchange import Access

Scheme = Literal["light", "dark"]


@contextmanager
def board(
    browser: Browser, url: str, path: str = "", size: tuple[int, int] = (1280, 800), scheme: Scheme = "light"
) -> Iterator[Page]:
    """The board, signed in as the demo's operator, with everything on it."""
    context = browser.new_context(viewport={"width": size[0], "height": size[1]}, color_scheme=scheme)
    page = context.new_page()
    page.goto(f"{url}/board{path}")
    page.get_by_label("Name").fill("root")
    page.get_by_label("Password", exact=True).fill("demo-root")
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator(".uplot")).to_be_visible()
    expect(page.get_by_role("region", name="Trunks")).to_contain_text("Carrier")
    expect(page.get_by_role("region", name="Countries")).to_contain_text("United Kingdom")
    yield page
    context.close()


def take(browser: Browser, url: str, folder: Path) -> None:
    """All pictures of the wallboard."""
    with board(browser, url) as page:
        page.screenshot(path=folder / "wallboard.png")
    with board(browser, url, "?wall=true", (1920, 1080), "dark") as page:
        page.screenshot(path=folder / "wallboard-wall.png")
    with board(browser, url, size=(360, 780)) as page:
        page.screenshot(path=folder / "wallboard-phone.png")
    with board(browser, url, "?state=answered,held&sort=-duration", scheme="dark") as page:
        page.locator(".rows .line").nth(3).click()
        expect(page.get_by_role("region", name="Facts")).to_be_visible()
        page.screenshot(path=folder / "wallboard-call.png")
    with board(browser, url, "?country=GBR") as page:
        page.get_by_role("button", name="Disconnect all").click()
        expect(page.locator(".sample")).to_be_visible()
        page.screenshot(path=folder / "wallboard-disconnect.png")


async def terminal(url: str) -> str:
    """`callboard top` with all that is answered, as SVG."""
    top = Board(Access(url, "", "root", "demo-root"), {"state": ["answered", "held", "ringing"]})
    async with top.run_test(size=(100, 24)) as pilot:
        while "United" not in top.export_screenshot():
            await pilot.pause(0.1)
        await pilot.press("down", "down")
        await pilot.pause(2)
        return top.export_screenshot()


def take_terminal(browser: Browser, drawn: str, folder: Path) -> None:
    """The picture of a terminal. Its SVG names fonts from elsewhere: it gets what is here."""
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.set_content(re.sub(r"@font-face \{.*?\}", "", drawn, flags=re.DOTALL))
    page.locator("svg").screenshot(path=folder / "top.png")
    page.close()


if __name__ == "__main__":
    top = asyncio.run(terminal(sys.argv[1]))
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=shutil.which("chromium"))
        take(chromium, sys.argv[1], Path(sys.argv[2]))
        take_terminal(chromium, top, Path(sys.argv[2]))
        chromium.close()
