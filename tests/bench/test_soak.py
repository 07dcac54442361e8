"""The soak itself: a few seconds of it find nothing in a server that is well, and find what is not."""

import pytest

from bench.replayed import Proxy
from bench.soak import soak
from bench.soaked import Plan, growth, section_of

BRIEF = Plan(seconds=3.0, rate=60.0, talk=1.0, streams=4, checks=1, list_pause=0.2, kill_pause=0.3)


class Forgetful(Proxy):
    """One that has a call up of which it never tells, and which it does not list."""

    async def settle(self, seconds: float) -> None:
        """What it has in the end is one more than it told of."""
        await super().settle(seconds)
        self.up.setdefault(1_000_000, 0)

    def calls(self):  # type: ignore[no-untyped-def]
        """Without it."""
        return (self._calls[number] for number in self.up if number in self._calls)


async def test_nothing_is_wrong_with_a_server_that_is_well() -> None:
    seen = await soak(BRIEF)
    assert seen.complaints == []
    assert seen.begun > 100
    assert seen.ended > 50
    assert seen.outcomes.keys() <= {"done", "already_gone", "unknown"}
    assert sum(seen.outcomes.values()) > 0
    assert len(seen.lists) == 5
    assert {figure.name: figure.met for figure in section_of(seen).figures}["soak/complaints"] is True


async def test_a_call_that_the_table_lacks_is_found() -> None:
    plan = Plan(seconds=1.0, rate=30.0, talk=1.0, streams=2, checks=1, patience=1.0)
    seen = await soak(plan, Forgetful(plan.talk))
    assert "REST, NDJSON: 1 lost (1000000)" in seen.complaints
    assert any(complaint.startswith("the link meanwhile") for complaint in seen.complaints)


def weighed(*sizes: float) -> list[tuple[float, float]]:
    """What a server weighed, each second."""
    return list(enumerate(sizes, start=1))


def test_memory_may_grow_while_it_warms_up_and_not_later() -> None:
    assert growth(weighed(*range(100, 250), *[250.0] * 200)) == 0.0
    assert growth(weighed(*[100.0] * 200, *range(100, 300))) == pytest.approx(180, abs=10)
    assert growth(weighed(*[100.0] * 100)) is None
