"""The callee's side: one target of a call, from INVITE to the end."""

import math
from enum import Enum
from typing import Any, Protocol

from sippy.MsgBody import MsgBody
from sippy.SipCallId import SipCallId
from sippy.SipContact import SipContact
from sippy.SipExpires import SipExpires
from sippy.SipFrom import SipFrom
from sippy.SipMaxForwards import SipMaxForwards
from sippy.SipRequest import SipRequest
from sippy.SipTo import SipTo
from sippy.SipURL import SipURL

from callboard.switches.b2bua import wire
from callboard.switches.b2bua.engine.context import Context
from callboard.switches.b2bua.engine.dialog import Dialog, contact_at, first_sequence, new_tag, via_at
from callboard.switches.b2bua.engine.leg import Leg, Owner
from callboard.switches.b2bua.engine.messages import ALLOWED, SERVER, header, quoted_name
from callboard.switches.b2bua.engine.network import Address, parse_address

__all__ = ["Callee", "CalleeOwner"]

_CANCEL_TIME = 32.0
"""Seconds a cancelled INVITE may take for its final answer (64 times T1, RFC 3261 section 9.1)."""
_EXPIRES_MARGIN = 30


class CalleeOwner(Owner, Protocol):
    """The call, as the callee's side sees it."""

    def progressed(self, leg: "Callee", code: int, reason: str, body: MsgBody | None) -> None:
        """The target sent a provisional answer above 100."""

    def answered(self, leg: "Callee", body: MsgBody | None) -> None:
        """The target answered the call."""

    def failed(self, leg: "Callee", code: int, reason: str, replied: bool) -> None:
        """The target failed; `replied` if the code is its own. No more comes of it."""

    def rang_out(self, leg: "Callee") -> None:
        """The target replied but did not answer in its time. It is still to be finished."""


class _State(Enum):
    TRYING = "trying"
    ANSWERED = "answered"
    CANCELLING = "cancelling"
    STRAY = "stray"
    """Given up by the call: whatever still comes is undone quietly."""
    OVER = "over"


