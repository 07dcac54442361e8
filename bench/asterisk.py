"""What it costs an Asterisk to be watched, and how late we hear of its events: a thousand calls up on it, by SIPp.

    python -m bench.asterisk               1,000 calls up, 20 s each unwatched and watched
    python -m bench.asterisk --calls 200 --seconds 5

Calls come and go all the time, each lasting a minute, so that as many end as begin. The same Asterisk is measured
unwatched, then watched over the real link and the real table, then unwatched again. All programs share the machine.
"""

import argparse
import asyncio
import os
import platform
import tempfile
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack
from itertools import count
from pathlib import Path

import msgspec

from bench.processes import busy
from callboard import __version__
from callboard.calls.events import Event, Moved, SwitchListed, SwitchLost, SwitchRestarted
from callboard.calls.legs import Placement
from callboard.calls.state import CONNECTED
from callboard.switches.asterisk.adapter import AsteriskLink
from callboard.switches.asterisk.settings import AsteriskSettings
from callboard.switches.keeper import Keeper
from callboard.table.changes import Change, Kind
from callboard.table.store.numbering import BLOCK, Numbering
from callboard.table.table import Table
from tests.conformance.server import until
from tests.conformance.sipp import Callee, Caller, pause, play, run
from tests.ports import free_port
from tests.rig.asterisk import ASTERISK, INSTALL, SECRET, Asterisk, asterisk
from tests.rig.director import director

_TALK = 60
"""Seconds that a call lasts."""
_SHARES = (("p50", 0.5), ("p99", 0.99), ("worst", 1.0))


class Span(msgspec.Struct, frozen=True):
    """What was measured over some seconds."""

    name: str
    switch_cpu: float
    """Of one core."""
    our_cpu: float
    """Of one core; 0.0 while unwatched."""


class Watched:
    """The real link into the real table: how late events are that tell of a state, and how many calls came and went."""

    def __init__(self) -> None:
        blocks = count(1, BLOCK)
        self.table = Table(lambda legs: Placement(), Numbering(0, lambda size: next(blocks)), 1)
        self.table.watch(self._note, (Kind.BEGAN, Kind.ENDED))
        self.begin_anew()

    def begin_anew(self) -> None:
        """Forget what was told so far."""
        self.lags: list[float] = []
        self.came = self.went = 0

    def _note(self, change: Change) -> None:
        if change.kind is Kind.BEGAN:
            self.came += 1
        else:
            self.went += 1

    def tell(self, event: Event) -> None:
        now = time.time()
        if isinstance(event, Moved):
            self.lags.append(now - event.at)
        self.table.accept(event, now)

    def take_in(self, event: SwitchListed | SwitchLost | SwitchRestarted) -> Iterator[None]:
        return self.table.accept_in_steps(event, time.time)

    @property
    def up(self) -> int:
        return sum(call.state in CONNECTED for call in self.table.calls())


async def _span(name: str, switch: Asterisk, seconds: int, watched: bool) -> Span:
    pids = (switch.process.pid, os.getpid())
    began, before = time.monotonic(), [busy(pid) for pid in pids]
    await asyncio.sleep(seconds)
    wall = time.monotonic() - began
    theirs, ours = ((busy(pid) - then) / wall for pid, then in zip(pids, before, strict=True))
    return Span(name, theirs, ours if watched else 0.0)


async def _channels(switch: Asterisk, wanted: int) -> None:
    """Wait until so many channels are up."""
    async with director(switch) as master:

        async def there() -> bool:
            await asyncio.sleep(0.5)
            return int((await master.ask("CoreStatus"))["CoreCurrentCalls"]) >= wanted

        await until(there, f"{wanted} channels", patience=4 * _TALK)


async def measure(calls: int, seconds: int) -> tuple[list[Span], Watched, int]:
    """The spans, what was heard in the watched one, and the calls that the table had up at its end."""
    caller, callee = Caller(user="alice"), Callee()
    answering = play("callee", callee.invited(), callee.ring(), callee.answer(), callee.hung_up())
    acts = (caller.invite(), caller.trying(), caller.answered(1), pause(_TALK * 1000), caller.bye(2))
    far_end = free_port()
    watched = Watched()
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        switch = await stack.enter_async_context(asterisk(free_port(), free_port(), far_end))
        await stack.enter_async_context(run(folder, "callee", answering, "-p", str(far_end), "-timeout", "900"))
        rate = ("-r", str(calls), "-rp", str(_TALK * 1000), "-l", str(2 * calls), "-timeout", "900")
        options = ("-p", str(free_port()), *rate, "-s", "442079460123", f"127.0.0.1:{switch.sip}")
        await stack.enter_async_context(run(folder, "caller", play("caller", *acts), *options))
        await _channels(switch, int(1.95 * calls))
        before = await _span("unwatched", switch, seconds, watched=False)
        settings = AsteriskSettings(name="pbx", port=switch.ami, secret=SECRET)
        keeper = Keeper(
            "pbx",
            lambda tell: AsteriskLink(settings, tell, lambda why: keeper.resync(why)),
            watched.tell,
            watched.take_in,
        )
        keeper.start()

        async def all_there() -> bool:
            return keeper.health().up

        await until(all_there, "the first full list")
        watched.begin_anew()
        during = await _span("watched", switch, seconds, watched=True)
        up, list_took = watched.up, keeper.health().list_took
        await keeper.stop()
        after = await _span("unwatched again", switch, seconds, watched=False)
    print(f"full list: {list_took * 1000:.0f} ms")
    return [before, during, after], watched, up


def _at(lags: list[float], share: float) -> float:
    return 1000 * sorted(lags)[min(len(lags) - 1, int(share * len(lags)))]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=1000, help="calls up at once")
    parser.add_argument("--seconds", type=int, default=20, help="length of each measurement")
    arguments = parser.parse_args()
    if not ASTERISK:
        raise SystemExit(INSTALL)
    spans, watched, up = asyncio.run(measure(arguments.calls, arguments.seconds))
    print(f"Callboard {__version__}, Python {platform.python_version()}, {os.cpu_count()} cores")
    print(
        f"load average {os.getloadavg()[0]:.1f}; {up} calls up in the table; {watched.came} came, {watched.went} went"
    )
    for span in spans:
        print(f"{span.name:16} switch {span.switch_cpu:6.1%}   Callboard {span.our_cpu:6.1%} of a core")
    lags = ", ".join(f"{name} {_at(watched.lags, share):.1f} ms" for name, share in _SHARES)
    print(f"{len(watched.lags)} events; lag {lags}")


if __name__ == "__main__":
    main()
