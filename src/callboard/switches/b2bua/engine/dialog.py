"""A dialog (RFC 3261 section 12): what two user agents must remember to send each other requests."""

import secrets
from typing import Any

from sippy.SipAddress import SipAddress
from sippy.SipCallId import SipCallId
from sippy.SipContact import SipContact
from sippy.SipFrom import SipFrom
from sippy.SipMaxForwards import SipMaxForwards
from sippy.SipRequest import SipRequest
from sippy.SipRoute import SipRoute
from sippy.SipTo import SipTo
from sippy.SipVia import SipVia

from callboard.switches.b2bua.engine.messages import SERVER
from callboard.switches.b2bua.engine.network import Address

__all__ = ["Dialog", "contact_at", "first_sequence", "new_tag", "via_at"]


def new_tag() -> str:
    """A tag nobody can guess: knowing both tags of a dialog is what entitles to end it."""
    return secrets.token_hex(12)


def first_sequence() -> int:
    """A CSeq number to begin with."""
    return secrets.randbelow(2**30) + 1


def contact_at(address: Address) -> str:
    """The Contact value for our end at `address`."""
    return f"<sip:callboard@{address[0]}:{address[1]}>"


def via_at(address: Address) -> Any:
    """The Via of a request sent from our end at `address`, with a branch of its own."""
    via = SipVia(f"SIP/2.0/UDP {address[0]}:{address[1]};rport;branch=z9hG4bK{secrets.token_hex(12)}")
    via.parse()
    return via


class Dialog:
    """One side's dialog. `local` and `remote` are From and To with their tags, as our requests send them."""

    def __init__(
        self,
        *,
        call_id: str,
        local: Any,
        remote: Any,
        sequence: int,
        here: Address,
        source: Address,
        target: Any = None,
    ) -> None:
        self.call_id = call_id
        self.remote_tag: str | None = remote.getTag()
        self.remote_sequence: int | None = None
        self.contact = contact_at(here)
        self._here = here
        self._local = SipFrom(address=local.address)
        self._remote = SipTo(address=remote.address)
        self._sequence = sequence
        self._source = source
        self._target = target
        self._routes: list[Any] = []
        self._address = source

    def aim(self, message: Any, routes: list[Any] | None = None) -> None:
        """Take the remote target from a message's Contact and, if given, the route set (section 12.1).

        Without routes, requests go to the Contact's address; to the packet's source if the Contact has none. They
        go over UDP whatever the Contact's `transport` says, and however it spells it: there is nothing else here.
        """
        if message.countHFs("contact") > 0 and not message.getHFBody("contact").asterisk:
            self._target = message.getHFBody("contact").getUrl().getCopy()
        if routes is not None:
            self._routes = [SipRoute(address=route.address.getCopy()) for route in routes]
        if self._routes:
            self._address = self._routes[0].getUrl().getTAddr()[0]
        elif self._target is not None:
            host, port = self._target.getTAddr()[0]
            self._address = (host, port or 5060) if host else self._source

    def request(self, method: str, body: Any = None, max_forwards: int = 70) -> Any:
        """A new request inside the dialog (section 12.2.1.1)."""
        target, routes = self._hops()
        request = SipRequest(
            method=method,
            ruri=target,
            to=self._remote.getCopy(),
            fr0m=self._local.getCopy(),
            via=via_at(self._here),
            cseq=self._sequence,
            callid=SipCallId(self.call_id),
            contact=SipContact(self.contact) if method == "INVITE" else None,
            routes=routes,
            target=(self._address, "udp"),
            user_agent=SERVER,
            maxforwards=SipMaxForwards(number=max_forwards),
        )
        self._sequence += 1
        if method == "INVITE":
            request.delHFs("expires")
        if body is not None:
            request.setBody(body)
        return request

    def _hops(self) -> tuple[Any, tuple[Any, ...]]:
        routes = [route.getCopy() for route in self._routes]
        target = self._target.getCopy()
        if routes and not routes[0].getUrl().lr:
            # A strict router wants itself in the Request-URI and the target last (section 12.2.1.1).
            first = routes.pop(0).getUrl()
            return first, (*routes, SipRoute(address=SipAddress(url=target)))
        return target, tuple(routes)
