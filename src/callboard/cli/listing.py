"""Lists as the API gives them, page after page, made readable."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import msgspec

from callboard.cli.failures import ExitCode, Failure
from callboard.cli.output import Output, as_csv, as_json, as_table, cut, terminal_width, write

if TYPE_CHECKING:  # to import it takes longer than everything else together
    from callboard.client.ask import Ask
    from callboard.client.client import Client

__all__ = [
    "CALL_COLUMNS",
    "Columns",
    "Gathered",
    "Row",
    "ago",
    "clock",
    "counted",
    "flat",
    "gather",
    "present",
    "where_of",
]

Row = dict[str, Any]
Columns = Sequence[tuple[str, Callable[[Row], object]]]
"""The table for people: heading, and how a row fills it. Everything else is in JSON and CSV."""

LONGEST = 1_000


class Gathered(msgspec.Struct):
    """A list, whole or as much of it as was wanted. The rows are as they came, so that none of their fields is lost."""

    head: Row
    name: str
    rows: list[Row]
    more: bool

    @property
    def document(self) -> Row:
        """As one page of the API has it."""
        shown = {**self.head, self.name: self.rows}
        return shown if self.more or "total" not in shown else {**shown, "total": len(self.rows)}


def gather(client: "Client", ask: "Ask[Any]", name: str, limit: int | None, cursor: str = "cursor") -> Gathered:
    """All pages of a list, or its first `limit` rows; `name` is where they stand in the answer."""
    rows: list[Row] = []
    query = dict(ask.query)
    while True:
        query["limit"] = str(min(LONGEST, limit - len(rows)) if limit else LONGEST)
        page = client.ask(msgspec.structs.replace(ask.plain, query=query))
        rows += page.pop(name)
        if page["next"] is None or (limit and len(rows) >= limit):
            return Gathered(page, name, rows, page["next"] is not None)
        query[cursor] = str(page["next"])


def present(found: Gathered, columns: Columns, output: Output, noun: str) -> None:
    """Print a list; to people as a table no wider than their terminal, with how many there are."""
    match output:
        case Output.JSON:
            write(as_json(found.document))
        case Output.CSV:
            head = list(dict.fromkeys(name for row in found.rows for name in row))
            write(as_csv(head, ([flat(row.get(name)) for name in head] for row in found.rows)))
        case Output.TABLE:
            table = as_table([head for head, _ in columns], ([fill(row) for _, fill in columns] for row in found.rows))
            write(cut(table, terminal_width()))
            total = f" of {found.head['total']}" if found.more and "total" in found.head else ""
            more = "; there is more: --limit" if found.more else ""
            write(f"\n{counted(len(found.rows), noun)}{total}{more}\n")


def counted(number: int, noun: str) -> str:
    """`1 call`, `2 calls`."""
    plural = f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}es" if noun.endswith("tch") else f"{noun}s"
    return f"{number} {noun if number == 1 else plural}"


def where_of(given: Sequence[str] | None) -> dict[str, list[str]]:
    """`--where NAME=VALUE` as filters; what is said twice has the values of both. Raises `Failure`."""
    found: dict[str, list[str]] = {}
    for one in given or ():
        name, equals, values = one.partition("=")
        if not (name and equals and values):
            fix = "write it like --where state=ringing,answered"
            raise Failure(f"--where {one} is no filter", fix, ExitCode.USAGE)
        found.setdefault(name.strip(), []).extend(value.strip() for value in values.split(","))
    return found


CALL_COLUMNS: Columns = (
    ("ID", lambda row: _number(row.get("id"))),
    ("STATE", lambda row: f"{row.get('state')}{' ?' if row.get('suspect') else ''}"),
    ("CALLER", lambda row: row.get("caller")),
    ("CALLEE", lambda row: row.get("callee")),
    ("TIME", lambda row: clock(row.get("duration"))),
    ("CUSTOMER", lambda row: row.get("customer")),
    ("ACCOUNT", lambda row: row.get("account")),
    ("DESTINATION", lambda row: row.get("destination") or row.get("country")),
)


def _number(text: object) -> object:
    """The id as the number that it is; JSON has it as a text, for readers whose numbers are too short for it."""
    return int(text) if isinstance(text, str) and text.isdecimal() else text


def clock(seconds: object) -> str:
    """`1:02:03`, hours first; empty before the answer."""
    return str(timedelta(seconds=int(seconds))) if isinstance(seconds, int | float) and seconds > 0 else ""


def ago(then: object, now: object) -> str:
    """How long before `now` something was, in its largest unit, such as `12s`, `5m`, `3h`, `2d`; both RFC 3339."""
    if not (isinstance(then, str) and isinstance(now, str)):
        return ""
    seconds = max(0, int((datetime.fromisoformat(now) - datetime.fromisoformat(then)).total_seconds()))
    for unit, length in (("d", 86_400), ("h", 3_600), ("m", 60)):
        if seconds >= length:
            return f"{seconds // length}{unit}"
    return f"{seconds}s"


def flat(value: object) -> object:
    """Nested values stand in CSV as JSON."""
    return msgspec.json.encode(value).decode() if isinstance(value, Mapping | list) else value
