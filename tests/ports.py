"""Ports for the servers that tests run."""

import os
import random
import socket

__all__ = ["free_port"]

_FIRST, _LAST = 15_000, 32_000
"""Below those that the rig's Asterisk has for media and those that the system hands out by itself."""
_WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
_WORKERS = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
_given: set[int] = set()


def free_port() -> int:
    """A UDP and TCP port that is free on loopback, and that nobody else in this run is given, neither before it is
    bound nor later.
    """
    while True:
        port = random.randrange(_FIRST + _WORKER, _LAST, _WORKERS)
        if port not in _given and _is_free(port):
            _given.add(port)
            return port


def _is_free(port: int) -> bool:
    try:
        for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
            with socket.socket(socket.AF_INET, kind) as probe:
                probe.bind(("127.0.0.1", port))
    except OSError:
        return False
    return True
