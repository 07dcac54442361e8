"""The board in a real browser: what it shows, how it follows, how it is used."""

import json
import re
from datetime import timedelta

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.wallboard.conftest import OpenBoard, sign_in, until
from tests.wallboard.fake import CUSTOMERS, RIGHTS, Fake, text


def figure(page: Page, label: str) -> Locator:
    """One of the large numbers."""
    return (
        page.locator(".figure-box").filter(has=page.locator(".figure-label", has_text=label)).locator(".figure-value")
    )


def row(page: Page, number: str) -> Locator:
    """The row of a call."""
    return page.locator(f'[data-id="{number}"]')


def shown(page: Page) -> Locator:
    """How many calls are shown, above the table."""
    return page.locator(".toolbar-count")


# --- signing in ------------------------------------------------------------------------------------------------------


def test_a_wrong_password_is_told_and_the_right_one_opens_the_board(open_board: OpenBoard) -> None:
    page = open_board(login="")
    page.get_by_label("Name").fill("root")
    page.get_by_label("Password", exact=True).fill("guessed")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_have_text("The name or the password is wrong.")
    sign_in(page, "root")


def test_a_token_opens_it_too(open_board: OpenBoard) -> None:
    page = open_board(login="")
    page.get_by_role("button", name="Token").click()
    page.get_by_label("Token", exact=True).fill("cb_1.secret")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("button", name="Signed in as acme")).to_be_visible()


def test_the_sign_in_lasts_for_the_tab_and_is_kept_nowhere_else(open_board: OpenBoard) -> None:
    page = open_board()
    page.reload()
    expect(page.locator(".link-live")).to_be_visible()
    assert "authorization" not in json.dumps(page.evaluate("({...localStorage})")).lower()
    assert page.context.cookies() == []
    other = page.context.new_page()
    other.goto(page.url)
    expect(other.get_by_role("button", name="Sign in")).to_be_visible()
    page.get_by_role("button", name="Signed in as root").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    assert page.evaluate("sessionStorage.length") == 0


# --- what it shows ---------------------------------------------------------------------------------------------------


def test_the_figures_are_those_of_the_calls(open_board: OpenBoard, fake: Fake) -> None:
    page = open_board()
    states = [call["state"] for call in fake.calls.values()]
    expect(figure(page, "Calls now")).to_have_text("60")
    expect(figure(page, "Answered")).to_have_text(str(sum(state in ("answered", "held") for state in states)))
    expect(figure(page, "Ringing")).to_have_text(str(sum(state in ("dialing", "ringing") for state in states)))
    expect(figure(page, "On hold")).to_have_text(str(states.count("held")))
    expect(page.get_by_text("peak today 72 at")).to_be_visible()
    expect(page.get_by_role("img", name="The last hour: between")).to_be_visible()
    acme = sum(call["customer"] == 3 for call in fake.calls.values())
    expect(page.get_by_role("region", name="Customers").get_by_role("button", name="Acme")).to_contain_text(str(acme))
    expect(page.get_by_role("region", name="Trunks").get_by_role("button", name="one, fail-over")).to_be_visible()
    expect(page.get_by_role("region", name="Countries").get_by_role("button", name="Japan")).to_be_visible()


def test_calls_come_change_and_go(open_board: OpenBoard, fake: Fake) -> None:
    page = open_board()
    numbers: list[str] = []
    fake.do(lambda: numbers.append(fake.enter(state="ringing", caller="1234567", answered_at=None)))
    (number,) = numbers
    expect(row(page, number)).to_contain_text("1234567")
    expect(row(page, number)).to_contain_text("Ringing")
    expect(figure(page, "Calls now")).to_have_text("61")
    fake.do(lambda: fake.update(number, state="held"))
    expect(row(page, number)).to_contain_text("On hold")
    fake.do(lambda: fake.leave(number))
    expect(row(page, number)).to_have_count(0)
    expect(figure(page, "Calls now")).to_have_text("60")


