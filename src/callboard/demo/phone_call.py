"""A call as one of its phones sees it: its state, and what can be done once it is answered."""

import asyncio
import secrets
from collections.abc import Callable, Coroutine
from enum import StrEnum

import msgspec

from callboard.demo.credentials import Credentials
from callboard.demo.dialog import Dialog
from callboard.demo.endpoint import Endpoint
from callboard.demo.sdp import ANSWERS, describe, direction_of
from callboard.demo.sip import Headers, Request, Response, items, read_address, reply
from callboard.demo.transactions import ClientTransaction, ServerTransaction

__all__ = ["ALLOW", "CONNECTED", "SETTING_UP", "CallOver", "CallState", "Line", "PhoneCall", "Refused"]

ALLOW = ("Allow", "INVITE, ACK, BYE, CANCEL, OPTIONS, INFO")
_SDP = ("Content-Type", "application/sdp")
_HOLDS = frozenset({"sendonly", "inactive"})
_GONE = frozenset({408, 481})
"""Answers that say that the other side has no such call any more (RFC 3261 section 12.2.1.2)."""


class CallState(StrEnum):
    """Where a call stands for a phone."""

    CALLING = "calling"
    AUTHENTICATING = "authenticating"
    RINGING = "ringing"
    ANSWERED = "answered"
    HELD = "held"
    ENDING = "ending"
    ENDED = "ended"


SETTING_UP = frozenset({CallState.CALLING, CallState.AUTHENTICATING, CallState.RINGING})
CONNECTED = frozenset({CallState.ANSWERED, CallState.HELD})


class CallOver(Exception):  # noqa: N818 - what happened, not an error of anybody
    """The call ended before it came to what was waited for; `code` is the SIP status it ended with."""

    def __init__(self, code: int) -> None:
        super().__init__(f"the call ended with SIP status {code}")
        self.code = code


class Refused(Exception):  # noqa: N818 - the far end says no, as it may
    """The other side answered a request with a failure; `code` is its SIP status."""

    def __init__(self, method: str, code: int) -> None:
        super().__init__(f"{method} was answered with SIP status {code}")
        self.code = code


class Line(msgspec.Struct, frozen=True):
    """What a call needs of its phone."""

    endpoint: Endpoint
    contact: str
    """Our Contact URI."""
    credentials: Credentials
    media: str
    """Address that our session descriptions name."""
    probe: float
    """Seconds between questions to the other side whether it still has the call; 0: never asked."""
    forget: Callable[["PhoneCall"], None]
    """Called once the call is over."""


