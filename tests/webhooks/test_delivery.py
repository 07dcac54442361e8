"""What happens to calls arrives: signed, in order, once where nothing goes wrong and at least once where it does."""

import asyncio
import itertools
import random
import time
from pathlib import Path
from typing import Any

import msgspec
import pytest
from aiohttp import web
from msgspec.structs import replace

from callboard.calls.refusals import NotFound
from callboard.calls.state import State
from callboard.operations.happenings import Happening
from callboard.operations.subscriptions import DeliveryState, Limit, Webhook
from callboard.operations.webhooks import REPLAY_WEBHOOK, ROTATE_SECRET, TEST_WEBHOOK, Replay, WebhookName
from callboard.webhooks import book, courier
from callboard.webhooks.sender import Attempt, Sender
from tests.webhooks.conftest import QUICK, Post, Receiver, fine, receiving

LIFE = ["call.started", "call.ringing", "call.answered", "call.held", "call.ended"]


async def test_a_calls_life_is_told_in_order_and_signed(post: Post, receiver: Receiver) -> None:
    async with post.life() as house:
        webhook = post.made(receiver)
        call = house.call(State.HELD, account=5, dialed="4420")
        house.end(call.key)
        await receiver.until(lambda: len(receiver.got) == 5)
        assert receiver.types(call.number) == LIFE
        shown = receiver.got[2].data["call"]
        assert (shown["state"], shown["customer"], shown["dialed"]) == ("answered", 3, "4420")
        assert len({got.id for got in receiver.got}) == 5
        await post.until(lambda: len(post.deliveries(webhook, DeliveryState.DELIVERED)) == 5)
        newest = post.deliveries(webhook)[0]
        assert (newest.event, newest.status, newest.attempts, newest.words) == ("call.ended", 204, 1, "")


async def test_what_did_not_arrive_is_sent_again_and_the_rest_of_the_call_waits(post: Post, receiver: Receiver) -> None:
    failures = 3

    async def answer(request: web.Request) -> web.StreamResponse:
        nonlocal failures
        failures -= 1
        return web.Response(status=500 if failures >= 0 else 200)

    receiver.answer = answer
    async with post.life() as house:
        post.made(receiver)
        call = house.call(State.HELD)
        house.end(call.key)
        await receiver.until(lambda: len(receiver.got) == 5)
        assert receiver.types(call.number) == LIFE
        assert receiver.refused == [receiver.got[0].id] * 3


async def test_nothing_is_lost_and_nothing_reordered_by_restarts(post: Post, receiver: Receiver) -> None:
    async def down(request: web.Request) -> web.StreamResponse:
        return web.Response(status=503)

    receiver.answer = down
    post.settings = replace(QUICK, retries=(0.3,) * 100)
    calls: list[int] = []
    for life in range(3):
        async with post.life(first_number=1_000 * (life + 1)) as house:
            if life == 0:
                webhook = post.made(receiver)
            for _ in range(4):
                call = house.call(State.HELD)
                house.end(call.key)
                calls.append(call.number)
            await receiver.until(lambda: receiver.refused != [])
    assert receiver.got == []
    receiver.answer = fine
    async with post.life(first_number=9_000):
        await receiver.until(lambda: len(receiver.got) == 60, 30)
        assert [receiver.types(call) for call in calls] == [LIFE] * 12
        assert len({got.id for got in receiver.got}) == 60
        await post.until(lambda: post.house.desk.outbox.traffic(webhook.id).waiting == 0)


async def test_a_receiver_that_hangs_delays_nobody_else(post: Post, receiver: Receiver) -> None:
    async def hang(request: web.Request) -> web.StreamResponse:
        await asyncio.sleep(3600)
        return web.Response()

    async with receiving() as slow:
        slow.answer = hang
        post.settings = replace(QUICK, timeout=60.0)
        async with post.life() as house:
            stuck = post.made(slow)
            post.made(receiver)
            for _ in range(20):
                house.end(house.call().key)
            await receiver.until(lambda: len(receiver.got) == 80)
            assert post.house.desk.outbox.traffic(stuck.id).waiting == 80


