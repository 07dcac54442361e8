"""What is kept for readers who were away: found by customer, it is what going through all of it finds."""

from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callboard.calls.events import LegDescribed, LegEnded, LegSeen
from callboard.calls.legs import Facts, LegId, Side
from callboard.table.following import history as module
from callboard.table.following.history import History, customers_of
from callboard.table.store.numbering import Numbering
from callboard.table.table import Table
from tests.table.history import SWITCH, leg, place

Deed = tuple[str, int, int]
"""What happens (or `ask`), to which call, with which account (or how far back is asked)."""

deeds = st.lists(
    st.tuples(st.sampled_from(["begins", "moves", "ends", "ask", "sweep"]), st.integers(0, 5), st.integers(3, 9)),
    max_size=60,
)


@given(deeds)
@settings(max_examples=60, deadline=None)
def test_what_concerns_a_customer_is_found(deeds: list[Deed]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "HISTORY", 7)
        blocks = count(1, 10_000)
        table, history = Table(place, Numbering(0, lambda size: next(blocks)), epoch=1), History()
        table.watch(history.note)
        for number, (deed, name, value) in enumerate(deeds):
            now = float(number)
            facts = Facts(account=value)
            match deed:
                case "begins":
                    table.accept(LegSeen(now, leg(f"{name}", f"{name}", Side.CALLER, now, facts=facts)), now)
                case "moves":
                    table.accept(LegDescribed(now, leg(f"{name}", f"{name}", Side.CALLER, now, facts=facts)), now)
                case "ends":
                    table.accept(LegEnded(LegId(SWITCH, f"{name}"), now), now)
                case "sweep":
                    history.sweep(table.revision.number, now)
                case "ask":
                    ask(history, min(value, len(history)))
            assert len(history) <= 7
            assert sum(map(len, history._of.values())) <= 2 * 3 * 7, "what is filed is bounded too"


def ask(history: History, count: int) -> None:
    for customers in ({1}, {2, 3}, {1, 2, 3}, {99}):
        concerned = [change for change in history.last(count) if customers & set(customers_of(change))]
        assert list(history.last_of(customers, count)) == concerned
