"""`callboard calls hangup`: end calls, one, some, or all that a filter finds, and tell what came of each."""

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from callboard.cli.connecting import asks_server
from callboard.cli.failures import ExitCode, Failure
from callboard.cli.help import examples
from callboard.cli.options import WhereOption
from callboard.cli.orders import WaitOption, outcome_words
from callboard.cli.output import say

if TYPE_CHECKING:  # to import it takes longer than everything else together
    from callboard.client.answers import Batch, Look
    from callboard.client.client import Client

__all__ = ["EXAMPLES", "hangup"]

EXAMPLES = examples(
    "callboard calls hangup 960",
    "callboard calls hangup 960 961 --no-wait",
    "callboard calls hangup --where customer=3 --where state=ringing --dry-run",
    "callboard calls hangup --where vendor=2 --rate 10 --yes",
)
BAR = 30
"""Characters of the progress bar."""


@asks_server
def hangup(
    client: "Client",
    numbers: Annotated[
        list[str] | None, typer.Argument(metavar="ID", help="The calls' numbers, as `calls ls` shows them.")
    ] = None,
    where: WhereOption = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="With --where: only show what would be ended.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="With --where: do not ask first.")] = False,
    rate: Annotated[float, typer.Option(min=0.1, max=500, metavar="N", help="With --where: calls a second.")] = 50.0,
    wait: WaitOption = True,
) -> None:
    """End calls, and tell what came of each.

    Exit code 0: every one is over (done, or already gone). 1: refused, or no proof (unknown). 5: no such call.
    """
    if bool(numbers) == bool(where):
        fix = "write `callboard calls hangup 960`, or `callboard calls hangup --where customer=3`"
        raise Failure("either numbers of calls are needed, or --where", fix, ExitCode.USAGE)
    if where:
        _end_matching(client, where, dry_run=dry_run, yes=yes, rate=rate, wait=wait)
    elif dry_run:
        raise Failure("--dry-run goes with --where", "leave it out", ExitCode.USAGE)
    else:
        _end_each(client, numbers or [], wait)


def _end_each(client: "Client", numbers: list[str], wait: bool) -> None:
    """All are asked for before the first outcome is waited for. A call that is not there stops none of the others."""
    from callboard.client.problems import NotFound

    asked: list[tuple[str, str]] = []
    missing: NotFound | None = None
    for number in numbers:
        try:
            asked.append((number, client.disconnect(number).command))
        except NotFound as error:
            if len(numbers) == 1:
                raise
            missing = error
            say(f"Call {number}: not found")
    if not wait:
        for number, command in asked:
            say(f"Call {number}: asked for its end (command {command}).")
        over = True
    else:
        outcomes = [_outcome(client, number, command) for number, command in asked]
        over = all(outcomes)
    if not over or missing:
        raise typer.Exit(ExitCode.NOT_FOUND if over else ExitCode.REFUSED)


def _outcome(client: "Client", number: str, command: str) -> bool:
    found = client.wait(command)
    say(outcome_words(number, found))
    return found.done


# --- all that match --------------------------------------------------------------------------------------------------


def _end_matching(client: "Client", where: list[str], *, dry_run: bool, yes: bool, rate: float, wait: bool) -> None:
    from callboard.cli.listing import counted, where_of
    from callboard.client import asks

    filters: dict[str, Any] = dict(where_of(where))
    look = client.ask(asks.look(filters))
    _show(look)
    if dry_run or not look.count:
        return
    if not yes and not _confirmed(look.count):
        raise Failure("nothing was done", "", ExitCode.INTERRUPTED)
    batch = client.ask(asks.disconnect_matching(filters, look.count, rate)).batch
    if not wait:
        say(f"{counted(look.count, 'call')}: asked for their end (batch {batch}).")
        return
    try:
        last = _follow(client, batch)
    except KeyboardInterrupt:
        last = client.stop_batch(batch)
        _tell(last)
        say(f"Stopped: {counted(last.count - _issued(last), 'call')} stayed up.")
        raise
    _tell(last)
    if last.words:
        say(f"Not all were ended: {last.words}. {counted(last.count - _issued(last), 'call')} stayed up.")
    if last.words or last.outcomes.get("refused") or last.outcomes.get("unknown"):
        raise typer.Exit(ExitCode.REFUSED)


def _show(look: "Look") -> None:
    import msgspec

    from callboard.cli.listing import CALL_COLUMNS, counted
    from callboard.cli.output import as_table, cut, terminal_width, write

    rows = [msgspec.to_builtins(call) for call in look.sample]
    if rows:
        table = as_table([head for head, _ in CALL_COLUMNS], ([fill(row) for _, fill in CALL_COLUMNS] for row in rows))
        write(cut(table, terminal_width()))
    more = f", of which {len(rows)} are shown" if len(rows) < look.count else ""
    say("")
    say(f"{counted(look.count, 'call')} would be ended{more}.")


def _confirmed(count: int) -> bool:
    if not sys.stdin.isatty():
        raise Failure(f"nobody is there to confirm that {count} calls are ended", "give --yes", ExitCode.USAGE)
    return bool(typer.confirm("End them?", err=True))


def _follow(client: "Client", batch: str) -> "Batch":
    """Until all has come out; on a terminal with a bar that shows how far it is."""
    shown = sys.stderr.isatty()
    for last in client.follow_batch(batch):
        if shown:
            over = last.count - last.waiting - last.outcomes.get("pending", 0)
            filled = BAR * over // max(1, last.count)
            sys.stderr.write(f"\r[{'#' * filled}{'.' * (BAR - filled)}] {over} of {last.count}")
            sys.stderr.flush()
    if shown:
        sys.stderr.write("\n")
    return last


def _issued(batch: "Batch") -> int:
    return sum(batch.outcomes.values()) + batch.left


def _tell(batch: "Batch") -> None:
    """How many came out how, and each call whose end is not proven."""
    for one in batch.commands:
        if one.outcome not in {"done", "already_gone"}:
            say(f"Call {one.call}: {one.outcome}")
    words = {name: number for name, number in batch.outcomes.items() if number}
    if batch.left:
        words["over before their turn"] = batch.left
    say(", ".join(f"{number} {name.replace('_', ' ')}" for name, number in words.items()) or "nothing was done")