async def test_a_receiver_that_hangs_is_given_up(post: Post, receiver: Receiver) -> None:
    async def hang(request: web.Request) -> web.StreamResponse:
        await asyncio.sleep(3600)
        return web.Response()

    receiver.answer = hang
    post.settings = replace(QUICK, timeout=0.5, retries=())
    async with post.life() as house:
        stuck = post.made(receiver)
        house.call(State.NEW)
        await post.until(lambda: len(post.deliveries(stuck, DeliveryState.DEAD)) > 0)
        dead = post.deliveries(stuck, DeliveryState.DEAD)[0]
        assert (dead.status, dead.words) == (None, "no answer within 0.5 s")


async def test_what_is_given_up_is_kept_and_sent_again_by_hand(post: Post, receiver: Receiver) -> None:
    async def broken(request: web.Request) -> web.StreamResponse:
        return web.Response(status=500, text="out of\norder")

    receiver.answer = broken
    post.settings = replace(QUICK, retries=(0.01,))
    async with post.life() as house:
        webhook = post.made(receiver)
        call = house.call(State.HELD)
        house.end(call.key)
        await post.until(lambda: len(post.deliveries(webhook, DeliveryState.DEAD)) == 5)
        dead = post.deliveries(webhook, DeliveryState.DEAD)
        assert {(one.attempts, one.status, one.words) for one in dead} == {(2, 500, "it answered 500: out oforder")}
        receiver.answer = fine
        desk, who = house.desk, post.principal()
        assert desk.perform(REPLAY_WEBHOOK, who, Replay(id=webhook.id, message=dead[0].message), house.now) == 1
        await receiver.until(lambda: len(receiver.got) == 1)
        assert receiver.got[0].id == dead[0].message
        await post.until(lambda: len(post.deliveries(webhook, DeliveryState.DELIVERED)) == 1)
        assert desk.perform(REPLAY_WEBHOOK, who, Replay(id=webhook.id), house.now) == 4
        await receiver.until(lambda: len(receiver.got) == 5)
        assert receiver.types(call.number) == [LIFE[4], *LIFE[:4]]


async def test_as_many_are_sent_again_as_may_wait_and_none_of_another_webhooks(post: Post, receiver: Receiver) -> None:
    async def broken(request: web.Request) -> web.StreamResponse:
        return web.Response(status=500)

    receiver.answer = broken
    post.settings = replace(QUICK, retries=(), queue=10)
    async with post.life() as house:
        webhook, other = (post.made(receiver, events=(Happening.CALL_STARTED,)) for _ in range(2))
        for _ in range(12):
            house.call(State.NEW)
            await post.until(lambda: all(_is_dead(post, one) for one in (webhook, other)))
        desk, who = house.desk, post.principal()
        others = post.deliveries(other)[0].message
        with pytest.raises(NotFound):
            desk.perform(REPLAY_WEBHOOK, who, Replay(id=webhook.id, message=others), house.now)
        house.desk.webhooks.put(replace(_now(post, webhook), active=False))
        assert desk.perform(REPLAY_WEBHOOK, who, Replay(id=webhook.id), house.now) == 10
        assert desk.outbox.traffic(webhook.id).waiting == 10
        waiting = post.deliveries(webhook, DeliveryState.WAITING)
        assert max(one.number for one in waiting) < min(
            one.number for one in post.deliveries(webhook, DeliveryState.DEAD)
        )
        assert len(post.deliveries(other, DeliveryState.DEAD)) == 12


def _is_dead(post: Post, webhook: Webhook) -> bool:
    """Whether nothing waits, neither on its way nor for the disk."""
    kept = post.deliveries(webhook)
    return post.house.desk.outbox.traffic(webhook.id).waiting == 0 and {one.state for one in kept} == {"dead"}


async def test_a_receiver_that_is_gone_switches_its_webhook_off(post: Post, receiver: Receiver) -> None:
    async def gone(request: web.Request) -> web.StreamResponse:
        return web.Response(status=410)

    receiver.answer = gone
    async with post.life() as house:
        webhook = post.made(receiver)
        house.call()
        await post.until(lambda: not _now(post, webhook).active)
        assert _now(post, webhook).why_off == "the receiver answered 410: it wants no more"
        house.call()
        assert len(receiver.refused) == 1
        receiver.answer = fine
        house.desk.webhooks.put(replace(_now(post, webhook), active=True))
        await receiver.until(lambda: len(receiver.got) == 2)
        assert [got.type for got in receiver.got] == ["call.ringing", "call.answered"]


