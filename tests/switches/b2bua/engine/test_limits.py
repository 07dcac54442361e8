"""Allowances: so much a second for each source, in bounded memory."""

from callboard.switches.b2bua.engine.limits import Allowance


def test_a_burst_then_the_rate() -> None:
    allowance = Allowance(rate=2, burst=3)
    assert [allowance.take("a", 0.0) for _ in range(5)] == [True, True, True, False, False]
    assert allowance.take("b", 0.0)
    assert [allowance.take("a", 1.0) for _ in range(3)] == [True, True, False]


def test_a_long_rest_saves_no_more_than_the_burst() -> None:
    allowance = Allowance(rate=1, burst=2)
    assert sum(allowance.take("a", 1e6) for _ in range(10)) == 2


def test_the_sources_heard_longest_ago_are_forgotten() -> None:
    allowance = Allowance(rate=0, burst=1, sources=2)
    assert [allowance.take(source, 0.0) for source in "abca"] == [True, True, True, True]
    assert not allowance.take("c", 0.0)
