"""`callboard calls watch`: what happens to calls, as it happens."""

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated

import typer

from callboard.cli.connecting import signs_in
from callboard.cli.help import examples
from callboard.cli.options import WhereOption

if TYPE_CHECKING:  # to import it takes longer than everything else together
    from callboard.client.answers import Call
    from callboard.client.exchange import Access
    from callboard.client.messages import Change
    from callboard.client.mirror import News

__all__ = ["EXAMPLES", "tell", "watch"]

EXAMPLES = examples(
    "callboard calls watch",
    "callboard calls watch --where customer=3 --where state=answered",
    "callboard calls watch --json | jq .call.caller",
)


@signs_in
def watch(
    access: "Access",
    where: WhereOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print each change as a line of JSON.")] = False,
    seconds: Annotated[
        float | None, typer.Option("--for", min=0, metavar="SECONDS", help="End after that time; else with Ctrl-C.")
    ] = None,
) -> None:
    """Print the calls that are up, then a line for each that begins, changes or ends, until Ctrl-C.

    After a break of the connection it goes on where it was, or prints the whole list again, after those that are not
    in it any more. With --where, calls that begin and cease to match enter and leave.
    """
    import asyncio

    from callboard.cli.listing import where_of
    from callboard.client.async_client import AsyncClient

    filters = where_of(where)

    async def follow() -> None:
        async with (
            asyncio.timeout(None) as limit,
            AsyncClient(
                access.server,
                token=access.token,
                user=access.user,
                password=access.password,
                ca_file=access.ca_file,
            ) as client,
        ):
            live = client.live(rate=0, **filters)  # type: ignore[arg-type]
            before: Mapping[str, Call] = {}
            async for news in live:
                if seconds is not None and limit.when() is None:
                    # From the first news on: how long it takes to connect is not the time that somebody looks for.
                    limit.reschedule(asyncio.get_running_loop().time() + seconds)
                tell(news, before, live.calls, as_json)
                before = live.calls

    try:
        asyncio.run(follow())
    except TimeoutError:
        return
    except KeyboardInterrupt:
        raise typer.Exit(0) from None


def tell(news: "News", before: "Mapping[str, Call]", calls: "Mapping[str, Call]", as_json: bool) -> None:
    """Print news; `before` is the copy as it was before them, which a new list leaves alone."""
    from callboard.cli.output import printable
    from callboard.client.messages import Change

    match news.kind:
        case "snapshot":
            for gone in before.keys() - calls.keys():
                _line(Change(kind="leave", id=gone, call=before[gone], reason="not_listed"), as_json)
            for call in calls.values():
                _line(Change(kind="is", id=call.id, call=call), as_json)
        case "changes":
            for change in news.changes:
                _line(change, as_json)
        case "lost":
            print(f"The link to the server is lost, and is tried again: {printable(news.why)}", file=sys.stderr)
        case "resumed":
            print("The link to the server is back, and nothing was missed.", file=sys.stderr)


def _line(change: "Change", as_json: bool) -> None:
    import msgspec

    from callboard.cli.listing import clock
    from callboard.cli.output import printable, write

    if as_json:
        write(msgspec.json.encode(change).decode() + "\n")
        return
    call = change.call
    words = f"{change.kind:<6}  {call.id:>6}  {call.state:<14}  {call.caller} -> {call.callee or call.dialed}"
    reason = f"  {change.reason}" if change.reason else ""
    cause = f": {call.cause.reason}" if call.cause is not None else ""
    write(printable(f"{words}{reason}{cause}  {clock(call.duration)}".rstrip()) + "\n")
