"""`callboard calls`: the calls of a running server."""

import shutil
import sys
from difflib import get_close_matches
from enum import StrEnum
from typing import Annotated

import typer

from callboard.calls.state import State
from callboard.cli.failures import ExitCode, Failure
from callboard.cli.help import examples, group
from callboard.cli.options import DEFAULT_SERVER, PasswordOption, ServerOption, UserOption
from callboard.cli.output import Output, write

__all__ = ["app"]

app = group("List the calls that are up now, and end them.")


class Order(StrEnum):
    """In which order calls are listed."""

    OLDEST_FIRST = "oldest_first"
    NEWEST_FIRST = "newest_first"
    LONGEST_FIRST = "longest_first"
    SHORTEST_FIRST = "shortest_first"


_SORTS = {
    Order.OLDEST_FIRST: "started_at",
    Order.NEWEST_FIRST: "-started_at",
    Order.LONGEST_FIRST: "-duration",
    Order.SHORTEST_FIRST: "duration",
}


STATES = ", ".join(state.name.lower() for state in State)


@app.command(
    "list",
    epilog=examples(
        "callboard calls list --state answered --state held",
        "callboard calls list --customer 3 --order longest_first",
        "callboard calls list --output csv > calls.csv",
    ),
)
def list_(
    customer: Annotated[
        int | None, typer.Option(metavar="ID", help="Only this customer's calls, and of those below it.")
    ] = None,
    recursive: Annotated[bool, typer.Option(help="With the calls of all customers below.")] = True,
    account: Annotated[int | None, typer.Option(metavar="ID", help="Only calls of this account.")] = None,
    vendor: Annotated[int | None, typer.Option(metavar="ID", help="Only calls routed to this vendor.")] = None,
    connection: Annotated[int | None, typer.Option(metavar="ID", help="Only calls routed to this connection.")] = None,
    state: Annotated[
        list[str] | None,
        typer.Option(metavar="STATE", help=f"Only calls in this state; may be given again. {STATES} (a moment ago)."),
    ] = None,
    order: Annotated[Order, typer.Option(help="In which order.")] = Order.OLDEST_FIRST,
    output: Annotated[Output, typer.Option("--output", "-o", help="How to print them.")] = Output.TABLE,
    server: ServerOption = DEFAULT_SERVER,
    user: UserOption = "",
    password: PasswordOption = "",
) -> None:
    """List the calls that are up now."""
    from callboard.cli.client import connect
    from callboard.cli.listing import render, whole_list

    query = _query(
        customer=customer,
        recursive=None if recursive else "false",
        account=account,
        vendor=vendor,
        connection=connection,
        state=",".join(map(_state, state or ())) or None,
        sort=_SORTS[order],
    )
    with connect(server, user, password) as client:
        body = whole_list(client, query)
    columns = shutil.get_terminal_size().columns if sys.stdout.isatty() else 0
    write(render(body, output, columns))


@app.command(epilog=examples("callboard calls hangup 960", "callboard calls hangup 960 --no-wait"))
def hangup(
    number: Annotated[int, typer.Argument(metavar="ID", help="The call's number, as `calls list` shows it.")],
    wait: Annotated[bool, typer.Option(help="Wait until the outcome is proven.")] = True,
    server: ServerOption = DEFAULT_SERVER,
    user: UserOption = "",
    password: PasswordOption = "",
) -> None:
    """End a call, and tell what came of it.

    Exit code 0: the call is over (done, or already gone). 1: refused, or no proof (unknown). 5: no such call.
    """
    from callboard.cli.client import connect
    from callboard.cli.outcomes import ask_for_end, wait_for_outcome

    with connect(server, user, password) as client:
        command = ask_for_end(client, number)
        if not wait:
            print(f"Call {number}: asked for its end (command {command}).")
            return
        outcome = wait_for_outcome(client, command)
    words = f" ({outcome.words})" if outcome.words else ""
    print(f"Call {number}: {outcome.outcome}{words}")
    if not outcome.over:
        raise typer.Exit(ExitCode.REFUSED)


@app.command("forget", epilog=examples("callboard calls forget 960"))
def forget_(
    number: Annotated[int, typer.Argument(metavar="ID", help="The call's number, as `calls list` shows it.")],
    server: ServerOption = DEFAULT_SERVER,
    user: UserOption = "",
    password: PasswordOption = "",
) -> None:
    """Remove the row of a call that is stuck. Its switch is told nothing: to end a call, use `calls hangup`.

    If the switch goes on listing the call, it comes back under another number after two minutes.
    """
    from callboard.cli.client import connect
    from callboard.cli.outcomes import forget

    with connect(server, user, password) as client:
        outcome = forget(client, number)
    print(f"Call {number}: {outcome.outcome} ({outcome.words})")


def _query(**filters: int | str | None) -> dict[str, str]:
    return {name: str(value) for name, value in filters.items() if value is not None}


def _state(word: str) -> str:
    """The word, if it is a state."""
    known = [state.name.lower() for state in State]
    if word in known:
        return word
    near = get_close_matches(word, known, n=1)
    fix = f"did you mean {near[0]}?" if near else f"it is one of {STATES}"
    raise Failure(f"{word} is no state of a call", fix, ExitCode.USAGE)
