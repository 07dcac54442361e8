"""Answers compressed for clients that can read them so: zstd (RFC 8878), else gzip (RFC 1952), block by block."""

import re
import sys
import zlib
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import Protocol

from msgspec.structs import replace

from callboard.http.values import Block, Reply, Request

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

__all__ = ["compressed"]

LEAST = 1_400
"""Bytes: what fits into one packet is sent as it is."""

_LEVEL = 1
"""Of either: calls are much alike, so that the fastest makes a sixth or less of them."""
_GZIP = 16 + zlib.MAX_WBITS

_TEXT = re.compile(r"application/([a-z-]+\+)?json|application/(x-ndjson|toml)|text/(csv|html)")
_OFFER = re.compile(r"\s*([a-z0-9*-]+)\s*(?:;\s*q=([0-9.]+))?\s*")


class _Compressor(Protocol):
    def compress(self, data: Block, /) -> bytes: ...
    def flush(self) -> bytes: ...


def _gzip() -> _Compressor:
    return zlib.compressobj(_LEVEL, zlib.DEFLATED, _GZIP)


def _zstd() -> _Compressor:
    return zstd.ZstdCompressor(_LEVEL)


_CODINGS: dict[str, Callable[[], _Compressor]] = {"zstd": _zstd, "gzip": _gzip}
"""What is offered, the best first."""


def compressed(request: Request, reply: Reply) -> Reply:
    """The reply, compressed if the client takes that and it pays. A long list is still made while it is sent."""
    if reply.live is not None or not _TEXT.match(reply.content_type):
        return reply
    if isinstance(reply.body, bytes) and len(reply.body) < LEAST:
        return reply
    varies = replace(reply, headers=(*reply.headers, ("Vary", "Accept-Encoding")))
    accepted = _accepted(request.headers.get("accept-encoding", ""))
    coding = next((coding for coding in _CODINGS if coding in accepted), None)
    if coding is None or request.method == "HEAD":
        return varies
    compressor = _CODINGS[coding]()
    body = (
        compressor.compress(reply.body) + compressor.flush()
        if isinstance(reply.body, bytes)
        else _blocks(reply.body, compressor)
    )
    return replace(varies, headers=(*varies.headers, ("Content-Encoding", coding)), body=body)


def _blocks(blocks: Iterable[Block], compressor: _Compressor) -> Iterator[bytes]:
    for block in blocks:
        made = compressor.compress(block)
        if made:
            yield made
    yield compressor.flush()


@lru_cache(maxsize=256)
def _accepted(header: str) -> frozenset[str]:
    """The codings that a client takes (RFC 9110 section 12.5.3), those without a weight of zero."""
    offers = [_OFFER.fullmatch(part) for part in header.lower().split(",")]
    return frozenset(offer[1] for offer in offers if offer and not _is_zero(offer[2]))


def _is_zero(weight: str | None) -> bool:
    return weight is not None and not weight.strip("0.")
