"""Every question of the API but for the streams, a function each."""

from collections.abc import Mapping, Sequence
from types import NoneType
from typing import Any, Literal, TypeVar

import msgspec

from callboard.client.answers import (
    Batch,
    BatchTaken,
    CallDetail,
    CallPage,
    Command,
    CommandList,
    HistoryPage,
    LegPage,
    Look,
    Taken,
)
from callboard.client.ask import JSON, Ask, place
from callboard.client.queries import filters, members, query
from callboard.client.records import RecordPage
from callboard.client.reports import (
    DeedPage,
    DestinationCount,
    Identity,
    Imported,
    NewToken,
    Series,
    Stats,
    SwitchList,
    Ticket,
    TokenList,
)

__all__ = [
    "LONGEST_PAGE",
    "Form",
    "Page",
    "Party",
    "Words",
    "audit",
    "batch",
    "call",
    "calls",
    "change_record",
    "command",
    "commands",
    "create_record",
    "create_token",
    "disconnect",
    "disconnect_matching",
    "export_directory",
    "forget",
    "history",
    "hold",
    "import_directory",
    "legs",
    "look",
    "page_of",
    "record",
    "records",
    "remove_record",
    "remove_token",
    "replace_destinations",
    "replace_record",
    "series",
    "stats",
    "stop_batch",
    "switches",
    "ticket",
    "tokens",
    "transfer",
    "unhold",
    "whoami",
]

LONGEST_PAGE = 1_000

R = TypeVar("R")
Page = CallPage | LegPage | HistoryPage | DeedPage
"""What has a next page."""
Party = Literal["caller", "callee"]
Filters = Mapping[str, object]
Words = Sequence[str]


def calls(where: Filters, sort: Words, fields: Words, limit: int | None, cursor: str | None) -> Ask[CallPage]:
    """A page of the calls that are up."""
    asked = filters(where) | _shown(sort, ["id", *fields] if fields else (), limit, cursor)
    return Ask(method="GET", route="/calls", gives=CallPage, query=asked)


def legs(where: Filters, sort: Words, fields: Words, limit: int | None, cursor: str | None) -> Ask[LegPage]:
    """A page of them, leg by leg."""
    asked = filters(where) | _shown(sort, ["id", *fields] if fields else (), limit, cursor) | {"view": "legs"}
    return Ask(method="GET", route="/calls", gives=LegPage, query=asked)


def _shown(sort: Words, fields: Words, limit: int | None, cursor: str | None) -> dict[str, str]:
    """`fields` name a thing once, however often they do."""
    unique = tuple(dict.fromkeys(fields))
    return query({"sort": sort or None, "fields": unique or None, "limit": limit, "cursor": cursor})


def call(number: str | int) -> Ask[CallDetail]:
    """One call in full."""
    return Ask(method="GET", route="/calls/{id}", path=f"/calls/{place(number)}", gives=CallDetail)


def disconnect(number: str | int) -> Ask[Taken]:
    """End a call."""
    return _command(number, "disconnect", {})


def transfer(number: str | int, to: str, party: Party) -> Ask[Taken]:
    """Connect a party to another number."""
    return _command(number, "transfer", {"to": to, "party": party})


def hold(number: str | int, party: Party) -> Ask[Taken]:
    """Put a party on hold."""
    return _command(number, "hold", {"party": party})


def unhold(number: str | int, party: Party) -> Ask[Taken]:
    """Take a party off hold."""
    return _command(number, "unhold", {"party": party})


def _command(number: str | int, verb: str, document: Mapping[str, str]) -> Ask[Taken]:
    return Ask(
        method="POST",
        route=f"/calls/{{id}}/{verb}",
        path=f"/calls/{place(number)}/{verb}",
        gives=Taken,
        body=msgspec.json.encode(document),
        once=True,
    )


def forget(number: str | int) -> Ask[Command]:
    """Take a stuck row out."""
    path = f"/calls/{place(number)}/forget"
    return Ask(method="POST", route="/calls/{id}/forget", path=path, gives=Command, body=b"{}", once=True)


def commands(number: str | int) -> Ask[CommandList]:
    """The commands for a call."""
    return Ask(method="GET", route="/commands", query={"call": str(number)}, gives=CommandList)


def command(name: str) -> Ask[Command]:
    """One command."""
    return Ask(method="GET", route="/commands/{id}", path=f"/commands/{place(name)}", gives=Command)


def look(where: Filters) -> Ask[Look]:
    """What would be ended."""
    return Ask(method="POST", route="/disconnect", gives=Look, body=_document(where, {"dry_run": True}), once=True)


def disconnect_matching(where: Filters, count: int, rate: float) -> Ask[BatchTaken]:
    """End what a look found."""
    document = _document(where, {"count": count, "rate": rate})
    return Ask(method="POST", route="/disconnect", gives=BatchTaken, body=document, once=True)


def _document(where: Filters, how: Mapping[str, object]) -> bytes:
    return msgspec.json.encode({**members(where), **how})


def batch(name: str) -> Ask[Batch]:
    """How far a batch is."""
    return Ask(method="GET", route="/disconnect/{id}", path=f"/disconnect/{place(name)}", gives=Batch)


