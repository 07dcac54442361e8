"""Ending calls from the board: never another call than the one that is meant, and never a word that is not so."""

import re

import pytest
from playwright.sync_api import Page, Route, expect

from tests.wallboard.conftest import OpenBoard, sign_in
from tests.wallboard.fake import Fake


def row(number: str) -> str:
    """Selects the row of a call."""
    return f'.rows [data-id="{number}"]'


def end_first(page: Page, fake: Fake) -> None:
    """Order the end of the first call."""
    page.locator(row(max(fake.calls, key=int))).focus()
    page.keyboard.press("d")
    page.get_by_role("dialog").get_by_role("button", name="Disconnect").click()


def test_rows_that_are_held_still_are_still_those_that_are_looked_for(open_board: OpenBoard, fake: Fake) -> None:
    page = open_board()
    fake.do(lambda: fake.enter(caller="7654321"))
    expect(page.locator(".toolbar-count")).to_have_text("61 calls")
    page.get_by_role("button", name="Hold the rows still").click()
    page.get_by_role("searchbox").fill("7654321")
    expect(page.locator(".toolbar-count")).to_have_text("1 of 61 calls")
    page.get_by_role("button", name="Disconnect all 1").click()
    expect(page.get_by_role("dialog", name="Disconnect this call?")).to_contain_text("7654321")


def test_of_rows_that_are_held_still_only_calls_that_are_over_are_struck_out_and_none_of_these_is_ended(
    open_board: OpenBoard, fake: Fake
) -> None:
    page = open_board(path="/board?q=4420")
    changed, over = sorted(fake.calls, key=int)[-2:]
    page.get_by_role("button", name="Hold the rows still").click()
    fake.do(lambda: fake.update(changed, state="held"))
    fake.do(lambda: fake.leave(over))
    expect(page.locator(row(over))).to_have_class(re.compile("is-gone"))
    expect(page.locator(row(changed))).not_to_have_class(re.compile("is-gone"))
    page.get_by_role("button", name="Disconnect all 60").click()
    expect(page.get_by_role("dialog", name="Disconnect 59 calls?")).to_be_visible()


def test_a_chosen_call_that_is_over_is_not_in_the_way_of_another(open_board: OpenBoard, fake: Fake) -> None:
    page = open_board()
    page.keyboard.press("x")
    expect(page.locator(".is-chosen")).to_have_count(0)
    gone, next_one = sorted(fake.calls, key=int)[:-3:-1]
    page.locator(row(gone)).focus()
    page.keyboard.press("x")
    expect(page.locator(".is-chosen")).to_have_count(1)
    fake.do(lambda: fake.leave(gone))
    expect(page.locator(row(gone))).to_have_count(0)
    page.locator(row(next_one)).focus()
    page.keyboard.press("d")
    caller = fake.calls[next_one]["caller"]
    expect(page.get_by_role("dialog", name="Disconnect this call?")).to_contain_text(caller)


def test_closing_a_call_leaves_the_chosen_ones_chosen(open_board: OpenBoard, fake: Fake) -> None:
    page = open_board()
    first = page.locator(row(max(fake.calls, key=int)))
    first.focus()
    page.keyboard.press("x")
    page.keyboard.press("Enter")
    expect(page.get_by_role("complementary")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("complementary")).to_have_count(0)
    expect(first).to_have_class(re.compile("is-chosen"))
    page.keyboard.press("Escape")
    expect(first).not_to_have_class(re.compile("is-chosen"))


def test_an_order_is_followed_over_a_link_that_is_lost_meanwhile(open_board: OpenBoard, fake: Fake) -> None:
    page = open_board()
    fake.outcome = "pending"
    end_first(page, fake)
    orders = page.get_by_role("region", name="Disconnects")
    expect(orders).to_contain_text("Waiting for the switch")
    with page.expect_event("requestfailed", lambda request: "/v1/commands/" in request.url):
        fake.do(fake.vanish)
    expect(orders).to_contain_text("Waiting for the switch")
    fake.outcome = "refused"
    fake.do(fake.come_back)
    expect(orders).to_contain_text("Refused by the switch: 486 Busy Here")


def test_an_order_that_may_have_been_heard_is_not_told_as_one_that_was_not(open_board: OpenBoard, fake: Fake) -> None:
    page = open_board()
    page.route("**/disconnect", lambda route: route.abort())
    end_first(page, fake)
    expect(page.get_by_role("region", name="Disconnects")).to_contain_text("look whether the call is still there")


