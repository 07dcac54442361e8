"""One side of a call: its dialog, and the requests inside it."""

from typing import Any, Protocol

from sippy.MsgBody import MsgBody

from callboard.switches.b2bua.engine.context import Context
from callboard.switches.b2bua.engine.dialog import Dialog, new_tag
from callboard.switches.b2bua.engine.messages import ALLOWED, KNOWN, header, respond

__all__ = ["Leg", "Owner"]

_CONFIRMS_BYE = frozenset({*range(200, 300), 481})
"""The dialog is over at the far end too: it agreed, or did not know it any more."""


class Owner(Protocol):
    """The call, as its legs see it."""

    def left(self, leg: "Leg") -> None:
        """The party sent BYE."""

    def settled(self, leg: "Leg", confirmed: bool) -> None:
        """The leg's end, asked for by `finish`, is over; `confirmed` if the far end said so."""

    def renew(self, leg: "Leg", request: Any, transaction: Any) -> Any:
        """The party sent a re-INVITE."""

    def inform(self, leg: "Leg", body: Any) -> None:
        """The party sent INFO with a body."""

    def vanished(self, leg: "Leg") -> None:
        """The far end does not know the dialog any more."""


class Leg:
    """What the two sides have in common: everything after the dialog is up."""

    side = ""

    def __init__(self, context: Context, owner: Owner) -> None:
        self.context = context
        self.owner = owner
        self.tag = new_tag()
        self.dialog: Dialog | None = None
        self.connected = False
        self.held = False
        self.heard = self.asked = context.timers.clock()
        self._parted = False
        self._probing = False

    # --- requests in

    def receive(self, request: Any, transaction: Any) -> Any:
        """Handle a request of this dialog.

        Both tags must fit; where it came from does not matter, since phones move and proxies change. Our tag is 96
        random bits that only the party has seen, so nobody else can end the call.
        """
        dialog = self.dialog
        if dialog is None or request.getHFBody("from").getTag() != dialog.remote_tag:
            return self._answer(request, transaction, 481, "Call/Transaction Does Not Exist")
        sequence = request.getHFBody("cseq").getCSeqNum()
        if dialog.remote_sequence is not None and sequence <= dialog.remote_sequence:
            return self._answer(request, transaction, 500, "CSeq Out Of Order")
        dialog.remote_sequence = sequence
        self.heard = self.context.timers.clock()
        method = request.getMethod()
        if method == "BYE":
            return self._receive_bye(request, transaction)
        if method == "INVITE":
            return self.owner.renew(self, request, transaction)
        if method == "OPTIONS":
            return self._answer(request, transaction, 200, "OK", header("allow", ALLOWED))
        if method == "INFO":
            self._answer(request, transaction, 200, "OK")
            if request.body is not None and self.connected:
                self.owner.inform(self, request.body)
            return None
        if method in KNOWN:
            # REFER is among these: a transfer would let a caller send the far end wherever it likes.
            return self._answer(request, transaction, 405, "Method Not Allowed", header("allow", ALLOWED))
        return self._answer(request, transaction, 501, "Not Implemented", header("allow", ALLOWED))

    def _receive_bye(self, request: Any, transaction: Any) -> None:
        self._answer(request, transaction, 200, "OK")
        self._parted = True
        self.owner.left(self)

    def _answer(self, request: Any, transaction: Any, code: int, reason: str, *headers: Any) -> None:
        respond(self.context.transactions, request, transaction, code, reason, tag=self.tag, headers=headers)

    # --- requests out

    def bye(self) -> None:
        """Send BYE; `settled` follows. At once if the party has left already."""
        if self._parted or self.dialog is None:
            self.owner.settled(self, True)
            return
        self._parted = True
        self.context.transactions.send(self.dialog.request("BYE"), self._bye_answered)

    def let_go(self) -> None:
        """Send BYE to a party that is thought gone, without waiting for an answer."""
        if not self._parted and self.dialog is not None:
            self._parted = True
            self.context.transactions.send(self.dialog.request("BYE"), _ignore)

    def _bye_answered(self, response: Any, _transaction: Any) -> None:
        code = response.getSCode()[0]
        if code >= 200:
            self.owner.settled(self, code in _CONFIRMS_BYE)

    def probe(self) -> None:
        """Ask whether the party is still there. One question at a time: the last one is still being repeated."""
        if self.dialog is None or self._probing or self._parted:
            return
        self._probing = True
        self.asked = self.context.timers.clock()
        self.context.transactions.send(self.dialog.request("OPTIONS"), self._probe_answered)

    def _probe_answered(self, response: Any, _transaction: Any) -> None:
        code = response.getSCode()[0]
        self._probing = code < 200
        if code == 481:
            self._parted = True
            self.owner.vanished(self)
        elif code != 408:
            self.heard = self.context.timers.clock()

    def inform(self, body: Any) -> None:
        """Pass on an INFO (key presses); how it is answered does not matter."""
        if self.dialog is not None and not self._parted:
            self.context.transactions.send(self.dialog.request("INFO", copied(body)), _ignore)


def copied(body: Any) -> Any:
    """A body for another message: the same content and type."""
    return None if body is None else MsgBody(str(body), body.mtype)


def _ignore(_response: Any, _transaction: Any) -> None:
    """For requests whose answer does not matter."""
