"""What is sent again, and what is not; how values stand in a query."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import ClassVar

import pytest

from callboard.client import AsyncClient, Client, Conflict, NotUnderstood, Patience, TimedOut, Unavailable, Unreachable
from callboard.client.ask import Ask
from callboard.client.asks import change_record, disconnect, whoami
from callboard.client.exchange import pause
from callboard.client.problems import ClientError, problem_of
from callboard.client.queries import filters, members
from callboard.client.records import Customer

PATIENT = Patience(retries=2, first=0.5, longest=4.0)
DOWN = Unavailable(503, "unavailable", "the disk is full")
UNDER_WAY = Conflict(409, "request_under_way", "in a moment")


@pytest.mark.parametrize(
    ("ask", "error", "tried", "wait"),
    [
        (whoami(), Unreachable("gone"), 1, 0.5),
        (whoami(), TimedOut("late"), 2, 1.0),
        (whoami(), Unreachable("gone"), 3, None),
        (disconnect(960), Unreachable("gone"), 1, 0.5),
        (disconnect(960), UNDER_WAY, 1, 0.5),
        (disconnect(960), DOWN, 1, 0.5),
        (disconnect(960), Conflict(409, "conflict", "no"), 1, None),
        (change_record("customers", Customer, 3, {}), Unreachable("gone"), 1, None),
        (whoami(), Unavailable(503, "unavailable", "wait", retry_after=3.0), 1, 3.0),
        (whoami(), Unavailable(503, "unavailable", "wait", retry_after=60.0), 1, None),
        (whoami(), NotUnderstood("what"), 1, None),
    ],
)
def test_what_is_sent_again_and_when(ask: Ask[object], error: ClientError, tried: int, wait: float | None) -> None:
    assert pause(PATIENT, ask, tried, error) == wait


class Flaky(BaseHTTPRequestHandler):
    """Answers the first request of all with nothing at all, and those after it with what is asked for."""

    keys: ClassVar[list[str | None]] = []

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.keys.append(self.headers["Idempotency-Key"])
        if len(self.keys) == 1:
            self.close_connection = True
            return
        body = b'{"command": "c-1", "outcome": "pending", "words": "", "weather": "fine"}'
        self.send_response(202)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"[]")

    def log_message(self, *words: object) -> None:
        """Tests print nothing."""


@pytest.fixture
def flaky() -> Iterator[str]:
    Flaky.keys = []
    with HTTPServer(("127.0.0.1", 0), Flaky) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join(10)


def test_a_command_whose_answer_got_lost_is_sent_again_with_its_key(flaky: str) -> None:
    with Client(flaky, patience=Patience(retries=1, first=0.01)) as client:
        assert client.disconnect(960).command == "c-1"
    first, second = Flaky.keys
    assert first == second
    assert first


async def test_the_async_client_sends_it_again_with_its_key(flaky: str) -> None:
    async with AsyncClient(flaky, patience=Patience(retries=1, first=0.01)) as client:
        assert (await client.disconnect(960)).command == "c-1"
    first, second = Flaky.keys
    assert first == second
    assert first


def test_somebody_else_is_found_out(flaky: str) -> None:
    with Client(flaky) as client, pytest.raises(NotUnderstood, match="GET /v1/whoami is not answered"):
        client.whoami()


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (404, b"<html>", "it answers with status 404, not as a Callboard does"),
        (500, b"The server failed. Reference: 1a2b\nmore", "The server failed. Reference: 1a2b"),
        (418, b'{"code": "teapot", "detail": "short and stout", "status": 418}', "short and stout (teapot)"),
    ],
)
def test_errors_of_any_kind(status: int, body: bytes, words: str) -> None:
    assert str(problem_of(status, {}, body)) == words


@pytest.mark.parametrize("status", [502, 503, 504])
def test_a_proxy_whose_server_is_away_is_asked_again(status: int) -> None:
    error = problem_of(status, {}, b"<html>Bad Gateway</html>")
    assert isinstance(error, Unavailable)
    assert pause(PATIENT, whoami(), 1, error) == 0.5


def test_filters_as_a_query_and_as_a_document() -> None:
    given = {
        "state": ["ringing", "new"],
        "customer": 3,
        "suspect": False,
        "started_from": datetime(2026, 1, 2, tzinfo=UTC),
    }
    assert filters(given) == {
        "state": "ringing,new",
        "customer": "3",
        "suspect": "false",
        "started_from": "2026-01-02T00:00:00+00:00",
    }
    assert members(given)["state"] == ["ringing", "new"]
    assert members(given)["started_from"] == "2026-01-02T00:00:00+00:00"


@pytest.mark.parametrize(
    "given", [{"caller": "1,2"}, {"caller": ["1,2"]}, {"customer": []}, {"started_from": datetime(2026, 1, 2)}]  # noqa: DTZ001
)  # fmt: skip
def test_a_filter_that_would_choose_others_than_it_says_is_refused(given: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=next(iter(given))):
        filters(given)
