"""What speaks for each switch's calls: the state of its link, its last event, its last complete list."""

from msgspec.structs import replace

from callboard.table.reconciling.links import Link, LinkState
from callboard.table.reconciling.moments import link_moved_by

__all__ = ["Evidence"]

FINE = 1.0
"""Seconds to which the time of the last event is kept: to note each one would cost more than it tells."""


class Evidence:
    """The links to all switches that were ever heard of, by name."""

    def __init__(self) -> None:
        self._links: dict[str, Link] = {}

    @property
    def links(self) -> tuple[Link, ...]:
        """By name."""
        return tuple(self._links[switch] for switch in sorted(self._links))

    def heard(self, switch: str, now: float) -> None:
        """An event came."""
        link = self._links.get(switch)
        if link is None:
            self._links[switch] = Link(switch=switch, state=LinkState.RESYNCING, since=now, last_event_at=now)
        elif (last := link.last_event_at) is None or now - last >= FINE:
            self._links[switch] = replace(link, last_event_at=now)

    def moved(self, switch: str, state: LinkState, at: float, why: str = "") -> None:
        """The link is in this state; if it was already, it is since then."""
        link = self._links.get(switch)
        if link is None:
            self._links[switch] = Link(switch=switch, state=state, since=at, why=why)
        elif (link.state, link.why) != (state, why):
            since = link.since if link.state is state else at
            self._links[switch] = replace(link, state=state, since=since, why=why)

    def listed(self, switch: str, at: float, now: float) -> None:
        """A complete list, taken `at`, vouches for the calls."""
        self.moved(switch, LinkState.UP, now)
        self._links[switch] = replace(self._links[switch], last_list_at=at)

    def set_clock(self, by: float) -> None:
        """Our clock was set `by` seconds forward."""
        self._links = {name: link_moved_by(link, by) for name, link in self._links.items()}