def stop_batch(name: str) -> Ask[Batch]:
    """Stop a batch."""
    return Ask(method="DELETE", route="/disconnect/{id}", path=f"/disconnect/{place(name)}", gives=Batch)


def stats(where: Filters, by: Words, limit: int | None = None) -> Ask[Stats]:
    """How many calls there are."""
    asked = filters(where) | query({"by": by or None, "limit": limit})
    return Ask(method="GET", route="/stats", gives=Stats, query=asked)


def series(customer: int | None, minutes: int) -> Ask[Series]:
    """How many there were."""
    asked = query({"customer": customer, "minutes": minutes})
    return Ask(method="GET", route="/stats/series", gives=Series, query=asked)


def switches() -> Ask[SwitchList]:
    """Every switch."""
    return Ask(method="GET", route="/switches", gives=SwitchList)


def history(where: Filters, limit: int | None, cursor: str | None) -> Ask[HistoryPage]:
    """A page of ended calls."""
    asked = filters(where) | query({"limit": limit, "cursor": cursor})
    return Ask(method="GET", route="/history", gives=HistoryPage, query=asked)


def audit(where: Filters, limit: int | None, cursor: str | None) -> Ask[DeedPage]:
    """A page of the audit."""
    asked = query({**where, "limit": limit, "cursor": cursor})
    return Ask(method="GET", route="/audit", gives=DeedPage, query=asked)


def whoami() -> Ask[Identity]:
    """Who asks."""
    return Ask(method="GET", route="/whoami", gives=Identity)


def tokens(login: str | None) -> Ask[TokenList]:
    """Tokens."""
    return Ask(method="GET", route="/tokens", gives=TokenList, query=query({"login": login}))


def create_token(name: str, login: str | None, rights: Words | None, days: int | None) -> Ask[NewToken]:
    """Have a token made."""
    wanted = {"name": name, "login": login, "rights": rights, "days": days}
    document = {key: value for key, value in wanted.items() if value is not None}
    return Ask(method="POST", route="/tokens", gives=NewToken, body=msgspec.json.encode(document))


def remove_token(name: str) -> Ask[None]:
    """Take a token back."""
    return Ask(method="DELETE", route="/tokens/{id}", path=f"/tokens/{place(name)}", gives=NoneType)


def ticket() -> Ask[Ticket]:
    """A ticket for a browser."""
    return Ask(method="POST", route="/tickets", gives=Ticket)


# --- the directory ---------------------------------------------------------------------------------------------------


def records(section: str, kind: type[R], where: Filters) -> Ask[Any]:
    """A page of records, under the name of their section."""
    found: Any = [("records", tuple[kind, ...]), ("next", str | int | None)]  # type: ignore[valid-type]
    page = msgspec.defstruct("RecordPage", found, rename={"records": section})
    return Ask(method="GET", route=f"/{section}", gives=page, query=query(where))


def page_of(page: Any) -> RecordPage[Any]:
    """The page as it is the same for all sections."""
    return RecordPage(page.records, None if page.next is None else str(page.next))


def record(section: str, kind: type[R], key: str | int) -> Ask[R]:
    """One record."""
    return Ask(method="GET", route=_one(section), path=f"/{section}/{place(key)}", gives=kind)


def create_record(section: str, kind: type[R], fields: Filters) -> Ask[R]:
    """Make one."""
    return Ask(method="POST", route=f"/{section}", gives=kind, body=msgspec.json.encode(fields))


def replace_record(section: str, kind: type[R], key: str | int, fields: Filters) -> Ask[R]:
    """Put another in its place."""
    path, body = f"/{section}/{place(key)}", msgspec.json.encode(fields)
    return Ask(method="PUT", route=_one(section), path=path, gives=kind, body=body)


def change_record(section: str, kind: type[R], key: str | int, fields: Filters) -> Ask[R]:
    """Change some fields."""
    path, body = f"/{section}/{place(key)}", msgspec.json.encode(fields)
    return Ask(method="PATCH", route=_one(section), path=path, gives=kind, body=body)


def remove_record(section: str, key: str | int) -> Ask[None]:
    """Remove one."""
    return Ask(method="DELETE", route=_one(section), path=f"/{section}/{place(key)}", gives=NoneType)


def _one(section: str) -> str:
    return f"/{section}/{{{'name' if section == 'logins' else 'id'}}}"


Form = Literal["toml", "json"]


def export_directory(form: Form) -> Ask[bytes]:
    """The whole directory."""
    return Ask(method="GET", route="/directory", gives=bytes, accept=f"application/{form}")


def import_directory(document: bytes, form: Form, *, beside: bool, dry_run: bool) -> Ask[Imported]:
    """Put a document in its place, or add it."""
    return Ask(
        method="POST" if beside else "PUT",
        route="/directory/import" if beside else "/directory",
        gives=Imported,
        query=query({"dry_run": dry_run or None}),
        body=document,
        content_type=f"application/{form}",
    )


def replace_destinations(table: bytes) -> Ask[DestinationCount]:
    """Put a table in the place of the operator's own destinations."""
    route = "/directory/destinations"
    return Ask(method="PUT", route=route, gives=DestinationCount, body=table, content_type="text/csv", accept=JSON)
