"""What every part of the engine shares: bound once, in one object."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from callboard.switches.b2bua import wire
from callboard.switches.b2bua.engine.network import Network
from callboard.switches.b2bua.engine.timers import Timers
from callboard.switches.b2bua.engine.transactions import Transactions

__all__ = ["Context", "DialogKey", "InDialog", "now"]

DialogKey = tuple[str, str]
"""Call-ID and our own tag."""


def now() -> float:
    """Unix seconds, for what is told to Callboard."""
    return time.time()


class InDialog(Protocol):
    """What takes the requests of a dialog."""

    def receive(self, request: Any, transaction: Any) -> Any:
        """Handle a request and return what `sippy` wants: None, or (response, on_cancel, on_no_ack)."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """The engine's parts, for those who work with them."""

    settings: wire.Configure
    network: Network
    timers: Timers
    transactions: Transactions
    tell: Callable[[wire.FromEngine], None]
    dialogs: dict[DialogKey, InDialog]
