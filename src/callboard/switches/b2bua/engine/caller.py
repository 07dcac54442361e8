"""The caller's side: an INVITE that came in, and how it is answered."""

from functools import partial
from typing import Any, Protocol

from sippy.SipTo import SipTo

from callboard.switches.b2bua.engine.context import Context
from callboard.switches.b2bua.engine.dialog import Dialog, first_sequence
from callboard.switches.b2bua.engine.leg import Leg, Owner, copied
from callboard.switches.b2bua.engine.messages import ALLOWED, body_text, clean, header, respond
from callboard.switches.b2bua.engine.network import Address
from callboard.switches.b2bua.engine.transactions import is_open

__all__ = ["Caller", "CallerOwner"]


class CallerOwner(Owner, Protocol):
    """The call, as the caller's side sees it."""

    def acknowledged(self, body: Any) -> None:
        """The caller acknowledged the answer; `body` is that of the ACK."""

    def unacknowledged(self) -> None:
        """The caller never acknowledged the answer."""


class Caller(Leg):
    """The party that calls."""

    side = "caller"

    def __init__(self, context: Context, owner: CallerOwner, request: Any, transaction: Any) -> None:
        super().__init__(context, owner)
        self.call: CallerOwner = owner
        self.acknowledged = False
        self._bye_wanted = False
        self.adopt(request, transaction)

    def adopt(self, request: Any, transaction: Any) -> None:
        """Take an INVITE as the one to answer: the first, or the one with credentials."""
        self._awaits_ack = False
        self.request = request
        self.transaction = transaction
        self.source: Address = request.getSource()
        self.branch: str | None = request.getHFBody("via").getBranch()
        self.sequence: int = request.getHFBody("cseq").getCSeqNum()
        self.call_id = str(request.getHFBody("call-id"))
        self.from_tag: str | None = request.getHFBody("from").getTag()
        self.dialog = self._make_dialog()
        self.context.dialogs[self.call_id, self.tag] = self

    def _make_dialog(self) -> Dialog:
        local = self.request.getHFBody("to").getCopy()
        local.setTag(self.tag)
        remote = self.request.getHFBody("from").getCopy()
        dialog = Dialog(
            call_id=self.call_id,
            local=local,
            remote=SipTo(address=remote.address),
            sequence=first_sequence(),
            here=self.context.network.towards(self.source).address,
            source=self.source,
        )
        dialog.remote_sequence = self.sequence
        dialog.aim(self.request, self.request.getHFBodys("record-route"))
        return dialog

    def hooks(self, on_cancel: Any) -> tuple[None, Any, Any]:
        """What the handler of the INVITE returns: nothing to send now, what to do on CANCEL and on a missing ACK."""
        return None, on_cancel, partial(self.on_no_ack, self.transaction)

    @property
    def offer(self) -> str:
        """The session description in the INVITE, "" without one."""
        return body_text(self.request)

    @property
    def waits(self) -> bool:
        """Whether the INVITE still lacks its final answer."""
        return is_open(self.transaction)

    def progress(self, code: int, reason: str, body: Any = None) -> None:
        """A provisional answer."""
        self._respond(code, reason, body=body)

    def challenge(self, values: tuple[str, ...]) -> None:
        """Ask for credentials. The dialog begins anew with the INVITE that has them."""
        headers = [header("www-authenticate", clean(value, 1024)) for value in values]
        self._respond(401, "Unauthorized", headers=headers)

    def connect(self, body: Any) -> None:
        """Answer the call."""
        self.connected = True
        self._awaits_ack = True
        self._respond(200, "OK", body=body, headers=[header("allow", ALLOWED), header("supported", "")])

    def reject(self, code: int, reason: str, *headers: Any) -> None:
        """Refuse the call; `settled` follows when the caller has acknowledged."""
        self._awaits_ack = True
        self._respond(code, reason, headers=headers)

    def finish(self, code: int, reason: str) -> bool:
        """End this side in whatever way fits. False if there is nothing left to confirm."""
        if self.waits:
            self.reject(code, reason)
            return True
        if not self.connected or self._parted:
            return False
        if self.acknowledged:
            self.bye()
        else:
            # RFC 3261 section 15: no BYE before the ACK, or before we stopped waiting for it.
            self._bye_wanted = True
        return True

    def _receive_bye(self, request: Any, transaction: Any) -> None:
        if self.connected and not self.acknowledged:
            self.acknowledged = True
            self.context.transactions.forget(self.transaction)
        self._bye_wanted = False
        super()._receive_bye(request, transaction)

    def on_ack(self, ack: Any) -> None:
        """The final answer was acknowledged."""
        if not self.connected:
            self.owner.settled(self, True)
            return
        self.acknowledged = True
        self.heard = self.context.timers.clock()
        self.call.acknowledged(copied(ack.body))
        self._bye_if_wanted()

    def on_no_ack(self, transaction: Any) -> None:
        """The final answer was repeated for 32 seconds and never acknowledged."""
        if transaction is not self.transaction or not self._awaits_ack:
            return
        if not self.connected:
            self.owner.settled(self, False)
            return
        if not self.acknowledged:
            self.acknowledged = True
            self.call.unacknowledged()
            self._bye_if_wanted()

    def _bye_if_wanted(self) -> None:
        if self._bye_wanted:
            self._bye_wanted = False
            self.bye()

    def _respond(self, code: int, reason: str, *, body: Any = None, headers: list[Any] | tuple[Any, ...] = ()) -> None:
        dialog = self.dialog
        extra = list(headers)
        if dialog is not None and 100 < code < 300:
            extra.append(header("contact", dialog.contact))
        respond(
            self.context.transactions,
            self.request,
            self.transaction,
            code,
            reason,
            tag=self.tag,
            headers=extra,
            body=body,
            acknowledged=self.on_ack if self._awaits_ack else None,
        )
