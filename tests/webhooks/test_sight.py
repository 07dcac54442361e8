"""Nobody is told of what they could not see for themselves, neither now nor when it is sent."""

import asyncio

import pytest
from aiohttp import web
from msgspec.structs import replace

from callboard.access.masks import Mask
from callboard.access.tokens import Token, write_token
from callboard.calls.events import LegDescribed, SwitchLost
from callboard.calls.legs import Side
from callboard.calls.state import State
from callboard.directory.records import Customer
from callboard.operations.happenings import Happening
from callboard.operations.subscriptions import DeliveryState, Limit, WhichCalls
from callboard.operations.webhooks import CHANGE_WEBHOOK, CREATE_WEBHOOK, ChangeWebhook, WantedWebhook
from callboard.table.questions.filters import Field, Filter, How, TextMatch
from callboard.webhooks.lookups import Lookups
from tests.house import SWITCH, House
from tests.webhooks.conftest import QUICK, Post, Receiver, fine, receiving

ROOT, ACME, GLOBEX, INITECH = 3, 5, 7, 9
"""Accounts of these customers."""

STARTED = (Happening.CALL_STARTED,)


def _all_of(house: House) -> dict[str, int]:
    """A call of each customer, and one between two of them."""
    return {
        "root": house.call(account=ROOT).number,
        "acme": house.call(account=ACME).number,
        "globex": house.call(account=GLOBEX).number,
        "initech": house.call(account=INITECH).number,
        "between": house.call(account=ACME, callee_account=GLOBEX).number,
        "nobody": house.call(account=None).number,
    }


@pytest.mark.parametrize(
    ("login", "told"),
    [
        ("root", {"root", "acme", "globex", "initech", "between", "nobody"}),
        ("reseller", {"acme", "globex", "between"}),
        ("acme", {"acme", "between"}),
        ("globex", {"globex", "between"}),
        ("initech", {"initech"}),
    ],
)
async def test_each_login_is_told_of_what_it_sees(post: Post, receiver: Receiver, login: str, told: set[str]) -> None:
    async with post.life() as house:
        post.made(receiver, login, events=(Happening.CALL_ANSWERED,))
        calls = _all_of(house)
        last = house.call(account={"root": 3, "reseller": 5, "acme": 5, "globex": 7, "initech": 9}[login]).number
        await receiver.until(lambda: receiver.types(last) != [])
        await receiver.until(lambda: len(receiver.got) == len(told) + 1)
        assert {name for name, number in calls.items() if receiver.types(number)} == told


async def test_a_partys_ids_and_masked_numbers_are_not_told(post: Post, receiver: Receiver) -> None:
    async with post.life() as house:
        login = house.access.login("globex")
        assert login is not None
        house.access.put(replace(login, masks=frozenset({Mask.NUMBERS})))
        post.made(receiver, "globex", events=(Happening.CALL_ANSWERED,))
        house.call(account=ACME, callee_account=GLOBEX, caller="442079460000", dialed="442079461111")
        await receiver.until(lambda: len(receiver.got) == 1)
        call = receiver.got[0].data["call"]
        assert (call["customer"], call["account"], call["callee_customer"]) == (None, None, 4)
        assert call["caller"] == "4420******00"


async def test_a_filter_chooses_and_a_call_is_followed_to_its_end(post: Post, receiver: Receiver) -> None:
    async with post.life() as house:
        wanted = WhichCalls(where=Filter(texts=(TextMatch(Field.DIALED, How.PREFIX, "44"),)))
        post.made(receiver, calls=wanted)
        house.call(dialed="4921")
        call = house.call(dialed="4420")
        house.end(call.key)
        await receiver.until(lambda: len(receiver.got) == 4)
        assert receiver.types(call.number) == ["call.started", "call.ringing", "call.answered", "call.ended"]


async def test_calls_that_were_up_before_did_not_begin(post: Post, receiver: Receiver) -> None:
    async with post.life() as house:
        call, other = house.call(), house.call()
        post.made(receiver)
        await asyncio.sleep(0)
        house.table.forget(call.number, "by hand", house.now)
        house.end(other.key)
        await receiver.until(lambda: len(receiver.got) == 2)
        assert receiver.types(call.number) == receiver.types(other.number) == ["call.ended"]


