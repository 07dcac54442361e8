"""The shape of an operation: described once, asked for by every front end, carried out behind one gate."""

from collections.abc import Callable
from typing import Any, Generic, TypeVar

import msgspec

from callboard.access.rights import Principal, Right

__all__ = ["Operation"]

A = TypeVar("A", bound=msgspec.Struct)
R = TypeVar("R")


class Operation(msgspec.Struct, Generic[A, R], frozen=True, kw_only=True):
    """One thing a client can ask for. OpenAPI, the command line's help, the audit and the rights tests read this."""

    name: str
    """Dotted and stable, such as `calls.list`."""
    summary: str
    """One line for people."""
    right: Right
    arguments: type[A]
    example: A
    run: Callable[[Any, Principal, A, float], R]
    """`run(desk, principal, arguments, now)`. The gate has checked the right; it keeps to the principal's subtree."""
    system_wide: bool = False
    """Whether it is about everybody at once, and so only for principals who stand at the root of the customers."""
    audited: Callable[[A], str] | None = None
    """What it is done to, in a word or two, for the audit. None: it only looks, or the ledger has it."""
