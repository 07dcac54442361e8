"""`callboard switches`: the state of each link."""

from typing import TYPE_CHECKING

from callboard.cli.connecting import asks_server
from callboard.cli.help import examples
from callboard.cli.options import OutputOption
from callboard.cli.output import Output

if TYPE_CHECKING:  # to import it takes longer than everything else together
    from callboard.client.client import Client

__all__ = ["EXAMPLES", "switches"]

EXAMPLES = examples("callboard switches", "callboard switches -o json")


@asks_server
def switches(client: "Client", output: OutputOption = Output.TABLE) -> None:
    """Show each switch: its link and since when, how old what is known of it is, its calls, and its last error."""
    from callboard.cli.listing import Columns, Gathered, ago, present
    from callboard.cli.output import printable, write
    from callboard.client import asks

    found = client.ask(asks.switches().plain)
    rows, at = found.pop("switches"), found["at"]
    columns: Columns = (
        ("NAME", lambda row: row["name"]),
        ("KIND", lambda row: row["kind"]),
        ("LINK", lambda row: row["link"]),
        ("SINCE", lambda row: ago(row["since"], at)),
        ("EVENT", lambda row: ago(row["last_event_at"], at)),
        ("LIST", lambda row: ago(row["last_list_at"], at)),
        ("CLOCK", lambda row: "" if row["clock_offset"] is None else f"{row['clock_offset']:+.1f}s"),
        ("CALLS", lambda row: row["calls"]),
        ("ANSWERED", lambda row: row["connected"]),
        ("SUSPECT", lambda row: row["suspects"]),
    )
    present(Gathered(found, "switches", rows, more=False), columns, output, "switch")
    if output is Output.TABLE:
        for row in rows:
            why = row["why"] or (row["link"] != "up" and row["last_error"])
            if why:
                write(f"{printable(row['name'])}: {printable(why)}\n")
