"""Who did what, when, from where, and what came of it."""

import asyncio
from typing import Annotated

import msgspec

from callboard.api.calls_query import Moment
from callboard.api.fields import timestamp
from callboard.api.pages import read_cursor, span_of, write_cursor
from callboard.api.parameters import read_query
from callboard.api.route import JSON, Asked, Route, answer_json
from callboard.http.values import Reply
from callboard.operations.audit import LIST_AUDIT, ListAudit
from callboard.operations.past import AuditEntry

__all__ = ["ROUTES"]

Word = Annotated[str, msgspec.Meta(min_length=1, max_length=200)] | None


class AuditQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Which entries."""

    login: Word = None
    action: Word = None
    """An operation's name, such as `calls.disconnect`, or with a dot at its end all that begin so, such as `calls.`."""
    outcome: Word = None
    since: Moment | None = None
    """At this moment or later: RFC 3339, or Unix seconds."""
    before: Moment | None = None
    """Before this moment."""
    limit: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 100
    cursor: str | None = None
    """The `next` of the page before."""


class Deed(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was done, or refused."""

    id: str
    at: str | None
    login: str
    """Who; of a sign-in that failed, the name that was given."""
    customer: int | None
    """The id of the customer at which they stood then; null where it is not known."""
    address: str
    token: str | None
    """The id of the token that was signed in with."""
    action: str
    subject: str
    outcome: str
    words: str


class AuditPage(msgspec.Struct, frozen=True, kw_only=True):
    """Entries, newest first."""

    entries: tuple[Deed, ...]
    next: str | None
    """The cursor of the next page; null if there is none."""


def _deed(entry: AuditEntry) -> Deed:
    return Deed(
        id=entry.id,
        at=timestamp(entry.at),
        login=_text(entry.login),
        customer=entry.customer,
        address=entry.address,
        token=entry.token or None,
        action=entry.action,
        subject=_text(entry.subject),
        outcome=entry.outcome,
        words=_text(entry.words),
    )


def _text(text: str) -> str:
    """Without half surrogate pairs, which JSON cannot carry: who fails to sign in chooses the name."""
    return text.encode("utf-8", "replace").decode()


async def _list_audit(asked: Asked) -> Reply:
    """A page; it may wait for the disk, hence the thread."""
    asked.desk.check(LIST_AUDIT, asked.principal)
    query = read_query(asked.request, AuditQuery)
    arguments = ListAudit(
        span=span_of(query.since, query.before),
        login=query.login,
        action=query.action,
        outcome=query.outcome,
        before=read_cursor(query.cursor, str),
        limit=query.limit,
    )
    page = await asyncio.to_thread(asked.desk.perform, LIST_AUDIT, asked.principal, arguments, asked.request.at)
    return answer_json(AuditPage(entries=tuple(map(_deed, page.entries)), next=write_cursor(page.next)))


ROUTES = (
    Route(
        method="GET",
        path="/audit",
        operation=LIST_AUDIT,
        endpoint=_list_audit,
        query=AuditQuery,
        gives={JSON: AuditPage},
    ),
)
