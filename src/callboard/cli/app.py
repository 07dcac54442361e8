"""The command `callboard`: its verbs, gathered.

The verbs' files import nothing but Typer at their top; what a verb needs is imported when it runs, so that `--help`,
`--version` and completion answer at once.
"""

import sys
from typing import Annotated

import typer

from callboard.cli import calls, config, demo, directory, doctor, reference, serve, version
from callboard.cli.failures import Failure
from callboard.cli.help import group

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
app.add_typer(directory.app, name="directory")
app.add_typer(config.app, name="config")
app.command("doctor", epilog=doctor.EXAMPLES)(doctor.doctor)
app.command("version")(version.version)
app.command("reference", hidden=True)(reference.reference)


def main() -> None:
    """Run the command line of this process, and exit with a code of `ExitCode`."""
    try:
        app(prog_name="callboard")
    except Failure as failure:
        print(failure, file=sys.stderr)
        sys.exit(failure.code)
