"""The page `docs/reference/cli.md`, made from the verbs' own help."""

import io
from collections.abc import Iterator
from contextlib import redirect_stdout

import typer

from callboard.cli.app import app
from callboard.cli.failures import EXIT_CODES

__all__ = ["manual", "verbs"]

_HEAD = """\
# The command `callboard`

<!-- Written by `callboard reference cli`; a test compares. Change the verbs' own help. -->

Every verb has `--help` with examples. `callboard --install-completion` sets up completion for bash, zsh, fish and
PowerShell.

The verbs that speak to a running server find it by `--server`, `CALLBOARD_SERVER`, or a context
(`callboard contexts`), and sign in with a token (`--token`, `CALLBOARD_TOKEN`) or with a user and a password (`--user`,
`--password`, `CALLBOARD_USER`, `CALLBOARD_PASSWORD`). What stands on the command line goes before variables, and these
before the context; a context's credentials go to no other server than its own. What is missing is asked for on a
terminal. Secrets are never shown. [How to use it](../how-to/command-line.md) has examples.

With `--output json` or `--output csv` everything is printed that the server tells; the JSON is that of
[the API](api.md). Characters that could act on a terminal are written out, such as `\\x1b`.

Errors go to standard error: a line with the cause, a line with what to do about it. Results go to standard output.

## Exit codes

These numbers are part of the interface; none changes its meaning.

"""


def manual() -> str:
    """The whole page."""
    codes = "| code | meaning |\n| --- | --- |\n" + "".join(
        f"| {code} | {words} |\n" for code, words in EXIT_CODES.items()
    )
    pages = "".join(f"\n## callboard {' '.join(verb)}\n\n```text\n{_help(verb)}\n```\n" for verb in verbs())
    return _HEAD + codes + pages


def verbs() -> Iterator[tuple[str, ...]]:
    """The words of every verb that is not hidden, in the order of the help."""
    yield from ((name,) for name in _names(app))
    for group in app.registered_groups:
        if group.name and group.typer_instance:
            yield from ((str(group.name), name) for name in _names(group.typer_instance))


def _names(of: typer.Typer) -> list[str]:
    shown = [command for command in of.registered_commands if not command.hidden]
    return [str(command.name or getattr(command.callback, "__name__", "")) for command in shown]


def _help(verb: tuple[str, ...]) -> str:
    """What `callboard VERB --help` prints on a terminal of 80 columns."""
    text = io.StringIO()
    with redirect_stdout(text):
        app([*verb, "--help"], prog_name="callboard", standalone_mode=False, terminal_width=80)
    return text.getvalue().rstrip()