class Callee(Leg):
    """The party that is called, at one target. Raises ValueError if the target cannot be called."""

    side = "callee"

    def __init__(self, context: Context, owner: CalleeOwner, target: wire.Target, branch: int) -> None:
        super().__init__(context, owner)
        self.call: CalleeOwner = owner
        self.target = target
        self.branch = branch
        self.source: Address = parse_address(target.address)
        self.state = _State.TRYING
        self._replied = False
        self._late_offer = False
        self._transaction: Any = None
        self._uri = SipURL(target.uri)
        self._here: Address = context.network.towards(self.source).address
        self._call_id = new_tag()
        self._sequence = first_sequence()
        self._from = SipFrom(f"{quoted_name(target.caller_name)}<{self._caller_uri()}>;tag={self.tag}")
        self._from.parse()
        self._reply_timer = context.timers.after(target.reply_timeout, self._no_reply)
        self._ring_timer = context.timers.after(target.ring_timeout, self._rang_out)

    def _caller_uri(self) -> str:
        return str(SipURL(username=self.target.caller or None, host=self._here[0], port=self._here[1]))

    def invite(self, body: MsgBody | None, max_forwards: int) -> None:
        """Send the INVITE."""
        request = SipRequest(
            method="INVITE",
            ruri=self._uri,
            to=SipTo(f"<{self.target.uri}>"),
            fr0m=self._from,
            cseq=self._sequence,
            callid=SipCallId(self._call_id),
            contact=SipContact(contact_at(self._here)),
            via=via_at(self._here),
            target=(self.source, "udp"),
            user_agent=SERVER,
            maxforwards=SipMaxForwards(number=max_forwards),
            expires=SipExpires(number=math.ceil(self.target.ring_timeout) + _EXPIRES_MARGIN),
        )
        request.appendHeader(header("allow", ALLOWED))
        if body is not None:
            request.setBody(body)
        self._late_offer = body is None
        self._transaction = self.context.transactions.send(request, self._on_response, late_offer=self._late_offer)

    # --- responses

    def _on_response(self, response: Any, transaction: Any) -> None:
        code, reason = response.getSCode()
        if code < 200:
            self._on_provisional(response, code, reason)
        elif code < 300:
            self._on_answer(response, transaction)
        else:
            # The transaction layer makes a 408 of its own when nothing comes: that one has no source.
            self._on_failure(code, reason, response.source is not None)

    def _on_provisional(self, response: Any, code: int, reason: str) -> None:
        self._replied = True
        self._reply_timer.cancel()
        self.heard = self.context.timers.clock()
        if self.state is _State.STRAY:
            self._cancel_invite()
        elif self.state is _State.TRYING and code > 100:
            self.call.progressed(self, code, reason, response.body)

    def _on_answer(self, response: Any, transaction: Any) -> None:
        self._stop_timers()
        self.heard = self.context.timers.clock()
        state, self.state = self.state, _State.ANSWERED
        self._establish(response)
        if state is _State.TRYING:
            self.connected = True
            self.call.answered(self, response.body)
            return
        if self._late_offer:
            self.context.transactions.acknowledge(transaction, None)
        # Our CANCEL and its answer crossed, or it comes too late altogether.
        self.bye()
        if state is _State.STRAY:
            del self.context.dialogs[self._call_id, self.tag]

    def _establish(self, response: Any) -> None:
        dialog = Dialog(
            call_id=self._call_id,
            local=self._from,
            remote=response.getHFBody("to").getCopy(),
            sequence=self._sequence + 1,
            here=self._here,
            source=response.getSource(),
            target=self._uri,
        )
        routes = response.getHFBodys("record-route")
        routes.reverse()
        dialog.aim(response, routes)
        self.dialog = dialog
        self.context.dialogs[self._call_id, self.tag] = self

    def acknowledge(self, body: MsgBody | None) -> None:
        """Send the ACK that waited for the caller's, if it did."""
        if self._late_offer:
            self._late_offer = False
            self.context.transactions.acknowledge(self._transaction, body)

    def _on_failure(self, code: int, reason: str, replied: bool) -> None:
        self._stop_timers()
        state, self.state = self.state, _State.OVER
        if state is _State.TRYING:
            self.call.failed(self, code, reason, replied)
        elif state is _State.CANCELLING:
            self.owner.settled(self, replied)

    # --- giving up

    def finish(self) -> bool:
        """End this side in whatever way fits. False if there is nothing to confirm.

        A target that never replied is let go: if it does reply late, it is cancelled or hung up then.
        """
        self._stop_timers()
        if self.state is _State.ANSWERED:
            if self._parted:
                return False
            self.acknowledge(None)
            self.bye()
            return True
        if self.state is not _State.TRYING:
            return False
        if not self._replied:
            self.abandon()
            return False
        self.state = _State.CANCELLING
        self._cancel_invite()
        self.context.timers.after(_CANCEL_TIME, self._cancel_timed_out)
        return True

    def abandon(self) -> None:
        """Stop trying, without a word: nobody replied."""
        self._stop_timers()
        self.state = _State.STRAY
        self.context.transactions.give_up(self._transaction)

    def _cancel_invite(self) -> None:
        self.context.transactions.cancel(self._transaction)

    def _cancel_timed_out(self) -> None:
        if self.state is _State.CANCELLING:
            self.state = _State.STRAY
            self.owner.settled(self, False)

    def _no_reply(self) -> None:
        self.abandon()
        self.call.failed(self, 408, "Request Timeout", False)

    def _rang_out(self) -> None:
        if self._replied:
            self.call.rang_out(self)
        else:
            self._no_reply()

    def _stop_timers(self) -> None:
        self._reply_timer.cancel()
        self._ring_timer.cancel()
