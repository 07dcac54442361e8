"""Counting: everything that is counted in one server, and how Prometheus reads it."""

import re
from collections.abc import Callable, Iterator

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from callboard.metrics import readings
from callboard.metrics.distribution import Distribution
from callboard.metrics.families import GROUPS, Family, Kind, Reading
from callboard.metrics.readings import QueueFigures
from callboard.metrics.settings import MetricsSettings
from callboard.metrics.shares import Shares
from callboard.metrics.tallies import Tallies
from callboard.operations.desk import Desk
from callboard.operations.figures import Figures

__all__ = ["Counting"]

_VERSIONS = re.compile(r"\bversion=([^;]*)")
_NUMBERS = re.compile(r"[0-9]{1,9}(\.[0-9]{1,9}){0,3} *")


class Counting:
    """Tallies as they go, and the rest looked up when somebody asks: the table costs nothing more for being watched."""

    def __init__(self, desk: Desk, settings: MetricsSettings) -> None:
        self.settings = settings
        self.tallies = Tallies()
        self._desk = desk
        self._shares = Shares(desk.directory, settings)
        self._queues: dict[str, Callable[[], QueueFigures]] = {}

    def add_queue(self, name: str, ask: Callable[[], QueueFigures]) -> None:
        """Show a queue from now on, under this name; `ask` tells how it stands."""
        self._queues[name] = ask

    def text(self, figures: Figures, accept: str) -> tuple[bytes, str]:
        """All figures in the format that the header Accept asks for, Prometheus's own or OpenMetrics; content type."""
        encode, content_type = choose_encoder(",".join(filter(_comparable, accept.split(","))))
        registry = CollectorRegistry(auto_describe=False)
        registry.register(_Page(self._readings(figures)))
        ProcessCollector(registry=registry)
        return encode(registry), content_type

    def _readings(self, figures: Figures) -> Iterator[Reading]:
        yield from readings.of_calls(figures, self._shares)
        yield from readings.of_tallies(self.tallies, figures, self._shares)
        yield from readings.of_switches(figures)
        yield from readings.of_events(self._desk)
        yield from readings.of_clients(self._desk, self.tallies)
        yield from readings.of_queues(self._queues)
        yield from readings.of_server(self.tallies.lag)


def _comparable(kind: str) -> bool:
    """Whether the encoders can look at a kind of answer: they are at a loss for a version that is none."""
    return all(_NUMBERS.fullmatch(version) for version in _VERSIONS.findall(kind))


class _Page(Collector):
    """The readings of one moment, as prometheus_client wants them."""

    def __init__(self, found: Iterator[Reading]) -> None:
        self._metrics = {family.name: _metric(family) for group in GROUPS.values() for family in group}
        for reading in found:
            _add(self._metrics[reading.family.name], reading)

    def collect(self) -> Iterator[Metric]:
        """Every family, also one that has no value yet: its name and meaning are there to be found."""
        yield from self._metrics.values()


def _metric(family: Family) -> Metric:
    """A counter's own name lacks the `_total` that its samples have."""
    return Metric(family.name.removesuffix("_total"), family.words, family.kind.value)


def _add(metric: Metric, reading: Reading) -> None:
    labels = dict(zip(reading.family.labels, reading.labels, strict=True))
    if isinstance(reading.value, Distribution):
        _add_distribution(metric, labels, reading.value)
    else:
        total = "_total" if reading.family.kind is Kind.COUNTER else ""
        metric.add_sample(f"{metric.name}{total}", labels, reading.value)


def _add_distribution(metric: Metric, labels: dict[str, str], found: Distribution) -> None:
    counts = found.counts
    for bound, count in zip((*map(str, found.bounds), "+Inf"), counts, strict=True):
        metric.add_sample(f"{metric.name}_bucket", labels | {"le": bound}, count)
    metric.add_sample(f"{metric.name}_count", labels, counts[-1])
    metric.add_sample(f"{metric.name}_sum", labels, found.total)
