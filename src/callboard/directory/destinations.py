"""Where numbers lead in the world: the table that comes with Callboard, and an operator's own as CSV."""

from collections.abc import Iterable
from functools import cache

from callboard.directory.prefixes import PrefixTable
from callboard.directory.records import Destination

__all__ = ["built_in", "destination_faults"]


@cache
def built_in() -> PrefixTable[Destination]:
    """The destinations that come with Callboard."""
    return PrefixTable({})


def destination_faults(destinations: Iterable[Destination]) -> list[str]:
    """All that is wrong with an operator's destinations."""
    seen: set[str] = set()
    faults = []
    for row in destinations:
        if row.prefix in seen:
            faults.append(f"destination {row.prefix!r}, prefix: is given twice: keep one")
        seen.add(row.prefix)
    return faults
