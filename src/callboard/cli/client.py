"""Ask a running server through its own API."""

import sys
from types import TracebackType
from typing import Self

import httpx2
import msgspec
import typer

from callboard.cli.failures import ExitCode, Failure

__all__ = ["Client", "connect"]

TIMEOUT = 30.0
"""Seconds for one answer: a list of 100,000 calls takes a few."""


class Problem(msgspec.Struct):
    """An error of the API (RFC 9457)."""

    title: str = ""
    detail: str = ""
    mistakes: list[str] = []
    """Everything that is wrong with a document that was sent."""


def connect(server: str, user: str, password: str) -> "Client":
    """A client for the server; what is missing of the credentials is asked for, if there is somebody to ask.

    Raises `Failure`.
    """
    if not (user and password) and not sys.stdin.isatty():
        missing = "password" if user else "user"
        fix = "set CALLBOARD_USER and CALLBOARD_PASSWORD, or give --user and --password"
        raise Failure(f"no {missing} is given", fix, ExitCode.SIGN_IN)
    user = user or str(typer.prompt("User", err=True))
    password = password or str(typer.prompt("Password", hide_input=True, err=True))
    return Client(server, user, password)


class Client:
    """One login at one server."""

    def __init__(self, server: str, user: str, password: str) -> None:
        self._server = server.rstrip("/")
        # Proxies of the environment are left aside: a switch's own network is not behind them, and loopback never is.
        self._http = httpx2.Client(auth=(user, password), timeout=TIMEOUT, trust_env=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    def ask(
        self,
        method: str,
        path: str,
        *,
        query: dict[str, str] | None = None,
        body: bytes | None = None,
        headers: dict[str, str] | None = None,
    ) -> bytes:
        """The body of the server's answer. Raises `Failure` if there is none, or if it is an error."""
        url = self._server + path
        try:
            answer = self._http.request(method, url, params=query, content=body, headers=headers)
        except (httpx2.UnsupportedProtocol, httpx2.InvalidURL):
            fix = "write it like http://127.0.0.1:8080"
            raise Failure(f"{self._server} is not the address of a server", fix, ExitCode.USAGE) from None
        except httpx2.TimeoutException:
            fix = "see in its log what keeps it busy, and try again"
            raise Failure(f"{self._server} did not answer in time", fix, ExitCode.UNREACHABLE) from None
        except httpx2.TransportError as error:
            fix = "start one with `callboard demo` or `callboard serve`, or name another with --server"
            raise Failure(f"no Callboard answers at {self._server} ({error})", fix, ExitCode.UNREACHABLE) from None
        if answer.is_success:
            return answer.content
        raise _failure(self._server, answer.status_code, answer.content)


def _failure(server: str, status: int, body: bytes) -> Failure:
    """An error answer in words; the server's own where it gives them."""
    try:
        problem = msgspec.json.decode(body, type=Problem)
    except msgspec.DecodeError:
        problem = Problem()
    cause = "\n  ".join(problem.mistakes) or problem.detail or problem.title
    match status:
        case 400 | 422 if cause:
            return Failure(f"the server cannot use this: {cause}", "", ExitCode.USAGE)
        case 401:
            cause = cause or "the server does not accept this user and password"
            return Failure(cause, "check --user, and CALLBOARD_PASSWORD or --password", ExitCode.SIGN_IN)
        case 403:
            return Failure(cause or "this login may not do that", "ask with a login that may", ExitCode.REFUSED)
        case 404 if cause:
            return Failure(cause, "`callboard calls list` shows what this login may see", ExitCode.NOT_FOUND)
        case 500:
            words = body.decode("utf-8", "replace").strip().partition("\n")[0]
            return Failure(f"the server failed: {words[:200]}", "its log tells why", ExitCode.REFUSED)
        case _ if cause:
            return Failure(f"the server refuses: {cause}", "", ExitCode.REFUSED)
    fix = "check that --server names a Callboard"
    return Failure(f"{server} answers with status {status}, not as a Callboard does", fix, ExitCode.REFUSED)