def _now(post: Post, webhook: Webhook) -> Webhook:
    found = post.house.desk.webhooks.get(webhook.id)
    assert found is not None
    return found


async def test_who_was_asked_before_does_not_switch_a_webhook_off_that_was_turned_elsewhere(
    post: Post, receiver: Receiver
) -> None:
    async with receiving() as new:

        async def gone(request: web.Request) -> web.StreamResponse:
            house.desk.webhooks.put(replace(_now(post, webhook), url=new.url))
            return web.Response(status=410)

        receiver.answer = gone
        async with post.life() as house:
            webhook = post.made(receiver)
            house.call(State.RINGING)
            await new.until(lambda: [got.type for got in new.got] == ["call.ringing"])
            assert _now(post, webhook).active


async def test_what_waits_goes_to_the_new_place_at_once(post: Post, receiver: Receiver) -> None:
    async def busy(request: web.Request) -> web.StreamResponse:
        return web.Response(status=503, headers={"Retry-After": "86400"})

    receiver.answer = busy
    post.settings = replace(QUICK, retries=(3600.0,) * 3)
    async with receiving() as new, post.life() as house:
        webhook = post.made(receiver)
        house.call(State.RINGING)
        await post.until(lambda: post.deliveries(webhook, DeliveryState.WAITING)[-1:] != ())
        await post.until(lambda: post.deliveries(webhook)[-1].attempts == 1)
        first = post.deliveries(webhook)[-1]
        assert first.next_at - first.at > 86_000
        house.desk.webhooks.put(replace(_now(post, webhook), url=new.url))
        await new.until(lambda: [got.type for got in new.got] == ["call.started", "call.ringing"])


@pytest.mark.parametrize("hours", [-24, 24])
async def test_a_clock_that_is_set_holds_nothing_up(
    post: Post, receiver: Receiver, monkeypatch: pytest.MonkeyPatch, hours: int
) -> None:
    async def down(request: web.Request) -> web.StreamResponse:
        return web.Response(status=503)

    receiver.answer, right = down, time.time
    post.settings = replace(QUICK, retries=(0.2,) * 500)
    async with post.life() as house:
        webhook = post.made(receiver, events=(Happening.CALL_STARTED,))
        receiver.secret = ""
        house.call(State.NEW)
        await post.until(lambda: any(one.attempts for one in post.deliveries(webhook)))
        monkeypatch.setattr(time, "time", lambda: right() + 3600 * hours)
        house.call(State.NEW)
        await post.until(lambda: len([one for one in post.deliveries(webhook) if one.attempts]) == 2)
        monkeypatch.undo()
        receiver.answer = fine
        await receiver.until(lambda: len(receiver.got) == 2)


