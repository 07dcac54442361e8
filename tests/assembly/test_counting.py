"""A whole house over a real socket: everything that is counted comes to be told, and by its right name."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import httpx2
import msgspec
import pytest
from prometheus_client.parser import text_string_to_metric_families

from callboard.access.rights import Principal, Right, Role
from callboard.assembly.fronts import open_fronts
from callboard.assembly.house import House, open_house
from callboard.config.settings import Config
from callboard.operations.happenings import Happening
from callboard.operations.webhooks import CREATE_WEBHOOK, WantedWebhook
from tests.house import CUSTOMERS, logins
from tests.ports import free_port

OPERATOR = Principal(login="root", role=Role.ADMIN, customer=1, rights=frozenset(Right))


class Server:
    """A house that answers HTTP."""

    def __init__(self, house: House, client: httpx2.AsyncClient) -> None:
        self.house = house
        self.client = client

    async def samples(self) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
        """One scrape."""
        reply = await self.client.get("/metrics")
        assert reply.status_code == 200, reply.text
        return {
            (sample.name, frozenset(sample.labels.items())): sample.value
            for family in text_string_to_metric_families(reply.text)
            for sample in family.samples
        }


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    settings = {
        "switches": {"b2bua": {"enabled": False}},
        "http": {"listen": ["127.0.0.1:0"]},
        "webhooks": {"allowed_targets": ["127.0.0.1"]},
    }
    async with open_house(msgspec.convert(settings, Config), None) as house, AsyncExitStack() as stack:
        house.desk.directory.put(*CUSTOMERS)
        house.desk.access.put(*logins())
        http = await open_fronts(stack, house)
        client = httpx2.AsyncClient(base_url=f"http://{http.addresses[0]}", timeout=20.0)
        yield Server(house, await stack.enter_async_context(client))


def value(samples: dict[tuple[str, frozenset[tuple[str, str]]], float], name: str, **labels: str) -> float:
    return samples[name, frozenset(labels.items())]


async def test_requests_are_told_by_the_front_end_that_answered(server: Server) -> None:
    await server.client.get("/v1/whoami", auth=("root", "demo-root"))
    await server.client.get("/v1/whoami", auth=("root", "guess"))
    await server.client.get("/board")
    await server.client.get("/billing/api/active_calls_get")
    await server.client.get("/metrics")
    found = await server.samples()
    assert value(found, "callboard_http_requests_total", front="api", status="2xx") == 1
    assert value(found, "callboard_http_requests_total", front="api", status="4xx") == 1
    assert value(found, "callboard_http_requests_total", front="wallboard", status="2xx") == 1
    assert value(found, "callboard_http_request_seconds_count", front="mor") == 1
    assert value(found, "callboard_http_requests_total", front="metrics", status="2xx") == 1
    assert value(found, "callboard_sign_ins_failed_total") == 1


async def test_the_queues_are_those_of_the_house(server: Server) -> None:
    """A message waits that its receiver, who is not there, did not take."""
    url = f"http://127.0.0.1:{free_port()}/calls"
    wanted = WantedWebhook(url=url, events=(Happening.CALL_ANSWERED,))
    desk = server.house.desk
    webhook = desk.perform(CREATE_WEBHOOK, OPERATOR, wanted, time.time())
    desk.outbox.test(webhook, time.time())
    async with asyncio.timeout(20):
        while desk.outbox.traffic(webhook.id).last is None:
            await server.samples()
    found = await server.samples()
    assert value(found, "callboard_queue_entries", queue="webhooks") == 1
    for queue in ("journal", "webhooks"):
        assert value(found, "callboard_queue_dropped_total", queue=queue) == 0
        assert value(found, "callboard_queue_failing", queue=queue) == 0


async def test_streams_are_counted_while_they_last(server: Server) -> None:
    async with server.client.stream("GET", "/v1/stream", auth=("root", "demo-root")) as stream:
        async for line in stream.aiter_lines():
            if "heartbeat" in line:
                break
        found = await server.samples()
        assert value(found, "callboard_stream_clients") == 1
        assert value(found, "callboard_stream_snapshots_total", why="new") == 1
        assert value(found, "callboard_stream_kept_bytes") == 0, "there is no call"


async def test_the_process_is_told_of(server: Server) -> None:
    found = await server.samples()
    assert value(found, "process_resident_memory_bytes") > 1_000_000
    assert value(found, "process_open_fds") > 3
    (build,) = [dict(labels) for name, labels in found if name == "callboard_build_info"]
    assert build["version"]