class PhoneCall:
    """One call of a phone. Made by `Phone`; see `OutgoingCall` and `IncomingCall` for the ways to the answer."""

    def __init__(self, line: Line, call_id: str) -> None:
        self.call_id = call_id
        self.local_tag = secrets.token_hex(6)
        self.state = CallState.CALLING
        self.code = 0
        """The SIP status the call ended with: 200 after a conversation."""
        self.holding = False
        """Whether this phone put the call on hold."""
        self.held_by_peer = False
        self.bye_delay = 0.0
        """Seconds after which this phone answers a BYE."""
        self._line = line
        self._dialog: Dialog | None = None
        self._sequence = 0
        self._peer_sequence = -1
        self._media_port = 16_384 + 2 * secrets.randbelow(8192)
        self._descriptions = 0
        self._pending: ClientTransaction | None = None
        self._unacknowledged: ServerTransaction | None = None
        self._acknowledged = asyncio.Event()
        self._waiting: list[tuple[CallState, asyncio.Future[None]]] = []
        self._tasks: set[asyncio.Task[None]] = set()

    # --- watching ---

    async def until(self, state: str) -> None:
        """Wait for a `CallState`. Returns at once if it is there or, for a stage of set-up, if it is past.

        Raises `CallOver` if the call ends without.
        """
        wanted = CallState(state)
        if self._has_reached(wanted):
            return
        if self.state is CallState.ENDED:
            raise CallOver(self.code)
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((wanted, future))
        await future

    def _has_reached(self, wanted: CallState) -> bool:
        past_setup = wanted in SETTING_UP and self.state in CONNECTED
        past_ending = wanted is CallState.ENDING and self.state is CallState.ENDED
        return self.state is wanted or past_setup or past_ending

    def _move(self, state: CallState) -> None:
        self.state = state
        waiting, self._waiting = self._waiting, []
        for wanted, future in waiting:
            if future.done():
                continue
            if self._has_reached(wanted):
                future.set_result(None)
            elif state is CallState.ENDED:
                future.set_exception(CallOver(self.code))
            else:
                self._waiting.append((wanted, future))

    def _end(self, code: int) -> None:
        if self.state is CallState.ENDED:
            return
        self.code = code
        self._move(CallState.ENDED)
        running = asyncio.current_task()
        for task in self._tasks:
            if task is not running:
                task.cancel()
        self._line.forget(self)

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # --- acting ---

    async def bye(self) -> None:
        """Hang up an answered call; returns when the other side confirmed it, or was given up."""
        if self.state is CallState.ENDING:
            await self.until("ended")
        if self.state not in CONNECTED:
            return
        self._move(CallState.ENDING)
        await self._ask("BYE")
        self._end(200)

    async def hold(self) -> None:
        """Put the call on hold with a re-INVITE.

        Raises `Refused` if the other side will not, `CallOver` if the call is over.
        """
        await self._offer("sendonly")
        self.holding = True
        self._settle_hold()

    async def resume(self) -> None:
        """Take the call off hold. Raises like `hold`."""
        await self._offer("sendrecv")
        self.holding = False
        self._settle_hold()

    async def hang_up(self) -> None:
        """End the call in whatever stage it is."""
        await self.bye()

    def vanish(self) -> None:
        """Disappear from the network: say nothing, hear nothing, as a phone whose battery died."""
        self._line.endpoint.silence(self.call_id)
        self._end(0)

    async def _ask(self, method: str) -> Response:
        dialog = self._established()
        request = dialog.request(method, self._next_sequence())
        return await self._line.endpoint.ask(request, dialog.next_hop)

    async def _offer(self, direction: str) -> None:
        if self.state not in CONNECTED:
            raise CallOver(self.code)
        if self._pending is not None:
            raise Refused("INVITE", 491)
        dialog = self._established()
        request = dialog.request(
            "INVITE", self._next_sequence(), *self._session_headers(), body=self._describe(direction)
        )
        response = await self._invite(request, dialog.next_hop)
        if response.code in _GONE:
            self._end(response.code)
            raise CallOver(response.code)
        if response.code >= 300:
            raise Refused("INVITE", response.code)

    async def _invite(self, request: Request, to: str) -> Response:
        """Send an INVITE, acknowledge every 2xx to it, and wait for its final response."""
        final: asyncio.Future[Response] = asyncio.get_running_loop().create_future()
        acknowledgement: Request | None = None

        def hear(response: Response) -> None:
            nonlocal acknowledgement
            if response.code < 200:
                self._progress(response)
                return
            if response.code < 300:
                acknowledgement = acknowledgement or self._acknowledgement(response)
                self._line.endpoint.send(acknowledgement, self._established().next_hop)
            if not final.done():
                final.set_result(response)

        self._pending = self._line.endpoint.begin(request, to, hear)
        try:
            return await final
        finally:
            self._pending = None

    def _progress(self, response: Response) -> None:
        """A provisional answer to an INVITE came: of interest while the call is set up."""

    def _acknowledgement(self, response: Response) -> Request:
        self._establish(response)
        request = self._established().request("ACK", response.sequence)
        return self._line.endpoint.with_via(request)

    def _establish(self, response: Response) -> None:
        """A 2xx to an INVITE came: it can name a new target (RFC 3261 section 12.2.1.2)."""
        self._retarget(response)

    def _established(self) -> Dialog:
        if self._dialog is None:
            raise CallOver(self.code)
        return self._dialog

    def _retarget(self, message: Request | Response) -> None:
        contacts = items(message.first("Contact"))
        if contacts and self._dialog is not None:
            self._dialog = msgspec.structs.replace(self._dialog, target=read_address(contacts[0]).uri)

    def _next_sequence(self) -> int:
        self._sequence += 1
        return self._sequence

    def _describe(self, direction: str = "sendrecv") -> bytes:
        self._descriptions += 1
        return describe(self._line.media, self._media_port, self._descriptions, direction)

    def _session_headers(self) -> Headers:
        return (("Contact", f"<{self._line.contact}>"), ALLOW, _SDP)

    def _connect(self) -> None:
        self._move(CallState.ANSWERED)
        if self._line.probe:
            self._spawn(self._keep_asking())

    async def _keep_asking(self) -> None:
        while self.state is not CallState.ENDED:
            await asyncio.sleep(self._line.probe)
            response = await self._ask("OPTIONS")
            if response.code in _GONE and self.state in CONNECTED:
                self._end(response.code)

    # --- hearing ---

    def receive(self, request: Request, transaction: ServerTransaction) -> None:
        """Take a request of the other side inside this call."""
        if request.method == "ACK":
            self._acknowledge(request)
            return
        if request.sequence < self._peer_sequence:
            transaction.respond(reply(request, 500, reason="CSeq out of order"))
            return
        self._peer_sequence = request.sequence
        match request.method:
            case "BYE":
                self._receive_bye(request, transaction)
            case "INVITE":
                self._receive_offer(request, transaction)
            case "OPTIONS" | "INFO":
                transaction.respond(reply(request, 200, headers=(ALLOW,)))
            case _:
                transaction.respond(reply(request, 405, headers=(ALLOW,)))

    def _acknowledge(self, request: Request) -> None:
        waiting = self._unacknowledged
        if waiting is not None and waiting.request.sequence == request.sequence:
            waiting.acknowledge()
            self._acknowledged.set()

    def _receive_bye(self, request: Request, transaction: ServerTransaction) -> None:
        if self.state is CallState.ENDING:
            transaction.respond(reply(request, 200))
            return
        self._move(CallState.ENDING)
        self._spawn(self._confirm_bye(request, transaction))

    async def _confirm_bye(self, request: Request, transaction: ServerTransaction) -> None:
        await asyncio.sleep(self.bye_delay)
        transaction.respond(reply(request, 200))
        self._end(200)

    def _receive_offer(self, request: Request, transaction: ServerTransaction) -> None:
        if self._pending is not None:
            transaction.respond(reply(request, 491))
            return
        if self.state not in CONNECTED:
            transaction.respond(reply(request, 488))
            return
        self._retarget(request)
        if request.body:
            self.held_by_peer = direction_of(request.body) in _HOLDS
        self._accept(request, transaction)
        self._settle_hold()

    def _accept(self, request: Request, transaction: ServerTransaction) -> None:
        """Answer an INVITE with 200 and our description: an answer to its offer or, if it has none, an offer."""
        offered = direction_of(request.body) if request.body else "sendrecv"
        direction = ANSWERS[offered]
        if self.holding:
            direction = "inactive" if offered in _HOLDS else "sendonly"
        self._unacknowledged = transaction
        self._acknowledged.clear()
        answer = reply(
            request, 200, tag=self.local_tag, headers=self._session_headers(), body=self._describe(direction)
        )
        transaction.respond(answer, unacknowledged=self._give_up)

    def _give_up(self) -> None:
        """RFC 3261 section 13.3.1.4: without an ACK the call is ended with a BYE."""
        self._acknowledged.set()
        self._spawn(self.bye())

    def _settle_hold(self) -> None:
        if self.state in CONNECTED:
            self._move(CallState.HELD if self.holding or self.held_by_peer else CallState.ANSWERED)
