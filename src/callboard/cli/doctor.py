"""`callboard doctor`: examines each link to a switch, and names the fix for what fails."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from callboard.cli.failures import ExitCode, Failure
from callboard.cli.help import examples
from callboard.cli.options import ConfigOption, SetOption

__all__ = ["EXAMPLES", "doctor"]

EXAMPLES = examples(
    "callboard doctor",
    "callboard doctor pbx1 --config /etc/callboard/callboard.toml",
    "callboard doctor --output json",
)


class Form(StrEnum):
    """How the findings are printed."""

    TABLE = "table"
    JSON = "json"


def doctor(
    names: Annotated[list[str] | None, typer.Argument(metavar="SWITCH", help="Only these switches.")] = None,
    file: ConfigOption = Path("callboard.toml"),
    settings: SetOption = None,
    output: Annotated[Form, typer.Option("--output", "-o", help="How to print it.")] = Form.TABLE,
) -> None:
    """Examine the link to each switch: address, login, permissions, events, list, and the right to hang up.

    Nothing is changed on any switch, and no call is touched. The server may run meanwhile.
    """
    import asyncio

    from callboard.assembly.doctor import examinations
    from callboard.cli.findings import examine
    from callboard.cli.output import as_json, write
    from callboard.cli.settings import gathered

    known = examinations(gathered(file, settings).config.switches)
    unknown = sorted(set(names or ()) - {one.switch for one in known})
    if unknown:
        fix = f"name some of these: {', '.join(one.switch for one in known) or 'there is none in the settings'}"
        raise Failure(f"there is no switch {', '.join(unknown)} in the settings", fix, ExitCode.NOT_FOUND)
    chosen = [one for one in known if not names or one.switch in names]
    found = asyncio.run(examine(chosen, write if output is Form.TABLE else lambda text: None))
    if output is Form.JSON:
        write(as_json(found))
    elif not found:
        write("The settings have no switch to examine: name one under [switches.asterisk.NAME], for example.\n")
    if not all(one.ok for one in found):
        raise typer.Exit(ExitCode.REFUSED)
