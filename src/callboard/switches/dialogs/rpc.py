"""The way to a proxy's RPC over HTTP: one question, one answer, and errors that say what mends them."""

import ssl

import httpx2

from callboard.switches.link import LinkError

__all__ = ["MAX_ANSWER", "Rpc", "RpcTimeoutError"]

MAX_ANSWER = 64 * 1024 * 1024
"""Bytes. A list has some 600 for each call; a longer answer is none."""

_MAX_WORDS = 200
_MAX_SERVER = 100
"""Characters of a server's name."""
_JSON = {"Content-Type": "application/json", "Accept": "application/json"}


class RpcTimeoutError(LinkError):
    """No answer in time."""


class Rpc:
    """One proxy's RPC address. `what` names the proxy for people; `ca` is a file with its authority's certificate."""

    def __init__(
        self, what: str, url: str, *, user: str = "", password: str = "", ca: str = "", connect: float
    ) -> None:
        self._what = what
        self._url = url
        self._connect = connect
        self._auth = httpx2.BasicAuth(user, password) if user else None
        self._ca = ca
        self._http: httpx2.AsyncClient | None = None
        self._closed = False
        self.server = ""
        """What the last answer's header `Server` said."""

    def _client(self) -> httpx2.AsyncClient:
        if self._closed:
            raise LinkError(f"the connections to {self._url} were given up")
        if self._http is None:
            try:
                verify = ssl.create_default_context(cafile=self._ca or None)
            except (OSError, ssl.SSLError) as error:
                words = f"{self._ca} cannot be read as certificates ({error})"
                raise LinkError(words, "correct `ca`", lasting=True) from None
            self._http = httpx2.AsyncClient(auth=self._auth, verify=verify, trust_env=False, headers=_JSON)
        return self._http

    async def ask(self, body: bytes, timeout: float) -> bytes:  # noqa: ASYNC109  it is the HTTP client's
        """The answer to a request, within so many seconds. Raises `LinkError`, or its child `RpcTimeoutError`."""
        try:
            limit = httpx2.Timeout(timeout, connect=self._connect)
            async with self._client().stream("POST", self._url, content=body, timeout=limit) as response:
                self.server = response.headers.get("Server", "")[:_MAX_SERVER]
                self._check(response.status_code, response.headers.get("Content-Type", ""))
                return await self._read(response)
        except httpx2.ConnectTimeout:
            raise LinkError(f"{self._url} cannot be reached", "check address, network and firewall") from None
        except httpx2.TimeoutException:
            raise RpcTimeoutError(f"{self._what} gave no answer at {self._url} within {timeout:g} s") from None
        except httpx2.TransportError as error:
            # What came may stand in the error, whatever it was and however long.
            words = f"{self._url} cannot be asked ({str(error)[:_MAX_WORDS] or type(error).__name__})"
            raise LinkError(words, f"check that {self._what} runs and serves HTTP there") from None
        except httpx2.InvalidURL as error:
            raise LinkError(f"{self._url} is no URL ({error})", "correct `rpc`", lasting=True) from None

    def _check(self, status: int, kind: str) -> None:
        """An error of JSON-RPC may come with an HTTP error, such as 404 for a dialog that is not there: its body says
        more.
        """
        if status in (401, 403):
            raise LinkError(f"{self._url} refused the login ({status})", "correct `user` and `password`", lasting=True)
        if status == 404 and not kind.startswith("application/json"):
            fix = f"correct the path in `rpc`, or load the module of {self._what} that serves it"
            raise LinkError(f"there is nothing at {self._url} (404)", fix, lasting=True)
        if not 200 <= status < 300 and status not in (400, 404, 500):
            raise LinkError(f"{self._url} answered with status {status}", f"see the log of {self._what}")

    async def _read(self, response: httpx2.Response) -> bytes:
        body = bytearray()
        async for part in response.aiter_bytes():
            body += part
            if len(body) > MAX_ANSWER:
                raise LinkError(f"an answer of more than {MAX_ANSWER} bytes came from {self._url}")
        return bytes(body)

    async def close(self) -> None:
        """Give its connections up; nothing can be asked any more."""
        self._closed = True
        if self._http is not None:
            await self._http.aclose()
            self._http = None
