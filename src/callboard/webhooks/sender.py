"""One attempt: a POST to an address that is looked up and judged each time, and what came of it in a few words."""

import asyncio
import contextlib
import ssl
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from email.utils import parsedate_to_datetime
from typing import NamedTuple

import httpx2
import msgspec

from callboard.webhooks.lookups import Lookups

__all__ = ["Attempt", "FaultOf", "Sender"]

FaultOf = Callable[[str], str | None]
"""Says why nothing is sent to an IP address; None: it may be."""

LONGEST_WAIT = 86_400.0
"""Seconds of a Retry-After that are heeded at most."""
_LONGEST_ANSWER = 200
"""Bytes of an answer that are looked at."""
_PATIENCE = 1.0
"""Seconds that are waited for them: what counts is the status, which is there by then."""
_MOST_HOSTS = 200
"""Hosts to which connections are kept at most."""


class Attempt(NamedTuple):
    """What came of it."""

    status: int | None
    """None: there was no answer."""
    words: str
    """Why it did not go well, for people; "" if it did."""
    wait: float = 0.0
    """Seconds for which the receiver asked to be left alone."""

    @property
    def arrived(self) -> bool:
        """Whether the receiver has it."""
        return self.status is not None and 200 <= self.status < 300


class _NowhereError(Exception):
    """There is no address to send to, for the reason that is its message."""


class _Way(msgspec.Struct):
    """The connections to one host."""

    transport: httpx2.AsyncHTTPTransport
    under_way: int = 0
    """Requests."""


class Sender:
    """Sends to whatever `fault_of` has nothing to say against: it takes an IP address.

    A name is looked up here and its address connected to, so that it cannot be judged as one host and reached as
    another. Certificates are judged by the machine's own list of authorities. Redirects are not followed, cookies are
    not kept, and of an answer no more is read than is shown to people.
    """

    def __init__(self, timeout: float, clock: Callable[[], float]) -> None:
        self._timeout = timeout
        self._clock = clock
        self._lookups = Lookups()
        self._authorities: ssl.SSLContext | None = None
        self._ways: OrderedDict[str, _Way] = OrderedDict()
        """By the host's name, the one that was used last at the end."""

    async def close(self) -> None:
        """Let go of every connection."""
        ways = [*self._ways.values()]
        self._ways.clear()
        await asyncio.gather(*(way.transport.aclose() for way in ways))

    async def send(self, login: str, url: str, headers: Mapping[str, str], body: bytes, fault_of: FaultOf) -> Attempt:
        """Send for a login, within the timeout as a whole. Raises nothing for what a receiver or a network can do."""
        try:
            async with asyncio.timeout(self._timeout):
                return await self._post(login, httpx2.URL(url), headers, body, fault_of)
        except (TimeoutError, httpx2.TimeoutException):
            return Attempt(None, f"no answer within {self._timeout:g} s")
        except _NowhereError as error:
            return Attempt(None, str(error))
        except (httpx2.HTTPError, httpx2.InvalidURL, httpx2.StreamError, OSError, ValueError) as error:
            return Attempt(None, f"it could not be sent: {error or type(error).__name__}"[:500])

    async def _post(
        self,
        login: str,
        url: httpx2.URL,
        headers: Mapping[str, str],
        body: bytes,
        fault_of: FaultOf,
    ) -> Attempt:
        address = await self._address(login, url, fault_of)
        request = httpx2.Request(
            "POST",
            url.copy_with(host=address),
            content=body,
            headers={**headers, "Host": url.netloc.decode("ascii"), "Accept-Encoding": "identity"},
            extensions={"sni_hostname": url.host, "timeout": httpx2.Timeout(self._timeout).as_dict()},
        )
        async with self._way(url.host) as transport:
            try:
                response = await transport.handle_async_request(request)
            except AttributeError as error:
                # The library asks a socket for its addresses that the other side has closed by then.
                raise httpx2.ConnectError("the connection was closed as soon as it was there") from error
            try:
                return self._judged(response, await _beginning(response))
            finally:
                await response.aclose()

    @asynccontextmanager
    async def _way(self, host: str) -> AsyncIterator[httpx2.AsyncHTTPTransport]:
        """The connections to a host, by its name: those to the same address that were opened for another name are
        others, for they prove to lead to that.
        """
        authorities = await self._machines_authorities()
        way = self._ways.get(host)
        if way is None:
            limits = httpx2.Limits(max_connections=None, max_keepalive_connections=10, keepalive_expiry=30.0)
            transport = httpx2.AsyncHTTPTransport(verify=authorities, trust_env=False, limits=limits)
            way = self._ways[host] = _Way(transport)
        self._ways.move_to_end(host)
        way.under_way += 1
        try:
            yield way.transport
        finally:
            way.under_way -= 1
            await self._bound()

    async def _machines_authorities(self) -> ssl.SSLContext:
        """Read when first something is sent, beside the loop: it takes 25 ms, and many servers send nothing."""
        if self._authorities is None:
            self._authorities = await asyncio.to_thread(ssl.create_default_context)
        return self._authorities

    async def _bound(self) -> None:
        """Let go of the connections that were not used for longest."""
        idle = (host for host, way in self._ways.items() if not way.under_way)
        oldest = next(idle, None) if len(self._ways) > _MOST_HOSTS else None
        if oldest is not None:
            await self._ways.pop(oldest).transport.aclose()

    async def _address(self, login: str, url: httpx2.URL, fault_of: FaultOf) -> str:
        """The first address of a host to which may be sent. Raises _NowhereError."""
        port = url.port or (443 if url.scheme == "https" else 80)
        try:
            addresses = await self._lookups.addresses(login, url.host, port)
        except (OSError, UnicodeError) as error:
            raise _NowhereError(f"{url.host} cannot be looked up: {error}") from None
        for address in addresses:
            if fault_of(address) is None:
                return address
        raise _NowhereError(f"nothing is sent to {url.host}: {fault_of(addresses[0]) if addresses else 'no address'}")

    def _judged(self, response: httpx2.Response, told: str) -> Attempt:
        status = response.status_code
        if 200 <= status < 300:
            return Attempt(status, "")
        if 300 <= status < 400:
            return Attempt(status, f"it answered {status}, and redirects are not followed: name the place itself")
        wait = _wait(response.headers.get("Retry-After", ""), self._clock())
        return Attempt(status, f"it answered {status}{f': {told}' if told else ''}", wait)


async def _beginning(response: httpx2.Response) -> str:
    """The beginning of an answer, as far as it comes soon; what would follow is not read."""
    read = b""
    with contextlib.suppress(TimeoutError, httpx2.HTTPError):
        async with asyncio.timeout(_PATIENCE):
            async for block in response.aiter_raw(_LONGEST_ANSWER):
                read += block
                if len(read) >= _LONGEST_ANSWER:
                    break
    return "".join(filter(str.isprintable, read[:_LONGEST_ANSWER].decode("utf-8", "replace")))


def _wait(text: str, now: float) -> float:
    """Seconds of a Retry-After (RFC 9110 section 10.2.3); 0 for what is none."""
    if text.isascii() and text.isdigit():
        return min(float(text[:9]), LONGEST_WAIT)
    try:
        return min(max(0.0, parsedate_to_datetime(text).timestamp() - now), LONGEST_WAIT)
    except (ValueError, OverflowError):
        return 0.0
