"""The desk: where every front end asks, and the one gate through which it is answered."""

from typing import TypeVar

import msgspec

from callboard.access.access import Access
from callboard.access.rights import Principal, check
from callboard.calls.commands import Switchboard
from callboard.calls.refusals import CustomerNotFound
from callboard.directory.directory import Directory
from callboard.operations.ledger import Ledger
from callboard.operations.operation import Operation
from callboard.table.table import Table

__all__ = ["Desk"]

A = TypeVar("A", bound=msgspec.Struct)
R = TypeVar("R")


class Desk:
    """What operations work with: the rooms of the core, and the port through which commands leave."""

    def __init__(
        self, *, directory: Directory, access: Access, table: Table, ledger: Ledger, switchboard: Switchboard
    ) -> None:
        self.directory = directory
        self.access = access
        self.table = table
        self.ledger = ledger
        self.switchboard = switchboard

    def perform(self, operation: Operation[A, R], principal: Principal, arguments: A, now: float) -> R:
        """Check the right, then carry the operation out. Raises `Forbidden`, or the operation's own refusals."""
        self.check(operation, principal)
        return operation.run(self, principal, arguments, now)

    def check(self, operation: Operation[A, R], principal: Principal) -> None:
        """The gate alone, for a front end that has work to do before it can ask. Raises `Forbidden`."""
        check(principal, operation.right)

    def scope(self, principal: Principal, customer: int | None = None, *, recursive: bool = True) -> frozenset[int]:
        """The customers a principal's question is about: `customer` (its own if None), with all below if `recursive`.

        Raises `CustomerNotFound` for one that does not exist or is not in the principal's subtree.
        """
        top = principal.customer if customer is None else customer
        if self.directory.customer(top) is None or not self.directory.is_within(top, principal.customer):
            raise CustomerNotFound(f"customer {top} not found")
        return self.directory.subtree(top) if recursive else frozenset({top})
