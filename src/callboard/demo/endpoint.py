"""A UDP socket with SIP's transaction layer on it: what a phone or a carrier stands on."""

import asyncio
import secrets
from collections.abc import Callable
from contextlib import suppress

import msgspec

from callboard.demo.sip import Request, Response, Unreadable, encode, host_and_port, items, parse, reply
from callboard.demo.transactions import ClientTransaction, ServerTransaction, Timers

__all__ = ["Endpoint"]

Deliver = Callable[[Request, ServerTransaction, str], None]
"""Takes a new request, its transaction (an ACK's is never answered), and the `host:port` it came from."""

_COOKIE = "z9hG4bK"
_MAX_SILENCED = 1000


class Endpoint(asyncio.DatagramProtocol):
    """One socket. Requests that are new go to `deliver`, responses to whoever made the request.

    `loses` says of each outgoing packet whether the network loses it: for trying what a bad network does.
    """

    def __init__(
        self, deliver: Deliver, timers: Timers | None = None, loses: Callable[[bytes], bool] = lambda packet: False
    ) -> None:
        self.address = ""
        """`host:port` once open."""
        self.timers = timers or Timers()
        self._deliver, self._loses = deliver, loses
        self._transport: asyncio.DatagramTransport | None = None
        self._closed = asyncio.Event()
        self._clients: dict[tuple[str, str], ClientTransaction] = {}
        self._servers: dict[tuple[str, str, str, str], ServerTransaction] = {}
        self._silenced: dict[str, None] = {}

    async def open(self, bind: str) -> None:
        """Bind to `host:port`, port 0 for any free one. Raises OSError if it is taken."""
        host, _, port = bind.rpartition(":")
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=(host, int(port)))
        name = self._transport.get_extra_info("sockname")
        self.address = f"{name[0]}:{name[1]}"

    async def close(self) -> None:
        """Drop everything under way and free the port."""
        self._abandon(lambda request: True)
        if self._transport is not None:
            self._transport.close()
            self._transport = None
            await self._closed.wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """The port is free."""
        self._closed.set()

    def begin(self, request: Request, to: str, hear: Callable[[Response], None]) -> ClientTransaction:
        """Send a request to the URI or `host:port` `to`, again until it is answered; `hear` gets the responses."""
        return self._begin(self.with_via(request), to, hear)

    def cancel(self, invite: ClientTransaction, to: str) -> None:
        """Take an INVITE back that has had a provisional response (RFC 3261 section 9.1).

        The INVITE's own 487 tells the end. If the other side does not know the INVITE any more, or is silent, none
        will come: it counts as timed out.
        """

        def hear(response: Response) -> None:
            if response.code >= 300:
                invite.time_out()

        self._begin(_cancel_of(invite.request), to, hear)

    async def ask(self, request: Request, to: str) -> Response:
        """Send a request and wait for its final response: at worst 408, of our own making."""
        final: asyncio.Future[Response] = asyncio.get_running_loop().create_future()

        def hear(response: Response) -> None:
            if response.code >= 200 and not final.done():
                final.set_result(response)

        transaction = self.begin(request, to, hear)
        try:
            return await final
        except asyncio.CancelledError:
            transaction.abandon()
            raise

    def send(self, request: Request, to: str) -> None:
        """Send a request once, without a transaction: the ACK of a 2xx, with its Via already."""
        self._send(encode(request), host_and_port(to), request.call_id)

    def with_via(self, request: Request) -> Request:
        """The request with a Via of ours, RFC 3261 section 8.1.1.7 and RFC 3581."""
        via = ("Via", f"SIP/2.0/UDP {self.address};rport;branch={_COOKIE}{secrets.token_hex(8)}")
        return msgspec.structs.replace(request, headers=(via, *request.headers))

    def invite_of(self, cancel: Request) -> ServerTransaction | None:
        """The INVITE that a CANCEL takes back, None if there is none any more."""
        return self._servers.get(_server_key(cancel, "INVITE"))

    def silence(self, call_id: str) -> None:
        """From now on neither send nor hear anything of this call: its party vanished from the network."""
        self._silenced[call_id] = None
        if len(self._silenced) > _MAX_SILENCED:
            del self._silenced[next(iter(self._silenced))]
        self._abandon(lambda request: request.call_id == call_id)

    def _abandon(self, chosen: Callable[[Request], bool]) -> None:
        under_way: tuple[ClientTransaction | ServerTransaction, ...] = (
            *self._clients.values(),
            *self._servers.values(),
        )
        for transaction in under_way:
            if chosen(transaction.request):
                transaction.abandon()

    # --- the socket ---

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Take a packet; what cannot be read is dropped."""
        try:
            message = parse(data)
        except Unreadable:
            return
        if message.call_id in self._silenced:
            return
        if isinstance(message, Response):
            self._receive_response(message)
        else:
            self._receive_request(message, addr)

    def error_received(self, exc: Exception) -> None:
        """Nobody listens at a far end: the retransmissions run out, which says the same."""

    def _receive_response(self, response: Response) -> None:
        transaction = self._clients.get((response.branch, response.sequence_method))
        if transaction is None:
            return
        with suppress(Unreadable):
            transaction.receive(response)

    def _receive_request(self, request: Request, source: tuple[str, int]) -> None:
        known = self._servers.get(_server_key(request))
        if known is not None and request.method != "ACK":
            known.repeat()
            return
        transaction = ServerTransaction(
            request, lambda data: self._send(data, source, request.call_id), self.timers, self._forget_server
        )
        if request.method != "ACK":
            self._servers[_server_key(request)] = transaction
        elif known is not None:
            known.acknowledge()
        self._deliver_readable(request, transaction, f"{source[0]}:{source[1]}")

    def _deliver_readable(self, request: Request, transaction: ServerTransaction, source: str) -> None:
        try:
            self._deliver(request, transaction, source)
        except Unreadable:
            if request.method != "ACK":
                transaction.respond(reply(request, 400))

    def _begin(self, request: Request, to: str, hear: Callable[[Response], None]) -> ClientTransaction:
        target = host_and_port(to)
        transaction = ClientTransaction(
            request, lambda data: self._send(data, target, request.call_id), hear, self.timers, self._forget_client
        )
        self._clients[(request.branch, request.method)] = transaction
        return transaction

    def _send(self, data: bytes, to: tuple[str, int], call_id: str) -> None:
        if self._transport is not None and call_id not in self._silenced and not self._loses(data):
            self._transport.sendto(data, to)

    def _forget_client(self, transaction: ClientTransaction) -> None:
        self._clients.pop((transaction.request.branch, transaction.request.method), None)

    def _forget_server(self, transaction: ServerTransaction) -> None:
        self._servers.pop(_server_key(transaction.request), None)


def _server_key(request: Request, method: str = "") -> tuple[str, str, str, str]:
    """RFC 3261 section 17.2.3; Call-ID stands in where an old client's branch says nothing."""
    via = items(request.first("Via"))[0]
    sent_by = via.partition(";")[0].split()[-1]
    wanted = method or ("INVITE" if request.method == "ACK" else request.method)
    return request.branch, sent_by, request.call_id, wanted


def _cancel_of(invite: Request) -> Request:
    kept = tuple(
        (name, value)
        for name, value in invite.headers
        if name in ("Via", "Route", "Max-Forwards", "From", "To", "Call-ID")
    )
    return Request(method="CANCEL", uri=invite.uri, headers=(*kept, ("CSeq", f"{invite.sequence} CANCEL")))
