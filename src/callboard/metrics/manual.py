"""The page `docs/reference/metrics.md`, made from the families themselves."""

from collections.abc import Iterator

from callboard.metrics.families import GROUPS, Family

__all__ = ["metrics_page"]

_HEAD = """\
# Metrics

<!-- Written by `callboard reference metrics`; a test compares. Change the words in `metrics/families.py`. -->

The figures at `/metrics`, for Prometheus 2.x and 3.x. [How to watch a server](../how-to/monitor.md) tells how to scrape
them, and has dashboards and alert rules. Their names and labels are an interface: none changes its meaning, and new
ones may come.

- Counters begin at 0 when the server starts. Calls that it finds up then count as started.
- `switch` is a switch's name in the settings. The number of customers and vendors that are told apart is bounded by
  `metrics.most`, and no caller's number, name or address is ever a label.
- Gauges of calls are counted from the call table when it is asked, so they cannot drift. They are there, with 0, for
  every switch, customer and vendor that is counted, calls or not.
- Beside these there are Prometheus's usual figures of a process: `process_cpu_seconds_total`,
  `process_resident_memory_bytes`, `process_virtual_memory_bytes`, `process_start_time_seconds`, `process_open_fds` and
  `process_max_fds`.
"""


def metrics_page() -> str:
    """The whole page."""
    return _HEAD + "".join(part for name, group in GROUPS.items() for part in _group(name, group))


def _group(name: str, group: tuple[Family, ...]) -> Iterator[str]:
    yield f"\n## {name}\n\n| metric | kind | labels | meaning |\n| --- | --- | --- | --- |\n"
    for family in group:
        labels = ", ".join(f"`{label}`" for label in family.labels)
        yield f"| `{family.name}` | {family.kind.value} | {labels} | {family.words} |\n"
