"""What waits for one webhook: lanes in which one message goes after the other, and which of them is to go next."""

from collections import deque
from heapq import heappop, heappush

from msgspec.structs import replace

from callboard.operations.subscriptions import Delivery

__all__ = ["Queue"]


class Queue:
    """The messages of one webhook. Those about one thing (`Delivery.about`) form a lane, whose first alone moves:
    it is on the way, or waits until it is time; the others wait for it. Lanes do not wait for each other.
    """

    def __init__(self) -> None:
        self._lanes: dict[str, deque[Delivery]] = {}
        self._all: dict[int, str] = {}
        """The lane of each message, in the order in which they came."""
        self._due: list[tuple[float, int]] = []
        """A heap of when and which: messages that were the first of their lanes. What is not any more is ignored."""
        self._on_the_way: set[int] = set()

    def __len__(self) -> int:
        return len(self._all)

    def put(self, delivery: Delivery) -> None:
        """Add a message. One that is older than others of its lane, as one sent again by hand is, goes before them."""
        if delivery.number in self._all:
            return
        lane = self._lanes.setdefault(delivery.about, deque())
        place = len(lane)
        while place and lane[place - 1].number > delivery.number and lane[place - 1].number not in self._on_the_way:
            place -= 1
        lane.insert(place, delivery)
        self._all[delivery.number] = delivery.about
        if place == 0:
            self._offer(delivery)

    def next_at(self) -> float | None:
        """When the next message is due; None if none waits for its time."""
        while self._due and self._first(*self._due[0]) is None:
            heappop(self._due)
        return self._due[0][0] if self._due else None

    def take(self, now: float) -> Delivery | None:
        """The next message that is due, which is on the way from now on; None if there is none."""
        at = self.next_at()
        if at is None or at > now:
            return None
        delivery = self._first(*heappop(self._due))
        if delivery is not None:
            self._on_the_way.add(delivery.number)
        return delivery

    def done(self, delivery: Delivery) -> None:
        """A message on the way arrived, or was given up: the next of its lane may go."""
        self._on_the_way.discard(delivery.number)
        self._remove(delivery.number)

    def again(self, delivery: Delivery) -> None:
        """A message on the way did not arrive, and goes again at its `next_at`."""
        self._on_the_way.discard(delivery.number)
        self._lanes[delivery.about][0] = delivery
        self._offer(delivery)

    def hurry(self, now: float) -> None:
        """What waits for its time is due now."""
        for lane in self._lanes.values():
            if lane[0].number not in self._on_the_way and lane[0].next_at > now:
                lane[0] = replace(lane[0], next_at=now)
                self._offer(lane[0])

    def drop_oldest(self) -> Delivery | None:
        """Take out the message that came first and is not on the way; None if there is none."""
        number = next((one for one in self._all if one not in self._on_the_way), None)
        return None if number is None else self._remove(number)

    def _remove(self, number: int) -> Delivery:
        key = self._all.pop(number)
        lane = self._lanes[key]
        delivery = next(one for one in lane if one.number == number)
        first = lane[0] is delivery
        lane.remove(delivery)
        if not lane:
            del self._lanes[key]
        elif first:
            self._offer(lane[0])
        return delivery

    def _offer(self, delivery: Delivery) -> None:
        heappush(self._due, (delivery.next_at, delivery.number))

    def _first(self, at: float, number: int) -> Delivery | None:
        """The message, if it is the first of its lane, waits, and is due then."""
        if number not in self._all or number in self._on_the_way:
            return None
        head = self._lanes[self._all[number]][0]
        return head if (head.next_at, head.number) == (at, number) else None
