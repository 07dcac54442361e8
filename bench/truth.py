"""What must be the same: what a switch has, what the server lists and counts, and what streams have copied."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from bench.followers import Copy, Row, digest

__all__ = ["Listed", "compared", "copies_compared", "counted_compared", "fed_compared"]

SHOWN = 5
"""Calls that a complaint names."""


class Listed(msgspec.Struct, frozen=True):
    """A row of the server's own list."""

    id: str
    state: str
    account: int | None
    customer: int | None
    callee_customer: int | None
    sip_call_id: str


def compared(what: str, up: set[int], listed: Sequence[int]) -> list[str]:
    """What a listing has too much or too little, beside what the switch has up: numbers of calls."""
    found = Counter(listed)
    return [
        f"{what}: {len(numbers)} {fault} ({', '.join(map(str, sorted(numbers)[:SHOWN]))})"
        for fault, numbers in (
            ("ghosts", found.keys() - up),
            ("lost", up - found.keys()),
            ("twice", {number for number, times in found.items() if times > 1}),
        )
        if numbers
    ]


def counted_compared(rows: Sequence[Listed], total: int, accounts: Mapping[int | None, int]) -> list[str]:
    """Whether the counters say what the rows do."""
    complaints = []
    if total != len(rows):
        complaints.append(f"counters: {total} in all, and {len(rows)} rows")
    by_rows = Counter(row.account for row in rows)
    wrong = [account for account in by_rows.keys() | accounts.keys() if by_rows[account] != accounts.get(account, 0)]
    if wrong:
        first = wrong[0]
        complaints.append(
            f"counters: {len(wrong)} accounts differ; account {first} has {by_rows[first]} rows "
            f"and counts {accounts.get(first, 0)}"
        )
    return complaints


def fed_compared(metrics: str, begun: int, ended: int) -> list[str]:
    """Whether as many calls were counted, in Prometheus' text, as the switch had: each once."""
    complaints = []
    for name, had in (("started", begun), ("ended", ended)):
        counted = sum(map(float, re.findall(rf"^callboard_calls_{name}_total{{.*}} (\S+)$", metrics, re.MULTILINE)))
        if counted != had:
            complaints.append(f"counters: {counted:.0f} calls {name}, and the switch had {had}")
    return complaints


def copies_compared(rows: Sequence[Listed], copies: Iterable[Copy], below: Mapping[int, frozenset[int]]) -> list[str]:
    """Whether each stream's copy is the list of whom it follows; `below` are a customer and those below it."""
    complaints = []
    for copy in copies:
        family = below.get(copy.customer, frozenset())
        wanted = [row for row in rows if not copy.customer or row.customer in family or row.callee_customer in family]
        followed = digest(Row(row.id, row.state, row.account, row.sip_call_id) for row in wanted)
        if followed != copy.digest:
            whose = f"customer {copy.customer}" if copy.customer else "everything"
            complaints.append(f"stream of {whose}: a copy of {copy.calls} calls is not the list of {len(wanted)}")
        if copy.errors:
            complaints.append(f"stream of customer {copy.customer}: {copy.errors} errors")
    return complaints
