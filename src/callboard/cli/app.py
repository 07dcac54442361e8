"""The command `callboard`: its verbs, gathered.

The verbs' files import nothing but Typer at their top; what a verb needs is imported when it runs, so that `--help`,
`--version` and completion answer at once.
"""

import sys
from typing import Annotated

import typer

from callboard.cli import (
    audit,
    calls,
    cheat,
    config,
    contexts,
    dashboards,
    demo,
    directory,
    doctor,
    history,
    logins,
    reference,
    serve,
    stats,
    switches,
    tokens,
    top,
    version,
    webhooks,
    whoami,
)
from callboard.cli.failures import Failure
from callboard.cli.help import group
from callboard.cli.output import printable

__all__ = ["app", "main"]

app = group("The live call table for any phone system. Try it: `callboard demo`.")


def _version(asked: bool) -> None:
    if asked:
        version.version()
        raise typer.Exit


@app.callback()
def callboard(
    show_version: Annotated[
        bool, typer.Option("--version", "-V", is_eager=True, callback=_version, help="Print the version and exit.")
    ] = False,
) -> None:
    """The live call table for any phone system. Try it: `callboard demo`."""


app.command("demo", epilog=demo.EXAMPLES)(demo.demo)
app.command("serve", epilog=serve.EXAMPLES)(serve.serve)
app.add_typer(calls.app, name="calls")
app.command("top", epilog=top.EXAMPLES)(top.top)
app.command("stats", epilog=stats.EXAMPLES)(stats.stats)
app.command("switches", epilog=switches.EXAMPLES)(switches.switches)
app.command("history", epilog=history.EXAMPLES)(history.history)
app.command("audit", epilog=audit.EXAMPLES)(audit.audit)
app.add_typer(directory.app, name="directory")
app.add_typer(logins.app, name="logins")
app.add_typer(tokens.app, name="tokens")
app.add_typer(webhooks.app, name="webhooks")
app.command("whoami", epilog=whoami.EXAMPLES)(whoami.whoami)
app.add_typer(contexts.app, name="contexts")
app.command("cheat")(cheat.cheat)
app.add_typer(config.app, name="config")
app.command("doctor", epilog=doctor.EXAMPLES)(doctor.doctor)
app.add_typer(dashboards.app, name="dashboards")
app.command("version")(version.version)
app.command("reference", hidden=True)(reference.reference)


def tell(failure: Failure) -> None:
    """Print it, line by line: what a server or a switch says stands in it, and may hold what acts on a terminal."""
    for line in str(failure).split("\n"):
        print(printable(line), file=sys.stderr)


def main() -> None:
    """Run the command line of this process, and exit with a code of `ExitCode`."""
    try:
        app(prog_name="callboard")
    except Failure as failure:
        tell(failure)
        sys.exit(failure.code)
