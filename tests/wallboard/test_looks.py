"""What anybody can read and use: every screen by axe's rules, in both schemes, from a phone to a wall."""

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.wallboard.conftest import OpenBoard
from tests.wallboard.fake import Fake

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
PHONE, DESK, WALL = (360, 780), (1280, 800), (3840, 2160)


def check(page: Page) -> None:
    """No rule is broken."""
    found = Axe().run(page, options=RULES)
    assert found.violations_count == 0, found.generate_report()


def fits(page: Page) -> bool:
    """Whether nothing stands out of the screen to either side."""
    panels = page.locator(".menu-panel, dialog, .page").evaluate_all(
        "all => all.map(x => x.getBoundingClientRect().left)"
    )
    return min(panels, default=0) >= 0 and bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


def _the_board(page: Page, fake: Fake) -> None:
    expect(page.locator(".rows .line").first).to_be_visible()
    expect(page.locator(".uplot")).to_be_visible()


def _a_filter(page: Page, fake: Fake) -> None:
    page.get_by_role("button", name="Ringing").click()
    expect(page.locator(".chip-filter")).to_have_count(2)


def _a_call(page: Page, fake: Fake) -> None:
    page.locator(".rows .line").nth(1).click()
    expect(page.get_by_role("region", name="Facts")).to_be_visible()


def _a_question(page: Page, fake: Fake) -> None:
    page.locator(".rows .line").first.focus()
    page.keyboard.press("d")
    expect(page.get_by_role("dialog")).to_be_visible()


def _an_outcome(page: Page, fake: Fake) -> None:
    _a_question(page, fake)
    page.get_by_role("dialog").get_by_role("button", name="Disconnect").click()
    expect(page.get_by_role("region", name="Disconnects")).to_contain_text("Ended")


def _the_help(page: Page, fake: Fake) -> None:
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()


def _a_menu(page: Page, fake: Fake) -> None:
    page.get_by_role("button", name="Columns").click()
    expect(page.get_by_role("checkbox", name="Account")).to_be_visible()


def _the_views(page: Page, fake: Fake) -> None:
    page.get_by_role("button", name="Saved views").click()
    expect(page.get_by_role("textbox", name="Name of this view")).to_be_focused()


def _trouble(page: Page, fake: Fake) -> None:
    """A lost switch, a suspect call."""
    fake.switch_link = "lost"
    number = max(fake.calls, key=int)
    fake.do(lambda: fake.update(number, suspect=True, suspect_since=fake.calls[number]["started_at"]))
    expect(page.get_by_text("suspect", exact=False).first).to_be_visible()


def _a_lost_link(page: Page, fake: Fake) -> None:
    fake.do(fake.vanish)
    expect(page.get_by_role("alert")).to_contain_text("Link lost.")


def _no_calls(page: Page, fake: Fake) -> None:
    fake.do(lambda: fake.tell(*(("leave", call) for call in list(fake.calls.values()))))
    expect(page.get_by_text("No calls are up.")).to_be_visible()


def _nothing_found(page: Page, fake: Fake) -> None:
    page.get_by_role("searchbox").fill("nobody has this")
    expect(page.get_by_text("No call fits these filters.")).to_be_visible()


def _chosen_calls(page: Page, fake: Fake) -> None:
    page.get_by_role("checkbox", name="Choose all shown").check()
    expect(page.get_by_role("button", name="Disconnect 60")).to_be_visible()


def _the_wall(page: Page, fake: Fake) -> None:
    page.keyboard.press("w")
    expect(page.locator(".wall .uplot")).to_be_visible()


SCREENS = (
    _the_board,
    _a_filter,
    _a_call,
    _a_question,
    _an_outcome,
    _the_help,
    _a_menu,
    _the_views,
    _trouble,
    _a_lost_link,
    _no_calls,
    _nothing_found,
    _chosen_calls,
    _the_wall,
)


@pytest.mark.parametrize(("size", "scheme"), [(PHONE, "light"), (DESK, "dark")], ids=["phone", "desk"])
@pytest.mark.parametrize("screen", SCREENS, ids=lambda screen: screen.__name__.strip("_"))
def test_every_screen_can_be_read_and_used(
    open_board: OpenBoard, fake: Fake, screen: Callable[[Page, Fake], None], size: tuple[int, int], scheme: str
) -> None:
    page = open_board(width=size[0], height=size[1], color_scheme=scheme, reduced_motion="reduce")
    screen(page, fake)
    assert fits(page)
    check(page)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_sign_in_can_be_read_and_used(open_board: OpenBoard, scheme: str) -> None:
    page = open_board(login="", width=PHONE[0], height=PHONE[1], color_scheme=scheme)
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    assert fits(page)
    check(page)


def test_the_wall_is_read_from_afar_at_any_size(open_board: OpenBoard) -> None:
    """The same picture on a small screen and a large one, without a bar to scroll by."""
    small = open_board(path="/board?wall=true", width=1280, height=720)
    large = open_board(path="/board?wall=true", width=WALL[0], height=WALL[1])
    heights = []
    for page in (small, large):
        expect(page.locator(".wall .uplot")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollHeight <= innerHeight")
        box = page.locator(".wall-now .figure-value").bounding_box()
        assert box is not None
        heights.append(box["height"] / page.evaluate("innerHeight"))
    assert heights[0] == pytest.approx(heights[1], rel=0.05)
    assert heights[1] > 0.08
