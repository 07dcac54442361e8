"""Long listings in blocks: rendered while they are sent, so that one of them does not hold up everybody else."""

from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

from callboard.http.values import Block, Body

__all__ = ["BLOCK", "body", "in_blocks", "whole"]

BLOCK = 500
"""Rows in a block."""

T = TypeVar("T")


def in_blocks(rows: Sequence[T]) -> Iterator[Sequence[T]]:
    """The rows, up to `BLOCK` at a time."""
    for start in range(0, len(rows), BLOCK):
        yield rows[start : start + BLOCK]


def body(document: Iterable[Block], rows: int) -> Body:
    """The body of a reply with so many rows: a short one whole, so that its length is known, a long one in blocks."""
    return document if rows > BLOCK else whole(document)


def whole(document: Iterable[Block]) -> bytes:
    """The document in one piece. Each block is copied before the next is asked for."""
    return b"".join(map(bytes, document))
