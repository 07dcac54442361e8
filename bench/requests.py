"""Small requests: how many a second one worker answers, and the processor's time that each takes it.

    python -m bench.requests                      over 10,000 calls
    python -m bench.requests --calls 100000

A client in a process of its own keeps some connections busy, each of which asks for the same, as programs that poll do,
as soon as it has its answer: no pipelining. With HTTP Digest every question differs from the last by its count. Where
the machine is busy with other things, the time of the processor is the better measure.
"""

import argparse
import re
import select
import socket
import statistics
import time
from collections.abc import Iterator
from itertools import count, repeat

import msgspec

from bench.asking import BASIC
from bench.fetching import get
from bench.listing import NOW, full_desk
from bench.processes import busy
from bench.sending import served
from bench.serving import LOGIN, PASSWORD
from bench.table import ending
from callboard.access.digest import Authorization, expected_response, ha1
from callboard.calls.legs import Call
from callboard.dialects.ozeki.settings import OzekiSettings
from callboard.directory.records import ROOT
from callboard.operations.desk import Desk

__all__ = ["Requests", "measure"]

CONNECTIONS = 16
ROWS = 10

_SIPPY = "/xmlapi/xmlapi"


class Requests(msgspec.Struct, frozen=True, kw_only=True):
    """Answers to one kind of question."""

    name: str
    """`ozeki/page` and the like."""
    title: str
    calls: int
    """In the table."""
    size: int
    """Bytes of an answer."""
    rates: tuple[float, ...]
    """Answers a second, one for each round."""
    busy: tuple[float, ...]
    """Microseconds of the server's processor time an answer, one for each round."""
    p99: float
    """Milliseconds from a question to its answer, all rounds together."""

    @property
    def rate(self) -> float:
        """The median."""
        return statistics.median(self.rates)

    @property
    def cost(self) -> float:
        """The median."""
        return statistics.median(self.busy)


def measure(calls: int = 10_000, rounds: int = 3, seconds: float = 1.0) -> tuple[Requests, ...]:
    """Every kind of question, over so many calls."""
    return measured(full_desk(calls), rounds, seconds)


def measured(desk: Desk, rounds: int, seconds: float) -> tuple[Requests, ...]:
    """The same of a desk that is there."""
    found, asked = [], questions(desk)
    with served(desk) as (port, process):
        for name, (title, several) in asked.items():
            asker = Asker(port, several)
            asker.ask(0.2)
            rates, costs = [], []
            for _ in range(rounds):
                began, spent = time.perf_counter(), busy(process)
                count = asker.ask(seconds)
                rates.append(count / (time.perf_counter() - began))
                costs.append(1e6 * (busy(process) - spent) / count)
            waits = sorted(asker.waits)
            p99 = 1000 * waits[int(0.99 * len(waits))]
            found.append(
                Requests(
                    name=name,
                    title=title,
                    calls=len(desk.table),
                    size=asker.size,
                    rates=tuple(rates),
                    busy=tuple(costs),
                    p99=p99,
                )
            )
            asker.close()
    return tuple(found)


def questions(desk: Desk) -> dict[str, tuple[str, Iterator[bytes]]]:
    """What is asked for: one call, and a customer's. A server that knows the Digest's nonce is forked from here on."""
    some = _customer(desk)
    number = desk.table.calls()[0].number
    xml = (
        "<?xml version='1.0'?><methodCall><methodName>listAllCalls</methodName><params><param><value><struct><member>"
        f"<name>i_customer</name><value><int>{some}</int></value></member></struct></value></param></params>"
        "</methodCall>"
    )
    enswitch = f"/api/json/calls/active/list/?auth_username={LOGIN}&auth_password={PASSWORD}&customer={some}"
    ozeki = f"?Username={LOGIN}-{some}&Password={PASSWORD}&command=ListActiveCalls"
    same = {
        "rest/call": ("REST, one call", get(f"/v1/calls/{number}", BASIC)),
        "rest/page": (f"REST, a page of {ROWS}", get(f"/v1/calls?limit={ROWS}", BASIC)),
        "rest/customer": ("REST, a customer's calls", get(f"/v1/calls?customer={some}", BASIC)),
        "enswitch/customer": ("Enswitch, a customer's calls", get(enswitch)),
        "ozeki/customer": ("Ozeki, a customer's calls", get(f"/api{ozeki}")),
        "ozeki/xe": ("Ozeki XE, a customer's calls", get(f"{OzekiSettings().xe_path}{ozeki}")),
        "mor/customer": (
            "MOR, a customer's calls",
            get(f"/billing/api/active_calls_get?u={LOGIN}-{some}", method="POST"),
        ),
        "sippy/customer": ("Sippy, a customer's calls", get(_SIPPY, method="POST", body=xml)),
    }
    digest = {"sippy/digest": ("Sippy with HTTP Digest, a customer's calls", _counted(desk, xml))}
    return {name: (title, repeat(question)) for name, (title, question) in same.items()} | digest


