"""The far ends of the demo's off-net calls: what becomes of a call follows from the last two digits of its number.

| last two digits | what the far end does |
| --- | --- |
| 91 | rings shortly, then is busy (486) |
| 92 | rings shortly, then declines (603) |
| 93 | rings and never answers |
| 94 | the carrier is out of order (503); the fail-over of Carrier One takes the call |
| 95 | the carrier says nothing at all; the fail-over of Carrier One takes the call |
| 96 | answers, and hangs up by itself after 20 to 60 seconds |
| 97 | answers at once, and takes two to three seconds to confirm when the caller hangs up |
| 98 | answers, and vanishes from the network after 5 seconds |
| all others | rings 1 to 8 seconds, then answers and stays |
"""

import asyncio
from enum import StrEnum
from random import Random

from callboard.demo.incoming import Behaviour, IncomingCall
from callboard.demo.phone import Phone

__all__ = ["Carriers", "FarEnd", "behaviour_of"]


class FarEnd(StrEnum):
    """The last two digits that mean something."""

    BUSY = "91"
    DECLINES = "92"
    NEVER_ANSWERS = "93"
    OUT_OF_ORDER = "94"
    SILENT = "95"
    HANGS_UP = "96"
    SLOW_END = "97"
    VANISHES = "98"


_MEDIA = {1: "127.0.1.1", 2: "127.0.1.2", 3: "127.0.2.1"}
"""Connection -> the media address its far ends name."""

_FAIL_OVER = 2
"""The connection that takes the calls which the others fail."""


def behaviour_of(number: str, random: Random, fails: bool = True) -> Behaviour:
    """What the far end of a number does; `fails` is whether it is a carrier that can be out of order."""
    delay, ring = random.uniform(0.2, 1.2), random.uniform(1.0, 8.0)
    shortly = min(ring, 3.0)
    match number[-2:]:
        case FarEnd.BUSY:
            return Behaviour(delay=delay, ring=shortly, code=486)
        case FarEnd.DECLINES:
            return Behaviour(delay=delay, ring=shortly, code=603)
        case FarEnd.NEVER_ANSWERS:
            return Behaviour(delay=delay, code=0)
        case FarEnd.OUT_OF_ORDER if fails:
            return Behaviour(code=503)
        case FarEnd.SILENT if fails:
            return Behaviour(silent=True)
        case FarEnd.HANGS_UP:
            return Behaviour(delay=delay, ring=shortly, talk=random.uniform(20.0, 60.0))
        case FarEnd.SLOW_END:
            return Behaviour(ring=0.3, bye_delay=random.uniform(2.0, 3.0))
        case FarEnd.VANISHES:
            return Behaviour(delay=delay, ring=shortly, vanish_after=5.0)
        case _:
            return Behaviour(delay=delay, ring=ring)


class Carriers:
    """The far ends of the demo's three connections. `probe` is a phone's: seconds between questions to the switch."""

    def __init__(self, random: Random, probe: float) -> None:
        self._random = random
        self._far_ends = {
            connection: Phone(
                f"carrier{connection}",
                media=media,
                behave=self._take if connection == _FAIL_OVER else self._take_or_fail,
                probe=probe,
            )
            for connection, media in _MEDIA.items()
        }

    async def open(self) -> dict[int, str]:
        """Bind; returns connection -> `host:port`."""
        for far_end in self._far_ends.values():
            await far_end.open()
        return {connection: far_end.address for connection, far_end in self._far_ends.items()}

    async def close(self) -> None:
        """Hang up what is left and free the ports."""
        await asyncio.gather(*(far_end.close() for far_end in self._far_ends.values()))

    def _take_or_fail(self, call: IncomingCall) -> Behaviour:
        return behaviour_of(call.dialed, self._random)

    def _take(self, call: IncomingCall) -> Behaviour:
        return behaviour_of(call.dialed, self._random, fails=False)
