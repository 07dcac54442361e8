"""Longest prefix wins: the one rule by which numbers find routes and destinations."""

from collections.abc import ItemsView, Mapping
from typing import Generic, TypeVar

__all__ = ["PrefixTable"]

Value = TypeVar("Value")

_HEAD = 4
"""Digits by which the lengths to try are found: few countries have more than two lengths for the same four."""


class PrefixTable(Generic[Value]):
    """Prefix -> value, asked by number. The prefix "" matches every number."""

    def __init__(self, entries: Mapping[str, Value]) -> None:
        self._entries = entries
        lengths = {len(prefix) for prefix in entries}
        self._short = tuple(sorted((length for length in lengths if length < _HEAD), reverse=True))
        heads: dict[str, set[int]] = {}
        for prefix in entries:
            if len(prefix) >= _HEAD:
                heads.setdefault(prefix[:_HEAD], set()).add(len(prefix))
        self._lengths = {head: (*sorted(found, reverse=True), *self._below(head)) for head, found in heads.items()}
        """The lengths to try for numbers with this head, the longest first."""

    def _below(self, head: str) -> tuple[int, ...]:
        """The longest of the shorter prefixes of all numbers with this head."""
        return tuple([length for length in self._short if head[:length] in self._entries][:1])

    def longest(self, number: str) -> tuple[str, Value] | None:
        """The longest prefix of `number` in the table, with its value; None if there is none."""
        for length in self._lengths.get(number[:_HEAD], self._short):
            prefix = number[:length]
            if prefix in self._entries:
                return prefix, self._entries[prefix]
        return None

    def items(self) -> ItemsView[str, Value]:
        """Every prefix with its value."""
        return self._entries.items()
