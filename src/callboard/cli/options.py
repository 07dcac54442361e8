"""Options that several verbs have in common."""

from pathlib import Path
from typing import Annotated

import typer

from callboard.cli import completing
from callboard.cli.output import Output

__all__ = [
    "DEFAULT_SERVER",
    "ConfigOption",
    "ContextOption",
    "NumberArgument",
    "OutputOption",
    "PasswordOption",
    "ServerOption",
    "SetOption",
    "TokenOption",
    "UserOption",
    "WhereOption",
]

DEFAULT_SERVER = "http://127.0.0.1:8080"

ConfigOption = Annotated[Path, typer.Option("--config", "-c", metavar="FILE", help="The settings file.")]
SetOption = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="SECTION.KEY=VALUE", help="Overrule one setting; may be given again."),
]
ServerOption = Annotated[
    str,
    typer.Option(
        "--server",
        metavar="URL",
        envvar="CALLBOARD_SERVER",
        help=f"The server to ask; else the context's, else {DEFAULT_SERVER}.",
        show_default=False,
    ),
]
UserOption = Annotated[
    str,
    typer.Option("--user", "-u", metavar="NAME", envvar="CALLBOARD_USER", help="Login; asked for if missing."),
]
PasswordOption = Annotated[
    str,
    typer.Option(
        "--password",
        metavar="TEXT",
        envvar="CALLBOARD_PASSWORD",
        help="Asked for if missing. Better in the variable: other users of the machine can see options.",
        show_default=False,
    ),
]
TokenOption = Annotated[
    str,
    typer.Option(
        "--token",
        metavar="TEXT",
        envvar="CALLBOARD_TOKEN",
        help="Instead of user and password. Better in the variable or a context.",
        show_default=False,
    ),
]
ContextOption = Annotated[
    str,
    typer.Option(
        "--context",
        metavar="NAME",
        envvar="CALLBOARD_CONTEXT",
        help="A server of `callboard contexts`.",
        autocompletion=completing.contexts,
    ),
]
OutputOption = Annotated[Output, typer.Option("--output", "-o", help="How to print it.")]
WhereOption = Annotated[
    list[str] | None,
    typer.Option(
        "--where",
        "-w",
        metavar="NAME=VALUE",
        help="Any filter of the API, such as caller_prefix=44; values with commas; may be given again.",
    ),
]
NumberArgument = Annotated[str, typer.Argument(metavar="ID", help="The call's number, as `calls ls` shows it.")]
