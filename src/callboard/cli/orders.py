"""`callboard calls transfer|hold|unhold|forget`: other orders for one call, and what came of them."""

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from callboard.cli.connecting import asks_server
from callboard.cli.failures import ExitCode
from callboard.cli.help import examples
from callboard.cli.options import NumberArgument
from callboard.cli.output import say

if TYPE_CHECKING:  # to import it takes longer than everything else together
    from callboard.client.answers import Command, Taken
    from callboard.client.client import Client

__all__ = [
    "FORGET_EXAMPLES",
    "HOLD_EXAMPLES",
    "TRANSFER_EXAMPLES",
    "UNHOLD_EXAMPLES",
    "WaitOption",
    "forget",
    "hold",
    "outcome_words",
    "transfer",
    "unhold",
]

TRANSFER_EXAMPLES = examples("callboard calls transfer 960 104", "callboard calls transfer 960 104 --party callee")
HOLD_EXAMPLES = examples("callboard calls hold 960", "callboard calls hold 960 --party callee")
UNHOLD_EXAMPLES = examples("callboard calls unhold 960")
FORGET_EXAMPLES = examples("callboard calls forget 960")


class Side(StrEnum):
    """Which party of a call."""

    CALLER = "caller"
    CALLEE = "callee"


PartyOption = Annotated[Side, typer.Option("--party", help="Which party.")]
WaitOption = Annotated[bool, typer.Option(help="Wait until the outcome is proven.")]


@asks_server
def transfer(
    client: "Client",
    number: NumberArgument,
    to: Annotated[str, typer.Argument(metavar="NUMBER", help="Where the party goes, as dialed at the switch.")],
    party: PartyOption = Side.CALLER,
    wait: WaitOption = True,
) -> None:
    """Connect a party of an answered call to another number; the other party is let go."""
    _tell(client, number, client.transfer(number, to, party=party.value), wait)


@asks_server
def hold(client: "Client", number: NumberArgument, party: PartyOption = Side.CALLER, wait: WaitOption = True) -> None:
    """Put a party of an answered call on hold."""
    _tell(client, number, client.hold(number, party=party.value), wait)


@asks_server
def unhold(client: "Client", number: NumberArgument, party: PartyOption = Side.CALLER, wait: WaitOption = True) -> None:
    """Take a party of a call off hold."""
    _tell(client, number, client.unhold(number, party=party.value), wait)


@asks_server
def forget(client: "Client", number: NumberArgument) -> None:
    """Remove the row of a call that is stuck. Its switch is told nothing: to end a call, use `calls hangup`.

    If the switch goes on listing the call, it comes back under another number after two minutes.
    """
    say(outcome_words(number, client.forget(number)))


def outcome_words(number: str, command: "Command") -> str:
    """What came of it, in a line."""
    words = f" ({command.words})" if command.words else ""
    return f"Call {number}: {command.outcome}{words}"


def _tell(client: "Client", number: str, taken: "Taken", wait: bool) -> None:
    if not wait and taken.outcome == "pending":
        say(f"Call {number}: asked for (command {taken.command}).")
        return
    command = client.wait(taken.command)
    say(outcome_words(number, command))
    if not command.done:
        raise typer.Exit(ExitCode.REFUSED)