async def test_a_call_that_comes_to_be_somebodys_begins_for_them(post: Post, receiver: Receiver) -> None:
    """As when a caller has signed in."""
    async with post.life() as house:
        post.made(receiver, "acme")
        call = house.call(State.RINGING, account=None)
        leg = next(leg for leg in call.legs if leg.side is Side.CALLER)
        told = replace(leg, facts=replace(leg.facts, account=ACME))
        house.table.accept(LegDescribed(house.now, told), house.now)
        house.answer(call.key)
        await receiver.until(lambda: len(receiver.got) == 2)
        assert receiver.types(call.number) == ["call.started", "call.answered"]


async def test_a_right_that_is_taken_away_ends_what_was_still_to_be_told(post: Post, receiver: Receiver) -> None:
    async def down(request: web.Request) -> web.StreamResponse:
        return web.Response(status=500)

    receiver.answer = down
    async with post.life() as house:
        webhook = post.made(receiver, "acme", events=STARTED)
        house.call(account=ACME)
        await receiver.until(lambda: len(receiver.refused) == 1)
        login = house.access.login("acme")
        assert login is not None
        house.access.put(replace(login, disabled=True))
        receiver.answer = fine
        await post.until(lambda: len(post.deliveries(webhook, DeliveryState.DEAD)) == 1)
        assert "may not sign in" in post.deliveries(webhook)[0].words
        house.call(account=ACME)
        assert "may not sign in" in house.desk.outbox.traffic(webhook.id).stands
        house.access.put(login)
        call = house.call(account=ACME)
        await receiver.until(lambda: len(receiver.got) == 1)
        assert receiver.types(call.number) == ["call.started"]


async def test_what_was_written_for_less_masked_eyes_is_not_sent(post: Post, receiver: Receiver) -> None:
    async def down(request: web.Request) -> web.StreamResponse:
        return web.Response(status=500)

    receiver.answer = down
    async with post.life() as house:
        webhook = post.made(receiver, "acme", events=STARTED)
        house.call(account=ACME)
        await receiver.until(lambda: len(receiver.refused) == 1)
        login = house.access.login("acme")
        assert login is not None
        house.access.put(replace(login, masks=frozenset({Mask.NUMBERS})))
        receiver.answer = fine
        await post.until(lambda: len(post.deliveries(webhook, DeliveryState.DEAD)) == 1)
        assert receiver.got == []


async def test_a_customer_that_moves_away_takes_its_calls_along(post: Post, receiver: Receiver) -> None:
    async def down(request: web.Request) -> web.StreamResponse:
        return web.Response(status=500)

    receiver.answer = down
    async with post.life() as house:
        webhook = post.made(receiver, "reseller", events=STARTED)
        house.call(account=ACME)
        await receiver.until(lambda: len(receiver.refused) == 1)
        house.directory.put(Customer(id=3, name="Acme", parent=1))
        receiver.answer = fine
        await post.until(lambda: len(post.deliveries(webhook, DeliveryState.DEAD)) == 1)
        house.call(account=ACME)
        call = house.call(account=GLOBEX)
        await receiver.until(lambda: len(receiver.got) == 1)
        assert receiver.types(call.number) == ["call.started"]


async def test_a_webhook_ends_with_the_token_that_made_it(post: Post, receiver: Receiver) -> None:
    async with post.life() as house:
        desk, acme = house.desk, post.principal("acme")
        written = write_token(desk.entropy)
        token = Token(
            id=written.id,
            login="acme",
            name="",
            digest=written.digest,
            rights=acme.rights,
            created_at=0.0,
            expires_at=None,
        )
        house.access.tokens.put(token)
        with_token = replace(acme, token=token.id)
        wanted = WantedWebhook(url=receiver.url, events=STARTED)
        webhook = desk.perform(CREATE_WEBHOOK, with_token, wanted, house.now)
        house.call(account=ACME)
        await receiver.until(lambda: len(receiver.got) == 1)
        house.access.tokens.remove(token.id)
        house.call(account=ACME)
        assert "token" in desk.outbox.traffic(webhook.id).stands
        desk.perform(CHANGE_WEBHOOK, acme, ChangeWebhook(id=webhook.id, name="mine"), house.now)
        call = house.call(account=ACME)
        await receiver.until(lambda: len(receiver.got) == 2)
        assert receiver.types(call.number) == ["call.started"]


async def test_who_is_the_operators_no_more_is_not_told_of_switches(post: Post, receiver: Receiver) -> None:
    async with post.life() as house:
        webhook = post.made(receiver, events=(Happening.SWITCH_LOST, *STARTED))
        login = house.access.login("root")
        assert login is not None
        house.access.put(replace(login, customer=3))
        assert "switches.read" in house.desk.outbox.traffic(webhook.id).stands
        house.table.accept(SwitchLost(SWITCH, house.now, "reset"), house.now)
        call = house.call(account=ACME)
        await receiver.until(lambda: receiver.types(call.number) == ["call.started"])
        await post.until(lambda: len(post.deliveries(webhook)) == 1)


