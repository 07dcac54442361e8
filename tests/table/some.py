"""Tables with some calls, of any numbers and owners."""

from itertools import count

from hypothesis import strategies as st

from callboard.calls.events import LegAnswered, LegSeen
from callboard.calls.legs import Facts, Leg, LegId, Placement, Side
from callboard.table.store.numbering import Numbering
from callboard.table.table import Table
from tests.table.history import SWITCH, leg

__all__ = ["NOW", "ids", "numbers", "prefixes", "tables"]

NOW = 500.0

numbers = st.one_of(
    st.text("0123456789", max_size=6),
    st.text("0123456789", min_size=17, max_size=21),
    st.sampled_from(["", "+4930", "anonymous", "1", "10", "100", "0", "00", "٣"]),
)
ids = st.one_of(st.none(), st.integers(1, 4))
prefixes = st.one_of(numbers, st.sampled_from(["1", "10", "100", "0", "00", "+", "an"]))


@st.composite
def tables(draw: st.DrawFn) -> Table:
    """A table with up to a dozen calls of any numbers and owners."""
    placements: dict[str, Placement] = {}
    blocks = count(1, 10_000)

    def place(legs: tuple[Leg, ...]) -> Placement:
        return placements[legs[0].call]

    table = Table(place, Numbering(0, lambda size: next(blocks)), epoch=1)
    for index in range(draw(st.integers(0, 12))):
        name = str(index)
        placements[name] = Placement(
            account=draw(ids), customer=draw(ids), callee_customer=draw(ids), vendor=draw(ids), connection=draw(ids)
        )
        at = float(draw(st.integers(0, 5)))
        caller = leg(name, name, Side.CALLER, at, number=draw(numbers), dialed=draw(numbers), facts=Facts())
        table.accept(LegSeen(at, caller), NOW)
        if draw(st.booleans()):
            table.accept(LegAnswered(LegId(SWITCH, name), float(draw(st.integers(6, 9)))), NOW)
    return table
