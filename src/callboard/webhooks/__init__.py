"""Tells other programs what happens: signed, in order, again until they have it."""
