"""Examining a link step by step, for people who set one up: what is well, what is not, and what mends it."""

import asyncio
import os
import socket
import ssl
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import suppress
from typing import NamedTuple

import msgspec

from callboard.switches.link import LinkError

__all__ = ["Check", "Step", "closed", "connected", "examined", "resolved", "secured"]


_CLOSING = 1.0
"""Seconds that a connection has to close in good order."""


class Step(msgspec.Struct, frozen=True):
    """One step of an examination."""

    name: str
    ok: bool
    found: str
    """What was found, or the cause."""
    fix: str = ""
    """What to do about it, lines to paste included; empty where all is well."""


class Check(NamedTuple):
    """One thing to look at."""

    name: str
    look: Callable[[], Awaitable[str]]
    """Says what was found. Raises `LinkError` with the cause and the fix."""
    needed: bool = True
    """Whether nothing after it can be looked at if it fails."""


async def examined(checks: Sequence[Check], limit: float, silent: str) -> AsyncGenerator[Step, None]:
    """The checks in their order, each within `limit` seconds; `silent` is the fix where no answer comes."""
    for check in checks:
        step = await _step(check, limit, silent)
        yield step
        if check.needed and not step.ok:
            return


async def _step(check: Check, limit: float, silent: str) -> Step:
    try:
        async with asyncio.timeout(limit):
            return Step(check.name, True, await check.look())
    except TimeoutError:
        return Step(check.name, False, f"there was no answer within {limit:g} s", silent)
    except LinkError as error:
        return Step(check.name, False, error.cause, error.fix)


async def resolved(host: str) -> str:
    """The addresses behind a name. Raises `LinkError`."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        cause = f"{host} cannot be resolved ({error})"
        raise LinkError(cause, "correct the name in the settings, or the machine's /etc/hosts or DNS") from None
    return ", ".join(dict.fromkeys(str(entry[4][0]) for entry in found))


async def connected(host: str, port: int, fix: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A TCP connection. Raises `LinkError`."""
    try:
        return await asyncio.open_connection(host, port)
    except OSError as error:
        # asyncio's own words repeat the address.
        words = os.strerror(error.errno or 0) if (error.errno or 0) > 0 else str(error)
        raise LinkError(f"{host}:{port} cannot be reached ({words})", fix) from None


async def closed(writer: asyncio.StreamWriter) -> None:
    """Give a connection up, in whatever state it is."""
    writer.close()
    with suppress(OSError, TimeoutError):
        async with asyncio.timeout(_CLOSING):
            await writer.wait_closed()


async def secured(writer: asyncio.StreamWriter, context: ssl.SSLContext, name: str) -> str:
    """TLS on a connection; the version and the cipher. Raises `LinkError`, without a fix, for what speaks none."""
    try:
        await writer.start_tls(context, server_hostname=name)
    except (ssl.SSLError, ConnectionError) as error:
        cause = error.verify_message if isinstance(error, ssl.SSLCertVerificationError) else str(error)
        raise LinkError(f"TLS failed: {cause or type(error).__name__}") from error
    version, (cipher, *_) = writer.get_extra_info("ssl_object").version(), writer.get_extra_info("cipher")
    return f"{version}, {cipher}"
