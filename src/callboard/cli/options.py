"""Options that several verbs have in common."""

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["DEFAULT_SERVER", "ConfigOption", "PasswordOption", "ServerOption", "SetOption", "UserOption"]

DEFAULT_SERVER = "http://127.0.0.1:8080"

ConfigOption = Annotated[Path, typer.Option("--config", "-c", metavar="FILE", help="The settings file.")]
SetOption = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="SECTION.KEY=VALUE", help="Overrule one setting; may be given again."),
]
ServerOption = Annotated[
    str,
    typer.Option("--server", metavar="URL", envvar="CALLBOARD_SERVER", help="The Callboard server to ask."),
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
