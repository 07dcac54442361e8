"""What receivers were told last of what lasts: a start of the server begins where the one before ended."""

from collections.abc import Iterable
from typing import NamedTuple

import msgspec

from callboard.operations.happenings import Happening
from callboard.operations.limits import Levels
from callboard.operations.subscriptions import Limit
from callboard.storage.deliveries import Told

__all__ = ["LASTING", "Memory", "remembered"]

LASTING = (Happening.SWITCH_LOST, Happening.SWITCH_BACK, Happening.LIMIT_PASSED)
"""What holds until the contrary is told."""


class Memory(NamedTuple):
    """What they take to be so."""

    lost: frozenset[str]
    """The switches that are lost."""
    levels: Levels


class _Passed(msgspec.Struct):
    limit: Limit
    level: int


class _Document(msgspec.Struct):
    data: _Passed


def remembered(told: Iterable[Told]) -> Memory:
    """From the last message of each webhook about each thing."""
    lost, levels = set[str](), Levels()
    for one in told:
        if one.event == Happening.SWITCH_LOST:
            lost.add(one.about.removeprefix("switch "))
        elif one.event == Happening.LIMIT_PASSED:
            passed = msgspec.json.decode(one.body, type=_Document).data
            levels[one.webhook, passed.limit] = passed.level
    return Memory(frozenset(lost), levels)
