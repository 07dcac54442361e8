"""What this machine can do at most: copying memory and moving bytes over loopback, measured in the same run."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np

from bench.figures import Better, Figure, Section

__all__ = ["copying", "loopback", "measure"]

_BLOCK = 1 << 18
_SIZES = {"cache": 1 << 20, "memory": 100_000_000}


def measure(rounds: int = 15) -> Section:
    """The section of the report."""
    began = time.monotonic()
    figures = [
        _speed(
            f"limits/copy-{name}", f"copying {size / 1e6:.0f} MB to memory that is there", size, _copies(size, rounds)
        )
        for name, size in _SIZES.items()
    ]
    size = _SIZES["memory"]
    with loopback(size) as move:
        figures.append(
            _speed("limits/loopback", f"{size / 1e6:.0f} MB over loopback TCP", size, [move() for _ in range(rounds)])
        )
    calls = Figure(
        name="limits/call",
        title="a call of a Python function",
        unit="ns",
        samples=tuple(_call() for _ in range(rounds)),
        best=True,
    )
    return Section(
        key="limits",
        title="What the machine can do",
        about="The best round counts: what else runs can only slow it.",
        figures=(*figures, calls),
        seconds=time.monotonic() - began,
    )


def _speed(name: str, title: str, size: int, milliseconds: list[float]) -> Figure:
    samples = tuple(size / 1e6 / each for each in milliseconds)
    return Figure(name=name, title=title, unit="GB/s", samples=samples, better=Better.HIGHER, best=True)


def _copies(size: int, rounds: int) -> list[float]:
    copy = copying(size)
    copy()
    return [_timed(copy) for _ in range(rounds)]


def _timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return 1000 * (time.perf_counter() - began)


def copying(size: int) -> Callable[[], None]:
    """Copies so many bytes to memory that was written before."""
    source, target = np.ones(size, np.uint8), np.zeros(size, np.uint8)
    return lambda: np.copyto(target, source)


@contextmanager
def loopback(size: int) -> Iterator[Callable[[], float]]:
    """What comes out asks a bare socket for so many bytes, and says how many milliseconds they took."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=_give, args=(listener, size), daemon=True).start()
        with socket.create_connection(listener.getsockname()) as connection:
            room = bytearray(1 << 20)

            def move() -> float:
                began, left = time.perf_counter(), size
                connection.sendall(b"x")
                while left:
                    left -= connection.recv_into(room, min(left, len(room)))
                return 1000 * (time.perf_counter() - began)

            yield move


def _give(listener: socket.socket, size: int) -> None:
    connection, _ = listener.accept()
    block = memoryview(bytes(_BLOCK))
    with connection:
        while connection.recv(1):
            for _ in range(size // _BLOCK):
                connection.sendall(block)
            connection.sendall(block[: size % _BLOCK])


def _call() -> float:
    """Nanoseconds."""

    def nothing() -> None:
        pass

    began = time.perf_counter()
    for _ in range(100_000):
        nothing()
    return (time.perf_counter() - began) * 1e4
