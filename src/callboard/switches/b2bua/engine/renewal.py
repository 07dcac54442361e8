"""A re-INVITE on its way from one party to the other: hold, resume, new media (RFC 3261 section 14)."""

from collections.abc import Callable
from functools import partial
from typing import Any

from callboard.switches.b2bua.engine.context import Context
from callboard.switches.b2bua.engine.leg import Leg, copied
from callboard.switches.b2bua.engine.messages import ALLOWED, body_text, header, respond

__all__ = ["Renewal"]


class Renewal:
    """One re-INVITE: `asker` sent it (`request`, to be answered in `server`), `other` is asked the same.

    Without a body it asks for an offer: then the other party's offer goes back in the 200, and the asker's answer
    travels in its ACK. `offered(leg, sdp)` is told the asker's description once the change is agreed, `done(code)`
    when all is over (200, or why not).
    """

    def __init__(
        self,
        context: Context,
        asker: Leg,
        other: Leg,
        request: Any,
        server: Any,
        offered: Callable[[Leg, str], None],
        done: Callable[[Leg, int], None],
    ) -> None:
        self._context = context
        self._request = request
        self._server = server
        self._late_offer = request.body is None
        self._asker = asker
        self._other = other
        self._offered = offered
        self._done = done
        self._transaction: Any = None

    def begin(self, max_forwards: int) -> tuple[None, Any, Any]:
        """Pass the re-INVITE on. Returns what its handler is to return."""
        self._asker_dialog.aim(self._request)
        self._respond(100, "Trying")
        copy = self._other_dialog.request("INVITE", copied(self._request.body), max_forwards)
        copy.appendHeader(header("allow", ALLOWED))
        self._transaction = self._context.transactions.send(copy, self._on_response, late_offer=self._late_offer)
        return None, self._on_cancel, partial(self._on_ack, None)

    @property
    def _asker_dialog(self) -> Any:
        return self._asker.dialog

    @property
    def _other_dialog(self) -> Any:
        return self._other.dialog

    def _on_response(self, response: Any, transaction: Any) -> None:
        code, reason = response.getSCode()
        if code < 200:
            return
        if code >= 300:
            self._respond(code, reason)
            self._done(self._other, code)
            return
        self._other.heard = self._context.timers.clock()
        self._other_dialog.aim(response)
        if not self._late_offer:
            self._offered(self._asker, body_text(self._request))
        if not self._respond(200, "OK", copied(response.body)):
            # The asker has cancelled meanwhile; the other party must still be acknowledged.
            self.drop()

    def _on_cancel(self, _time: Any, _cancel: Any) -> None:
        self._respond(487, "Request Terminated")
        self._context.transactions.cancel(self._transaction)

    def _on_ack(self, ack: Any) -> None:
        """The asker acknowledged, or never will (None)."""
        if self._late_offer and ack is not None:
            self._offered(self._asker, body_text(ack))
        self._acknowledge(None if ack is None else copied(ack.body))
        self._done(self._other, 200)

    def drop(self) -> None:
        """The call ends: leave nothing open."""
        self._respond(487, "Request Terminated")
        self._acknowledge(None)

    def _acknowledge(self, body: Any) -> None:
        if self._late_offer and self._context.transactions.holds_ack(self._transaction):
            self._context.transactions.acknowledge(self._transaction, body)

    def _respond(self, code: int, reason: str, body: Any = None) -> bool:
        headers = [header("contact", self._asker_dialog.contact), header("allow", ALLOWED)] if code == 200 else []
        return respond(
            self._context.transactions,
            self._request,
            self._server,
            code,
            reason,
            headers=headers,
            body=body,
            acknowledged=self._on_ack if code == 200 else None,
        )
