"""The front end that Prometheus scrapes, over a whole core, and its answers read by Prometheus's own parser."""

import base64
from collections.abc import Callable

import pytest
from prometheus_client.parser import text_string_to_metric_families

from callboard.http.values import Reply, Request
from callboard.metrics.counting import Counting
from callboard.metrics.front import MetricsFront
from callboard.metrics.settings import MetricsSettings
from tests.house import House

__all__ = ["Page", "Scraper"]


class Page:
    """One scrape."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._values: dict[tuple[str, frozenset[tuple[str, str]]], float] = {}
        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                key = (sample.name, frozenset(sample.labels.items()))
                assert key not in self._values, f"{key} is there twice"
                self._values[key] = sample.value

    def value(self, name: str, /, **labels: str) -> float:
        """The value with exactly these labels."""
        return self._values[name, frozenset(labels.items())]

    def all(self, name: str, label: str) -> dict[str, float]:
        """A figure's values, by one of its labels, added up over the others."""
        found: dict[str, float] = {}
        for (other, labels), value in self._values.items():
            if other == name:
                key = dict(labels)[label]
                found[key] = found.get(key, 0.0) + value
        return found

    def __len__(self) -> int:
        return len(self._values)


class Scraper:
    """Asks for the figures as somebody, from somewhere."""

    def __init__(self, house: House, settings: MetricsSettings | None = None) -> None:
        self.house = house
        self.counting = Counting(house.desk, settings or MetricsSettings())
        house.table.watch(self.counting.tallies.observe)
        house.ledger.watch(self.counting.tallies.note_command)
        house.access.watch_failures(self.counting.tallies.sign_in_failed)
        self.front = MetricsFront(house.desk, self.counting)

    async def reply(
        self, client: str = "127.0.0.1", method: str = "GET", login: str = "", password: str = "", **headers: str
    ) -> Reply:
        """One request."""
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        if login:
            secret = f"{login}:{password or f'demo-{login}'}".encode()
            given["authorization"] = f"Basic {base64.b64encode(secret).decode()}"
        request = Request(method=method, path="/metrics", headers=given, client=client, at=self.house.now)
        return await self.front.answer(request)

    async def page(self) -> Page:
        """What is read from the machine itself."""
        reply = await self.reply()
        assert isinstance(reply.body, bytes)
        assert (reply.status, reply.content_type.split(";")[0]) == (200, "text/plain"), reply.body
        return Page(reply.body.decode())


@pytest.fixture
def house() -> House:
    """The core, without calls."""
    return House()


@pytest.fixture
def scrape(house: House) -> Callable[..., Scraper]:
    """`scrape(most=2)`: a scraper of a server with these settings."""
    return lambda **settings: Scraper(house, MetricsSettings(**settings))
