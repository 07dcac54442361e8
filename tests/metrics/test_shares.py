"""Whatever the tree of customers and the settings, each call counts once, and the number of shares is bounded."""

from hypothesis import given
from hypothesis import strategies as st

from callboard.calls.state import LIVE, State
from callboard.directory.directory import Directory
from callboard.directory.records import ROOT, Customer
from callboard.metrics.settings import MetricsSettings
from callboard.metrics.shares import NOBODY, OTHER, Shares
from callboard.metrics.tallies import Tallies
from tests.house import House

TREES = st.lists(st.integers(min_value=0, max_value=30), max_size=30)
"""Of each customer after the root, which of those before it is above."""


def tree(above: list[int]) -> dict[int, int | None]:
    """Customer -> the one above."""
    return {ROOT: None} | {number: 1 + choice % (number - 1) for number, choice in enumerate(above, 2)}


@given(TREES, st.sets(st.integers(1, 40)), st.integers(1, 40), st.data())
def test_each_call_counts_once_for_the_nearest_share(
    above: list[int], opted_in: set[int], most: int, data: st.DataObject
) -> None:
    parents = tree(above)
    directory = Directory([Customer(id=each, name=f"c{each}", parent=up) for each, up in parents.items()], (), ())
    settings = MetricsSettings(customers=tuple(opted_in), most=most)
    owners = data.draw(st.dictionaries(st.none() | st.sampled_from(sorted(parents)), st.integers(1, 9)))
    found = Shares(directory, settings).by_customer({owner: (calls, calls - 1) for owner, calls in owners.items()})
    assert sum(calls for calls, _ in found.values()) == sum(owners.values())
    assert sum(connected for _, connected in found.values()) == sum(calls - 1 for calls in owners.values())
    shares = {share for share, _ in found}
    assert len(shares - {OTHER, NOBODY}) <= most
    for owner, calls in owners.items():
        if str(owner) in shares:
            assert found[str(owner), f"c{owner}"][0] >= calls
    wanted = (opted_in & parents.keys()) | {each for each, up in parents.items() if each == ROOT or up == ROOT}
    if len(wanted) <= most:
        assert shares - {OTHER, NOBODY} == {str(each) for each in wanted}
        assert OTHER not in shares


@given(st.lists(st.tuples(st.sampled_from(list(State)), st.booleans()), max_size=8))
def test_what_began_and_did_not_end_is_up(plan: list[tuple[State, bool]]) -> None:
    house, tallies = House(), Tallies()
    house.table.watch(tallies.observe)
    for state, ends in plan:
        call = house.call(state)
        if ends:
            house.end(call.key)
    live = [call for call in house.table.calls() if call.state in LIVE]
    answered = [call for call in house.table.calls() if call.answered_at is not None]
    assert tallies.started.total() == len(plan)
    assert tallies.started.total() - tallies.ended.total() == len(live)
    assert tallies.answered.total() == len(answered)
    assert tallies.seizures_answered.total() <= tallies.seizures.total() <= tallies.ended.total()
