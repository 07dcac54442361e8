"""The desk: where every front end asks, and the one gate through which it is answered."""

import secrets
from collections import Counter
from collections.abc import Callable, Sequence
from enum import Enum
from typing import TypeVar

import msgspec

from callboard.access.access import Access, SignIn
from callboard.access.claims import PasswordClaim, TokenClaim
from callboard.access.rights import Principal, check
from callboard.calls.commands import Switchboard
from callboard.calls.refusals import CustomerNotFound, Forbidden, Refusal, Unauthenticated
from callboard.directory.directory import Directory
from callboard.directory.records import ROOT
from callboard.operations.batches import BatchBook, Batches, NoBatchBook
from callboard.operations.budget import Budget
from callboard.operations.ledger import Ledger
from callboard.operations.loads import Loads, utc_day
from callboard.operations.operation import Operation
from callboard.operations.past import AuditEntry, NoPast, Past
from callboard.operations.standing import Standing
from callboard.operations.subscriptions import NoOutbox, Outbox, Webhooks
from callboard.operations.switches import SwitchFacts
from callboard.table.following.feeds import Feeds
from callboard.table.table import Table

__all__ = ["Desk", "Reach"]


LONGEST_WORDS = 1_000
"""Characters of a subject, and of the words of a refusal, that the audit keeps."""


class Reach(Enum):
    """How far down the customer tree a question goes."""

    OWN = "own"
    """The customer itself."""
    CHILDREN = "children"
    """Those directly below it, without itself."""
    BELOW = "below"
    """All below it, without itself."""
    SUBTREE = "subtree"
    """Itself and all below."""


A = TypeVar("A", bound=msgspec.Struct)
R = TypeVar("R")


class Desk:
    """What operations work with: the rooms of the core, and the port through which commands leave."""

    def __init__(
        self,
        *,
        directory: Directory,
        access: Access,
        table: Table,
        ledger: Ledger,
        switchboard: Switchboard,
        sign_in: SignIn | None = None,
        past: Past | None = None,
        audit: Callable[[AuditEntry], None] = lambda entry: None,
        entropy: Callable[[int], bytes] = secrets.token_bytes,
        switches: Callable[[], Sequence[SwitchFacts]] = tuple,
        day: Callable[[float], int] = utc_day,
        webhooks: Webhooks | None = None,
        batch_book: BatchBook | None = None,
    ) -> None:
        """`sign_in` is where passwords are verified, which takes 0.1 s each; by default here and now.

        `past` is where what was is found, `audit` is told of what was done, `entropy` gives so many random bytes,
        `switches` tells of every switch of the settings, whether it was ever heard of or not, `day` in which day of
        the operator's a moment is, `batch_book` is where batches are written down.
        """
        self.directory = directory
        self.access = access
        self.table = table
        self.ledger = ledger
        self.batches = Batches(ledger, batch_book or NoBatchBook())
        self.switchboard = switchboard
        self.feeds = Feeds(table)
        self.budget = Budget()
        """Of what is written for several streams."""
        self.streams: Counter[str] = Counter()
        """How many streams each login has open."""
        self.loads = Loads(directory, table, day)
        self.standing = Standing(access, directory, lambda: table.revision.number)
        self.switches = switches
        self.sign_in: SignIn = sign_in or self._sign_in
        self.past: Past = past or NoPast()
        self.entropy = entropy
        self.audit = audit
        self.webhooks = webhooks or Webhooks()
        self.outbox: Outbox = NoOutbox()
        """Who delivers, once somebody does."""

    async def _sign_in(self, claim: PasswordClaim | TokenClaim, now: float) -> Principal:
        return self.access.sign_in(claim, now)

    def perform(self, operation: Operation[A, R], principal: Principal, arguments: A, now: float) -> R:
        """Check the right, then carry the operation out. Raises `Forbidden`, or the operation's own refusals."""
        if operation.audited is None:
            return self._carry_out(operation, principal, arguments, now)
        subject = operation.audited(arguments)
        try:
            result = self._carry_out(operation, principal, arguments, now)
        except Refusal as refusal:
            self._note(operation.name, principal, subject, now, f"{refusal}")
            raise
        self._note(operation.name, principal, subject, now)
        return result

    def _carry_out(self, operation: Operation[A, R], principal: Principal, arguments: A, now: float) -> R:
        self.check(operation, principal)
        return operation.run(self, principal, arguments, now)

    def _note(self, action: str, principal: Principal, subject: str, now: float, refused: str = "") -> None:
        entry = AuditEntry(
            id=f"a-{self.entropy(8).hex()}",
            at=now,
            login=principal.login,
            customer=principal.customer,
            address=principal.address,
            token=principal.token,
            action=action,
            subject=subject[:LONGEST_WORDS],
            outcome="refused" if refused else "done",
            words=refused[:LONGEST_WORDS],
        )
        self.audit(entry)

    def check(self, operation: Operation[A, R], principal: Principal) -> None:
        """The gate alone, for a front end that has work to do before it can ask. Raises `Forbidden`."""
        check(principal, operation.right)
        if operation.system_wide and principal.customer != ROOT:
            raise Forbidden(
                f"{principal.login} belongs to customer {principal.customer}, and this is about the whole system: "
                "sign in with a login of the operator"
            )

    def renew(self, operation: Operation[A, R], principal: Principal, now: float) -> Principal:
        """The principal as it stands now, for what goes on for long.

        Raises `Unauthenticated` where it could not sign in any more, and `Forbidden` where it may not do this any more.
        """
        renewed = self.access.renew(principal, now)
        if renewed is None:
            raise Unauthenticated("The login or the token that asked for this is not good any more: sign in again.")
        self.check(operation, renewed)
        return renewed

    def scope(self, principal: Principal, customer: int | None = None, reach: Reach = Reach.SUBTREE) -> frozenset[int]:
        """The customers a principal's question is about: `customer` (its own if None) and, by `reach`, those below.

        Raises `CustomerNotFound` for one that does not exist or is not in the principal's subtree.
        """
        top = principal.customer if customer is None else customer
        if self.directory.customer(top) is None or not self.directory.is_within(top, principal.customer):
            raise CustomerNotFound(f"customer {top} not found")
        match reach:
            case Reach.OWN:
                return frozenset({top})
            case Reach.CHILDREN:
                return frozenset(child.id for child in self.directory.customers() if child.parent == top)
            case Reach.BELOW:
                return self.directory.subtree(top) - {top}
            case Reach.SUBTREE:
                return self.directory.subtree(top)
