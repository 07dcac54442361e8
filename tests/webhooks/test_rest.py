"""What was sent, is to be sent and was given up, over REST; a test and a replay asked for there."""

from typing import Any

import msgspec
import pytest
from aiohttp import web
from msgspec.structs import replace

from callboard.api.webhook_shapes import DeliveryPage, WebhookView
from callboard.calls.state import State
from callboard.operations.subscriptions import DeliveryState
from callboard.webhooks.settings import WebhooksSettings
from tests.api.conftest import Caller, problem, whole
from tests.webhooks.conftest import QUICK, Post, Receiver, fine


async def send(caller: Caller, path: str, body: Any = None) -> Any:
    sent = msgspec.json.encode({} if body is None else body)
    reply = await caller.reply(f"/v1/webhooks{path}", method="POST", body=sent)
    assert reply.status in (201, 202), whole(reply)
    return msgspec.json.decode(whole(reply))


async def test_deliveries_are_listed_paged_and_sent_again(post: Post, receiver: Receiver) -> None:
    async def broken(request: web.Request) -> web.StreamResponse:
        return web.Response(status=500, text="no")

    receiver.answer = broken
    post.settings = replace(QUICK, retries=())
    async with post.life() as house:
        caller = Caller(house)
        hook = await send(caller, "", {"url": receiver.url, "events": ["call.started", "call.answered"]})
        receiver.secret = hook["secret"]
        place = f"/{hook['id']}"
        call = house.call(State.ANSWERED)
        webhook = house.desk.webhooks.all()[0]
        await post.until(lambda: len(post.deliveries(webhook, DeliveryState.DEAD)) == 2)
        page = await caller.get(f"/v1/webhooks{place}/deliveries?state=dead&limit=1")
        msgspec.convert(page, DeliveryPage)
        (newest,) = page["deliveries"]
        assert (newest["event"], newest["about"], newest["state"]) == ("call.answered", f"call {call.number}", "dead")
        assert (newest["status"], newest["words"], newest["next_at"]) == (500, "it answered 500: no", None)
        (oldest,) = (await caller.get(f"/v1/webhooks{place}/deliveries?limit=1&cursor={page['next']}"))["deliveries"]
        assert oldest["event"] == "call.started"
        receiver.answer = fine
        assert await send(caller, f"{place}/replay", {"message": oldest["message"]}) == {"count": 1}
        await receiver.until(lambda: len(receiver.got) == 1)
        assert await send(caller, f"{place}/replay") == {"count": 1}
        await receiver.until(lambda: len(receiver.got) == 2)
        message = (await send(caller, f"{place}/test"))["message"]
        await receiver.until(lambda: len(receiver.got) == 3)
        assert [got.id for got in receiver.got] == [oldest["message"], newest["message"], message]
        await post.until(lambda: house.desk.outbox.traffic(webhook.id).waiting == 0)
        shown = await caller.get(f"/v1/webhooks{place}")
        msgspec.convert(shown, WebhookView)
        assert (shown["last"]["event"], shown["last"]["status"], shown["stands"]) == ("webhook.test", 204, "")
        nobodys = await caller.reply(f"/v1/webhooks{place}/replay", method="POST", body=b'{"message":"msg_0"}')
        assert problem(nobodys)["status"] == 404


def test_a_network_that_is_none_is_told() -> None:
    with pytest.raises(ValueError, match="nonsense"):
        WebhooksSettings(allowed_targets=("127.0.0.1", "nonsense"))
