"""Whether an address is this machine's own, also where it is a public one."""

import socket

__all__ = ["is_own"]


def is_own(address: str) -> bool:
    """Only a machine's own addresses can be bound to. Port 0 takes any that is free, for as long as this lasts."""
    try:
        family, kind, protocol, _, place = socket.getaddrinfo(
            address, 0, type=socket.SOCK_DGRAM, flags=socket.AI_NUMERICHOST
        )[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.bind(place)
    except OSError:
        return False
    return True
