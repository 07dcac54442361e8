"""A SIP phone of our own over UDP: it registers, makes calls, and deals with those that come in."""

import asyncio
import secrets
from collections.abc import Callable
from typing import Self

from callboard.demo.credentials import CHALLENGED, Credentials
from callboard.demo.endpoint import Endpoint
from callboard.demo.incoming import Behaviour, IncomingCall
from callboard.demo.outgoing import OutgoingCall
from callboard.demo.phone_call import ALLOW, Line, PhoneCall, Refused
from callboard.demo.sip import Address, Request, Response, items, parameter, read_address, reply, with_headers
from callboard.demo.transactions import ServerTransaction, Timers

__all__ = ["Phone"]

_GOODBYE = 4.0
"""Seconds that calls get to end properly when a phone is switched off."""


def _answer_at_once(call: IncomingCall) -> Behaviour:
    return Behaviour()


class Phone:
    """A phone with one UDP socket, which serves all its calls and its registration.

    `server` is the `host:port` of its switch, or of another phone: without a switch they call each other directly.
    `behave` says what becomes of a call that comes in; by default it is answered at once. `media` is the address that
    its session descriptions name. `loses` says which outgoing packets the network loses, `probe` after how many
    seconds each a call asks the other side whether it is still there (0: never).
    """

    def __init__(
        self,
        user: str,
        password: str = "",
        server: str = "127.0.0.1:5060",
        *,
        name: str = "",
        bind: str = "127.0.0.1:0",
        media: str = "127.0.0.1",
        behave: Callable[[IncomingCall], Behaviour] = _answer_at_once,
        timers: Timers | None = None,
        loses: Callable[[bytes], bool] = lambda packet: False,
        probe: float = 0.0,
    ) -> None:
        self.user, self.server, self.name = user, server, name
        self._credentials = Credentials(user, password)
        self._bind, self._media, self._behave, self._probe = bind, media, behave, probe
        self._endpoint = Endpoint(self._receive, timers, loses)
        self._calls: dict[tuple[str, str], PhoneCall] = {}
        self._registration = f"{secrets.token_hex(8)}@{user}"
        self._registrations = 0

    @property
    def address(self) -> str:
        """`host:port` of its socket."""
        return self._endpoint.address

    @property
    def calls(self) -> tuple[PhoneCall, ...]:
        """Its calls that are not over."""
        return tuple(self._calls.values())

    async def open(self) -> None:
        """Switch it on. Raises OSError if its address is taken."""
        await self._endpoint.open(self._bind)

    async def close(self) -> None:
        """Hang up every call, wait a moment for the confirmations, and switch it off."""
        for call in self.calls:
            call.bye_delay = 0.0
        if self._calls:
            await asyncio.wait([asyncio.ensure_future(call.hang_up()) for call in self.calls], timeout=_GOODBYE)
        for call in self.calls:
            call.vanish()
        await self._endpoint.close()

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(self, *problem: object) -> None:
        await self.close()

    # --- registering ---

    async def register(self, expires: int = 3600) -> int:
        """Tell the switch where this phone is, for `expires` seconds; returns the seconds granted.

        Raises `Refused` if the switch will not have it; a switch that does not answer counts as 408.
        """
        response = await self._ask_to_register(expires)
        if response.code >= 300:
            raise Refused("REGISTER", response.code)
        return self._granted(response, expires)

    async def unregister(self) -> None:
        """Take the registration back. Raises like `register`."""
        await self.register(0)

    async def _ask_to_register(self, expires: int) -> Response:
        request = self._register_request(expires)
        response = await self._endpoint.ask(request, self.server)
        answer = self._credentials.answer(response, "REGISTER", request.uri) if response.code in CHALLENGED else None
        if answer is None:
            return response
        return await self._endpoint.ask(with_headers(self._register_request(expires), answer), self.server)

    def _register_request(self, expires: int) -> Request:
        self._registrations += 1
        me = Address(self._uri(self.user), self.name)
        headers = (
            ("Max-Forwards", "70"),
            ("From", f"{me};tag={secrets.token_hex(6)}"),
            ("To", str(me)),
            ("Call-ID", self._registration),
            ("CSeq", f"{self._registrations} REGISTER"),
            ("Contact", f"<{self._contact}>"),
            ("Expires", str(expires)),
        )
        return Request(method="REGISTER", uri=f"sip:{self.server}", headers=headers)

    def _granted(self, response: Response, asked: int) -> int:
        for contact in (item for value in response.all("Contact") for item in items(value)):
            granted = parameter(contact, "expires")
            if read_address(contact).uri == self._contact and granted.isdigit():
                return int(granted)
        stated = response.first("Expires")
        return int(stated) if stated.isdigit() else asked

    # --- calling ---

    async def call(
        self, number: str, *, name: str | None = None, media: str | None = None, authenticate_after: float = 0.0
    ) -> OutgoingCall:
        """Call a number. Returns at once: wait with `until` for what becomes of it.

        `name` and `media` replace the phone's own for this call; `authenticate_after` is how many seconds it lets a
        challenge wait.
        """
        caller = Address(self._uri(self.user), self.name if name is None else name)
        line = self._line(media or self._media)
        call = OutgoingCall(line, self._uri(number), caller, authenticate_after=authenticate_after)
        self._calls[(call.call_id, call.local_tag)] = call
        return call

    @property
    def _contact(self) -> str:
        return f"sip:{self.user}@{self.address}"

    def _uri(self, user: str) -> str:
        return f"sip:{user}@{self.server}"

    def _line(self, media: str) -> Line:
        return Line(self._endpoint, self._contact, self._credentials, media, self._probe, self._forget)

    def _forget(self, call: PhoneCall) -> None:
        self._calls.pop((call.call_id, call.local_tag), None)

    # --- being called ---

    def _receive(self, request: Request, transaction: ServerTransaction, source: str) -> None:
        tag = read_address(request.first("To")).tag
        if request.method == "CANCEL":
            self._receive_cancel(request, transaction)
        elif tag:
            self._receive_inside(request, transaction, tag)
        elif request.method == "INVITE":
            self._receive_call(request, transaction, source)
        elif request.method != "ACK":
            known = request.method == "OPTIONS"
            transaction.respond(reply(request, 200 if known else 405, tag=secrets.token_hex(6), headers=(ALLOW,)))

    def _receive_cancel(self, request: Request, transaction: ServerTransaction) -> None:
        invitation = self._endpoint.invite_of(request)
        if invitation is None:
            transaction.respond(reply(request, 481, tag=secrets.token_hex(6)))
            return
        transaction.respond(reply(request, 200, tag=secrets.token_hex(6)))
        for call in self.calls:
            if isinstance(call, IncomingCall) and call.invitation is invitation:
                call.cancelled()

    def _receive_inside(self, request: Request, transaction: ServerTransaction, tag: str) -> None:
        call = self._calls.get((request.call_id, tag))
        if call is not None:
            call.receive(request, transaction)
        elif request.method != "ACK":
            transaction.respond(reply(request, 481))

    def _receive_call(self, request: Request, transaction: ServerTransaction, source: str) -> None:
        call = IncomingCall(self._line(self._media), request, transaction, source)
        self._calls[(call.call_id, call.local_tag)] = call
        call.follow(self._behave(call))
