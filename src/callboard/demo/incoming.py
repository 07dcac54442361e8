"""A call that reaches a phone, up to the answer, and what phones do with such calls (RFC 3261 section 13.3)."""

import asyncio

import msgspec

from callboard.demo.dialog import dialog_of_request
from callboard.demo.phone_call import ALLOW, CallState, Line, PhoneCall
from callboard.demo.sip import Request, read_address, reply, user_of
from callboard.demo.transactions import ServerTransaction

__all__ = ["Behaviour", "IncomingCall"]


class Behaviour(msgspec.Struct, frozen=True, kw_only=True):
    """What a phone does with a call that comes in. Times are seconds."""

    delay: float = 0.0
    """Before it rings; until then it says Trying."""
    ring: float = 0.0
    """How long it rings before it answers or refuses; 0: it does not ring at all."""
    code: int = 200
    """How it answers then: 200 takes the call, 486 is busy, 603 declines; 0: it rings until the caller gives up."""
    talk: float | None = None
    """How long after the answer it hangs up; None: it leaves that to the other side."""
    bye_delay: float = 0.0
    """How long it takes to confirm when the other side hangs up."""
    silent: bool = False
    """It says nothing at all, as a far end that is down."""
    vanish_after: float | None = None
    """How long after the answer it disappears from the network without a word."""


class IncomingCall(PhoneCall):
    """A call to this phone."""

    def __init__(self, line: Line, request: Request, invitation: ServerTransaction, source: str) -> None:
        super().__init__(line, request.call_id)
        caller = read_address(request.first("From"))
        self.caller = user_of(caller.uri)
        self.caller_name = caller.name
        self.dialed = user_of(request.uri)
        """The number that was called."""
        self.source = source
        """`host:port` the call came from."""
        self.invitation = invitation
        self.state = CallState.RINGING
        self._dialog = dialog_of_request(request, self.local_tag, f"sip:{source}")
        self._peer_sequence = request.sequence

    def ring(self) -> None:
        """Tell the caller that the phone rings."""
        self._respond(180)

    def answer(self) -> None:
        """Take the call."""
        if self.state is CallState.RINGING:
            self._accept(self.invitation.request, self.invitation)
            self._connect()

    def refuse(self, code: int) -> None:
        """Answer with a failure, such as 486 for busy."""
        if self.state is CallState.RINGING:
            self._respond(code)
            self._end(code)

    async def hang_up(self) -> None:
        """End the call in whatever stage it is."""
        if self.state is CallState.RINGING:
            self.refuse(603)
        else:
            await self._acknowledged.wait()
            await self.bye()

    def cancelled(self) -> None:
        """The caller took the call back."""
        self.refuse(487)

    def follow(self, behaviour: Behaviour) -> None:
        """Let the call take its course by itself."""
        self.bye_delay = behaviour.bye_delay
        if behaviour.silent:
            self.vanish()
        else:
            self._spawn(self._act(behaviour))

    async def _act(self, behaviour: Behaviour) -> None:
        if behaviour.delay:
            self._respond(100)
            await asyncio.sleep(behaviour.delay)
        if behaviour.ring or not behaviour.code:
            self.ring()
        if not behaviour.code:
            return
        await asyncio.sleep(behaviour.ring)
        if behaviour.code >= 300:
            self.refuse(behaviour.code)
            return
        self.answer()
        await self._talk(behaviour)

    async def _talk(self, behaviour: Behaviour) -> None:
        if behaviour.vanish_after is not None:
            await asyncio.sleep(behaviour.vanish_after)
            self.vanish()
        elif behaviour.talk is not None:
            await asyncio.sleep(behaviour.talk)
            await self.hang_up()

    def _respond(self, code: int) -> None:
        headers = (("Contact", f"<{self._line.contact}>"), ALLOW)
        self.invitation.respond(reply(self.invitation.request, code, tag=self.local_tag, headers=headers))
