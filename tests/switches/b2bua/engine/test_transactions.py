"""The transaction layer alone: what it makes of packets from places that a test cannot send from."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from callboard.switches.b2bua.engine.faults import Faults
from callboard.switches.b2bua.engine.network import Address, Network
from callboard.switches.b2bua.engine.timers import Timers
from callboard.switches.b2bua.engine.transactions import Transactions

PUBLIC: Address = ("203.0.113.5", 4000)
PRIVATE: Address = ("192.168.1.9", 5060)

Deliver = Callable[..., Any]


@pytest.fixture
def deliver() -> Iterator[Deliver]:
    """Hands a request from `source` to a transaction layer, and returns it as its handler sees it."""
    seen: list[Any] = []
    faults = Faults(seen.append)
    network = Network(("127.0.0.1", 0))

    def handle(request: Any, transaction: Any) -> None:
        seen.append(request)

    transactions = Transactions(network, Timers(faults, lambda: 0.0), faults, handle)

    def make(source: Address, contact: str, method: str = "INVITE", headers: str = "") -> Any:
        text = (
            f"{method} sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP 192.168.1.9;rport;branch=z9hG4bK1\r\n{headers}"
            f"From: <sip:a@b>;tag=1\r\nTo: <sip:a@b>\r\nCall-ID: 1\r\nCSeq: 1 {method}\r\nContact: {contact}\r\n\r\n"
        )
        transactions.receive(text.encode(), source)
        return seen.pop()

    yield make
    network.close()


def contact(request: Any) -> str:
    """The request's Contact."""
    return str(request.getHFBody("contact"))


def test_a_phone_behind_a_nat_is_reached_where_it_sent_from(deliver: Deliver) -> None:
    request = deliver(PUBLIC, "<sip:phone@192.168.1.9:5060>")
    assert contact(request) == "<sip:phone@203.0.113.5:4000>"
    assert request.getHFBody("via").getTAddr() == PUBLIC


@pytest.mark.parametrize(
    ("source", "value", "method", "headers"),
    [
        (PRIVATE, "<sip:phone@192.168.7.7:5060>", "INVITE", ""),
        (PUBLIC, "<sip:phone@198.51.100.1:5060>", "INVITE", ""),
        (PUBLIC, "<sip:phone@phone.example.com>", "INVITE", ""),
        (PUBLIC, "<sip:phone@192.168.1.9:5060>", "REGISTER", ""),
        (PUBLIC, "<sip:phone@192.168.1.9:5060>", "INVITE", "Record-Route: <sip:203.0.113.5;lr>\r\n"),
        (PUBLIC, "*", "REGISTER", ""),
    ],
)
def test_other_contacts_stay_as_they_are(
    deliver: Deliver, source: Address, value: str, method: str, headers: str
) -> None:
    assert contact(deliver(source, value, method, headers)) == value


def test_the_answers_kept_for_repeated_requests_are_forgotten() -> None:
    now = [0.0]
    faults = Faults(list[Any]().append)
    network, far = Network(("127.0.0.1", 0)), Network(("127.0.0.1", 0))
    timers = Timers(faults, lambda: now[0])

    def handle(request: Any, transaction: Any) -> Any:
        return request.genResponse(200, "OK"), None, None

    transactions = Transactions(network, timers, faults, handle)
    for number in range(50):
        text = (
            f"OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:{far.address[1]};branch=z9hG4bK{number}\r\n"
            f"From: <sip:a@b>;tag=1\r\nTo: <sip:a@b>\r\nCall-ID: 1\r\nCSeq: {number} OPTIONS\r\n\r\n"
        )
        transactions.receive(text.encode(), far.address)
    assert len(transactions) == 0
    assert len(transactions.l1rcache) == 50
    for _ in range(2):
        now[0] += 33
        timers.run_due()
    assert not transactions.l1rcache
    assert not transactions.l2rcache
    assert faults.count == 0
    network.close()
    far.close()
