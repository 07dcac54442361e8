"""Longest prefix wins: the one rule by which numbers find routes and destinations."""

from collections.abc import ItemsView, Mapping
from typing import Generic, TypeVar

__all__ = ["PrefixTable"]

Value = TypeVar("Value")


class PrefixTable(Generic[Value]):
    """Prefix -> value, asked by number. The prefix "" matches every number."""

    def __init__(self, entries: Mapping[str, Value]) -> None:
        self._entries = entries
        self._lengths = sorted({len(prefix) for prefix in entries}, reverse=True)

    def longest(self, number: str) -> tuple[str, Value] | None:
        """The longest prefix of `number` in the table, with its value; None if there is none."""
        for length in self._lengths:
            prefix = number[:length]
            if prefix in self._entries:
                return prefix, self._entries[prefix]
        return None

    def items(self) -> ItemsView[str, Value]:
        """Every prefix with its value."""
        return self._entries.items()
