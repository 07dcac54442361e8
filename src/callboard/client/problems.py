"""What can go wrong, as exceptions: no server, no answer of a Callboard, or a problem that it tells (RFC 9457)."""

from collections.abc import Mapping
from urllib.parse import urlsplit

import msgspec

from callboard.client.decoding import decoded

__all__ = [
    "ClientError",
    "Conflict",
    "Forbidden",
    "Invalid",
    "NotFound",
    "NotUnderstood",
    "Problem",
    "ServerFailed",
    "SignInRefused",
    "Throttled",
    "TimedOut",
    "Unavailable",
    "Unreachable",
    "Untrusted",
    "problem_of",
]


class ClientError(Exception):
    """Whatever the client raises."""


class Unreachable(ClientError):  # noqa: N818  what happened, as the API names it
    """No server answers at the address, or the connection broke."""


class TimedOut(Unreachable):
    """The server did not answer in time."""


class Untrusted(Unreachable):
    """The certificate of what answers is not one to trust, so nothing was sent."""


class NotUnderstood(ClientError):  # noqa: N818  what happened, as the API names it
    """Something answers, but not as a Callboard does."""


class Problem(ClientError):  # noqa: N818  what happened, as the API names it
    """The server says no. `code` never changes its meaning: `docs/reference/errors.md` lists them all."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        argument: str = "",
        mistakes: tuple[str, ...] = (),
        retry_after: float | None = None,
    ) -> None:
        super().__init__(f"{detail} ({code})" if code else detail)
        self.status = status
        self.code = code
        self.detail = detail
        """The cause, and what to do about it."""
        self.argument = argument
        """The parameter that it is about, or empty."""
        self.mistakes = mistakes
        """Everything that is wrong with a document."""
        self.retry_after = retry_after
        """Seconds after which to try again, where the server tells."""


class SignInRefused(Problem):
    """401: no credentials, or wrong ones, or they hold no longer."""


class Forbidden(Problem):
    """403: the login lacks a right, or may not be used from here."""


class NotFound(Problem):
    """404: it is not there, or not this login's to see."""


class Conflict(Problem):
    """409 and 412: it does not fit what there is by now."""


class Invalid(Problem):
    """400 and 422: what was sent cannot be used."""


class Throttled(Problem):
    """429: too many sign-ins failed."""


class Unavailable(Problem):
    """503: something that is needed is down, or the server stops."""


class ServerFailed(Problem):
    """500: a fault of the server's own; `detail` has the reference that stands in its log."""


_KINDS: dict[int, type[Problem]] = {
    400: Invalid,
    401: SignInRefused,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    412: Conflict,
    422: Invalid,
    429: Throttled,
    500: ServerFailed,
    503: Unavailable,
}


_GATEWAY = (502, 503, 504)
"""What a proxy answers for a server that is away: it may be back in a moment."""


class _Document(msgspec.Struct):
    """A problem document, as far as it is needed."""

    status: int = 0
    title: str = ""
    detail: str = ""
    code: str = ""
    argument: str = ""
    mistakes: tuple[str, ...] = ()


def problem_of(status: int, headers: Mapping[str, str], body: bytes) -> ClientError:
    """The exception for an answer that is an error. What is no problem document is no Callboard's, but for a 500."""
    try:
        said = decoded(body, _Document)
    except ValueError:
        said = _Document()
    if 300 <= status < 400:
        return NotUnderstood(f"it redirects to {_site(headers.get('location', ''))} (status {status})")
    if status == 500 and not said.code:
        words = body.decode("utf-8", "replace").strip().partition("\n")[0]
        return ServerFailed(status, "", words[:200] or "it does not say why")
    if status in _GATEWAY and not said.code:
        return Unavailable(status, "", f"what stands before the server cannot reach it (status {status})")
    if not said.code:
        return NotUnderstood(f"it answers with status {status}, not as a Callboard does")
    wait = headers.get("retry-after", "")
    return _KINDS.get(status, Problem)(
        status,
        said.code,
        said.detail or said.title,
        argument=said.argument,
        mistakes=said.mistakes,
        retry_after=float(wait) if wait.isascii() and wait.isdigit() else None,
    )


def _site(location: str) -> str:
    """Where it is, without the path and what else stands there."""
    try:
        parts = urlsplit(location)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return "nowhere"
    return f"{parts.scheme}://{parts.hostname}{port}" if parts.hostname else "another path"
