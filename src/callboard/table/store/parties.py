"""Whose calls are few: the slots of single customers' calls, followed from when somebody first asked for them.

A program that asks for its own ten calls again and again must not have all calls looked through each time. Only
customers who were asked for are followed, so that the others cost neither memory nor time.
"""

from collections import OrderedDict
from collections.abc import Callable, Collection

from callboard.calls.legs import Placement

__all__ = ["CUSTOMERS", "FEW", "Parties"]

FEW = 64
"""Calls of a question that are looked at one by one, at most: of more, looking through columns is quicker."""
CUSTOMERS = 4_096
"""Customers who are followed, at most; beyond that the one goes who was asked for longest ago."""

_TOO_MANY = 2 * FEW
"""Calls of a customer who is not followed any more."""

Find = Callable[[int], Collection[int]]
"""The slots of the calls that a customer owns or is called in, found by looking through all."""


class Parties:
    """The slots of the calls that customers own or are called in, of those who are followed."""

    def __init__(self) -> None:
        self._followed: OrderedDict[int, set[int]] = OrderedDict()
        self._busy: set[int] = set()
        """Customers who had too many calls when they were last asked for."""

    def slots(self, customers: frozenset[int], find: Find) -> set[int] | None:
        """The slots of all these customers' calls; None if there are too many of either."""
        if len(customers) > FEW or not self._busy.isdisjoint(customers):
            return None
        found: set[int] = set()
        for customer in customers:
            slots = self._followed.get(customer)
            if slots is None:
                slots = self._follow(customer, find)
            else:
                self._followed.move_to_end(customer)
            found |= slots
            if len(found) > FEW or customer in self._busy:
                return None
        return found

    def _follow(self, customer: int, find: Find) -> set[int]:
        slots = set(find(customer))
        if len(slots) > FEW:
            self._busy.add(customer)
            return slots
        self._followed[customer] = slots
        if len(self._followed) > CUSTOMERS:
            self._followed.popitem(last=False)
        return slots

    def moved(self, slot: int, before: Placement, placed: Placement) -> None:
        """The call in this slot has other customers than before; a call that comes or goes has none on one side."""
        if not self._followed:
            return
        for customer in (before.customer, before.callee_customer):
            if customer is not None and customer in self._followed:
                self._followed[customer].discard(slot)
        for customer in (placed.customer, placed.callee_customer):
            if customer is not None and customer in self._followed:
                self._add(customer, slot)

    def _add(self, customer: int, slot: int) -> None:
        slots = self._followed[customer]
        slots.add(slot)
        if len(slots) > _TOO_MANY:
            del self._followed[customer]

    def review(self) -> None:
        """Look again, when they are asked for next, at those who had too many calls. Call it now and then."""
        self._busy.clear()

    def __len__(self) -> int:
        """Customers who are followed."""
        return len(self._followed)