def test_an_outcome_that_the_server_has_forgotten_is_not_known(open_board: OpenBoard, fake: Fake) -> None:
    page = open_board()
    forgotten = '{"status": 404, "code": "command_not_found", "detail": "there is no command c-1"}'
    page.route("**/commands/**", lambda route: route.fulfill(status=404, body=forgotten))
    end_first(page, fake)
    expect(page.get_by_role("region", name="Disconnects")).to_contain_text("No proof")
    expect(page.get_by_role("region", name="Disconnects")).to_contain_text("There is no command c-1.")


def test_a_batch_can_be_stopped_even_if_its_progress_was_out_of_reach(open_board: OpenBoard, fake: Fake) -> None:
    page = open_board(path="/board?state=answered")
    out_of_reach = stopped = False
    running = '{"count": 9, "state": "running", "waiting": 7, "left": 0, "outcomes": {"done": 2}}'

    def told(route: Route) -> None:
        nonlocal stopped
        stopped = stopped or route.request.method == "DELETE"
        if out_of_reach and not stopped:
            route.fulfill(status=502, body="<h1>Bad gateway</h1>")
        else:
            route.fulfill(status=200, body=running.replace("running", "stopped") if stopped else running)

    page.route("**/v1/disconnect/*", told)
    page.get_by_role("button", name=re.compile("^Disconnect all")).click()
    page.get_by_role("dialog").get_by_role("button", name=re.compile("^Disconnect")).click()
    orders = page.get_by_role("region", name="Disconnects")
    expect(orders).to_contain_text("2 of 9 calls")
    with page.expect_response(lambda answer: answer.status == 502):
        out_of_reach = True
    with page.expect_request(lambda request: request.method == "DELETE"):
        orders.get_by_role("button", name="Stop").click()
    expect(orders).to_contain_text("stopped")


def test_who_signs_out_ends_no_more(open_board: OpenBoard, fake: Fake) -> None:
    page = open_board()
    fake.outcome = "pending"
    for number in sorted(fake.calls, key=int, reverse=True)[:9]:
        page.get_by_role("checkbox", name=f"Choose call {number}").check()
    page.keyboard.press("d")
    page.get_by_role("dialog").get_by_role("button", name="Disconnect 9").click()
    expect(page.get_by_role("region", name="Disconnects")).to_contain_text("Waiting for the switch")
    page.get_by_role("button", name="Signed in as root").click()
    page.get_by_role("button", name="Sign out").click()
    sign_in(page, "root")
    before = len(fake.asked)
    assert before < 9
    fake.outcome = "done"
    end_first(page, fake)
    expect(page.get_by_role("region", name="Disconnects")).to_contain_text("Ended: the switch reported it")
    assert len(fake.asked) == before + 1


@pytest.mark.parametrize("ended", [1, 3])
def test_who_listens_is_told_once_what_came_of_it(open_board: OpenBoard, fake: Fake, ended: int) -> None:
    page = open_board()
    fake.outcome = "pending"
    for number in sorted(fake.calls, key=int, reverse=True)[:ended]:
        page.get_by_role("checkbox", name=f"Choose call {number}").check()
    page.keyboard.press("d")
    page.get_by_role("dialog").get_by_role("button", name=re.compile("^Disconnect")).click()
    status = page.get_by_role("region", name="Disconnects").get_by_role("status")
    expect(page.get_by_role("region", name="Disconnects")).to_contain_text("Waiting for the switch")
    expect(status).to_have_text("")
    fake.outcome = "refused"
    words = "Refused by the switch: 486 Busy Here"
    expect(status).to_have_text(words if ended == 1 else f"{ended}: {words}")
    expect(page.locator("[aria-live]")).to_have_count(0)


def test_on_a_phone_calls_are_sorted_and_chosen_too(open_board: OpenBoard, fake: Fake) -> None:
    page = open_board(width=360, height=780)
    grid = page.get_by_role("grid", name="Live calls")
    grid.get_by_role("combobox", name="Sort by").select_option("Caller")
    expect(page).to_have_url(re.compile("sort=caller$"))
    lowest = min(fake.calls.values(), key=lambda call: (call["caller"], int(call["id"])))
    expect(page.locator('[aria-rowindex="2"]')).to_have_attribute("data-id", lowest["id"])
    grid.get_by_role("button", name="Turn the order round").click()
    expect(page).to_have_url(re.compile("sort=-caller$"))
    highest = max(fake.calls.values(), key=lambda call: (call["caller"], int(call["id"])))
    expect(page.locator('[aria-rowindex="2"]')).to_have_attribute("data-id", highest["id"])
    grid.get_by_role("checkbox", name=f"Choose call {highest['id']}").check()
    page.get_by_role("button", name="Disconnect 1").click()
    expect(page.get_by_role("dialog", name="Disconnect this call?")).to_be_visible()
