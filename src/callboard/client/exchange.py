"""What both clients do around a question: headers, whether to send it again, and what an answer means."""

import re
import secrets
import ssl
from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

import httpx2
import msgspec

from callboard.client.ask import Ask, answer
from callboard.client.problems import (
    ClientError,
    Conflict,
    NotUnderstood,
    Problem,
    TimedOut,
    Unavailable,
    Unreachable,
    Untrusted,
    problem_of,
)

__all__ = ["Access", "Patience", "broken", "judged", "pause", "sent"]

T = TypeVar("T")


class Access(msgspec.Struct, frozen=True):
    """Where the server is, and how to sign in: with a token or, without one, a user and a password."""

    server: str
    token: str = ""
    user: str = ""
    password: str = ""
    ca_file: str = ""
    """Who vouches for the server's certificate, PEM; empty: those whom `SSL_CERT_FILE` names, else the system's."""

    def __repr__(self) -> str:
        """Without what is secret."""
        return f"Access(server={self.server!r}, user={self.user!r})"

    def options(self, timeout: float) -> dict[str, Any]:
        """For httpx2. Raises `ValueError`, cause and fix divided by a colon, for what is no address and no token.

        Proxies of the environment are left aside: a switch's own network is not behind them, and loopback never is.
        """
        url = _address(self.server)
        if not _TOKEN.fullmatch(self.token):
            raise ValueError("the token has characters that no token has: copy it again, as a whole and alone")
        return {
            "base_url": url,
            "headers": {"Authorization": f"Bearer {self.token}"} if self.token else {},
            "auth": None if self.token or not self.user else (self.user, self.password),
            "timeout": timeout,
            "trust_env": False,
            "verify": _trust(self.ca_file) if url.scheme == "https" else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT),
        }


_TOKEN = re.compile(r"[!-~]*")
"""What may stand in a header, and in a token no space either."""


def _address(text: str) -> httpx2.URL:
    try:
        url = httpx2.URL(text.rstrip("/"))
    except httpx2.InvalidURL:
        url = httpx2.URL("")
    port = 80 if url.port is None else url.port
    usable = url.scheme in {"http", "https"} and url.host and " " not in text and 0 < port < 65_536
    if not usable or url.query or url.fragment:
        raise ValueError(f"{_without_user(text)} is not the address of a server: write it like http://127.0.0.1:8080")
    if url.userinfo:
        raise ValueError("the address has a user in it: give the user and the password apart from it")
    return url


def _without_user(text: str) -> str:
    """The text, but for what stands before an @: a password may be there."""
    return text.rpartition("@")[2]


def _trust(ca_file: str) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=ca_file) if ca_file else httpx2.create_ssl_context()
    except OSError as error:
        what = ca_file or "what SSL_CERT_FILE or SSL_CERT_DIR names"
        fix = "name a PEM file with the certificate of the authority, or of the server"
        raise ValueError(f"{what} cannot be used ({error.strerror or error}): {fix}") from None


class Patience(msgspec.Struct, frozen=True):
    """How often to send again what may be sent again, and how long to wait before that."""

    retries: int = 2
    first: float = 0.2
    """Seconds before the second try; each further pause is twice as long."""
    longest: float = 5.0


def sent(ask: Ask[Any], key: str | None) -> dict[str, Any]:
    """A question as httpx2 sends it; `key` is the `Idempotency-Key`, one is made where it is None and of use.

    Raises `ValueError` for a key that cannot be sent.
    """
    if key is not None and not _KEY.fullmatch(key):
        raise ValueError("key: letters, digits and signs of ASCII can be sent")
    headers = {"Accept": ask.accept}
    if ask.body is not None:
        headers["Content-Type"] = ask.content_type
    if ask.once:
        headers["Idempotency-Key"] = key or secrets.token_hex(16)
    return {
        "method": ask.method,
        "url": ask.target,
        "params": dict(ask.query) or None,
        "content": ask.body,
        "headers": headers,
    }


_KEY = re.compile(r"[!-~]([ -~]*[!-~])?")


def judged(ask: Ask[T], status: int, headers: Mapping[str, str], body: bytes) -> T:
    """The answer. Raises the problem that it is."""
    if 200 <= status < 300:
        return answer(ask, body)
    raise problem_of(status, headers, body)


def broken(server: str, error: httpx2.RequestError) -> ClientError:
    """A connection that failed, or what cannot be unpacked, in our words."""
    if isinstance(error, httpx2.TimeoutException):
        return TimedOut(f"{server} did not answer in time")
    if isinstance(error, httpx2.DecodingError):
        return NotUnderstood(f"what it answers is not packed as it says ({error})")
    for cause in _causes(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            return Untrusted(f"the certificate of {server} is not one to trust ({cause.verify_message})")
    return Unreachable(f"no Callboard answers at {server} ({error or type(error).__name__})")


def _causes(error: BaseException) -> Iterator[BaseException]:
    known: BaseException | None = error
    while known is not None:
        yield known
        known = known.__cause__ or known.__context__


def pause(patience: Patience, ask: Ask[Any], tried: int, error: ClientError) -> float | None:
    """Seconds to wait before the question is sent again, after `tried` times; None: it is not.

    Again goes only what does no harm twice, and only where it may come out otherwise.
    """
    if tried > patience.retries or not ask.repeatable or not _passing(error):
        return None
    wait = patience.first * 2 ** (tried - 1)
    if isinstance(error, Problem) and error.retry_after is not None:
        wait = max(wait, error.retry_after)
    return wait if wait <= patience.longest else None


def _passing(error: ClientError) -> bool:
    """Whether it may be over in a moment."""
    under_way = isinstance(error, Conflict) and error.code == "request_under_way"
    return under_way or (isinstance(error, Unreachable | Unavailable) and not isinstance(error, Untrusted))
