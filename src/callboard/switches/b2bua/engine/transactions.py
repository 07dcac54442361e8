"""The transaction layer of the `sippy` package, with its defects mended.

What is different from the package, and why:

- A fault in a handler is answered and its transaction dropped, where the package would keep it for ever.
- Unreadable packets are answered if they can be, counted, and neither printed nor remembered.
- Retransmission of a request that was given up stops.
- Repeats of anything but an INVITE are never more than T2 apart (RFC 3261 sections 13.3.1.4 and 17.1.2.1).
- Timers and the socket are the engine's own: one thread, packets in order, no signals.
"""

from collections.abc import Callable
from hashlib import md5
from typing import Any

import sippy.SipTransactionManager
from sippy.Network_server import Remote_address
from sippy.SipRequest import SipRequest
from sippy.SipTransactionManager import (
    RINGING,
    TRYING,
    UACK,
    SipTMRetransmitO,
    SipTransaction,
    SipTransactionManager,
    check1918,
)

from callboard.switches.b2bua.engine.faults import Faults
from callboard.switches.b2bua.engine.limits import Allowance
from callboard.switches.b2bua.engine.network import Address, Network
from callboard.switches.b2bua.engine.packets import Unreadable, courtesy, is_keepalive, read
from callboard.switches.b2bua.engine.timers import Timer, Timers

__all__ = ["Transactions", "is_open"]

_CACHED = 100_000
"""Answers remembered for retransmitted requests; beyond that the older half goes early."""
_ROTATION = 32.0
"""Seconds. An answer is remembered between one and two of them (64 times T1 is how long a request is repeated)."""
_T2 = 4.0
"""Seconds."""
_COURTESY_RATE = 10.0
_COURTESY_BURST = 50.0
"""Answers a second, and at once, to one source that sends what cannot be read."""


def is_open(transaction: Any) -> bool:
    """Whether a server transaction still lacks its final answer."""
    return transaction.state in (TRYING, RINGING)


