"""A hundred thousand calls, two thousand changes a second: the table stays smooth and right.

How smooth depends on the machine: frame times are measured and told (`pytest -rP` shows them), not asserted.
"""

import itertools
import logging
import statistics
import threading
import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.wallboard.conftest import sign_in
from tests.wallboard.fake import Fake, running

_log = logging.getLogger(__name__)

CALLS = 100_000
CHANGES_A_SECOND = 2_000
BATCHES_A_SECOND = 4
SECONDS = 5

COUNT_FRAMES = """
window.frames = [];
let last = performance.now();
const count = (now) => { window.frames.push(now - last); last = now; requestAnimationFrame(count); };
requestAnimationFrame(count);
"""


@pytest.fixture(scope="module")
def crowd() -> Iterator[Fake]:
    """A server with very many calls."""
    with running(calls=CALLS) as server:
        yield server


@pytest.fixture(scope="module")
def page(browser: Browser, crowd: Fake) -> Iterator[Page]:
    """A board that shows them all."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    page = context.new_page()
    page.goto(f"http://127.0.0.1:{crowd.port}/board")
    begun = time.monotonic()
    sign_in(page, "root")
    expect(page.locator(".toolbar-count")).to_have_text("100,000 calls", timeout=60_000)
    _log.warning("signed in and %d calls shown after %.1f s", CALLS, time.monotonic() - begun)
    yield page
    context.close()


def frames(page: Page, what: str) -> None:
    """Tell people the frame times since the counting began, in milliseconds. There must have been some."""
    times = sorted(page.evaluate("window.frames.splice(0)"))
    assert len(times) > 1
    late = times[int(0.95 * len(times))]
    told = (what, len(times), statistics.median(times), late, times[-1])
    _log.warning("%s: %d frames, median %.0f ms, 95 %% %.0f ms, longest %.0f ms", *told)


def storm(crowd: Fake, seconds: float) -> None:
    """Changes at the pace at which the server sends them."""
    for _ in range(int(seconds * BATCHES_A_SECOND)):
        begun = time.monotonic()
        crowd.do(lambda: crowd.churn(CHANGES_A_SECOND // BATCHES_A_SECOND))
        threading.Event().wait(max(0.0, 1 / BATCHES_A_SECOND - (time.monotonic() - begun)))


def test_few_rows_are_in_the_page_however_many_there_are(page: Page) -> None:
    assert page.locator(".rows .line").count() < 60
    expect(page.get_by_role("grid", name="Live calls")).to_have_attribute("aria-rowcount", str(CALLS + 1))


def test_the_last_row_is_reached_and_can_be_used(page: Page, crowd: Fake) -> None:
    page.keyboard.press("j")
    expect(page.locator('[aria-rowindex="2"]')).to_be_focused()
    page.keyboard.press("End")
    last = min(crowd.calls, key=int)
    expect(page.locator(f'[data-id="{last}"]')).to_be_focused()
    expect(page.locator(f'[data-id="{last}"]')).to_be_in_viewport()
    page.keyboard.press("Home")


def test_searching_and_sorting_all_of_them_is_a_matter_of_moments(page: Page, crowd: Fake) -> None:
    sought = crowd.calls[max(crowd.calls, key=int)]["callee"]
    wanted = sum(sought in f"{call['callee']} {call['id']}" for call in crowd.calls.values())
    page.get_by_role("searchbox").fill(sought)
    expect(page.locator(".toolbar-count")).to_have_text(f"{wanted} of 100,000 calls")
    page.get_by_role("searchbox").fill("")
    took = page.evaluate(
        """async () => {
             const begun = performance.now();
             [...document.querySelectorAll("[role=columnheader] button")].find(b => b.textContent === "Caller").click();
             await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
             return performance.now() - begun;
           }"""
    )
    _log.warning("sorted by caller and drawn in %.0f ms", took)
    lowest = min(crowd.calls.values(), key=lambda call: (call["caller"], int(call["id"])))
    expect(page.locator('[aria-rowindex="2"]')).to_have_attribute("data-id", lowest["id"])


def test_nobody_ends_very_many_calls_one_by_one(page: Page, crowd: Fake) -> None:
    page.get_by_role("checkbox", name="Choose all shown").check()
    page.get_by_role("button", name="Disconnect 100,000").click()
    question = page.get_by_role("dialog", name="Disconnect 100,000 calls?")
    expect(question.get_by_role("alert")).to_contain_text("At most 1,000 calls are ended one by one.")
    expect(question.get_by_role("button", name="Disconnect")).to_be_disabled()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Choose none").click()
    assert crowd.asked == []


def test_two_thousand_changes_a_second_are_followed_while_somebody_scrolls(page: Page, crowd: Fake) -> None:
    page.goto(page.url.partition("?")[0])
    expect(page.locator(".toolbar-count")).to_have_text("100,000 calls", timeout=60_000)
    page.evaluate(COUNT_FRAMES)
    blower = threading.Thread(target=storm, args=(crowd, SECONDS))
    blower.start()
    page.locator("#calls").hover()
    for step in itertools.count():
        if not blower.is_alive():
            break
        page.mouse.wheel(0, 400 if step % 40 < 30 else -900)
        page.wait_for_timeout(16)
    blower.join()
    frames(page, f"{CHANGES_A_SECOND} changes a second among {CALLS} calls, scrolling")
    held = sum(call["state"] == "held" for call in crowd.calls.values())
    ringing = sum(call["state"] in ("ringing", "dialing") for call in crowd.calls.values())
    expect(page.locator(".figure-held .figure-value")).to_have_text(f"{held:,}")
    expect(page.locator(".figure-ringing .figure-value")).to_have_text(f"{ringing:,}")
    first = max(crowd.calls, key=int)
    page.locator("#calls").evaluate("table => table.scrollTo(0, 0)")
    expect(page.locator('[aria-rowindex="2"]')).to_have_attribute("data-id", first)


def test_large_numbers_fit_their_boxes(page: Page) -> None:
    for width in (1280, 360):
        page.set_viewport_size({"width": width, "height": 800})
        page.wait_for_function("width => innerWidth === width", arg=width)
        wide = "values => values.map(value => value.scrollWidth - value.clientWidth)"
        assert max(page.locator(".figure-value").evaluate_all(wide)) <= 0