def _customer(desk: Desk) -> int:
    """One with none below, and with `ROWS` calls: the rest of its calls end."""
    owned: dict[int, list[Call]] = {}
    for call in desk.table.calls():
        customer = call.placement.customer
        if customer is not None and customer != ROOT and not desk.directory.subtree(customer) - {customer}:
            owned.setdefault(customer, []).append(call)
    some = min((each for each in owned if len(owned[each]) >= ROWS), key=lambda each: len(owned[each]))
    for call in owned[some][ROWS:]:
        for event in ending(int(call.key.native), NOW):
            desk.table.accept(event, NOW)
    desk.table.sweep(NOW + 3600)
    return some


def _counted(desk: Desk, xml: str) -> Iterator[bytes]:
    """The same question to Sippy's path, each time signed anew (RFC 7616) with the next count."""
    found = re.search('nonce="([^"]*)"', desk.access.challenge(time.time())[0])
    assert found is not None
    realm, nonce = desk.access.settings.realm, found[1]
    return (_signed(realm, nonce, number, xml) for number in count(1))


def _signed(realm: str, nonce: str, number: int, xml: str) -> bytes:
    given = Authorization(
        username=LOGIN,
        realm=realm,
        nonce=nonce,
        uri=_SIPPY,
        response="",
        qop="auth",
        nc=f"{number:08x}",
        cnonce="bench",
    )
    response = expected_response(ha1(LOGIN, realm, PASSWORD), given, "POST")
    header = (
        f'Authorization: Digest username="{LOGIN}", realm="{realm}", nonce="{nonce}", uri="{_SIPPY}", '
        f'response="{response}", algorithm=MD5, qop=auth, nc={given.nc}, cnonce="{given.cnonce}"'
    )
    return get(_SIPPY, header, method="POST", body=xml)


class Asker:
    """Connections, each of which asks the next question as soon as it has its answer. Raises ConnectionError for one
    without a length or without success.
    """

    def __init__(self, port: int, questions: Iterator[bytes]) -> None:
        self._questions = questions
        self._connections = [socket.create_connection(("127.0.0.1", port)) for _ in range(CONNECTIONS)]
        self._poll = select.epoll()
        for connection in self._connections:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._poll.register(connection, select.EPOLLIN)
        self._by_number = {connection.fileno(): connection for connection in self._connections}
        self.waits: list[float] = []
        """Seconds, one for each answer."""
        self.size = 0
        """Bytes of the last answer."""

    def ask(self, seconds: float) -> int:
        """Ask for so long; returns how many answers came."""
        count, until = 0, time.perf_counter() + seconds
        left, began = dict.fromkeys(self._by_number, 0), {}
        for number, connection in self._by_number.items():
            began[number] = time.perf_counter()
            connection.send(next(self._questions))
        while left:
            for number, _ in self._poll.poll(5.0):
                connection = self._by_number[number]
                got = connection.recv(1 << 16)
                if not got:
                    raise ConnectionError("the connection was cut")
                if not left[number]:
                    left[number] = self.size = _length(got)
                left[number] -= len(got)
                if left[number]:
                    continue
                count += 1
                now = time.perf_counter()
                self.waits.append(now - began[number])
                if now < until:
                    began[number] = now
                    connection.send(next(self._questions))
                else:
                    del left[number]
        return count

    def close(self) -> None:
        """Close every connection."""
        self._poll.close()
        for connection in self._connections:
            connection.close()


def _length(start: bytes) -> int:
    """Bytes of the answer that begins so."""
    head, blank, _ = start.partition(b"\r\n\r\n")
    length = head.partition(b"Content-Length: ")[2].partition(b"\r\n")[0]
    if not blank or not head.startswith(b"HTTP/1.1 200") or not length:
        raise ConnectionError(f"no short answer: {start[:300]!r}")
    return len(head) + 4 + int(length)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=10_000, help="calls that are up (default: 10000)")
    options = parser.parse_args()
    print("| question | bytes | answers a second | time of the processor, µs | as many a second | p99, ms |")
    print("| --- | --- | --- | --- | --- | --- |")
    for each in measure(options.calls):
        capacity = 1e6 / each.cost
        print(f"| {each.title} | {each.size} | {each.rate:,.0f} | {each.cost:.0f} | {capacity:,.0f} | {each.p99:.1f} |")


if __name__ == "__main__":
    main()