class Transactions(SipTransactionManager):  # type: ignore[misc]  # the package is untyped
    """Every SIP transaction in progress. `handle(request, transaction)` is given each new request."""

    def __init__(self, network: Network, timers: Timers, faults: Faults, handle: Callable[[Any, Any], Any]) -> None:
        # The package's own constructor opens sockets and starts threads; these are the members it would set.
        self.tclient: dict[Any, Any] = {}
        self.tserver: dict[Any, Any] = {}
        self.l1rcache: dict[bytes, Any] = {}
        self.l2rcache: dict[bytes, Any] = {}
        self.req_consumers: dict[str, Any] = {}
        self.req_cb = handle
        self.l4r = self
        self.malformed = 0
        self.refused = 0
        self._network = network
        self._timers = timers
        self._faults = faults
        self._courtesies = Allowance(_COURTESY_RATE, _COURTESY_BURST)
        # The package's timers need its own event loop, which wants signals and threads of its own.
        sippy.SipTransactionManager.Timeout = self._timeout
        timers.after(_ROTATION, self._rotate)

    def __len__(self) -> int:
        return len(self.tclient) + len(self.tserver)

    def getServer(self, address: Address, is_local: bool = False) -> Any:  # noqa: N802  sippy's name
        """Our end as `address` sees it."""
        return self._network.towards(address)

    # --- packets in

    def receive(self, data: bytes, source: Address) -> None:
        """Handle one packet. Never raises: whatever it holds, the next one is handled."""
        with self._faults.contained("a packet"):
            self._receive(data, source)

    def _receive(self, data: bytes, source: Address) -> None:
        checksum = md5(data, usedforsecurity=False).digest()
        known = self.l1rcache.get(checksum) or self.l2rcache.get(checksum)
        if known is not None:
            if known.data is not None:
                known.userv.send_to(known.data, known.address)
            return
        if is_keepalive(data):
            return
        try:
            message = read(data)
        except Unreadable as error:
            self._refuse(data, source, error)
            return
        message.setSource(Remote_address(source, "udp"))
        _see_through_nat(message, source)
        if isinstance(message, SipRequest):
            self._receive_request(message, source, checksum)
        else:
            self._receive_response(message, checksum)

    def _refuse(self, data: bytes, source: Address, error: Unreadable) -> None:
        self.malformed += 1
        if not self._courtesies.take(source[0], self._timers.clock()):
            self.refused += 1
            return
        answer = courtesy(data, error)
        if answer is not None:
            self._network.send(answer, source)

    def _receive_response(self, response: Any, checksum: bytes) -> None:
        transaction = self.tclient.get(response.getTId(True, True))
        if transaction is not None:
            self.incomingResponse(response, transaction, checksum)

    def _receive_request(self, request: Any, source: Address, checksum: bytes) -> None:
        via = request.getHFBody("via")
        if via.getAddr()[0] != source[0]:
            via.params["received"] = source[0]
        if "rport" in via.params:
            via.params["rport"] = str(source[1])
        tids = request.getTIds()
        try:
            self.incomingRequest(request, checksum, tids, self._network.towards(source))
        except Exception:
            self._drop(request)
            raise

    def _drop(self, request: Any) -> None:
        """Answer a request whose handler failed, and forget its transaction."""
        transaction = self.tserver.get(request.getTId(wBRN=True))
        if transaction is not None and is_open(transaction):
            self.sendResponse(request.genResponse(500, "Server Internal Error"), transaction)
        if transaction is not None and transaction.tid is not None and not transaction.needack:
            self.forget(transaction)

    # --- what the package does wrongly or not at all

    def send(self, request: Any, answered: Callable[[Any, Any], None], *, late_offer: bool = False) -> Any:
        """Send a request; `answered(response, transaction)` gets each response, a 408 of our own on silence.

        With `late_offer` a 2xx is not acknowledged until `acknowledge` is called.
        """
        transaction = SipTransaction()
        transaction.uack = late_offer
        return self.newTransaction(request, answered, cb_ifver=2, t=transaction)

    def acknowledge(self, transaction: Any, body: Any) -> None:
        """Send the ACK that was held back, with the answer to the offer that the 2xx carried."""
        transaction.ack.setBody(body)
        self.sendACK(transaction)

    def holds_ack(self, transaction: Any) -> bool:
        """Whether a 2xx came whose ACK is still held back."""
        return transaction.tid is not None and transaction.state is UACK

    def cancel(self, transaction: Any) -> None:
        """Cancel an INVITE: as soon as a provisional response is there. Harmless when it is over or cancelled."""
        if transaction.tid is not None and transaction.cancel is not None and not transaction.cancelPending:
            self.cancelTransaction(transaction)
            transaction.cancelPending = True

    def give_up(self, transaction: Any) -> None:
        """Stop repeating a request that nobody answered. Late responses are still told."""
        if transaction.teA is not None:
            transaction.teA.cancel()
            transaction.teA = None

    def forget(self, transaction: Any) -> None:
        """Stop everything about a server transaction: no more repeats, no more callbacks."""
        if transaction.tid is None:
            return
        for timer in (transaction.teA, transaction.teD, transaction.teE, transaction.teF):
            if timer is not None:
                timer.cancel()
        self.tserver.pop(transaction.tid, None)
        transaction.cleanup()

    def timerA(self, t: Any) -> None:  # noqa: N802  sippy's name
        """Repeat a message and set the time of the next repeat."""
        self.transmitData(t.userv, t.data, t.address)
        growing = t.method == "INVITE" and t.tid in self.tclient
        t.tout = t.tout * 2 if growing else min(t.tout * 2, _T2)
        t.teA = self._timeout(self.timerA, t.tout, 1, t)

    def doCancel(self, t: Any, rtime: Any = None, req: Any = None) -> None:  # noqa: N802  sippy's name
        """Tell the handler that the caller cancelled (`req` is its CANCEL) or that the INVITE expired (None).

        The handler gives the final answer itself: with its own To tag, and told when it is acknowledged.
        """
        if t.cancel_cb is not None:
            t.cancel_cb(rtime, req)
        else:
            super().doCancel(t, rtime, req)

    def transmitData(  # noqa: N802  sippy's name
        self, userv: Any, data: str, address: Address, cachesum: bytes | None = None, lossemul: int = 0
    ) -> None:
        """Send, without the package's log of every message."""
        userv.send_to(data, address)
        if cachesum is not None:
            self.l1rcache[cachesum] = SipTMRetransmitO(userv, data, address)
            if len(self.l1rcache) > _CACHED:
                self._forget_old_answers()

    def _timeout(self, action: Callable[..., None], seconds: float, ticks: int = 1, *arguments: Any) -> Timer:
        return self._timers.after(seconds, action, *arguments)

    def _rotate(self) -> None:
        self._forget_old_answers()
        self._timers.after(_ROTATION, self._rotate)

    def _forget_old_answers(self) -> None:
        self.l2rcache = self.l1rcache
        self.l1rcache = {}


def _see_through_nat(message: Any, source: Address) -> None:
    """Put the packet's source into a Contact with a private address that came from a public one.

    Such a phone is behind a NAT and can only be reached where it sent from. Not for REGISTER, whose Contact is to be
    repeated as it is, nor for messages that a proxy passed on: the source is the proxy's then.
    """
    if message.countHFs("contact") != 1 or message.countHFs("record-route") or check1918(source[0]):
        return
    contact = message.getHFBody("contact")
    is_register = message.getHFBody("cseq").getCSeqMethod() == "REGISTER"
    if is_register or contact.asterisk or not check1918(contact.getUrl().host):
        return
    contact.getUrl().host, contact.getUrl().port = source