def test_lengths_tick_by_the_clock_of_the_server(open_board: OpenBoard, fake: Fake) -> None:
    fake.skew = timedelta(hours=3)
    page = open_board()
    numbers: list[str] = []
    answered = text(fake.now() - timedelta(seconds=754))
    fake.do(lambda: numbers.append(fake.enter(state="answered", answered_at=answered)))
    length = row(page, numbers[0]).get_by_role("gridcell").last
    expect(length).to_have_text(re.compile(r"^1[23]:\d\d$"))
    first = length.inner_text()
    expect(length).not_to_have_text(first)
    expect(length).to_have_text(re.compile(r"^1[23]:\d\d$"))


def test_a_switch_that_is_lost_is_told_and_its_calls_are_marked(open_board: OpenBoard, fake: Fake) -> None:
    page = open_board()
    number = next(iter(fake.calls))
    switches = page.get_by_role("region", name="Switches")
    expect(switches).to_contain_text("all up")
    fake.switch_link = "lost"
    since = text(fake.now() - timedelta(seconds=42))
    fake.do(lambda: fake.update(number, suspect=True, suspect_since=since, switch="pbx-one"))
    expect(switches).to_contain_text("1 not up")
    expect(switches).to_contain_text("connection refused at 192.0.2.7:5038: is Asterisk running?")
    expect(switches).to_contain_text(re.compile(r"heard [4-9]\d s ago"))
    expect(figure(page, "Suspect")).to_have_text("1")
    page.get_by_role("button", name="Suspect").click()
    expect(row(page, number)).to_contain_text(re.compile(r"suspect [4-9]\d s"))


def test_the_page_of_a_call_has_its_legs_and_what_happened_when(open_board: OpenBoard, fake: Fake) -> None:
    number = next(each for each, call in fake.calls.items() if call["state"] == "answered")
    page = open_board(path=f"/board/calls/{number}")
    call = page.get_by_role("complementary", name=f"Call {number}")
    expect(call.get_by_role("region", name="Legs")).to_contain_text("192.168.22.54")
    expect(call.get_by_role("region", name="Timeline").get_by_role("listitem")).to_have_text(
        [re.compile("Set up · caller"), re.compile(r"Answered.*\+4.0 s", re.DOTALL)]
    )
    expect(call.get_by_role("region", name="Facts")).to_contain_text("a@192.168.22.7")
    fake.do(lambda: fake.leave(number))
    expect(call).to_contain_text("This call is over")
    call.get_by_role("button", name="Close").click()
    expect(call).to_have_count(0)
    assert page.url.endswith("/board")


# --- looking for calls -----------------------------------------------------------------------------------------------


def test_filters_stand_in_the_address(open_board: OpenBoard, fake: Fake) -> None:
    page = open_board()
    held = sum(call["state"] == "held" for call in fake.calls.values())
    page.get_by_role("button", name="On hold").click()
    expect(page).to_have_url(re.compile(r"/board\?state=held$"))
    expect(shown(page)).to_have_text(f"{held} of 60 calls")
    page.get_by_role("region", name="Customers").get_by_role("button", name="Acme").click()
    expect(page).to_have_url(re.compile(r"\?state=held&customer=3$"))
    page.go_back()
    expect(page).to_have_url(re.compile(r"/board\?state=held$"))
    page.reload()
    expect(shown(page)).to_have_text(f"{held} of 60 calls")
    page.get_by_role("button", name="Clear").click()
    expect(shown(page)).to_have_text("60 calls")


def test_the_search_looks_at_numbers_and_names(open_board: OpenBoard, fake: Fake) -> None:
    page = open_board()
    fake.do(lambda: fake.enter(caller="777", caller_name="Ümit Öz"))
    entries = page.evaluate("history.length")
    page.get_by_role("searchbox").press_sequentially("ümit 777")
    expect(shown(page)).to_have_text("1 of 61 calls")
    expect(page.locator(".rows .line")).to_contain_text("Ümit Öz")
    assert page.evaluate("history.length") == entries, "a letter is no page to go back to"
    page.get_by_role("searchbox").fill("nobody has this")
    expect(page.get_by_text("No call fits these filters.")).to_be_visible()


