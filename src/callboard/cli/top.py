"""`callboard top`: the wallboard for a terminal."""

from typing import TYPE_CHECKING

from callboard.cli.connecting import signs_in
from callboard.cli.failures import ExitCode, Failure
from callboard.cli.help import examples
from callboard.cli.options import WhereOption

if TYPE_CHECKING:  # to import it takes longer than everything else together
    from callboard.client.exchange import Access

__all__ = ["EXAMPLES", "top"]

EXAMPLES = examples("callboard top", "callboard top --where customer=3", "callboard top --context office")


@signs_in
def top(access: "Access", where: WhereOption = None) -> None:
    """The calls that are up, live: sort, search, look at one, end one. q ends it, ? shows every key."""
    import sys

    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise Failure("top needs a terminal", "elsewhere use `callboard calls watch`", ExitCode.USAGE)

    from callboard.cli.board.app import Board
    from callboard.cli.listing import where_of

    Board(access, where_of(where)).start()
