"""Shares: whose calls have a figure of their own, so that the number of figures is bounded whatever the directory."""

from collections import Counter
from collections.abc import Iterator, Mapping

from callboard.directory.directory import Directory
from callboard.directory.records import ROOT
from callboard.metrics.settings import MetricsSettings
from callboard.table.questions.counters import Tally

__all__ = ["NOBODY", "OTHER", "Shares", "label"]

OTHER = "other"
"""Stands for all who have no figure of their own."""
NOBODY = "nobody"

LONGEST = 100
"""Characters of a name in a label."""

Share = tuple[str, str]
"""The labels of a share: an id, or one of the words above, and a name."""


def label(text: str) -> str:
    """A text from outside as a label's value: bounded, and nothing in it that is not for the eye."""
    return "".join(letter if letter.isprintable() else "?" for letter in text[:LONGEST])


class Shares:
    """Which customers and vendors are counted one by one, by the directory as it is."""

    def __init__(self, directory: Directory, settings: MetricsSettings) -> None:
        self._directory = directory
        self._settings = settings
        self._revision: int | None = None
        self._customers: dict[int, Share] = {}
        self._vendors: dict[int, Share] = {}
        self._nearest: dict[int | None, Share] = {}

    def by_customer(self, tallies: Mapping[int | None, Tally]) -> dict[Share, Tally]:
        """The calls of each share. A call counts once: for the nearest customer, from its owner upwards, with one."""
        self._look()
        return _summed(self._customers, ((self._nearest_to(each), tally) for each, tally in tallies.items()))

    def by_vendor(self, tallies: Mapping[int | None, Tally] | Mapping[int, Tally]) -> dict[Share, Tally]:
        """The calls of each share, those without a vendor left out."""
        self._look()
        known = ((each, tally) for each, tally in tallies.items() if each is not None)
        return _summed(self._vendors, ((self._vendors.get(each, (OTHER, "")), tally) for each, tally in known))

    # --- who has one -------------------------------------------------------------------------------------------------

    def _look(self) -> None:
        """Choose anew if the directory changed."""
        if self._revision == self._directory.revision:
            return
        self._revision = self._directory.revision
        self._nearest = {None: (NOBODY, "")}
        self._customers = dict(self._chosen_customers())
        vendors = sorted(self._directory.vendors(), key=lambda vendor: vendor.id)[: self._settings.most]
        self._vendors = {vendor.id: (str(vendor.id), label(vendor.name)) for vendor in vendors}

    def _chosen_customers(self) -> Iterator[tuple[int, Share]]:
        """Those of the settings first, then the root and those directly below it, the oldest first."""
        directory = self._directory
        below = sorted(customer.id for customer in directory.customers() if customer.parent == ROOT)
        wanted = dict.fromkeys([*self._settings.customers, ROOT, *below])
        found = [customer for number in wanted if (customer := directory.customer(number)) is not None]
        for customer in found[: self._settings.most]:
            yield customer.id, (str(customer.id), label(customer.name))

    def _nearest_to(self, customer: int | None) -> Share:
        """A customer beyond the bound is directly below the root, whose share is not that of all who have none."""
        known = self._nearest.get(customer)
        if known is None:
            known = self._nearest[customer] = self._walk_up(customer)
        return known

    def _walk_up(self, customer: int | None) -> Share:
        at = customer
        while at is not None and (at != ROOT or customer == ROOT):
            if at in self._customers:
                return self._customers[at]
            record = self._directory.customer(at)
            at = None if record is None else record.parent
        return OTHER, ""


def _summed(shares: Mapping[int, Share], found: Iterator[tuple[Share, Tally]]) -> dict[Share, Tally]:
    """The tallies of each share together; those that have none are there too, so that a figure goes on."""
    calls, connected = Counter[Share](), Counter[Share]()
    for share, tally in found:
        calls[share] += tally[0]
        connected[share] += tally[1]
    return {share: (calls[share], connected[share]) for share in (*shares.values(), *calls)}
