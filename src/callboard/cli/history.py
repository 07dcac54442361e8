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
    from callboard.cli.listing import CALL_COLUMNS, Columns, clock, gather, present, where_of
    from callboard.client import asks

    columns: Columns = (
        CALL_COLUMNS[0],
        ("ENDED", lambda row: row.get("ended_at")),
        ("CALLER", lambda row: row.get("caller")),
        ("CALLEE", lambda row: row.get("callee") or row.get("dialed")),
        ("TIME", lambda row: clock(row.get("duration"))),
        ("CAUSE", lambda row: row["cause"]["reason"] if row.get("cause") else ""),
        ("CUSTOMER", lambda row: row.get("customer")),
        ("SWITCH", lambda row: row.get("switch")),
    )
    present(gather(client, asks.history(where_of(where), None, None), "calls", limit), columns, output, "call")
