"""`callboard history`: calls that are over."""

from typing import TYPE_CHECKING, Annotated

import typer

from callboard.cli.connecting import asks_server
from callboard.cli.help import examples
from callboard.cli.options import OutputOption, WhereOption
from callboard.cli.output import Output

if TYPE_CHECKING:  # to import it takes longer than everything else together
    from callboard.client.client import Client

__all__ = ["EXAMPLES", "LimitOption", "history"]

EXAMPLES = examples(
    "callboard history --where cause=busy,no_answer",
    "callboard history --where ended_from=2026-11-21T00:00:00Z --limit 0 -o csv",
)
LimitOption = Annotated[int, typer.Option(min=0, metavar="N", help="The newest N; 0 is all.")]


@asks_server
def history(
    client: "Client", where: WhereOption = None, limit: LimitOption = 100, output: OutputOption = Output.TABLE
) -> None:
    """List calls that are over, the newest first."""
    from callboard.cli.listing import Columns, clock, gather, present, where_of
    from callboard.client import asks

    columns: Columns = (
        ("ID", lambda row: int(row["id"])),
        ("ENDED", lambda row: row["ended_at"]),
        ("CALLER", lambda row: row["caller"]),
        ("CALLEE", lambda row: row["callee"] or row["dialed"]),
        ("TIME", lambda row: clock(row["duration"])),
        ("CAUSE", lambda row: row["cause"]["reason"] if row["cause"] else ""),
        ("CUSTOMER", lambda row: row["customer"]),
        ("SWITCH", lambda row: row["switch"]),
    )
    present(gather(client, asks.history(where_of(where), None, None), "calls", limit), columns, output, "call")
