"""Chance that falls the same way each time."""

from random import Random


def dice(seed: int) -> Random:
    """A source of chance for plans and behaviours."""
    return Random(seed)
