"""`callboard stats`: how many calls there are."""

from typing import TYPE_CHECKING, Annotated

import typer

from callboard.cli import completing
from callboard.cli.connecting import asks_server
from callboard.cli.help import examples
from callboard.cli.options import OutputOption, WhereOption
from callboard.cli.output import Output

if TYPE_CHECKING:  # to import it takes longer than everything else together
    from callboard.cli.listing import Row
    from callboard.client.client import Client

__all__ = ["EXAMPLES", "stats"]

EXAMPLES = examples(
    "callboard stats",
    "callboard stats --by customer",
    "callboard stats --by vendor,country --where state=answered -o csv",
)


@asks_server
def stats(
    client: "Client",
    by: Annotated[
        str,
        typer.Option(
            metavar="THINGS",
            help=f"{', '.join(completing.THINGS[:-1])} or {completing.THINGS[-1]}; two with a comma.",
            autocompletion=completing.things,
        ),
    ] = "",
    where: WhereOption = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """Count the calls that are up: all, or by one thing, or by two together; with the peak of today."""
    from callboard.cli.listing import where_of
    from callboard.cli.output import as_csv, as_json, write
    from callboard.client import asks

    things = [thing.strip() for thing in by.split(",") if thing.strip()]
    found = client.ask(asks.stats(where_of(where), things).plain)
    match output:
        case Output.JSON:
            write(as_json(found))
        case Output.CSV:
            rows = found["groups"] if things else [{name: found[name] for name in _COUNTS}]
            head = list(rows[0]) if rows else [*things, "calls", "answered"]
            write(as_csv(head, [[row.get(name) for name in head] for row in rows]))
        case Output.TABLE:
            write(_for_people(found, things))


_COUNTS = ("total", "answered", "ringing", "suspect")


def _for_people(found: "Row", things: list[str]) -> str:
    from callboard.cli.listing import counted
    from callboard.cli.output import as_table, cut, terminal_width

    text = f"{counted(found['total'], 'call')}: " + ", ".join(f"{found[name]} {name}" for name in _COUNTS[1:]) + "\n"
    peak = found["peaks"]["today"] if found["peaks"] else None
    if peak and peak["at"]:
        text += f"Most at once today: {peak['calls']}, at {peak['at']}\n"
    if things:
        head = [*(thing.upper() for thing in things), "NAME", "CALLS", "ANSWERED"]
        rows = [[*map(one.get, things), _name(one), one["calls"], one["answered"]] for one in found["groups"]]
        text += "\n" + cut(as_table(head, rows), terminal_width())
    return text


def _name(group: "Row") -> str:
    return " / ".join(str(group[name]) for name in ("name", "second_name") if group.get(name))
