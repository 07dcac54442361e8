"""What a board makes of hostile words: names on calls, addresses that somebody sent, a stream that talks nonsense."""

import json
import re

import pytest
from playwright.sync_api import Page, expect

from tests.wallboard import fake as faking
from tests.wallboard.conftest import OpenBoard, sign_in
from tests.wallboard.fake import Fake

MARKUP = "<img src=x onerror=\"document.title='stung'\"><script>document.title='stung'</script>{{7*7}}"
"""What would run if it were ever taken for a page's own."""

NAMES_OF_ALL_OBJECTS = ("__proto__", "constructor", "toString", "hasOwnProperty", "valueOf")
"""What every object has by birth, and a table of words must not be asked for."""


def unharmed(page: Page) -> None:
    """The board stands, and nothing of the words was run."""
    expect(page.locator(".rows .line").first).to_be_visible()
    assert page.title() == "Callboard"
    assert page.locator("img, script:not([src])").count() == 0


def test_names_of_calls_and_customers_and_switches_are_words_and_no_more(
    open_board: OpenBoard, fake: Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(faking.CUSTOMERS, 3, MARKUP)
    monkeypatch.setitem(faking.COUNTRIES, "GBR", MARKUP)
    page = open_board()
    given = {"caller": MARKUP, "caller_name": MARKUP, "callee": MARKUP, "switch": MARKUP, "customer": 3}
    numbers: list[str] = []
    fake.do(lambda: numbers.append(fake.enter(**given, destination=MARKUP, country="GBR")))
    page.locator(f'.rows [data-id="{numbers[0]}"]').click()
    call = page.get_by_role("complementary")
    expect(call.get_by_role("region", name="Facts")).to_contain_text(MARKUP)
    expect(page.get_by_role("region", name="Customers")).to_contain_text(MARKUP)
    call.get_by_role("button", name="Disconnect").click()
    expect(page.get_by_role("dialog")).to_contain_text(MARKUP)
    page.get_by_role("dialog").get_by_role("button", name="Disconnect").click()
    expect(page.get_by_role("region", name="Disconnects")).to_contain_text(MARKUP)
    page.keyboard.press("w")
    expect(page.locator(".wall")).to_contain_text(MARKUP)
    page.keyboard.press("w")
    unharmed(page)


def test_what_somebody_sent_as_an_address_is_words_and_no_more(open_board: OpenBoard, fake: Fake) -> None:
    page = open_board()
    page.get_by_role("searchbox").fill(MARKUP)
    expect(page.locator(".chip-filter")).to_contain_text(MARKUP)
    page.get_by_role("button", name="Saved views").click()
    page.get_by_role("textbox", name="Name of this view").fill(MARKUP[:40])
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("button", name=MARKUP[:40], exact=True)).to_be_visible()
    page.get_by_role("searchbox").fill("")
    unharmed(page)


@pytest.mark.parametrize("name", NAMES_OF_ALL_OBJECTS)
def test_an_address_with_names_that_every_object_has_breaks_nothing(
    open_board: OpenBoard, fake: Fake, name: str
) -> None:
    page = open_board(path=f"/board?sort=-{name}")
    unharmed(page)
    for facet in ("state", "direction", "customer", "country"):
        page.goto(f"{page.url.partition('?')[0]}?{facet}={name}&sort={name}")
        expect(page.locator(".chip-filter")).to_contain_text(f"{facet} {name}")
        expect(page.locator(".toolbar-count")).to_have_text("0 of 60 calls")


def test_what_this_browser_remembers_may_be_nonsense(open_board: OpenBoard, fake: Fake) -> None:
    page = open_board()
    nonsense = {
        "views": [None, 7, {"name": {}}, {"name": "Good", "query": "?state=held", "columns": ["state", "x"]}],
        "columns": [None, "colour", 7],
        "theme": {},
        "shortcuts": "often",
    }
    for name, value in nonsense.items():
        page.evaluate(
            "([name, value]) => localStorage.setItem(name, value)", [f"callboard.board.{name}", json.dumps(value)]
        )
    page.reload()
    unharmed(page)
    page.get_by_role("button", name="Saved views").click()
    page.get_by_role("button", name="Good", exact=True).click()
    expect(page).to_have_url(re.compile(r"\?state=held$"))


@pytest.mark.parametrize(
    "message",
    [
        "no JSON",
        "null",
        '{"type":"changes"}',
        '{"type":"changes","revision":"1-7","at":"never","changes":[{"kind":"enter","id":"1","call":null}]}',
        '{"type":"rows","calls":[null]}',
    ],
)
def test_a_stream_that_talks_nonsense_is_begun_anew(open_board: OpenBoard, fake: Fake, message: str) -> None:
    """What cannot be understood may have been a change: only a new list is the truth then."""
    page = open_board()
    begun = fake.snapshots
    fake.do(lambda: fake.say(message))
    expect(page.get_by_role("alert")).to_contain_text("The stream could not be understood.")
    page.get_by_role("button", name="Try now").click()
    expect(page.get_by_role("alert")).to_have_count(0)
    fake.do(lambda: fake.enter(caller="31337"))
    expect(page.locator(".rows")).to_contain_text("31337")
    expect(page.locator(".toolbar-count")).to_have_text("61 calls")
    assert fake.snapshots > begun


def test_a_page_of_somebody_elses_in_the_place_of_an_answer_does_not_end_the_sign_in(
    open_board: OpenBoard, fake: Fake
) -> None:
    """As when a proxy tells of maintenance with status 200: a wall without a keyboard goes on by itself later."""
    page = open_board()
    page.route(
        "**/v1/**", lambda route: route.fulfill(status=200, content_type="text/html", body="<h1>Maintenance</h1>")
    )
    page.reload()
    expect(page.get_by_role("status")).to_contain_text("Signing in")
    expect(page.get_by_role("status")).to_contain_text("What answered is not Callboard")
    page.unroute_all()
    expect(page.locator(".link-live")).to_be_visible()


def test_whoever_signs_in_next_sees_nothing_of_the_one_before(open_board: OpenBoard, fake: Fake) -> None:
    """Neither orders nor questions nor what was chosen: they have numbers of calls in them."""
    page = open_board()
    numbers: list[str] = []
    fake.do(lambda: numbers.append(fake.enter(caller="5550001", customer=4)))
    fake.outcome = "refused"
    page.locator(f'.rows [data-id="{numbers[0]}"]').focus()
    page.keyboard.press("x")
    page.keyboard.press("d")
    page.get_by_role("dialog").get_by_role("button", name="Disconnect").click()
    expect(page.get_by_role("region", name="Disconnects")).to_contain_text("5550001")
    page.keyboard.press("d")
    expect(page.get_by_role("dialog")).to_contain_text("5550001")
    fake.do(lambda: fake.passwords.update(root="changed"))
    fake.do(fake.cut)
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    sign_in(page, "acme")
    expect(page.locator(".rows .line").first).to_be_visible()
    assert "5550001" not in page.content()
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_role("region", name="Disconnects")).to_have_count(0)