async def test_a_filter_by_what_is_masked_by_now_finds_nothing_and_says_so(post: Post, receiver: Receiver) -> None:
    async with post.life() as house, receiving() as other:
        wanted = WhichCalls(where=Filter(texts=(TextMatch(Field.DIALED, How.PREFIX, "44"),)))
        webhook = post.made(receiver, "acme", events=STARTED, calls=wanted)
        post.made(other, "acme", events=STARTED)
        login = house.access.login("acme")
        assert login is not None
        house.access.put(replace(login, masks=frozenset({Mask.NUMBERS})))
        call = house.call(account=ACME, dialed="442079460000")
        await other.until(lambda: other.types(call.number) == ["call.started"])
        assert "dialed is masked for acme" in house.desk.outbox.traffic(webhook.id).stands
        assert post.deliveries(webhook) == ()


async def test_limits_of_who_is_anothers_by_now_count_nothing(post: Post, receiver: Receiver) -> None:
    async with post.life() as house:
        limits = (Limit(of="customer", id=3, calls=1), Limit(of="account", id=ACME, calls=1))
        post.made(receiver, "reseller", events=(Happening.LIMIT_PASSED,), limits=limits)
        house.call(account=ACME)
        await receiver.until(lambda: len(receiver.got) == 2)
        house.directory.put(Customer(id=3, name="Acme", parent=1))
        house.call(account=ACME)
        await receiver.until(lambda: len(receiver.got) == 4)
        assert {(got.data["limit"]["of"], got.data["calls"]) for got in receiver.got[2:]} == {
            ("customer", 0),
            ("account", 0),
        }


async def test_a_webhook_goes_with_its_login_and_is_nobodys_who_gets_its_name(post: Post, receiver: Receiver) -> None:
    async with receiving() as other, post.life() as house:
        webhook = post.made(receiver, "acme", events=STARTED)
        post.made(other, events=STARTED)
        login = house.access.login("acme")
        assert login is not None
        house.access.remove("acme")
        house.access.put(replace(login, customer=4))
        assert house.desk.webhooks.get(webhook.id) is None
        call = house.call(account=GLOBEX)
        await other.until(lambda: other.types(call.number) == ["call.started"])
    async with post.life() as house:
        assert house.desk.webhooks.get(webhook.id) is None
    assert (receiver.got, receiver.refused) == ([], [])


async def test_webhooks_whose_login_went_before_go_at_the_start(post: Post, receiver: Receiver) -> None:
    async with post.life() as house:
        webhook = post.made(receiver, "acme", events=STARTED)
        kept = post.made(receiver, "globex", events=STARTED)
        house.desk.webhooks.put(replace(webhook, login="gone"))
    async with post.life() as house:
        assert [one.id for one in house.desk.webhooks.all()] == [kept.id]


async def test_a_right_that_goes_while_a_name_is_looked_up_goes_in_time(
    post: Post, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with post.life() as house:
        webhook = post.made(receiver, "acme", events=STARTED)
        login = house.access.login("acme")
        assert login is not None

        async def slowly(self: Lookups, name: str, host: str, port: int) -> list[str]:
            house.access.put(replace(login, disabled=True))
            return [host]

        monkeypatch.setattr(Lookups, "addresses", slowly)
        house.call(account=ACME)
        await post.until(lambda: len(post.deliveries(webhook, DeliveryState.DEAD)) == 1)
        assert (receiver.got, receiver.refused) == ([], [])


async def test_what_waits_is_sent_after_a_restart_only_if_it_may_be_then(post: Post, receiver: Receiver) -> None:
    async def down(request: web.Request) -> web.StreamResponse:
        return web.Response(status=500)

    receiver.answer = down
    post.settings = replace(QUICK, retries=(0.2,) * 20)
    async with post.life() as house:
        webhook = post.made(receiver, "acme", events=STARTED)
        house.call(account=ACME)
        await receiver.until(lambda: len(receiver.refused) == 1)
    receiver.answer = fine
    async with post.life() as house:
        login = house.access.login("acme")
        assert login is not None
        house.access.put(replace(login, customer=4))
        await post.until(lambda: len(post.deliveries(webhook, DeliveryState.DEAD)) == 1)
        assert receiver.got == []
