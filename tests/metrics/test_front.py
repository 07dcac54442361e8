"""Who may read the figures, and how requests to all front ends are counted."""

import asyncio
from collections.abc import Callable

import pytest

from callboard.access.claims import PasswordClaim
from callboard.access.rights import Right
from callboard.http.values import Reply, Request
from callboard.metrics.distribution import Distribution
from callboard.metrics.pulse import feel_pulse
from callboard.metrics.settings import MetricsSettings
from callboard.operations.tokens import CREATE_TOKEN, CreateToken
from tests.house import House
from tests.metrics.conftest import Scraper

Scrape = Callable[..., Scraper]
ELSEWHERE = "192.0.2.9"


@pytest.mark.parametrize("client", ["127.0.0.1", "127.8.9.1", "::1", "::ffff:127.0.0.1"])
async def test_the_machine_itself_may_read(scrape: Scrape, client: str) -> None:
    assert (await scrape().reply(client)).status == 200


async def test_elsewhere_one_signs_in(scrape: Scrape) -> None:
    scraper = scrape()
    refused = await scraper.reply(ELSEWHERE)
    assert refused.status == 401
    assert dict(refused.headers)["WWW-Authenticate"].startswith("Basic")
    assert b"metrics.allowed_addresses" in bytes(refused.body if isinstance(refused.body, bytes) else b"")
    assert (await scraper.reply(ELSEWHERE, login="root")).status == 200
    assert (await scraper.reply(ELSEWHERE, login="root", password="guess")).status == 401
    assert (await scraper.reply(ELSEWHERE, authorization="Basic !!!")).status == 401
    assert (await scraper.reply(ELSEWHERE, authorization="Bearer none")).status == 401


@pytest.mark.parametrize("login", ["reseller", "acme"])
async def test_who_lacks_the_right_is_told_so_even_on_the_machine(scrape: Scrape, login: str) -> None:
    reply = await scrape().reply("127.0.0.1", login=login)
    assert reply.status == 403
    assert b"metrics.read" in bytes(reply.body if isinstance(reply.body, bytes) else b"")


async def test_a_token_with_the_one_right_is_enough(house: House, scrape: Scrape) -> None:
    scraper = scrape()
    root = await house.desk.sign_in(PasswordClaim("root", "demo-root", ELSEWHERE), house.now)
    for rights, status in ((frozenset({Right.METRICS_READ}), 200), (frozenset({Right.CALLS_LIST}), 403)):
        made = house.desk.perform(CREATE_TOKEN, root, CreateToken(name="prometheus", rights=rights), house.now)
        assert (await scraper.reply(ELSEWHERE, authorization=f"Bearer {made.text}")).status == status


@pytest.mark.parametrize("header", ["x_forwarded_for", "x_forwarded_proto", "forwarded", "via", "x_real_ip"])
async def test_a_proxy_on_the_machine_lets_nobody_in(scrape: Scrape, header: str) -> None:
    assert (await scrape().reply("127.0.0.1", **{header: "127.0.0.1"})).status == 401


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("application/openmetrics-text; version=1.0.0,text/plain;version=0.0.4;q=0.3", "application/openmetrics-text"),
        ("application/openmetrics-text; version=abc", "text/plain"),
        (f"application/openmetrics-text;version={'9' * 5_000}", "text/plain"),
        ("application/openmetrics-text;version=1.x, application/openmetrics-text;version=1.0.0", "application/openm"),
        ("text/plain;version=;escaping=", "text/plain"),
    ],
)
async def test_whatever_is_accepted_there_is_an_answer(scrape: Scrape, accept: str, kind: str) -> None:
    reply = await scrape().reply("127.0.0.1", accept=accept)
    assert (reply.status, reply.content_type.startswith(kind)) == (200, True)


async def test_the_addresses_are_the_settings(scrape: Scrape) -> None:
    scraper = scrape(allowed_addresses=("192.0.2.0/24",))
    assert (await scraper.reply(ELSEWHERE)).status == 200
    assert (await scraper.reply("127.0.0.1")).status == 401
    assert (await scrape(allowed_addresses=()).reply("127.0.0.1")).status == 401


async def test_guessers_have_to_wait_and_are_counted(house: House, scrape: Scrape) -> None:
    scraper = scrape()
    replies = [await scraper.reply(ELSEWHERE, login="root", password="guess") for _ in range(8)]
    assert [reply.status for reply in replies] == [401] * 6 + [429] * 2
    assert int(dict(replies[-1].headers)["Retry-After"]) >= 1
    page = await scraper.page()
    assert page.value("callboard_sign_ins_failed_total") == 6
    assert page.value("callboard_sign_ins_throttled_total") == 2


async def test_it_is_read_and_not_written(scrape: Scrape) -> None:
    assert (await scrape().reply(method="POST")).status == 405
    assert (await scrape().reply(method="HEAD")).status == 200


def test_it_can_be_turned_off_and_moved(scrape: Scrape) -> None:
    assert scrape(enabled=False).front.paths == ()
    assert scrape(path="/internal/metrics").front.paths == ("/internal/metrics",)


@pytest.mark.parametrize("wrong", [{"allowed_addresses": ("nowhere",)}, {"path": "metrics"}])
def test_settings_that_cannot_be_are_named(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="write it like"):
        MetricsSettings(**wrong)  # type: ignore[arg-type]


async def test_requests_are_counted_by_front_end_and_status(scrape: Scrape) -> None:
    scraper = scrape()

    async def handler(request: Request) -> Reply:
        if request.path == "/broken":
            raise RuntimeError
        return Reply(status=int(request.path[1:]))

    answer = scraper.counting.tallies.timed("mor", handler)
    for path in ("/200", "/204", "/404"):
        await answer(Request(method="GET", path=path, headers={}, at=0.0))
    with pytest.raises(RuntimeError):
        await answer(Request(method="GET", path="/broken", headers={}, at=0.0))
    page = await scraper.page()
    assert page.all("callboard_http_requests_total", "status") == {"2xx": 2, "4xx": 1, "5xx": 1}
    assert page.value("callboard_http_request_seconds_count", front="mor") == 4


async def test_the_loop_is_felt() -> None:
    felt = asyncio.Event()

    class Lag(Distribution):
        def add(self, value: float) -> None:
            super().add(value)
            felt.set()

    lag = Lag((1.0, 60.0))
    pulse = asyncio.create_task(feel_pulse(lag))
    await asyncio.wait_for(felt.wait(), 30)
    pulse.cancel()
    assert lag.counts[-1] == 1
    assert lag.total >= 0.0


def test_a_distribution_counts_what_is_at_most_each_bound() -> None:
    found = Distribution((1.0, 2.0))
    for value in (0.5, 1.0, 1.5, 2.0, 9.0):
        found.add(value)
    assert found.counts == [2, 4, 5]
    assert found.total == 14.0
