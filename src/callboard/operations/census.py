"""How many calls each customer sees, of all that are up: counted in columns, for the tree of customers at once."""

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from callboard.directory.records import ROOT
from callboard.table.questions.counters import Ends
from callboard.table.store.tallies import coded

__all__ = ["census"]

Places = NDArray[np.intp]


def census(ends: Ends, parents: Mapping[int, int | None]) -> dict[int, list[int]]:
    """For each customer that sees any, its calls and how many of them are connected.

    A call counts for its owner, for the customer that is called, and for all above them, once each; `ROOT` sees all.
    """
    if not len(ends.connected):
        return {}
    found = [coded(each) for each in (ends.owners, ends.called)]
    customers = np.unique(np.concatenate([[ROOT], list(parents), *(ids[ids >= 0] for ids, _ in found)]))
    owners, called = (_placed(customers, ids).take(codes) for ids, codes in found)
    counts = np.zeros((len(customers), 2), np.int64)
    for above in _levels(customers, parents):
        one, other = above.take(owners), above.take(called)
        other[other == one] = len(customers)
        for places in (one, other):
            pairs = np.bincount(2 * places + ends.connected, minlength=2 * len(customers) + 2).reshape(-1, 2)[:-1]
            counts[:, 0] += pairs.sum(axis=1)
            counts[:, 1] += pairs[:, 1]
    seen = np.flatnonzero(counts[:, 0])
    return dict(zip(customers[seen].tolist(), counts[seen].tolist(), strict=True))


def _placed(customers: NDArray[np.int64], ids: NDArray[np.int64]) -> Places:
    """Where these customers stand among all; whoever nobody knows is `ROOT`'s."""
    return np.searchsorted(customers, np.where(ids < 0, ROOT, ids))


def _levels(customers: NDArray[np.int64], parents: Mapping[int, int | None]) -> Iterator[Places]:
    """For each depth of the tree, who stands there at or above each customer; the place after the last is nobody.

    So who is above two customers is above both at the same depth. A customer that is gone stands below `ROOT`.
    """
    nobody, root = len(customers), int(np.searchsorted(customers, ROOT))
    above = np.searchsorted(customers, [parents.get(one) or ROOT for one in customers.tolist()])
    chains = [np.arange(nobody)]
    while (chains[-1] != root).any():
        chains.append(above.take(chains[-1]))
    depths = sum((chain != root).astype(np.intp) for chain in chains)
    ways = np.array(chains)
    for depth in range(len(chains)):
        yield np.where(depths >= depth, ways[np.maximum(depths - depth, 0), chains[0]], nobody)
