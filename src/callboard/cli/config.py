"""`callboard config`: begin, check and understand the settings."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from callboard.cli.failures import ExitCode, Failure
from callboard.cli.help import examples, group
from callboard.cli.options import ConfigOption, SetOption
from callboard.cli.output import say

__all__ = ["app"]

app = group("Begin, check and understand the settings.")


class Form(StrEnum):
    """How settings are printed."""

    TOML = "toml"
    JSON = "json"


FileArgument = Annotated[Path, typer.Argument(metavar="FILE", show_default=True)]


@app.command(epilog=examples("callboard config init", "callboard config init /etc/callboard/callboard.toml"))
def init(
    file: FileArgument = Path("callboard.toml"),
    force: Annotated[bool, typer.Option("--force", help="Overwrite a file that exists.")] = False,
) -> None:
    """Write a commented settings file: every setting with its meaning, default and bounds."""
    from callboard.config.pages import template

    try:
        with file.open("w" if force else "x", encoding="utf-8") as out:
            out.write(template())
    except FileExistsError:
        raise Failure(f"{file} exists", "name another file, or overwrite it with --force", ExitCode.USAGE) from None
    except OSError as error:
        fix = "check the path and its permissions"
        raise Failure(f"cannot write {file}: {error.strerror}", fix, ExitCode.USAGE) from None
    say(f"Wrote {file}. Next: change what you need, then `callboard serve --config {file}`.")


@app.command(epilog=examples("callboard config check", "callboard config check -c /etc/callboard/callboard.toml"))
def check(file: ConfigOption = Path("callboard.toml"), settings: SetOption = None) -> None:
    """Report every mistake in the settings at once, each with its line and a suggestion."""
    from callboard.cli.settings import gathered

    gathered(file, settings)
    say(f"{file} is fine.")


@app.command(epilog=examples("callboard config show", "callboard config show --output json"))
def show(
    file: ConfigOption = Path("callboard.toml"),
    settings: SetOption = None,
    output: Annotated[Form, typer.Option("--output", "-o", help="How to print it.")] = Form.TOML,
) -> None:
    """Show the settings in force and where each comes from. Secrets are hidden."""
    from callboard.cli.output import as_json, write
    from callboard.cli.settings import gathered
    from callboard.config.pages import in_force, in_force_text

    loaded = gathered(file, settings)
    write(as_json(in_force(loaded)) if output is Form.JSON else in_force_text(loaded))


@app.command(epilog=examples("callboard config schema > callboard.schema.json"))
def schema() -> None:
    """Print a JSON Schema of the settings file, for editors."""
    from callboard.cli import output
    from callboard.config import pages

    output.write(output.as_json(pages.schema()))
