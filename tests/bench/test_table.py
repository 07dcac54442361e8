"""The table's benchmarks at their smallest: they measure what they say, of calls that all are there."""

import pytest

from bench import ingest, table


def test_events_are_folded_while_calls_stay_up() -> None:
    found = table.measure(calls=100, rounds=2)
    assert (found.calls, found.watched, len(found.rates)) == (100, False, 2)
    assert found.events == 2 * (2 * 10 + 9 * 10 + 2)
    assert found.rate > 0


def test_rounds_that_go_before_are_not_counted() -> None:
    found = table.measure(calls=100, rounds=2, before=15)
    assert len(found.rates) == 2
    assert found.events == table.measure(calls=100, rounds=2).events


def test_a_server_watches_if_it_is_to() -> None:
    assert table.measure(calls=20, rounds=1, watched=True).watched


def test_memory_is_that_of_a_process_of_its_own() -> None:
    found = table.measure_memory(2_000)
    assert found.calls == 2_000
    assert 0 < found.bytes_a_call < 20_000
    assert found.megabytes > 10


def test_calls_go_through_and_as_many_stay() -> None:
    found = table.measure_growth(10_000)
    assert (found.up, found.through, len(found.megabytes)) == (1_000, 10_000, 10)


@pytest.mark.parametrize("switch", ingest.SWITCHES)
def test_recorded_bytes_become_calls(switch: str) -> None:
    found = ingest.measure(switch, up=20, together=10, waves=2)
    assert (found.switch, found.up, len(found.rates), len(found.event_rates)) == (switch, 20, 2, 2)
    assert found.messages % 20 == 0
    assert 0 < found.events < 2 * found.messages
    assert found.rate > 0
