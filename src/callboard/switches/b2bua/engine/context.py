"""What every part of the engine shares: bound once, in one object."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from callboard.switches.b2bua import wire
from callboard.switches.b2bua.engine.network import Network
from callboard.switches.b2bua.engine.timers import Timers
from callboard.switches.b2bua.engine.transactions import Transactions
from callboard.switches.clock import since_boot

__all__ = ["Context", "DialogKey", "InDialog"]

DialogKey = tuple[str, str]
"""Call-ID and our own tag."""


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

    def now(self) -> float:
        """Unix seconds on Callboard's own even clock, which setting the machine's does not move."""
        return self.settings.booted + since_boot()
