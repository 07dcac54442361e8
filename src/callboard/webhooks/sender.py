"""One attempt: a POST to an address that is looked up and judged each time, and what came of it in a few words."""

import asyncio
import socket
import ssl
from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime
from typing import NamedTuple

import httpx2

__all__ = ["Attempt", "Sender"]

LONGEST_WAIT = 86_400.0
"""Seconds of a Retry-After that are heeded at most."""
_LONGEST_ANSWER = 200
"""Bytes of an answer that are looked at."""


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


class Sender:
    """Sends to whatever `fault_of` has nothing to say against: it takes an IP address.

    A name is looked up here and its address connected to, so that it cannot be judged as one host and reached as
    another. Certificates are judged by the machine's own list of authorities. Redirects are not followed, and of an
    answer no more is read than is shown to people.
    """

    def __init__(self, timeout: float, clock: Callable[[], float]) -> None:
        self._timeout = timeout
        self._clock = clock
        limits = httpx2.Limits(max_connections=None, max_keepalive_connections=100, keepalive_expiry=30.0)
        self._client = httpx2.AsyncClient(
            verify=ssl.create_default_context(),
            follow_redirects=False,
            trust_env=False,
            timeout=httpx2.Timeout(timeout),
            limits=limits,
        )

    async def close(self) -> None:
        """Let go of every connection."""
        await self._client.aclose()

    async def send(
        self, url: str, headers: Mapping[str, str], body: bytes, fault_of: Callable[[str], str | None]
    ) -> Attempt:
        """Send, within the timeout as a whole. It raises nothing for what a receiver or a network can do."""
        try:
            async with asyncio.timeout(self._timeout):
                return await self._post(httpx2.URL(url), headers, body, fault_of)
        except TimeoutError:
            return Attempt(None, f"no answer within {self._timeout:g} s")
        except httpx2.TimeoutException:
            return Attempt(None, f"no answer within {self._timeout:g} s")
        except _NowhereError as error:
            return Attempt(None, str(error))
        except (httpx2.HTTPError, httpx2.InvalidURL, httpx2.StreamError, OSError, ValueError) as error:
            return Attempt(None, f"it could not be sent: {error or type(error).__name__}"[:500])

    async def _post(
        self, url: httpx2.URL, headers: Mapping[str, str], body: bytes, fault_of: Callable[[str], str | None]
    ) -> Attempt:
        address = await self._address(url, fault_of)
        given = {**headers, "Host": url.netloc.decode("ascii"), "Accept-Encoding": "identity"}
        request = self._client.build_request(
            "POST",
            url.copy_with(host=address),
            content=body,
            headers=given,
            extensions={"sni_hostname": url.host},
        )
        response = await self._client.send(request, stream=True)
        try:
            return self._judged(response, await _beginning(response))
        finally:
            await response.aclose()

    async def _address(self, url: httpx2.URL, fault_of: Callable[[str], str | None]) -> str:
        """The first address of a host to which may be sent. Raises _NowhereError."""
        port = url.port or (443 if url.scheme == "https" else 80)
        try:
            found = await asyncio.get_running_loop().getaddrinfo(url.host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise _NowhereError(f"{url.host} cannot be looked up: {error}") from None
        addresses = [str(entry[4][0]) for entry in found]
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
    """The beginning of an answer; what would follow is not read."""
    async for block in response.aiter_raw(_LONGEST_ANSWER):
        return "".join(filter(str.isprintable, block[:_LONGEST_ANSWER].decode("utf-8", "replace")))
    return ""


def _wait(text: str, now: float) -> float:
    """Seconds of a Retry-After (RFC 9110 section 10.2.3); 0 for what is none."""
    if text.isascii() and text.isdigit():
        return min(float(text[:9]), LONGEST_WAIT)
    try:
        return min(max(0.0, parsedate_to_datetime(text).timestamp() - now), LONGEST_WAIT)
    except (ValueError, OverflowError):
        return 0.0
