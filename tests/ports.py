"""Ports for the servers that tests run."""

import random
import socket

__all__ = ["free_port"]


def free_port() -> int:
    """A UDP and TCP port that is free on loopback, and not one that the system hands out by itself meanwhile."""
    while True:
        port = random.randrange(15_000, 32_000)
        try:
            for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
                with socket.socket(socket.AF_INET, kind) as probe:
                    probe.bind(("127.0.0.1", port))
        except OSError:
            continue
        return port
