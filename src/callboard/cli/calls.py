"""`callboard calls`: the calls of a running server."""

from difflib import get_close_matches
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from callboard.calls.state import State
from callboard.cli import completing, hangup, orders, watch
from callboard.cli.connecting import asks_server
from callboard.cli.failures import ExitCode, Failure
from callboard.cli.help import examples, group
from callboard.cli.options import NumberArgument, OutputOption, WhereOption
from callboard.cli.output import Output

if TYPE_CHECKING:  # to import it takes longer than everything else together
    from callboard.client.client import Client

__all__ = ["app"]

app = group("List, watch, end, transfer and hold the calls that are up now.")


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


@asks_server
def ls(
    client: "Client",
    customer: Annotated[
        int | None, typer.Option(metavar="ID", help="Only this customer's calls, and of those below it.")
    ] = None,
    recursive: Annotated[bool, typer.Option(help="With the calls of all customers below.")] = True,
    account: Annotated[int | None, typer.Option(metavar="ID", help="Only calls of this account.")] = None,
    vendor: Annotated[int | None, typer.Option(metavar="ID", help="Only calls routed to this vendor.")] = None,
    connection: Annotated[int | None, typer.Option(metavar="ID", help="Only calls routed to this connection.")] = None,
    state: Annotated[
        list[str] | None,
        typer.Option(
            metavar="STATE",
            help=f"Only calls in this state; may be given again. {STATES} (a moment ago).",
            autocompletion=completing.states,
        ),
    ] = None,
    where: WhereOption = None,
    order: Annotated[Order, typer.Option(help="In which order.")] = Order.OLDEST_FIRST,
    fields: Annotated[
        str, typer.Option(metavar="NAMES", help="The fields to show, with commas, such as id,caller,switch.")
    ] = "",
    legs: Annotated[bool, typer.Option("--legs", help="A row for each side of a call.")] = False,
    limit: Annotated[int | None, typer.Option(min=1, metavar="N", help="The first N; left out, all.")] = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """List the calls that are up now."""
    from callboard.cli.listing import CALL_COLUMNS, gather, present, where_of
    from callboard.client import asks

    named = {"customer": customer, "account": account, "vendor": vendor, "connection": connection}
    filters: dict[str, Any] = {name: value for name, value in named.items() if value is not None}
    filters |= {"recursive": False} if not recursive else {}
    filters |= {"state": [_state(word) for word in state]} if state else {}
    filters |= where_of(where)
    wanted = [name.strip() for name in fields.split(",") if name.strip()]
    ask = (asks.legs if legs else asks.calls)(filters, [_SORTS[order]], wanted, None, None)
    found = gather(client, ask, "calls", limit)
    columns = tuple((name.upper(), _field(name)) for name in wanted) or (*(_LEG_COLUMNS if legs else ()), *CALL_COLUMNS)
    present(found, columns, output, "leg" if legs else "call")


def _field(name: str) -> Any:
    return lambda row: row.get(name)


_LEG_COLUMNS = tuple((name.upper(), _field(name)) for name in ("side", "number", "channel"))


def _state(word: str) -> str:
    """The word, if it is a state."""
    known = [state.name.lower() for state in State]
    if word in known:
        return word
    near = get_close_matches(word, known, n=1)
    fix = f"did you mean {near[0]}?" if near else f"it is one of {STATES}"
    raise Failure(f"{word} is no state of a call", fix, ExitCode.USAGE)


@asks_server
def show(client: "Client", number: NumberArgument, output: OutputOption = Output.TABLE) -> None:
    """Show one call in full, its legs, and what happened when; also for ten minutes after its end."""
    from callboard.cli.details import present_call
    from callboard.client import asks

    present_call(client, asks.call(number), output)


_LIST_EXAMPLES = (
    "--state answered --state held",
    "--customer 3 --order longest_first",
    "--where callee_prefix=63,44 --where min_duration=60",
    "--output csv > calls.csv",
)
app.command("ls", epilog=examples(*(f"callboard calls ls {one}" for one in _LIST_EXAMPLES)))(ls)
app.command("list", hidden=True, epilog=examples(*(f"callboard calls list {one}" for one in _LIST_EXAMPLES)))(ls)
app.command("show", epilog=examples("callboard calls show 960", "callboard calls show 960 -o json"))(show)
app.command("watch", epilog=watch.EXAMPLES)(watch.watch)
app.command("hangup", epilog=hangup.EXAMPLES)(hangup.hangup)
app.command("transfer", epilog=orders.TRANSFER_EXAMPLES)(orders.transfer)
app.command("hold", epilog=orders.HOLD_EXAMPLES)(orders.hold)
app.command("unhold", epilog=orders.UNHOLD_EXAMPLES)(orders.unhold)
app.command("forget", epilog=orders.FORGET_EXAMPLES)(orders.forget)
