"""What the shell is told when somebody presses the tab key. No server is asked: it has to be there at once."""

from collections.abc import Sequence

from callboard.calls.state import State
from callboard.cli.failures import Failure

__all__ = ["THINGS", "contexts", "states", "things"]

THINGS = ("state", "direction", "customer", "account", "vendor", "connection", "switch", "country")
"""What calls are counted by."""


def states(incomplete: str) -> list[str]:
    """States of calls."""
    return _beginning(incomplete, [state.name.lower() for state in State])


def things(incomplete: str) -> list[str]:
    """What calls are counted by; after a comma the second."""
    first, comma, last = incomplete.rpartition(",")
    return [first + comma + thing for thing in _beginning(last, THINGS) if thing != first]


def contexts(incomplete: str) -> list[str]:
    """The servers that are kept; none where their file cannot be read."""
    from callboard.cli.contexts_file import load

    try:
        return _beginning(incomplete, sorted(load().contexts))
    except Failure:
        return []


def _beginning(incomplete: str, words: Sequence[str]) -> list[str]:
    return [word for word in words if word.startswith(incomplete)]
