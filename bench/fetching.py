"""Asking over a bare socket, so that what is timed is the server's work and not that of a client's library."""

import socket
import time
from typing import NamedTuple

__all__ = ["Fetched", "ask", "exchange", "get"]

_ROOM = bytearray(1 << 20)


class Fetched(NamedTuple):
    """One answer. Times are milliseconds from the question on."""

    first: float
    whole: float
    size: int
    start: bytes
    """Its first bytes."""


def get(target: str, *headers: str, method: str = "GET", body: str = "") -> bytes:
    """A question over HTTP/1.1."""
    more = (f"Content-Length: {len(body)}", *headers) if body or method != "GET" else headers
    lines = [f"{method} {target} HTTP/1.1", "Host: 127.0.0.1", *more]
    return ("\r\n".join([*lines, "", ""]) + body).encode()


def ask(port: int, question: bytes, end: bytes = b"", patience: float = 30.0) -> Fetched:
    """Ask over a connection of its own, and read to the end: of HTTP's body, or of what ends with `end`.

    To connect is part of the time. Raises TimeoutError, and ConnectionError for an answer that is cut or no success.
    """
    began = time.perf_counter()
    with socket.create_connection(("127.0.0.1", port), timeout=patience) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return exchange(connection, question, end, began)


def exchange(connection: socket.socket, question: bytes, end: bytes = b"", began: float | None = None) -> Fetched:
    """The same over a connection that is there, timed from `began` (now). Raises ConnectionError."""
    began = time.perf_counter() if began is None else began
    connection.sendall(question)
    size = _read(connection, 0)
    first = time.perf_counter()
    start = bytes(memoryview(_ROOM)[: min(size, 2000)])
    wanted, end = (None, end) if end else _framing(start)
    tail = bytes(memoryview(_ROOM)[max(0, size - 64) : size])
    while size < wanted if wanted is not None else end not in tail:
        got = _read(connection, size)
        size += got
        tail = (tail + bytes(memoryview(_ROOM)[max(0, got - 64) : got]))[-64:]
    return Fetched(1000 * (first - began), 1000 * (time.perf_counter() - began), size, start)


def _read(connection: socket.socket, so_far: int) -> int:
    got = connection.recv_into(_ROOM)
    if not got:
        raise ConnectionError(f"the answer was cut after {so_far} bytes")
    return got


def _framing(start: bytes) -> tuple[int | None, bytes]:
    """How many bytes come in all, or what ends them (RFC 9112, section 6)."""
    head, blank, _ = start.partition(b"\r\n\r\n")
    if not blank or not head.split(b" ", 2)[1].startswith(b"2"):
        raise ConnectionError(f"no success: {start[:300]!r}")
    lowered = head.lower()
    if b"chunked" in lowered:
        return None, b"\r\n0\r\n\r\n"
    length = lowered.partition(b"content-length:")[2].partition(b"\r\n")[0]
    return len(head) + 4 + int(length), b""
