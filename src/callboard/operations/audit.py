"""Who did what, when, from where, and what came of it."""

from collections.abc import Callable

import msgspec
from msgspec.structs import replace

from callboard.access.access import FailedSignIn
from callboard.access.masks import masked_words
from callboard.access.rights import Principal, Right
from callboard.directory.records import ROOT
from callboard.operations.desk import Desk
from callboard.operations.operation import Operation
from callboard.operations.past import AuditEntry, Cursor, Page, PastDeeds, Span

__all__ = ["LIST_AUDIT", "SIGN_IN", "FailedSignIns", "ListAudit"]

SIGN_IN = "sign_in"
"""The action of a sign-in, of which those that failed are written down."""

MOST_FAILURES = 100
"""Sign-ins that failed which are written down in one minute; the others are counted."""
MINUTE = 60.0
LONGEST_NAME = 200


class ListAudit(msgspec.Struct, frozen=True, kw_only=True):
    """Which entries; by default all that the principal may see."""

    span: Span = Span()
    login: str | None = None
    action: str | None = None
    """An operation's name, or with a dot at its end all that begin with it (`tokens.`)."""
    outcome: str | None = None
    before: Cursor | None = None
    """Where the last page ended."""
    limit: int = 100


def _list_audit(desk: Desk, principal: Principal, arguments: ListAudit, now: float) -> Page[AuditEntry]:
    """What was done by those who stood in the subtree then. The operator also sees what was done by who knows whom."""
    wanted = PastDeeds(
        customers=None if principal.customer == ROOT else desk.scope(principal),
        login=arguments.login,
        span=arguments.span,
        action=arguments.action,
        outcome=arguments.outcome,
    )
    page = desk.past.find_deeds(wanted, arguments.before, arguments.limit)
    return Page(tuple(_as_seen(principal, entry) for entry in page.entries), page.next)


def _as_seen(principal: Principal, entry: AuditEntry) -> AuditEntry:
    return replace(entry, words=masked_words(entry.words, principal.masks)) if principal.masks else entry


class FailedSignIns:
    """Sign-ins that failed as entries of the audit: so many in a minute, for guessers must not fill the disk."""

    def __init__(self, name: Callable[[int], str]) -> None:
        """`name` gives so many random bytes in hex."""
        self._name = name
        self._minute = 0.0
        self._noted = 0
        self._passed_over = 0

    def entry(self, failure: FailedSignIn) -> AuditEntry | None:
        """What is to be written down; None where there were too many lately."""
        words = "wrong credentials"
        if not 0.0 <= failure.at - self._minute < MINUTE:
            if self._passed_over:
                words += f"; {self._passed_over} more before this were not written down"
            self._minute, self._noted, self._passed_over = failure.at, 0, 0
        if self._noted >= MOST_FAILURES:
            self._passed_over += 1
            return None
        self._noted += 1
        return AuditEntry(
            id=f"a-{self._name(8)}",
            at=failure.at,
            login=failure.name[:LONGEST_NAME],
            customer=failure.customer,
            address=failure.address,
            action=SIGN_IN,
            subject=f"login {failure.name[:LONGEST_NAME]}",
            outcome="refused",
            words=words,
        )


LIST_AUDIT = Operation(
    name="audit.list",
    summary="List who did what, when, from where, and what came of it, newest first.",
    right=Right.JOURNAL_READ,
    arguments=ListAudit,
    example=ListAudit(action="calls."),
    run=_list_audit,
)
