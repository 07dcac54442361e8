"""Every call of the engine: requests find theirs, commands find theirs."""

from collections import OrderedDict
from typing import Any

from callboard.switches.b2bua import wire
from callboard.switches.b2bua.engine.call import Call
from callboard.switches.b2bua.engine.context import Context, DialogKey
from callboard.switches.b2bua.engine.leg import Leg
from callboard.switches.b2bua.engine.messages import (
    has_other_body,
    header,
    hops,
    respond,
    unsupported_extensions,
)

__all__ = ["Calls"]

CallerKey = tuple[str, str | None]
"""Call-ID and From tag."""


class Calls:
    """The calls that are not over, and the dialogs that linger after them."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._calls: dict[str, Call] = {}
        self._callers: dict[CallerKey, Call] = {}
        self._challenged: OrderedDict[str, Call] = OrderedDict()
        self._lingering: OrderedDict[DialogKey, float] = OrderedDict()

    def __len__(self) -> int:
        return len(self._calls)

    # --- requests

    def invite(self, request: Any, transaction: Any) -> Any:
        """An INVITE outside any dialog."""
        refusal = _refusal(request)
        if refusal is not None:
            code, reason, headers = refusal
            return self._refuse(request, transaction, code, reason, *headers)
        key = _caller_key(request)
        known = self._callers.get(key)
        if known is not None and known.state not in {"ending", "ended"}:
            return self._invite_again(known, request, transaction)
        if len(self._calls) >= self._context.settings.max_calls:
            return self._refuse(request, transaction, 503, "Too Many Calls", header("retry-after", "5"))
        call = Call(self._context, request, transaction, self._ended)
        self._calls[call.id] = call
        self._callers[key] = call
        return call.came()

    def _invite_again(self, call: Call, request: Any, transaction: Any) -> Any:
        caller = call.caller
        if call.waits_for_credentials and request.getHFBody("cseq").getCSeqNum() > caller.sequence:
            self._challenged.pop(call.id, None)
            return call.came_again(request, transaction)
        if request.getHFBody("via").getBranch() == caller.branch:
            # The same INVITE, altered on the way: its first copy is being answered.
            self._context.transactions.forget(transaction)
            return None
        # RFC 3261 section 8.2.2.2: it came by two ways.
        return self._refuse(request, transaction, 482, "Loop Detected")

    def in_dialog(self, request: Any, transaction: Any) -> Any:
        """A request with a To tag."""
        key = (str(request.getHFBody("call-id")), request.getHFBody("to").getTag())
        leg = self._context.dialogs.get(key)
        if leg is not None:
            return leg.receive(request, transaction)
        if key in self._lingering and request.getMethod() == "BYE":
            return self._refuse(request, transaction, 200, "OK")
        return self._refuse(request, transaction, 481, "Call/Transaction Does Not Exist")

    def _refuse(self, request: Any, transaction: Any, code: int, reason: str, *headers: Any) -> Any:
        respond(self._context.transactions, request, transaction, code, reason, headers=headers)
        return (None, None, None) if request.getMethod() == "INVITE" else None

    # --- commands

    def challenge(self, message: wire.Challenge) -> None:
        """Ask a caller for credentials. Beyond the limit the callers who have waited longest are given up."""
        call = self._calls.get(message.call)
        if call is None or not call.challenge(message.headers):
            return
        self._challenged[call.id] = call
        while len(self._challenged) > self._context.settings.max_pending:
            _, oldest = self._challenged.popitem(last=False)
            oldest.give_up_credentials()

    def route(self, message: wire.Route) -> None:
        """Send a call to its targets."""
        if call := self._calls.get(message.call):
            call.route(message.targets)

    def refuse(self, message: wire.Refuse) -> None:
        """Refuse a call."""
        if call := self._calls.get(message.call):
            call.refuse(message.code, message.text)

    def hang_up(self, message: wire.HangUp) -> None:
        """End a call; an unknown one is over already."""
        if call := self._calls.get(message.call):
            call.hang_up()

    def hang_up_all(self) -> None:
        """End every call."""
        for call in tuple(self._calls.values()):
            call.end("engine", 503, "Service Unavailable")

    def listed(self, ask: int) -> wire.Listed:
        """Every call that is not over."""
        calls = tuple(wire.Call(call=call.id, state=call.state) for call in self._calls.values())
        return wire.Listed(ask=ask, at=self._context.now(), calls=calls)

    def connected(self) -> list[Call]:
        """The calls whose parties are connected."""
        return [call for call in self._calls.values() if call.connected]

    # --- the end

    def _ended(self, call: Call) -> None:
        self._calls.pop(call.id, None)
        self._challenged.pop(call.id, None)
        key = (call.caller.call_id, call.caller.from_tag)
        if self._callers.get(key) is call:
            del self._callers[key]
        for leg in (call.caller, call.callee):
            if leg is not None:
                self._linger(leg)

    def _linger(self, leg: Leg) -> None:
        """Keep only the dialog's name: a BYE that crossed ours is then answered as if it were still there."""
        if leg.dialog is None:
            return
        key = (leg.dialog.call_id, leg.tag)
        self._context.dialogs.pop(key, None)
        self._lingering[key] = self._context.timers.clock() + self._context.settings.linger

    def sweep(self) -> None:
        """Forget the dialogs that have lingered long enough."""
        moment = self._context.timers.clock()
        while self._lingering and next(iter(self._lingering.values())) <= moment:
            self._lingering.popitem(last=False)


def _caller_key(request: Any) -> CallerKey:
    return str(request.getHFBody("call-id")), request.getHFBody("from").getTag()


def _refusal(request: Any) -> tuple[int, str, tuple[Any, ...]] | None:
    """Why an INVITE cannot become a call, None if it can."""
    if hops(request) == 0:
        return 483, "Too Many Hops", ()
    required = unsupported_extensions(request)
    if required:
        return 420, "Bad Extension", (header("unsupported", required),)
    if request.countHFs("contact") != 1 or request.getHFBody("contact").asterisk:
        return 400, "Contact Missing Or Repeated", ()
    if has_other_body(request):
        return 415, "Unsupported Media Type", (header("accept", "application/sdp"),)
    return None
