"""What both clients do around a question: headers, whether to send it again, and what an answer means."""

import secrets
from collections.abc import Mapping
from typing import Any, TypeVar

import httpx2
import msgspec

from callboard.client.ask import Ask, answer
from callboard.client.problems import (
    ClientError,
    Conflict,
    Problem,
    TimedOut,
    Unavailable,
    Unreachable,
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

    def __repr__(self) -> str:
        """Without what is secret."""
        return f"Access(server={self.server!r}, user={self.user!r})"

    def options(self, timeout: float) -> dict[str, Any]:
        """For httpx2. Raises `ValueError` for what is no address.

        Proxies of the environment are left aside: a switch's own network is not behind them, and loopback never is.
        """
        if not self.server.startswith(("http://", "https://")):
            raise ValueError(f"{self.server} is not the address of a server: write it like http://127.0.0.1:8080")
        try:
            url = httpx2.URL(self.server.rstrip("/"))
        except httpx2.InvalidURL:
            raise ValueError(
                f"{self.server} is not the address of a server: write it like http://127.0.0.1:8080"
            ) from None
        if url.userinfo:
            raise ValueError("the address has a user in it: give the user and the password apart from it")
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        auth = None if self.token or not self.user else (self.user, self.password)
        return {"base_url": url, "headers": headers, "auth": auth, "timeout": timeout, "trust_env": False}


class Patience(msgspec.Struct, frozen=True):
    """How often to send again what may be sent again, and how long to wait before that."""

    retries: int = 2
    first: float = 0.2
    """Seconds before the second try; each further pause is twice as long."""
    longest: float = 5.0


def sent(ask: Ask[Any], key: str | None) -> dict[str, Any]:
    """A question as httpx2 sends it; `key` is the `Idempotency-Key`, one is made where it is None and of use."""
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


def judged(ask: Ask[T], status: int, headers: Mapping[str, str], body: bytes) -> T:
    """The answer. Raises the problem that it is."""
    if 200 <= status < 300:
        return answer(ask, body)
    raise problem_of(status, headers, body)


def broken(server: str, error: httpx2.TransportError) -> Unreachable:
    """A connection that failed, in our words."""
    if isinstance(error, httpx2.TimeoutException):
        return TimedOut(f"{server} did not answer in time")
    return Unreachable(f"no Callboard answers at {server} ({error or type(error).__name__})")


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
    return under_way or isinstance(error, Unreachable | Unavailable)
