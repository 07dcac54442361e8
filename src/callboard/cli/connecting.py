"""How a verb gets at its server: options, variables and contexts, and what goes wrong told in words and exit codes."""

import inspect
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import typer

from callboard.cli.failures import ExitCode, Failure
from callboard.cli.options import (
    DEFAULT_SERVER,
    ContextOption,
    PasswordOption,
    ServerOption,
    TokenOption,
    UserOption,
)

if TYPE_CHECKING:  # to import it takes longer than everything else together
    from callboard.client.exchange import Access

__all__ = ["asks_server", "checked", "signs_in", "told"]

_KEYWORD = inspect.Parameter.KEYWORD_ONLY
_OPTIONS: dict[str, Any] = {
    "server": ServerOption,
    "user": UserOption,
    "password": PasswordOption,
    "token": TokenOption,
    "context": ContextOption,
}


def signs_in(work: Callable[..., None]) -> Callable[..., None]:
    """A verb whose first argument is an `Access`: it gets the options that say where the server is and who asks."""

    def verb(ctx: typer.Context, **given: Any) -> None:
        named = {name: given.pop(name) for name in _OPTIONS}
        explicit = {name for name in named if getattr(ctx.get_parameter_source(name), "name", "") == "COMMANDLINE"}
        access = _access(named, explicit)
        with told(access.server):
            work(access, **given)

    own = list(inspect.signature(work).parameters.values())[1:]
    added = [inspect.Parameter(name, _KEYWORD, default="", annotation=kind) for name, kind in _OPTIONS.items()]
    context = inspect.Parameter("ctx", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=typer.Context)
    whole = [context, *(one.replace(kind=_KEYWORD) for one in own), *added]
    verb.__signature__ = inspect.Signature(whole)  # type: ignore[attr-defined]
    verb.__annotations__ = {one.name: one.annotation for one in whole}
    verb.__name__, verb.__doc__ = work.__name__, work.__doc__
    return verb


def asks_server(work: Callable[..., None]) -> Callable[..., None]:
    """The same for a verb whose first argument is a `Client`."""

    def verb(access: "Access", **given: Any) -> None:
        from callboard.client.client import Client
        from callboard.client.exchange import Patience

        patience = Patience(retries=1, first=0.1)
        with Client(
            access.server,
            token=access.token,
            user=access.user,
            password=access.password,
            ca_file=access.ca_file,
            patience=patience,
        ) as client:
            work(client, **given)

    parameters = list(inspect.signature(work).parameters.values())
    verb.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    verb.__name__, verb.__doc__ = work.__name__, work.__doc__
    return signs_in(verb)


def _access(named: dict[str, str], explicit: set[str]) -> "Access":
    """Where to, and as whom. A context's credentials go to no other server than its own.

    What is given on the command line goes before variables, and these before a context.
    """
    from callboard.cli.contexts_file import Context, Contexts, load

    whole = named["server"] and not named["context"] and (named["token"] or (named["user"] and named["password"]))
    contexts = Contexts() if whole else load()
    name = named["context"] or ("" if named["server"] else contexts.current)
    context = Context(server="")
    if name:
        found = contexts.contexts.get(name)
        if found is None:
            known = ", ".join(contexts.contexts) or "there is none yet: callboard contexts add"
            raise Failure(f"there is no context {name}", f"name one of these: {known}", ExitCode.USAGE)
        context = found
    server = (named["server"] or context.server or DEFAULT_SERVER).rstrip("/")
    if server != context.server.rstrip("/"):
        context = Context(server=server)
    return _credentials(server, context, named, explicit)


def _credentials(server: str, context: Any, named: dict[str, str], explicit: set[str]) -> "Access":
    from callboard.client.exchange import Access

    token, user, password = named["token"], named["user"], named["password"]
    if token and "token" not in explicit and explicit & {"user", "password"}:
        token = ""
    if not (token or user or password):
        token, user, password = context.token, context.user, context.password
    if token:
        return checked(Access(server, token, ca_file=context.ca_file))
    if user == context.user:
        password = password or context.password
    if not (user and password) and not sys.stdin.isatty():
        missing = "password" if user else "user"
        fix = "set CALLBOARD_TOKEN, or CALLBOARD_USER and CALLBOARD_PASSWORD; or keep them: callboard contexts add"
        raise Failure(f"no {missing} is given", fix, ExitCode.SIGN_IN)
    checked(Access(server, ca_file=context.ca_file))
    user = user or str(typer.prompt("User", err=True))
    password = password or str(typer.prompt("Password", hide_input=True, err=True))
    return Access(server, "", user, password, context.ca_file)


def checked(access: "Access") -> "Access":
    """Itself, if it can be used. Raises `Failure`."""
    try:
        access.options(0)
    except ValueError as error:
        cause, _, fix = str(error).rpartition(": ")
        raise Failure(cause, fix, ExitCode.USAGE) from None
    return access


@contextmanager
def told(server: str) -> Iterator[None]:
    """Tell what the client raises as failures of the command."""
    from callboard.client.problems import ClientError

    try:
        yield
    except ClientError as error:
        raise _failure(server, error) from None


def _failure(server: str, error: Exception) -> Failure:
    from callboard.client import problems

    match error:
        case problems.TimedOut():
            return Failure(str(error), "see in its log what keeps it busy, and try again", ExitCode.UNREACHABLE)
        case problems.Untrusted():
            fix = "if it is your own, name who signed it: SSL_CERT_FILE=ca.pem, or `callboard contexts add --ca-file`"
            return Failure(str(error), fix, ExitCode.UNREACHABLE)
        case problems.Unreachable():
            fix = "start one with `callboard demo` or `callboard serve`, or name another with --server"
            return Failure(str(error), fix, ExitCode.UNREACHABLE)
        case problems.NotUnderstood():
            return Failure(f"{server}: {error}", "check that --server names a Callboard", ExitCode.REFUSED)
        case problems.Problem():
            return _problem(error)
    raise error


def _problem(error: Any) -> Failure:
    """The server's own words, which say what to do."""
    from callboard.client import problems

    cause = "\n  ".join(error.mistakes) or error.detail
    match error:
        case problems.Invalid():
            return Failure(f"the server cannot use this: {cause}", "", ExitCode.USAGE)
        case problems.SignInRefused():
            fix = "check --token or CALLBOARD_TOKEN, or --user, and CALLBOARD_PASSWORD or --password"
            return Failure(cause, fix, ExitCode.SIGN_IN)
        case problems.Forbidden():
            fix = "`callboard whoami` shows what this login may; ask with one that may do that"
            return Failure(cause, fix, ExitCode.REFUSED)
        case problems.NotFound():
            fix = "`callboard calls ls` shows what this login may see" if error.code == "call_not_found" else ""
            return Failure(cause, fix, ExitCode.NOT_FOUND)
        case problems.ServerFailed():
            return Failure(f"the server failed: {cause}", "its log tells why", ExitCode.REFUSED)
        case problems.Unavailable(code=""):
            return Failure(cause, "try again in a moment, or look after the server", ExitCode.UNREACHABLE)
        case problems.Problem(retry_after=float(seconds)):
            return Failure(f"the server refuses: {cause}", f"try again in {seconds:.0f} seconds", ExitCode.REFUSED)
    return Failure(f"the server refuses: {cause}", "", ExitCode.REFUSED)