def test_rows_are_sorted_by_any_column(open_board: OpenBoard, fake: Fake) -> None:
    page = open_board()
    page.get_by_role("columnheader", name="Caller").get_by_role("button").click()
    expect(page.get_by_role("columnheader", name="Caller")).to_have_attribute("aria-sort", "ascending")
    lowest = min(fake.calls.values(), key=lambda call: (call["caller"], int(call["id"])))
    expect(page.locator('[aria-rowindex="2"]')).to_have_attribute("data-id", lowest["id"])
    page.get_by_role("columnheader", name="Talking").get_by_role("button").click()
    longest = min((call for call in fake.calls.values() if call["answered_at"]), key=lambda call: call["answered_at"])
    expect(page.locator('[aria-rowindex="2"]')).to_have_attribute("data-id", longest["id"])


def test_what_has_a_name_is_sorted_by_it_and_a_new_name_is_learned(
    open_board: OpenBoard, fake: Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = open_board()
    page.clock.install()
    page.goto(f"{page.url}?sort=customer")
    first = page.locator('[aria-rowindex="2"]')
    expect(first).to_contain_text("Acme")
    monkeypatch.setitem(CUSTOMERS, 3, "Zulu")
    page.clock.fast_forward(61_000)
    expect(page.get_by_role("region", name="Customers")).to_contain_text("Zulu")
    expect(first).to_contain_text("Globex")


def test_columns_are_chosen_and_kept_and_a_view_is_saved(open_board: OpenBoard) -> None:
    page = open_board()
    page.get_by_role("button", name="Columns").click()
    page.get_by_role("checkbox", name="Account").check()
    page.get_by_role("checkbox", name="Country").uncheck()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Ringing").click()
    page.get_by_role("button", name="Saved views").click()
    page.get_by_role("textbox", name="Name of this view").fill("Ringers")
    page.get_by_role("button", name="Save", exact=True).click()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Clear").click()
    page.get_by_role("button", name="Columns").click()
    page.get_by_role("button", name="The usual ones").click()
    page.reload()
    expect(page.get_by_role("columnheader", name="Account")).to_have_count(0)
    page.get_by_role("button", name="Saved views").click()
    page.get_by_role("button", name="Ringers", exact=True).click()
    expect(page).to_have_url(re.compile(r"\?state=dialing,ringing$"))
    expect(page.get_by_role("columnheader", name="Account")).to_be_visible()
    expect(page.get_by_role("columnheader", name="Country")).to_have_count(0)


def test_rows_can_be_held_still_while_the_figures_go_on(open_board: OpenBoard, fake: Fake) -> None:
    page = open_board()
    number = max(fake.calls, key=int)
    expect(row(page, number)).to_be_visible()
    page.keyboard.press("p")
    expect(page.get_by_role("button", name="Hold the rows still", pressed=True)).to_be_visible()
    fake.do(lambda: fake.leave(number))
    expect(figure(page, "Calls now")).to_have_text("59")
    expect(row(page, number)).to_have_class(re.compile("is-gone"))
    page.keyboard.press("p")
    expect(row(page, number)).to_have_count(0)


# --- ending calls ----------------------------------------------------------------------------------------------------


def test_a_call_is_ended_after_a_question_and_its_outcome_is_told(open_board: OpenBoard, fake: Fake) -> None:
    page = open_board()
    number = max(fake.calls, key=int)
    row(page, number).click()
    page.get_by_role("complementary").get_by_role("button", name="Disconnect").click()
    question = page.get_by_role("dialog", name="Disconnect this call?")
    question.get_by_role("button", name="Keep it up").click()
    expect(question).to_have_count(0)
    assert fake.asked == []
    page.get_by_role("complementary").get_by_role("button", name="Disconnect").click()
    question.get_by_role("button", name="Disconnect").click()
    expect(page.get_by_role("region", name="Disconnects")).to_contain_text("Ended: the switch reported it")
    assert [path for _, path, _ in fake.asked] == [f"/v1/calls/{number}/disconnect"]
    page.get_by_role("button", name="Clear what is settled").click()
    expect(page.get_by_role("region", name="Disconnects")).to_have_count(0)


@pytest.mark.parametrize(
    ("outcome", "words"),
    [
        ("refused", "Refused by the switch: 486 Busy Here"),
        ("already_gone", "It was over already"),
        ("unknown", "No proof: the switch did not report an end in time"),
    ],
)
def test_an_order_that_came_out_otherwise_is_told_as_it_is(
    open_board: OpenBoard, fake: Fake, outcome: str, words: str
) -> None:
    fake.outcome = outcome
    page = open_board()
    number = max(fake.calls, key=int)
    row(page, number).focus()
    page.keyboard.press("d")
    page.get_by_role("dialog").get_by_role("button", name="Disconnect").click()
    expect(page.get_by_role("region", name="Disconnects")).to_contain_text(words)
    expect(row(page, number)).to_be_visible()


def test_chosen_calls_are_ended_and_no_other(open_board: OpenBoard, fake: Fake) -> None:
    page = open_board()
    numbers = sorted(fake.calls, key=int, reverse=True)[:3]
    for number in numbers:
        page.get_by_role("checkbox", name=f"Choose call {number}").check()
    page.get_by_role("button", name="Disconnect 3").click()
    page.get_by_role("dialog", name="Disconnect 3 calls?").get_by_role("button", name="Disconnect 3").click()
    expect(page.get_by_role("region", name="Disconnects")).to_contain_text("3 of 3 settled")
    expect(figure(page, "Calls now")).to_have_text("57")
    assert {path for _, path, _ in fake.asked} == {f"/v1/calls/{number}/disconnect" for number in numbers}


def test_what_the_filters_show_is_counted_by_the_server_first_and_then_ended(open_board: OpenBoard, fake: Fake) -> None:
    page = open_board(path="/board?state=held")
    sign_in_is_over = page.get_by_role("button", name=re.compile("^Disconnect all"))
    held = sum(call["state"] == "held" for call in fake.calls.values())
    sign_in_is_over.click()
    question = page.get_by_role("dialog", name=f"Disconnect {held} call{'s' if held > 1 else ''}?")
    expect(question).to_contain_text("All calls with state On hold.")
    question.get_by_role("button", name=re.compile("^Disconnect")).click()
    expect(page.get_by_role("region", name="Disconnects")).to_contain_text(f"{held} done")
    assert [body for _, _, body in fake.asked] == [
        {"state": "held", "dry_run": True},
        {"state": "held", "count": held},
    ]
    expect(shown(page)).to_have_text(f"0 of {60 - held} calls")


# --- roles -----------------------------------------------------------------------------------------------------------


def test_two_roles_side_by_side_each_see_what_is_theirs(open_board: OpenBoard, fake: Fake) -> None:
    root, acme, watcher = open_board("root"), open_board("acme"), open_board("watcher")
    theirs = sum(call["customer"] == 3 for call in fake.calls.values())
    expect(figure(root, "Calls now")).to_have_text("60")
    for page in (acme, watcher):
        expect(figure(page, "Calls now")).to_have_text(str(theirs))
        expect(page.get_by_role("region", name="Switches")).to_have_count(0)
    expect(root.get_by_role("region", name="Switches")).to_be_visible()
    expect(acme.get_by_role("checkbox").first).to_be_visible()
    expect(watcher.get_by_role("checkbox")).to_have_count(0)
    expect(watcher.locator(".chart")).to_have_count(0)
    watcher.locator(".rows .line").first.click()
    expect(watcher.get_by_role("complementary")).to_contain_text("Legs")
    expect(watcher.get_by_role("button", name=re.compile("Disconnect"))).to_have_count(0)
    watcher.keyboard.press("d")
    expect(watcher.get_by_role("dialog")).to_have_count(0)
    watcher.get_by_role("button", name="Signed in as watcher").click()
    expect(watcher.get_by_text("Addresses are not shown in full")).to_be_visible()
    fake.do(lambda: fake.enter(customer=4))
    expect(figure(root, "Calls now")).to_have_text("61")
    expect(figure(acme, "Calls now")).to_have_text(str(theirs))


def test_a_right_that_is_taken_away_takes_its_buttons_with_it(
    open_board: OpenBoard, fake: Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = open_board()
    expect(page.get_by_role("checkbox").first).to_be_visible()
    monkeypatch.setitem(RIGHTS, "root", ["calls.list"])
    fake.do(fake.tell_rights)
    expect(page.get_by_role("checkbox")).to_have_count(0)
    expect(page.get_by_role("region", name="Switches")).to_have_count(0)
    expect(figure(page, "Calls now")).to_have_text("60")


# --- the link --------------------------------------------------------------------------------------------------------


def test_a_lost_link_is_told_rows_look_stale_and_all_goes_on_by_itself(open_board: OpenBoard, fake: Fake) -> None:
    page = open_board()
    expect(page.locator(".rows .line").first).to_be_visible()
    fake.do(fake.vanish)
    expect(page.get_by_role("alert")).to_have_text(re.compile("^Link lost"))
    banner = page.get_by_role("region", name="The link")
    expect(banner).to_contain_text("Link lost.")
    expect(banner).to_contain_text(re.compile(r"as it was at \d\d:\d\d:\d\d, (just now|\d+ s) ago"))
    expect(page.locator(".board")).to_have_class(re.compile("is-stale"))
    expect(page.locator(".rows .line").first).to_be_visible()
    lengths = page.locator(".rows").inner_text()
    expect(banner).to_contain_text(re.compile(r"[2-9] s ago"))
    assert page.locator(".rows").inner_text() == lengths, "lengths stand still while nothing is known"
    number = max(fake.calls, key=int)
    fake.do(lambda: fake.leave(number))
    fake.do(fake.come_back)
    expect(banner).to_have_count(0)
    expect(row(page, number)).to_have_count(0)
    expect(figure(page, "Calls now")).to_have_text("59")
    expect(page.locator(".board")).not_to_have_class(re.compile("is-stale"))


def test_a_short_break_is_resumed_where_it_was(open_board: OpenBoard, fake: Fake) -> None:
    page = open_board()
    expect(figure(page, "Calls now")).to_have_text("60")
    shown_anew = fake.snapshots
    fake.do(fake.cut)
    until(lambda: fake.resumed == 1, "the stream goes on")
    fake.do(lambda: fake.enter())
    expect(figure(page, "Calls now")).to_have_text("61")
    assert fake.snapshots == shown_anew


def test_a_link_that_falls_silent_is_lost_though_nobody_closed_it(open_board: OpenBoard, fake: Fake) -> None:
    """The page's clock stands still but for what it is set on, so that the board is neither early nor back at once."""
    page = open_board()
    fake.beats = False
    page.clock.install()
    page.clock.pause_at(page.evaluate("Date.now()") / 1000 + 1)
    page.clock.fast_forward(15_000)
    expect(page.locator(".link-live")).to_be_visible()
    page.clock.fast_forward(25_000)
    expect(page.get_by_role("alert")).to_contain_text("Nothing was heard for 20 seconds.")
    page.clock.fast_forward(2_000)
    expect(page.locator(".link-live")).to_be_visible()


def test_it_can_be_asked_to_try_again_at_once(open_board: OpenBoard, fake: Fake) -> None:
    """What is not understood has the board wait the longest, so that it is not by itself that it is back."""
    page = open_board()
    fake.do(lambda: fake.say("no JSON"))
    expect(page.get_by_role("region", name="The link")).to_contain_text("Trying again in")
    page.get_by_role("button", name="Try now").click()
    expect(page.get_by_role("alert")).to_have_count(0)


def test_a_sign_in_that_is_good_no_longer_ends_the_board(
    open_board: OpenBoard, fake: Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = open_board("acme")
    monkeypatch.delitem(fake.passwords, "acme")
    fake.do(fake.cut)
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    expect(page.get_by_role("alert")).to_contain_text("The name or the password is wrong.")
    assert page.evaluate("sessionStorage.length") == 0


def test_a_page_that_is_opened_while_the_server_is_not_well_waits_for_it(open_board: OpenBoard, fake: Fake) -> None:
    page = open_board()
    fake.do(fake.vanish)
    page.reload()
    expect(page.get_by_role("status")).to_contain_text("Signing in … Callboard does not answer.")
    fake.do(fake.come_back)
    expect(page.locator(".link-live")).to_be_visible()


# --- the keyboard ----------------------------------------------------------------------------------------------------


def test_all_of_it_goes_by_the_keyboard(open_board: OpenBoard, fake: Fake) -> None:
    page = open_board()
    numbers = sorted(fake.calls, key=int, reverse=True)
    page.keyboard.press("j")
    expect(row(page, numbers[0])).to_be_focused()
    page.keyboard.press("j")
    page.keyboard.press("ArrowDown")
    expect(row(page, numbers[2])).to_be_focused()
    page.keyboard.press("k")
    page.keyboard.press("Enter")
    expect(page.get_by_role("complementary", name=f"Call {numbers[1]}")).to_be_visible()
    page.keyboard.press("Escape")
    expect(row(page, numbers[1])).to_be_focused()
    page.keyboard.press("End")
    expect(row(page, numbers[-1])).to_be_focused()
    page.keyboard.press("x")
    expect(page.get_by_role("button", name="Disconnect 1")).to_be_visible()
    page.keyboard.press("d")
    expect(page.get_by_role("dialog", name="Disconnect this call?")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(row(page, numbers[-1])).to_be_focused()
    page.keyboard.press("/")
    page.keyboard.type("d442")
    expect(page.get_by_role("searchbox")).to_have_value("d442")
    page.keyboard.press("Escape")
    expect(page.get_by_role("searchbox")).to_have_value("")
    expect(shown(page)).to_have_text("60 calls")
    page.keyboard.press("?")
    help_page = page.get_by_role("dialog", name="Keyboard")
    help_page.get_by_role("checkbox", name="Single letters are shortcuts").uncheck()
    page.keyboard.press("Escape")
    page.keyboard.press("w")
    expect(page).not_to_have_url(re.compile("wall"))


def test_a_menu_closes_when_the_keyboard_goes_on(open_board: OpenBoard) -> None:
    page = open_board()
    page.get_by_role("button", name="Saved views").click()
    expect(page.get_by_role("textbox", name="Name of this view")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Save", exact=True)).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("textbox", name="Name of this view")).to_have_count(0)


def test_keys_do_nothing_before_somebody_is_signed_in(open_board: OpenBoard) -> None:
    page = open_board(login="")
    page.get_by_role("button", name="Password").focus()
    for letter in ("w", "?"):
        page.keyboard.press(letter)
    sign_in(page, "root")
    expect(page.locator(".rows .line").first).to_be_visible()
    expect(page.get_by_role("dialog")).to_have_count(0)


@pytest.mark.parametrize("held", ["Control", "Alt", "Meta"])
def test_keys_of_the_browser_stay_the_browsers(open_board: OpenBoard, fake: Fake, held: str) -> None:
    page = open_board()
    row(page, max(fake.calls, key=int)).focus()
    for letter in ("a", "x", "d"):
        page.keyboard.press(f"{held}+{letter}")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.locator(".is-chosen")).to_have_count(0)


def test_on_the_wall_there_is_nothing_to_end_and_nothing_to_choose(open_board: OpenBoard, fake: Fake) -> None:
    page = open_board()
    row(page, max(fake.calls, key=int)).focus()
    page.keyboard.press("w")
    expect(page.locator(".wall")).to_be_visible()
    for letter in ("a", "x", "d", "1", "2", "p", "?"):
        page.keyboard.press(letter)
    expect(page).to_have_url(re.compile(r"/board\?wall=true$"))
    page.keyboard.press("w")
    expect(page.locator(".rows .line").first).to_be_visible()
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.locator(".is-chosen")).to_have_count(0)


def test_the_theme_is_switched_and_kept(open_board: OpenBoard) -> None:
    page = open_board(color_scheme="light")
    ground = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(ground)
    page.keyboard.press("t")
    page.keyboard.press("t")
    expect(page.get_by_role("button", name="Colours: dark")).to_be_visible()
    assert page.evaluate(ground) != light
    page.reload()
    expect(page.get_by_role("button", name="Colours: dark")).to_be_visible()
