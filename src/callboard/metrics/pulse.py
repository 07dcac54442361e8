"""The event loop's pulse: how late it comes to what is due, which is how long everybody waits."""

import asyncio

from callboard.metrics.distribution import Distribution

__all__ = ["feel_pulse"]

BEAT = 0.5
"""Seconds between two beats."""


async def feel_pulse(lag: Distribution) -> None:
    """Count how late each beat is, until cancelled."""
    loop = asyncio.get_running_loop()
    while True:
        due = loop.time() + BEAT
        await asyncio.sleep(BEAT)
        lag.add(max(0.0, loop.time() - due))
