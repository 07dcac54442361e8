"""The callers' plans keep within what the switch and the numbering plan allow, whatever the dice say."""

from hypothesis import given
from hypothesis import strategies as st

from callboard.demo.carrier import FarEnd
from callboard.demo.plans import CAST, Part, Plan, behaviour_on_net, cast, make_plan
from callboard.directory.directory import Directory
from tests.demo.dice import dice

OTHERS = ("101", "812")
SWITCH_PATIENCE = 10.0
DIRECTORY = Directory()
"""Without records, but with the destinations that come with Callboard."""

plans = st.builds(
    lambda part, seed: (part, make_plan(part, OTHERS, dice(seed))), st.sampled_from(Part), st.integers(0, 10_000)
)


def test_every_part_is_in_the_cast_and_everybody_else_makes_everyday_calls() -> None:
    assert set(CAST) == set(Part)
    assert [cast(number) for number in range(len(CAST))] == list(CAST)
    assert cast(1000) is Part.EVERYDAY


@given(plans)
def test_no_pause_outlasts_the_switchs_patience(made: tuple[Part, Plan]) -> None:
    _, plan = made
    assert max(plan.admit, plan.authenticate, plan.route) < SWITCH_PATIENCE


@given(plans)
def test_each_part_lingers_where_it_should(made: tuple[Part, Plan]) -> None:
    part, plan = made
    assert (plan.admit > 0) == (part is Part.NEW)
    assert (plan.authenticate > 0) == (part is Part.AUTHENTICATING)
    assert (plan.route > 0) == (part is Part.ROUTING)
    assert plan.slow_end == (part is Part.ENDING)
    assert plan.slow_end == (plan.number[-2:] == FarEnd.SLOW_END)


@given(plans)
def test_who_answers_a_challenge_late_answers_it(made: tuple[Part, Plan]) -> None:
    """A caller who gave up before would leave the switch waiting for it."""
    part, plan = made
    assert part is not Part.AUTHENTICATING or plan.patience > plan.authenticate


@given(plans)
def test_numbers_are_whole_and_lead_somewhere(made: tuple[Part, Plan]) -> None:
    _, plan = made
    assert plan.number in OTHERS or 11 <= len(plan.number) <= 12
    assert plan.number in OTHERS or DIRECTORY.destination(plan.number) is not None


@given(st.integers(0, 10_000))
def test_conversations_have_realistic_lengths(seed: int) -> None:
    random = dice(seed)
    lengths = [make_plan(Part.EVERYDAY, OTHERS, random).talk for _ in range(400)]
    assert all(10.0 <= length <= 1200.0 for length in lengths)
    assert 80.0 < sorted(lengths)[200] < 180.0


@given(st.integers(0, 10_000))
def test_everyday_calls_are_of_every_kind(seed: int) -> None:
    random = dice(seed)
    made = [make_plan(Part.EVERYDAY, OTHERS, random) for _ in range(1500)]
    endings = {plan.number[-2:] for plan in made if plan.number not in OTHERS}
    assert {FarEnd.BUSY, FarEnd.DECLINES, FarEnd.NEVER_ANSWERS, FarEnd.HANGS_UP, FarEnd.OUT_OF_ORDER} <= endings
    assert {plan.number for plan in made} >= set(OTHERS)
    assert any(plan.number.startswith("44") for plan in made)
    assert any(plan.hold_after is not None for plan in made)


def test_the_same_seed_makes_the_same_plans() -> None:
    def run(seed: int) -> list[Plan]:
        random = dice(seed)
        return [make_plan(cast(number), OTHERS, random) for number in range(50)]

    assert run(7) == run(7)
    assert run(7) != run(8)


@given(st.integers(0, 10_000))
def test_phones_of_the_house_answer_most_of_the_time(seed: int) -> None:
    random = dice(seed)
    codes = [behaviour_on_net(random).code for _ in range(400)]
    assert set(codes) == {200, 486, 603, 0}
    assert codes.count(200) > 300
