"""A call that a phone makes, up to the answer (RFC 3261 sections 9.1, 13.2 and 22)."""

import asyncio
import secrets

from callboard.demo.credentials import CHALLENGED
from callboard.demo.dialog import dialog_of_response
from callboard.demo.phone_call import SETTING_UP, CallState, Line, PhoneCall
from callboard.demo.sip import Address, Request, Response, user_of, with_headers

__all__ = ["OutgoingCall"]

_ATTEMPTS = 3
"""INVITEs per call: one without credentials, one with, one more if the switch found the challenge stale."""


class OutgoingCall(PhoneCall):
    """A call from this phone. It is under way from the moment it is made."""

    def __init__(self, line: Line, target: str, caller: Address, *, authenticate_after: float = 0.0) -> None:
        super().__init__(line, f"{secrets.token_hex(8)}@{line.endpoint.address.rpartition(':')[0]}")
        self.number = user_of(target)
        """The number that is called."""
        self._target = target
        self._caller = caller
        self._authenticate_after = authenticate_after
        self._progressed = False
        self._cancelled = False
        self._cancel_sent = False
        self._spawn(self._set_up())

    async def cancel(self) -> None:
        """Hang up before the answer; returns when the call is over. An answer that crosses is followed by a BYE."""
        if self.state in SETTING_UP:
            self._cancelled = True
            self._move(CallState.ENDING)
            self._send_cancel()
            await self.until("ended")

    async def hang_up(self) -> None:
        """End the call in whatever stage it is."""
        await (self.cancel() if self.state in SETTING_UP else self.bye())

    async def _set_up(self) -> None:
        request = self._first_invite()
        response = await self._invite(self._numbered(request), self._target)
        for _ in range(_ATTEMPTS - 1):
            if response.code not in CHALLENGED or self._cancelled:
                break
            answer = self._line.credentials.answer(response, "INVITE", self._target)
            if answer is None:
                break
            self._move(CallState.AUTHENTICATING)
            await asyncio.sleep(self._authenticate_after)
            self._progressed = False
            response = await self._invite(with_headers(self._numbered(request), answer), self._target)
        await self._finish(response)

    async def _finish(self, response: Response) -> None:
        if response.code >= 300:
            self._end(487 if self._cancelled else response.code)
        elif self._cancelled:
            await self._ask("BYE")
            self._end(487)
        else:
            self._connect()

    def _first_invite(self) -> Request:
        headers = (
            ("Max-Forwards", "70"),
            ("From", str(Address(self._caller.uri, self._caller.name, self.local_tag))),
            ("To", f"<{self._target}>"),
            ("Call-ID", self.call_id),
            *self._session_headers(),
        )
        return Request(method="INVITE", uri=self._target, headers=headers, body=self._describe())

    def _numbered(self, request: Request) -> Request:
        return with_headers(request, ("CSeq", f"{self._next_sequence()} INVITE"))

    def _progress(self, response: Response) -> None:
        self._progressed = True
        if self._cancelled:
            self._send_cancel()
        elif response.code > 100 and self.state in SETTING_UP:
            self._move(CallState.RINGING)

    def _establish(self, response: Response) -> None:
        if self._dialog is None:
            self._dialog = dialog_of_response(response, self._target)
        else:
            super()._establish(response)

    def _send_cancel(self) -> None:
        """A CANCEL may go out once the INVITE had an answer; without an INVITE under way the call is simply over."""
        if self._pending is None:
            self._end(487)
        elif self._progressed and not self._cancel_sent:
            self._cancel_sent = True
            self._line.endpoint.cancel(self._pending, self._target)
            patience = self._line.endpoint.timers.patience
            asyncio.get_running_loop().call_later(patience, self._pending.time_out)
