"""The questions of the benchmark at their smallest: they are answered, and answer what a loop over the calls does."""

import msgspec
import pytest

from bench import filters
from bench.listing import full_desk


def test_a_section_has_times_and_a_watched_ratio_for_each_question() -> None:
    section = filters.measure((2_000,), rounds=1)
    names = {figure.name for figure in section.figures}
    for question in (
        "customer",
        "prefix",
        "longest",
        "shortest",
        "page",
        "stats/own",
        "stats/account",
        "stats/narrowed",
    ):
        assert {f"filters/2k/{question}/{what}" for what in ("p50", "p99", "times")} <= names
    assert all(figure.value > 0 for figure in section.figures)
    assert {figure.name for figure in section.figures if figure.watched} == {
        name for name in names if name.endswith("/times")
    }


@pytest.mark.parametrize("name", ["longest", "shortest", "prefix", "customer"])
async def test_both_answers_are_the_same(name: str) -> None:
    desk = full_desk(2_000)
    (question,) = [one for one in await filters.questions(desk) if one.name == name]
    found = msgspec.json.decode(await question.ask())
    plain = question.plain(list(desk.table.calls()))
    assert isinstance(plain, list)
    assert 0 < len(found["calls"]) == len(plain)
    if name in ("longest", "shortest"):
        durations = [call["duration"] for call in found["calls"]]
        assert durations == pytest.approx([call.duration(filters.NOW) for call in plain], abs=1.0)


async def test_statistics_count_every_call() -> None:
    desk = full_desk(2_000)
    asked = {one.name: one for one in await filters.questions(desk)}
    found = msgspec.json.decode(await asked["stats/accounts"].ask())
    assert sum(group["calls"] for group in found["groups"]) == found["total"] == 2_000
