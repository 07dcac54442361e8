"""Asking over a bare socket."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from bench.fetching import ask, get


@contextmanager
def answering(*parts: bytes) -> Iterator[int]:
    """A server that answers one question with these bytes, one after the other."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(65536)
                for part in parts:
                    connection.sendall(part)

        thread = threading.Thread(target=serve)
        thread.start()
        yield listener.getsockname()[1]
        thread.join()


def test_a_body_of_a_told_length_is_read_to_its_end() -> None:
    with answering(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nabc", b"def") as port:
        fetched = ask(port, get("/"))
    assert fetched.size == 44
    assert fetched.whole >= fetched.first > 0


def test_chunks_are_read_to_the_last() -> None:
    with answering(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", b"0\r", b"\n\r\n") as port:
        assert ask(port, get("/")).size == 47 + 8 + 5


def test_what_ends_with_certain_bytes_is_read_until_they_come() -> None:
    with answering(b"Event: one\r\n\r\n", b"EventList: Comp", b"lete\r\n\r\n") as port:
        assert ask(port, b"Action: List\r\n\r\n", b"EventList: Complete").size == 37


def test_an_answer_that_is_cut_is_no_answer() -> None:
    with (
        answering(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nabc") as port,
        pytest.raises(ConnectionError, match="cut"),
    ):
        ask(port, get("/"))


def test_a_refusal_is_no_answer() -> None:
    with (
        answering(b"HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n") as port,
        pytest.raises(ConnectionError, match="no success"),
    ):
        ask(port, get("/"))


def test_a_server_that_says_nothing_is_late() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener, pytest.raises(TimeoutError):
        ask(listener.getsockname()[1], get("/"), patience=0.1)
