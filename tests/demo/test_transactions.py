"""Transactions: what is lost is sent again, what comes twice counts once (RFC 3261 section 17)."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from callboard.demo.sip import Request, Response, encode, parse, reply
from callboard.demo.transactions import ClientTransaction, ServerTransaction, Timers

Holds = Callable[[Callable[[], object]], Awaitable[None]]

TIMERS = Timers(t1=0.01, t2=0.04)


def request(method: str) -> Request:
    return Request(
        method=method,
        uri="sip:812@192.0.2.7",
        headers=(
            ("Via", "SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1"),
            ("Route", "<sip:192.0.2.9;lr>"),
            ("From", "<sip:801@192.0.2.7>;tag=a"),
            ("To", "<sip:812@192.0.2.7>"),
            ("Call-ID", "x"),
            ("CSeq", f"7 {method}"),
        ),
    )


class Client:
    """A client transaction with all that it sends and hears."""

    def __init__(self, method: str) -> None:
        self.sent: list[Request] = []
        self.heard: list[int] = []
        self.forgotten: list[ClientTransaction] = []
        self.transaction = ClientTransaction(
            request(method),
            self._send,
            lambda response: self.heard.append(response.code),
            TIMERS,
            self.forgotten.append,
        )

    def _send(self, data: bytes) -> None:
        message = parse(data)
        assert isinstance(message, Request)
        self.sent.append(message)

    def answer(self, code: int) -> None:
        self.transaction.receive(reply(self.transaction.request, code, tag="b"))


class TestClient:
    @pytest.mark.parametrize("method", ["INVITE", "BYE"])
    async def test_a_request_is_repeated_and_given_up_in_the_end(self, method: str, holds: Holds) -> None:
        client = Client(method)
        await holds(lambda: client.heard)
        assert client.heard == [408]
        assert len(client.sent) >= 4
        assert len({encode(message) for message in client.sent}) == 1
        assert client.forgotten == [client.transaction]

    async def test_progress_ends_the_repetition_of_an_invite(self) -> None:
        client = Client("INVITE")
        client.answer(180)
        sent = len(client.sent)
        # Longer than anything would be repeated: nothing is to happen, so there is nothing to wait for.
        await asyncio.sleep(TIMERS.patience + 0.1)
        assert (len(client.sent), client.heard) == (sent, [180])

    async def test_progress_does_not_end_the_repetition_of_others(self, holds: Holds) -> None:
        client = Client("BYE")
        client.answer(100)
        await holds(lambda: len(client.sent) >= 4)
        client.answer(200)
        assert client.heard == [100, 200]

    async def test_a_failure_is_acknowledged_each_time_and_told_once(self) -> None:
        """RFC 3261 section 17.1.1.3."""
        client = Client("INVITE")
        client.answer(486)
        client.answer(486)
        assert client.heard == [486]
        first, second = client.sent[-2:]
        assert first == second
        assert (first.method, first.uri, first.branch) == ("ACK", "sip:812@192.0.2.7", "z9hG4bK1")
        assert (first.first("CSeq"), first.first("Route")) == ("7 ACK", "<sip:192.0.2.9;lr>")
        assert first.first("To").endswith(";tag=b")

    async def test_success_is_told_each_time_so_that_it_is_acknowledged_each_time(self) -> None:
        client = Client("INVITE")
        client.answer(200)
        client.answer(200)
        client.answer(180)
        assert client.heard == [200, 200]

    async def test_a_late_failure_of_something_else_is_not_told(self) -> None:
        client = Client("BYE")
        client.answer(200)
        client.answer(481)
        assert client.heard == [200]

    async def test_what_is_abandoned_is_silent(self) -> None:
        client = Client("BYE")
        client.transaction.abandon()
        client.transaction.time_out()
        assert client.heard == []
        assert client.forgotten == [client.transaction]


class Server:
    """A server transaction with all that it sends."""

    def __init__(self, method: str) -> None:
        self.sent: list[int] = []
        self.unacknowledged = 0
        self.forgotten: list[ServerTransaction] = []
        self.transaction = ServerTransaction(request(method), self._send, TIMERS, self.forgotten.append)

    def _send(self, data: bytes) -> None:
        message = parse(data)
        assert isinstance(message, Response)
        self.sent.append(message.code)

    def answer(self, code: int) -> None:
        self.transaction.respond(reply(self.transaction.request, code, tag="b"), unacknowledged=self._tell)

    def _tell(self) -> None:
        self.unacknowledged += 1


class TestServer:
    async def test_a_repeated_request_gets_the_same_answer(self) -> None:
        server = Server("BYE")
        server.transaction.repeat()
        server.answer(200)
        server.transaction.repeat()
        assert server.sent == [200, 200]

    async def test_nothing_follows_a_final_answer(self) -> None:
        server = Server("BYE")
        server.answer(200)
        server.answer(500)
        assert server.sent == [200]

    @pytest.mark.parametrize("code", [200, 486])
    async def test_an_answer_to_an_invite_is_repeated_until_it_is_given_up(self, code: int, holds: Holds) -> None:
        server = Server("INVITE")
        server.answer(180)
        server.answer(code)
        await holds(lambda: server.unacknowledged)
        assert server.sent[:2] == [180, code]
        assert len(server.sent) >= 4
        assert server.unacknowledged == 1
        await holds(lambda: server.forgotten)

    async def test_an_ack_ends_the_repetition(self, holds: Holds) -> None:
        server = Server("INVITE")
        server.answer(486)
        server.transaction.acknowledge()
        await holds(lambda: server.forgotten)
        assert (server.sent, server.unacknowledged) == ([486], 0)
