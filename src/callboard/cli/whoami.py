"""`callboard whoami`: which login this is, and what it may."""

from typing import TYPE_CHECKING

from callboard.cli.connecting import asks_server
from callboard.cli.help import examples
from callboard.cli.options import OutputOption
from callboard.cli.output import Output

if TYPE_CHECKING:  # to import it takes longer than everything else together
    from callboard.client.client import Client

__all__ = ["EXAMPLES", "whoami"]

EXAMPLES = examples("callboard whoami", "callboard whoami --context office -o json")


@asks_server
def whoami(client: "Client", output: OutputOption = Output.TABLE) -> None:
    """Show who you are to the server, your rights, and what you may not read in full."""
    from callboard.cli.details import present_one
    from callboard.client import asks

    present_one(client.ask(asks.whoami().plain), output)