async def test_what_waited_when_the_clock_was_set_back_while_the_server_was_down_goes_at_the_start(
    post: Post, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def down(request: web.Request) -> web.StreamResponse:
        return web.Response(status=503)

    receiver.answer, right = down, time.time
    post.settings = replace(QUICK, retries=(3600.0,) * 3)
    with monkeypatch.context() as ahead:
        ahead.setattr(time, "time", lambda: right() + 86_400)
        async with post.life() as house:
            post.made(receiver, events=(Happening.CALL_STARTED,))
            receiver.secret = ""
            house.call(State.NEW)
            await receiver.until(lambda: len(receiver.refused) == 1)
    receiver.answer = fine
    async with post.life():
        await receiver.until(lambda: len(receiver.got) == 1)


async def test_a_message_that_cannot_be_written_keeps_no_other(
    post: Post, receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    async with post.life() as house:
        post.made(receiver, events=(Happening.CALL_STARTED,))
        house.call(State.NEW, at=1e17)
        call = house.call(State.NEW)
        await receiver.until(lambda: len(receiver.got) == 1)
        assert receiver.types(call.number) == ["call.started"]
    assert "cannot be written" in caplog.text


async def test_a_defect_in_sending_is_an_attempt_that_failed_and_is_logged(
    post: Post, receiver: Receiver, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    sound, tries = Sender.send, 0

    async def fails_once(*given: Any) -> Attempt:
        nonlocal tries
        tries += 1
        if tries == 1:
            raise RuntimeError("secret words")
        return await sound(*given)

    monkeypatch.setattr(Sender, "send", fails_once)
    async with post.life() as house:
        post.made(receiver, events=(Happening.CALL_STARTED, Happening.CALL_ENDED))
        call = house.call(State.NEW)
        house.end(call.key)
        await receiver.until(lambda: len(receiver.got) == 2)
        assert receiver.types(call.number) == ["call.started", "call.ended"]
    assert "A defect in sending a message" in caplog.text


async def test_more_than_the_queue_holds_is_not_taken_at_once(
    post: Post, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when a switch is lost with all its calls: what is not on disk yet is bounded too."""
    monkeypatch.setattr(book, "LEAST", 10)
    post.settings = replace(QUICK, queue=10)
    async with receiving() as other, post.life() as house:
        webhook = post.made(receiver, events=(Happening.CALL_STARTED,))
        post.made(other, events=(Happening.CALL_RINGING,))
        for _ in range(25):
            house.call(State.NEW)
        house.call(State.RINGING)
        traffic = house.desk.outbox.traffic(webhook.id)
        assert (traffic.waiting, traffic.given_up) == (10, 16)
        await receiver.until(lambda: len(receiver.got) == 10)
        await other.until(lambda: len(other.got) == 1)


async def test_what_is_told_at_the_very_end_is_sent_at_the_next_start(
    post: Post, receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    async with post.life() as house:
        post.made(receiver, events=(Happening.CALL_STARTED,))
        for _ in range(20):
            house.call(State.NEW)
    assert caplog.text == ""
    async with post.life():
        await receiver.until(lambda: len(receiver.got) == 20)


async def test_redirects_are_not_followed(post: Post, receiver: Receiver) -> None:
    async with receiving() as elsewhere:

        async def moved(request: web.Request) -> web.StreamResponse:
            return web.Response(status=307, headers={"Location": elsewhere.url})

        receiver.answer = moved
        post.settings = replace(QUICK, retries=())
        async with post.life() as house:
            webhook = post.made(receiver)
            house.call(State.NEW)
            await post.until(lambda: len(post.deliveries(webhook, DeliveryState.DEAD)) == 1)
            dead = post.deliveries(webhook)[0]
            assert (dead.status, "redirects are not followed" in dead.words) == (307, True)
            assert (elsewhere.got, elsewhere.refused) == ([], [])


async def test_an_endless_answer_is_not_read(post: Post, receiver: Receiver) -> None:
    sent = 0

    async def endless(request: web.Request) -> web.StreamResponse:
        nonlocal sent
        response = web.StreamResponse(status=500)
        await response.prepare(request)
        while True:
            await response.write(b"x" * 65_536)
            sent += 1

    receiver.answer = endless
    post.settings = replace(QUICK, retries=())
    async with post.life() as house:
        webhook = post.made(receiver)
        house.call(State.NEW)
        await post.until(lambda: len(post.deliveries(webhook, DeliveryState.DEAD)) == 1)
        assert post.deliveries(webhook)[0].words == f"it answered 500: {'x' * 200}"
        assert sent < 1_000


async def test_a_receiver_is_left_alone_for_as_long_as_it_asks(post: Post, receiver: Receiver) -> None:
    times: list[float] = []

    async def busy(request: web.Request) -> web.StreamResponse:
        times.append(asyncio.get_running_loop().time())
        return web.Response(status=429, headers={"Retry-After": "1"}) if len(times) == 1 else web.Response()

    receiver.answer = busy
    post.settings = replace(QUICK, at_once=1)
    async with post.life() as house:
        post.made(receiver)
        house.call()
        house.call()
        await receiver.until(lambda: len(receiver.got) == 6)
        assert times[1] - times[0] >= 0.9, "nothing of another call goes there either"


async def test_a_full_queue_gives_up_the_oldest_and_tells(post: Post, receiver: Receiver) -> None:
    async def down(request: web.Request) -> web.StreamResponse:
        return web.Response(status=500)

    receiver.answer = down
    post.settings = replace(QUICK, queue=10, retries=(30.0,))
    async with post.life() as house:
        webhook = post.made(receiver)
        for _ in range(20):
            house.call(State.NEW)
        await post.until(lambda: house.desk.outbox.traffic(webhook.id).given_up == 10)
        assert house.desk.outbox.traffic(webhook.id).waiting == 10
        await post.until(lambda: len(post.deliveries(webhook, DeliveryState.DEAD)) == 10)
        dead = post.deliveries(webhook, DeliveryState.DEAD)
        waiting = post.deliveries(webhook, DeliveryState.WAITING)
        assert {one.words for one in dead} == {"not sent: too many messages waited"}
        assert max(one.number for one in dead[4:]) < min(one.number for one in waiting)


async def test_two_secrets_sign_for_a_while(post: Post, receiver: Receiver) -> None:
    async with post.life() as house:
        webhook = post.made(receiver)
        who = post.principal()
        changed = house.desk.perform(ROTATE_SECRET, who, WebhookName(id=webhook.id), house.now)
        receiver.secret = webhook.secrets[0].text
        house.desk.webhooks.put(
            replace(changed, secrets=(changed.secrets[0], replace(changed.secrets[1], until=4_000_000_000.0)))
        )
        house.call(State.NEW)
        await receiver.until(lambda: len(receiver.got) == 1)
        receiver.secret = changed.secrets[0].text
        house.call(State.NEW)
        await receiver.until(lambda: len(receiver.got) == 2)
        house.desk.webhooks.put(replace(changed, secrets=(changed.secrets[0], replace(webhook.secrets[0], until=1.0))))
        house.call(State.NEW)
        await receiver.until(lambda: len(receiver.got) == 3)
        assert receiver.wrong == []
        receiver.secret = webhook.secrets[0].text
        house.call(State.NEW)
        await receiver.until(lambda: len(receiver.got) == 4)
        assert len(receiver.wrong) == 1, "the secret before signs no more"
        receiver.wrong.clear()


async def test_a_test_arrives(post: Post, receiver: Receiver) -> None:
    async with post.life() as house:
        webhook = post.made(receiver)
        message = house.desk.perform(TEST_WEBHOOK, post.principal(), WebhookName(id=webhook.id), house.now)
        await receiver.until(lambda: len(receiver.got) == 1)
        assert receiver.got == [(message, "webhook.test", {"webhook": webhook.id})]


async def test_ozekis_notifications(post: Post, receiver: Receiver) -> None:
    async with post.life() as house:
        post.made(receiver, format="ozeki")
        call = house.call(State.ANSWERED, name="Ann & Bob")
        house.end(call.key)
        await receiver.until(lambda: len(receiver.forms) == 4)
        names = [(form["NotificationName"], form["CallState"]) for form in receiver.forms]
        assert names == [
            ("CallChanged", "Ringing"),
            ("CallChanged", "Ringing"),
            ("CallConnected", "InCall"),
            ("CallChanged", "Completed"),
        ]
        assert next(iter(receiver.forms[0])) == "NotificationName"
        assert receiver.forms[2]["CallerId"] == "Ann & Bob"
        assert {form["CallId"] for form in receiver.forms} == {"000FU"}


async def test_nobody_is_there(post: Post, tmp_path: Path) -> None:
    async with receiving() as closed:
        pass
    post.settings = replace(QUICK, retries=())
    async with post.life() as house:
        webhook = post.made(closed)
        house.call(State.NEW)
        await post.until(lambda: len(post.deliveries(webhook, DeliveryState.DEAD)) == 1)
        assert "could not be sent" in post.deliveries(webhook)[0].words


@pytest.mark.parametrize("url", ["http://localhost:9/", "http://127.0.0.1:9/"])
async def test_a_place_that_is_allowed_no_more_is_not_reached(post: Post, receiver: Receiver, url: str) -> None:
    post.settings = replace(QUICK, retries=())
    async with post.life() as house:
        webhook = post.made(receiver)
        port = receiver.url.split(":")[2]
        house.desk.webhooks.put(replace(webhook, url=url.replace("9/", port)))
        house.desk.webhooks.allowed = type(house.desk.webhooks.allowed)()
        house.call(State.NEW)
        await post.until(lambda: len(post.deliveries(webhook, DeliveryState.DEAD)) == 1)
        assert "webhooks.allowed_targets" in post.deliveries(webhook)[0].words
        assert (receiver.got, receiver.refused) == ([], [])


async def test_a_tenants_webhook_does_not_reach_the_server_itself(
    post: Post, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where its address is a public one, which loopback stands for here."""
    post.settings = replace(QUICK, retries=())
    async with receiving() as own, post.life() as house:
        webhook = post.made(receiver, "acme")
        post.made(own)
        monkeypatch.setattr(courier, "address_fault", lambda *_, **__: None)
        house.desk.webhooks.allowed = type(house.desk.webhooks.allowed)()
        call = house.call(State.NEW, account=5)
        await own.until(lambda: own.types(call.number) == ["call.started"])
        await post.until(lambda: len(post.deliveries(webhook, DeliveryState.DEAD)) == 1)
        assert "an address of this server" in post.deliveries(webhook)[0].words
        assert (receiver.got, receiver.refused) == ([], [])


@pytest.mark.parametrize("seed", range(3))
async def test_whatever_goes_wrong_each_call_is_told_in_order(post: Post, receiver: Receiver, seed: int) -> None:
    """Some messages are refused, of others the answer is lost: then they come twice, in their place."""
    chance = random.Random(seed)
    taken: list[tuple[str, str]] = []

    async def moody(request: web.Request) -> web.StreamResponse:
        mood = chance.random()
        if mood < 0.3:
            return web.Response(status=503)
        document = msgspec.json.decode(await request.read())
        taken.append((document["data"]["call"]["id"], document["type"]))
        if mood < 0.5 and request.transport is not None:
            request.transport.abort()
        return web.Response()

    receiver.answer = moody
    post.settings = replace(QUICK, retries=(0.01,) * 200)
    async with post.life() as house:
        webhook = post.made(receiver)
        calls = []
        for _ in range(20):
            call = house.call(State.HELD)
            house.end(call.key)
            calls.append(call.number)
        await post.until(lambda: len(post.deliveries(webhook, DeliveryState.DELIVERED)) == 100)
    for number in calls:
        told = [event for call, event in taken if call == str(number)]
        assert [event for event, _ in itertools.groupby(told)] == LIFE


async def test_old_messages_are_deleted(post: Post, receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    async def picky(request: web.Request) -> web.StreamResponse:
        return web.Response(status=204 if b"call.started" in await request.read() else 400)

    receiver.answer = picky
    monkeypatch.setattr(book, "TIDY_EVERY", 0.1)
    post.settings = replace(QUICK, retries=(), keep_dead=3, keep_delivered=2)
    async with post.life() as house:
        webhook = post.made(receiver, events=(Happening.CALL_STARTED, Happening.CALL_RINGING))
        calls = [house.call(State.RINGING).number for _ in range(8)]
        await post.until(lambda: len(receiver.refused) == 8 and len(receiver.got) == 8)
        house.call(State.NEW)
        await post.until(lambda: len(post.deliveries(webhook)) == 5)
        dead = post.deliveries(webhook, DeliveryState.DEAD)
        assert [one.about for one in dead] == [f"call {number}" for number in reversed(calls[-3:])]


async def test_what_was_told_last_of_what_lasts_is_kept(
    post: Post, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A start goes on with it."""
    monkeypatch.setattr(book, "TIDY_EVERY", 0.1)
    post.settings = replace(QUICK, keep_delivered=0)
    events = (Happening.CALL_STARTED, Happening.LIMIT_PASSED)
    async with post.life() as house:
        webhook = post.made(receiver, events=events, limits=(Limit(of="customer", id=1, calls=1),))
        house.call()
        await receiver.until(lambda: len(receiver.got) == 2)
        call = house.call()
        await receiver.until(lambda: receiver.types(call.number) != [])
        await post.until(lambda: [one.event for one in post.deliveries(webhook)] == ["limit.passed"])


async def test_nothing_is_kept_of_a_webhook_that_is_removed(post: Post, receiver: Receiver) -> None:
    async def down(request: web.Request) -> web.StreamResponse:
        return web.Response(status=500)

    receiver.answer = down
    async with post.life() as house:
        webhook = post.made(receiver)
        house.call()
        await receiver.until(lambda: receiver.refused != [])
        house.call()
        house.desk.webhooks.remove(webhook.id)
        house.call()
        async with receiving() as other:
            post.made(other)
            last = house.call(State.NEW)
            await other.until(lambda: other.types(last.number) == ["call.started"])
        assert post.deliveries(webhook) == ()
    async with post.life() as house:
        assert post.deliveries(webhook) == ()
        assert house.desk.webhooks.get(webhook.id) is None
        assert receiver.got == []
