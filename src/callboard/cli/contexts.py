"""`callboard contexts`: several servers, and which of them is meant where none is named."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from callboard.cli import completing
from callboard.cli.connecting import checked
from callboard.cli.failures import ExitCode, Failure
from callboard.cli.help import examples, group
from callboard.cli.output import Output, say

__all__ = ["app"]

app = group("Keep several servers and how to sign in there, and choose one.")

NameArgument = Annotated[
    str, typer.Argument(metavar="NAME", help="What you call the server.", autocompletion=completing.contexts)
]


@app.command("add", epilog=examples("callboard contexts add office --server https://calls.example.net"))
def add(
    name: NameArgument,
    server: Annotated[str, typer.Option("--server", metavar="URL", help="Its address.")],
    user: Annotated[str, typer.Option("--user", "-u", metavar="NAME", help="Login, instead of a token.")] = "",
    ca_file: Annotated[
        Path | None,
        typer.Option(
            "--ca-file", metavar="FILE", help="Who signed its certificate, PEM, where the system does not trust it."
        ),
    ] = None,
    use: Annotated[bool, typer.Option(help="Use it from now on.")] = True,
) -> None:
    """Add a server, or change one. Its token, or the password of --user, is asked for, or read from standard input.

    They are kept in a file that only you can read.
    """
    import msgspec

    from callboard.cli.contexts_file import Context, load, save, where
    from callboard.client.exchange import Access

    trusted = str(ca_file.absolute()) if ca_file else ""
    checked(Access(server, ca_file=trusted))
    secret = _secret("Password" if user else "Token (callboard tokens add)")
    checked(Access(server, "" if user else secret))
    context = Context(server=server, user=user, ca_file=trusted, **{"password" if user else "token": secret})
    known = load()
    current = name if use or not known.current else known.current
    save(msgspec.structs.replace(known, current=current, contexts={**known.contexts, name: context}))
    say(f"{name} is {server}{', used from now on' if current == name else ''}. It is kept in {where()}.")


def _secret(what: str) -> str:
    if sys.stdin.isatty():
        return str(typer.prompt(what, hide_input=True, err=True, default="", show_default=False))
    return sys.stdin.readline().strip()


@app.command("use", epilog=examples("callboard contexts use office"))
def use(name: NameArgument) -> None:
    """Use this server from now on, where none is named."""
    import msgspec

    from callboard.cli.contexts_file import load, save

    known = load()
    _refuse_unknown(name, list(known.contexts))
    save(msgspec.structs.replace(known, current=name))
    say(f"{name} is used from now on.")


@app.command("list", epilog=examples("callboard contexts list", "callboard contexts list -o json"))
def list_(output: Annotated[Output, typer.Option("--output", "-o", help="How to print it.")] = Output.TABLE) -> None:
    """List the servers; the one in use is marked. Secrets are not shown."""
    from callboard.cli.contexts_file import load
    from callboard.cli.output import as_csv, as_json, as_table, write

    known = load()
    rows = [
        {"name": name, "server": one.server, "sign_in": one.user or ("token" if one.token else ""),
         "current": name == known.current}
        for name, one in sorted(known.contexts.items())
    ]  # fmt: skip
    match output:
        case Output.JSON:
            write(as_json({"contexts": rows}))
        case Output.CSV:
            write(as_csv(["name", "server", "sign_in", "current"], [list(row.values()) for row in rows]))
        case Output.TABLE:
            shown = [
                [("* " if row["current"] else "  ") + str(row["name"]), row["server"], row["sign_in"]] for row in rows
            ]
            write(as_table(["  NAME", "SERVER", "SIGN-IN"], shown))


@app.command("remove", epilog=examples("callboard contexts remove office"))
def remove(name: NameArgument) -> None:
    """Remove a server, and what was kept of it."""
    import msgspec

    from callboard.cli.contexts_file import load, save

    known = load()
    _refuse_unknown(name, list(known.contexts))
    left = {other: one for other, one in known.contexts.items() if other != name}
    current = "" if known.current == name else known.current
    save(msgspec.structs.replace(known, current=current, contexts=left))
    say(f"{name} is removed.")


def _refuse_unknown(name: str, known: list[str]) -> None:
    from difflib import get_close_matches

    if name not in known:
        near = get_close_matches(name, known, n=1)
        fix = f"did you mean {near[0]}?" if near else f"there are: {', '.join(sorted(known)) or 'none yet'}"
        raise Failure(f"there is no context {name}", fix, ExitCode.NOT_FOUND)
