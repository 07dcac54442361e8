"""Dialogs (RFC 3261 section 12): what both ends of a call remember so that later requests find their way."""

import msgspec

from callboard.demo.sip import Address, Headers, Request, Response, Unreadable, items, read_address

__all__ = ["Dialog", "dialog_of_request", "dialog_of_response"]


class Dialog(msgspec.Struct, frozen=True, kw_only=True):
    """One end's view of a dialog."""

    call_id: str
    local: Address
    remote: Address
    target: str
    """The other end's Contact: the URI that requests are made to."""
    routes: tuple[str, ...] = ()
    """Route values, nearest first."""

    @property
    def next_hop(self) -> str:
        """The URI whose host requests are sent to."""
        return read_address(self.routes[0]).uri if self.routes else self.target

    def request(self, method: str, sequence: int, *headers: tuple[str, str], body: bytes = b"") -> Request:
        """A request inside the dialog, without Via: that belongs to the transaction."""
        fixed: Headers = (
            *(("Route", route) for route in self.routes),
            ("Max-Forwards", "70"),
            ("From", str(self.local)),
            ("To", str(self.remote)),
            ("Call-ID", self.call_id),
            ("CSeq", f"{sequence} {method}"),
        )
        return Request(method=method, uri=self.target, headers=fixed + headers, body=body)


def dialog_of_response(response: Response, fallback: str) -> Dialog:
    """The caller's view, from an answer to its INVITE; `fallback` is the target where the answer has no Contact."""
    return Dialog(
        call_id=response.call_id,
        local=read_address(response.first("From")),
        remote=read_address(response.first("To")),
        target=_contact(response, fallback),
        routes=tuple(reversed(_record_routes(response))),
    )


def dialog_of_request(request: Request, tag: str, fallback: str) -> Dialog:
    """The callee's view, from the INVITE; `tag` is the callee's own."""
    local = msgspec.structs.replace(read_address(request.first("To")), tag=tag)
    return Dialog(
        call_id=request.call_id,
        local=local,
        remote=read_address(request.first("From")),
        target=_contact(request, fallback),
        routes=_record_routes(request),
    )


def _contact(message: Request | Response, fallback: str) -> str:
    try:
        return read_address(items(message.first("Contact"))[0]).uri
    except (IndexError, Unreadable):
        return fallback


def _record_routes(message: Request | Response) -> tuple[str, ...]:
    return tuple(route for value in message.all("Record-Route") for route in items(value))
