"""`callboard audit`: who did what."""

from typing import TYPE_CHECKING, Annotated

import typer

from callboard.cli.connecting import asks_server
from callboard.cli.help import examples
from callboard.cli.history import LimitOption
from callboard.cli.options import OutputOption
from callboard.cli.output import Output

if TYPE_CHECKING:  # to import it takes longer than everything else together
    from callboard.client.client import Client

__all__ = ["EXAMPLES", "audit"]

EXAMPLES = examples(
    "callboard audit",
    "callboard audit --action calls. --login acme",
    "callboard audit --outcome refused --since 2026-11-21T00:00:00Z -o json",
)


@asks_server
def audit(
    client: "Client",
    login: Annotated[str | None, typer.Option(metavar="NAME", help="Only what this login did.")] = None,
    action: Annotated[
        str | None, typer.Option(metavar="NAME", help="Only this, such as calls.disconnect; `calls.`: all of these.")
    ] = None,
    outcome: Annotated[str | None, typer.Option(metavar="WORD", help="Only what came out so, such as refused.")] = None,
    since: Annotated[str | None, typer.Option(metavar="TIME", help="From then on, like 2026-11-21T15:04:05Z.")] = None,
    before: Annotated[str | None, typer.Option(metavar="TIME", help="Before that.")] = None,
    limit: LimitOption = 100,
    output: OutputOption = Output.TABLE,
) -> None:
    """List who did what, when, from where, and what came of it, the newest first."""
    from callboard.cli.listing import Columns, gather, present
    from callboard.client import asks

    columns: Columns = (
        ("AT", lambda row: row["at"]),
        ("LOGIN", lambda row: row["login"]),
        ("CUSTOMER", lambda row: row["customer"]),
        ("FROM", lambda row: row["address"]),
        ("ACTION", lambda row: row["action"]),
        ("SUBJECT", lambda row: row["subject"]),
        ("OUTCOME", lambda row: row["outcome"]),
        ("WORDS", lambda row: row["words"]),
    )
    where = {"login": login, "action": action, "outcome": outcome, "since": since, "before": before}
    present(gather(client, asks.audit(where, None, None), "entries", limit), columns, output, "entry")
