"""Transactions over UDP (RFC 3261 section 17): what is lost is sent again, what comes twice counts once."""

import asyncio
import math
from collections.abc import Callable

import msgspec

from callboard.demo.sip import Request, Response, encode, reply

__all__ = ["ClientTransaction", "ServerTransaction", "Timers"]


class Timers(msgspec.Struct, frozen=True):
    """The base timers of RFC 3261 appendix A, in seconds. Tests shorten them."""

    t1: float = 0.5
    """Estimate of the round trip: first retransmission."""
    t2: float = 4.0
    """Longest interval between retransmissions, INVITE requests excepted."""

    @property
    def patience(self) -> float:
        """Timers B, F and H: how long there is waited for the other side."""
        return 64 * self.t1


class _Repeat:
    """Sends something now, then again at growing intervals, until it is stopped; tells when nothing helped."""

    def __init__(self, send: Callable[[], None], longest: float, give_up: Callable[[], None], timers: Timers) -> None:
        self._send, self._longest, self._interval = send, longest, timers.t1
        loop = asyncio.get_running_loop()
        self._deadline = loop.call_later(timers.patience, give_up)
        self._next = loop.call_later(self._interval, self._again)
        send()

    def _again(self) -> None:
        self._interval = min(2 * self._interval, self._longest)
        self._next = asyncio.get_running_loop().call_later(self._interval, self._again)
        self._send()

    def slow_down(self) -> None:
        """Go on at the longest interval: the other side has it, and works on it."""
        self._interval = self._longest

    def stop(self) -> None:
        self._next.cancel()
        self._deadline.cancel()


class ClientTransaction:
    """A request of ours until its final response.

    `hear` gets every response, for an INVITE also each repeated 2xx, whose ACK must be repeated; without any final
    response in time it gets a 408 of our own making.
    """

    def __init__(
        self,
        request: Request,
        send: Callable[[bytes], None],
        hear: Callable[[Response], None],
        timers: Timers,
        forget: "Callable[[ClientTransaction], None]",
    ) -> None:
        self.request = request
        self._send, self._hear, self._timers, self._forget = send, hear, timers, forget
        self._invite = request.method == "INVITE"
        self._done = False
        packet = encode(request)
        longest = math.inf if self._invite else timers.t2
        self._repeat = _Repeat(lambda: send(packet), longest, self.time_out, timers)

    def receive(self, response: Response) -> None:
        """Take a response that the socket matched to this transaction."""
        if self._invite and response.code >= 300:
            self._send(encode(_acknowledge_failure(self.request, response)))
        if self._done:
            if self._invite and 200 <= response.code < 300:
                self._hear(response)
            return
        if response.code < 200:
            self._progress()
        else:
            self._complete()
        self._hear(response)

    def _progress(self) -> None:
        if self._invite:
            self._repeat.stop()
        else:
            self._repeat.slow_down()

    def _complete(self) -> None:
        self._done = True
        self._repeat.stop()
        if self._invite:
            asyncio.get_running_loop().call_later(self._timers.patience, self._forget, self)
        else:
            self._forget(self)

    def time_out(self) -> None:
        """Give up: nothing final came."""
        if not self._done:
            self.abandon()
            self._hear(reply(self.request, 408))

    def abandon(self) -> None:
        """Stop without a word to anybody."""
        self._done = True
        self._repeat.stop()
        self._forget(self)


def _acknowledge_failure(request: Request, response: Response) -> Request:
    """The ACK of a final response other than 2xx: part of the INVITE's own transaction, RFC 3261 section 17.1.1.3."""
    copied = tuple((name, value) for name, value in request.headers if name in ("Route", "From", "Call-ID"))
    headers = (
        ("Via", request.first("Via")),
        *copied,
        ("To", response.first("To")),
        ("CSeq", f"{request.sequence} ACK"),
        ("Max-Forwards", "70"),
    )
    return Request(method="ACK", uri=request.uri, headers=headers)


class ServerTransaction:
    """A request of the other side until we answered it; an INVITE until the answer was acknowledged."""

    def __init__(
        self,
        request: Request,
        send: Callable[[bytes], None],
        timers: Timers,
        forget: "Callable[[ServerTransaction], None]",
    ) -> None:
        self.request = request
        self.answered = False
        """Whether a final response was given."""
        self._send, self._timers, self._forget = send, timers, forget
        self._last = b""
        self._repeat: _Repeat | None = None

    def respond(self, response: Response, unacknowledged: Callable[[], None] = lambda: None) -> None:
        """Send a response, once more for each time the request comes again.

        A final response to an INVITE is repeated until its ACK (sections 13.3.1.4 and 17.2.1); if none comes in time,
        `unacknowledged` is called. Responses after a final one are ignored.
        """
        if self.answered:
            return
        self._last = encode(response)
        if response.code < 200:
            self._send(self._last)
            return
        self.answered = True
        asyncio.get_running_loop().call_later(self._timers.patience, self._forget, self)
        if self.request.method == "INVITE":
            self._repeat = _Repeat(self.repeat, self._timers.t2, lambda: self._give_up(unacknowledged), self._timers)
        else:
            self._send(self._last)

    def repeat(self) -> None:
        """Send the last response again: the request came again."""
        if self._last:
            self._send(self._last)

    def acknowledge(self) -> None:
        """The ACK came."""
        if self._repeat is not None:
            self._repeat.stop()

    def abandon(self) -> None:
        """Stop without a word to anybody."""
        self.answered = True
        self._last = b""
        self.acknowledge()

    def _give_up(self, unacknowledged: Callable[[], None]) -> None:
        self.acknowledge()
        unacknowledged()
