"""One call: a caller's side, the targets tried for it, and what is told of it."""

import secrets
from collections.abc import Callable
from typing import Any

from callboard.switches.b2bua import wire
from callboard.switches.b2bua.engine.callee import Callee
from callboard.switches.b2bua.engine.caller import Caller
from callboard.switches.b2bua.engine.context import Context
from callboard.switches.b2bua.engine.leg import Leg, copied
from callboard.switches.b2bua.engine.messages import (
    clean,
    display_name,
    header_text,
    hops,
    respond,
    uri_is_sane,
    words,
)
from callboard.switches.b2bua.engine.renewal import Renewal
from callboard.switches.b2bua.engine.sdp import media_address, on_hold
from callboard.switches.b2bua.engine.timers import Timer

__all__ = ["Call"]

_DECISION_TIME = 10.0
"""Seconds Callboard may take to say what to do with a call."""
_FULL = 512
"""Characters of a user part or URI that are told."""


class Call:
    """A call from its INVITE until both sides are over; `ended(call)` is then called once."""

    def __init__(self, context: Context, request: Any, transaction: Any, ended: Callable[["Call"], None]) -> None:
        self.id = secrets.token_hex(8)
        self.state = "new"
        self.caller = Caller(context, self, request, transaction)
        self.callee: Callee | None = None
        self._context = context
        self._ended = ended
        self._targets: tuple[wire.Target, ...] = ()
        self._renewal: Renewal | None = None
        self._open: set[Leg] = set()
        self._confirmed = True
        self._decision: Timer | None = None
        self._limit = context.timers.after(context.settings.max_call, self._limit_reached)
        self._last: tuple[str, int, str] = ("engine", 480, "Temporarily Unavailable")

    # --- the caller

    def came(self) -> tuple[None, Any, Any]:
        """Tell of the call. Returns what the INVITE's handler is to return."""
        request, caller = self.caller.request, self.caller
        origin = request.getHFBody("from").address
        caller.progress(100, "Trying")
        self._await_decision()
        self._context.tell(
            wire.Came(
                call=self.id,
                at=self._context.now(),
                source=f"{caller.source[0]}:{caller.source[1]}",
                caller=words(origin.url.username or "", _FULL),
                caller_name=display_name(origin),
                dialed=words(request.ruri.username or "", _FULL),
                uri=words(str(request.ruri), _FULL),
                sip_call_id=words(caller.call_id, _FULL),
                media=media_address(caller.offer),
                authorization=header_text(request, "authorization"),
            )
        )
        return caller.hooks(self._cancelled)

    def came_again(self, request: Any, transaction: Any) -> tuple[None, Any, Any]:
        """The challenged caller is back with credentials."""
        caller = self.caller
        caller.adopt(request, transaction)
        caller.progress(100, "Trying")
        self._await_decision()
        self._context.tell(
            wire.Credentials(
                call=self.id,
                at=self._context.now(),
                source=f"{caller.source[0]}:{caller.source[1]}",
                dialed=words(request.ruri.username or "", _FULL),
                uri=words(str(request.ruri), _FULL),
                authorization=header_text(request, "authorization"),
            )
        )
        return caller.hooks(self._cancelled)

    @property
    def waits_for_credentials(self) -> bool:
        """Whether the caller was challenged and may come back."""
        return self.state == "authenticating" and not self.caller.waits

    def _await_decision(self) -> None:
        self._stop_waiting()
        self._decision = self._context.timers.after(_DECISION_TIME, self._undecided)

    def _stop_waiting(self) -> None:
        if self._decision is not None:
            self._decision.cancel()
            self._decision = None

    def _undecided(self) -> None:
        self.end("engine", 503, "Service Unavailable")

    def _limit_reached(self) -> None:
        self.end("timer", 480, "Call Limit Reached")

    def _cancelled(self, _time: Any, cancel: Any) -> None:
        # Without a CANCEL it is the INVITE's own Expires that ran out.
        self.end("timer" if cancel is None else "caller", 487, "Request Terminated")

    # --- what Callboard decides

    def challenge(self, headers: tuple[str, ...]) -> bool:
        """Ask for credentials. False if the call is beyond that."""
        if not self._undone:
            return False
        self._stop_waiting()
        self.state = "authenticating"
        self.caller.challenge(headers)
        timeout = self._context.settings.challenge_timeout
        self._decision = self._context.timers.after(timeout, self.give_up_credentials)
        return True

    def give_up_credentials(self) -> None:
        """The caller did not come back with credentials."""
        if self.waits_for_credentials:
            self.end("timer", 401, "No credentials came")

    def route(self, targets: tuple[wire.Target, ...]) -> None:
        """Try these targets in turn."""
        if not self._undone:
            return
        self._stop_waiting()
        self.state = "routing"
        self._targets = targets
        self._try_from(0)

    def refuse(self, code: int, text: str) -> None:
        """Answer the caller with a final status."""
        if self._undone:
            self.end("engine", code if 400 <= code <= 699 else 500, text)

    def hang_up(self) -> None:
        """End the call by command."""
        self.end("command", 480, "Call Ended By Operator")

    @property
    def _undone(self) -> bool:
        return self.state in {"new", "authenticating"} and self.caller.waits

    # --- the targets

    def _try_from(self, branch: int) -> None:
        for index, target in enumerate(self._targets[branch:], branch):
            if self._dial(target, index):
                return
            self._failed(index, 500, "The target's address or URI cannot be used")
        self.end(*self._last)

    def _dial(self, target: wire.Target, branch: int) -> bool:
        if not uri_is_sane(target.uri):
            return False
        try:
            callee = Callee(self._context, self, target, branch)
        except ValueError:
            return False
        self.callee = callee
        self.state = "dialing"
        self._context.tell(wire.Dialing(call=self.id, branch=branch, at=self._context.now()))
        callee.invite(copied(self.caller.request.body), hops(self.caller.request) - 1)
        return True

    def _failed(self, branch: int, code: int, text: str) -> None:
        self._last = ("callee", code, text)
        if branch + 1 < len(self._targets):
            self._context.tell(
                wire.Failed(call=self.id, branch=branch, at=self._context.now(), code=code, text=words(clean(text)))
            )

    def progressed(self, leg: Callee, code: int, reason: str, body: Any) -> None:
        """The target rings or sends early media."""
        if leg is not self.callee or self._ending or leg.connected:
            return
        if code in {180, 183}:
            self.state = "ringing"
            media = media_address(str(body)) if body is not None else ""
            self._context.tell(wire.Ringing(call=self.id, branch=leg.branch, at=self._context.now(), media=media))
        self.caller.progress(code, reason, copied(body))

    def answered(self, leg: Callee, body: Any) -> None:
        """The target answered: so does the caller's side."""
        self.state = "answered"
        self.caller.connect(copied(body))
        self._context.tell(
            wire.Answered(
                call=self.id,
                branch=leg.branch,
                at=self._context.now(),
                caller_media=media_address(self.caller.offer),
                callee_media=media_address(str(body)) if body is not None else "",
            )
        )

    def failed(self, leg: Callee, code: int, reason: str, replied: bool) -> None:
        """The target failed. No reply, 408 and 5xx lead to the next one; anything else is the answer."""
        if leg is not self.callee or self._ending:
            return
        self._failed(leg.branch, code, reason)
        if code == 408 or 500 <= code <= 599:
            self._try_from(leg.branch + 1)
        else:
            self.end("callee", *_for_caller(code, reason))

    def rang_out(self, leg: Callee) -> None:
        """Nobody answered in time."""
        self.end("timer", 480, "No Answer")

    def acknowledged(self, body: Any) -> None:
        """The caller's ACK came: it may carry the answer to the callee's offer."""
        if self.callee is not None:
            self.callee.acknowledge(body)

    def unacknowledged(self) -> None:
        """The caller never acknowledged: it is not there any more."""
        self.vanished(self.caller)

    # --- while connected

    def renew(self, leg: Leg, request: Any, transaction: Any) -> Any:
        """Pass a re-INVITE on to the other party (RFC 3261 section 14.2)."""
        other = self._other(leg)
        if other is None or not (self.caller.connected and other.connected) or self._renewal or self._ending:
            respond(self._context.transactions, request, transaction, 491, "Request Pending")
            return None, None, None
        if hops(request) == 0:
            respond(self._context.transactions, request, transaction, 483, "Too Many Hops")
            return None, None, None
        self._renewal = Renewal(self._context, leg, other, request, transaction, self._offered, self._renewed)
        return self._renewal.begin(hops(request) - 1)

    def _offered(self, leg: Leg, description: str) -> None:
        held = on_hold(description)
        if held == leg.held or self._ending:
            return
        leg.held = held
        told = wire.Held if held else wire.Resumed
        self._context.tell(told(call=self.id, side=leg.side, at=self._context.now()))
        self.state = "held" if self.caller.held or (self.callee and self.callee.held) else "answered"

    def _renewed(self, leg: Leg, code: int) -> None:
        self._renewal = None
        if code in {408, 481}:
            # RFC 3261 section 12.2.1.2: the dialog is gone.
            self.vanished(leg)

    def inform(self, leg: Leg, body: Any) -> None:
        """Pass key presses on."""
        other = self._other(leg)
        if other is not None and other.connected:
            other.inform(body)

    def _other(self, leg: Leg) -> Leg | None:
        return self.callee if leg is self.caller else self.caller

    def vanished(self, leg: Leg) -> None:
        """A party is gone without a word: nothing will be confirmed by it."""
        if not self._ending:
            leg.let_go()
        self.end("probe", 408, f"The {leg.side} vanished")

    # --- the end

    @property
    def _ending(self) -> bool:
        return self.state in {"ending", "ended"}

    @property
    def connected(self) -> bool:
        """Whether both parties are connected and nobody has begun to end it."""
        return self.state in {"answered", "held"}

    def left(self, leg: Leg) -> None:
        """A party sent BYE: which is as good as confirming ours, if the two crossed."""
        if self._ending:
            self.settled(leg, True)
            return
        self.end(leg.side, 487, "Normal Clearing" if self.caller.connected else "Request Terminated")

    def end(self, by: str, code: int, text: str) -> None:
        """Begin to end the call; it is over when every side has confirmed. The first reason stays."""
        if self._ending:
            return
        text = clean(text)
        self._stop_waiting()
        self._limit.cancel()
        self._outcome = (by, 200 if self.caller.connected else code, words(text))
        self.state = "ending"
        if self._renewal is not None:
            self._renewal.drop()
        self._context.tell(wire.Ending(call=self.id, at=self._context.now(), by=by))
        # The sides are open before any of them is finished: one that is over at once must not end the call alone.
        legs: list[Leg] = [self.caller]
        if self.callee is not None:
            legs.append(self.callee)
        self._open = set(legs)
        if not self.caller.finish(code, text):
            self._open.discard(self.caller)
        if self.callee is not None and not self.callee.finish():
            self._open.discard(self.callee)
        self._end_if_settled()

    def settled(self, leg: Leg, confirmed: bool) -> None:
        """One side is over."""
        if self.state == "ending" and leg in self._open:
            self._open.discard(leg)
            self._confirmed = self._confirmed and confirmed
            self._end_if_settled()

    def _end_if_settled(self) -> None:
        if self._open or self.state != "ending":
            return
        self.state = "ended"
        by, code, text = self._outcome
        self._context.tell(
            wire.Ended(call=self.id, at=self._context.now(), by=by, code=code, text=text, confirmed=self._confirmed)
        )
        self._ended(self)


def _for_caller(code: int, reason: str) -> tuple[int, str]:
    """A target's final status as the caller is told it: redirection and challenges were meant for us."""
    if code < 400:
        return 480, "Temporarily Unavailable"
    if code in {401, 407}:
        return 502, "The carrier asks for credentials"
    return code, reason
