"""Calls a second through the embedded switch, with everything on: SIPp calls, Callboard, SIPp answers.

    python -m bench.switch             both loads, 45 s of new calls each
    python -m bench.switch --seconds 10

A load passes if no call failed and none was left over. All programs share the machine, so the figures say what it can
do with SIPp's own work included.
"""

import argparse
import asyncio
import csv
import os
import platform
import sys
import tempfile
import time
from pathlib import Path

import msgspec

from bench.processes import busy
from callboard import __version__
from callboard.demo.directory import demo_document
from tests.conformance.server import Server, serve, until
from tests.conformance.sipp import Act, Callee, Caller, pause, play, run
from tests.ports import free_port

_TALK = 15
"""Seconds that a call lasts, which with the rate gives the calls that are up at once."""
_DRAIN = 60.0


class Load(msgspec.Struct, frozen=True):
    """A rate of calls, and how the callers prove who they are."""

    name: str
    rate: int
    """Calls a second."""
    digest: bool

    @property
    def at_once(self) -> int:
        """Calls that are up when as many end as begin."""
        return self.rate * _TALK


class Result(msgspec.Struct, frozen=True):
    """What came of a load."""

    load: Load
    calls: int
    """That were to be made."""
    answered: int
    """That came to an end as they should."""
    seconds: float
    """In which they came in."""
    failed: int
    retransmissions: int
    peak: int
    """Most calls seen up at once."""
    left: int
    """Live rows in the table when every SIPp call had ended."""
    list_ms: float
    """Median time of listAllCalls while the calls were up, milliseconds."""
    server_cpu: float
    """Of one core, while calls came in."""
    engine_cpu: float

    @property
    def passed(self) -> bool:
        """None failed, none left over, and as many up at once as the load says."""
        return self.wrong == 0 and self.peak >= 0.95 * self.load.at_once

    @property
    def rate(self) -> float:
        """New calls a second that there were."""
        return self.calls / self.seconds

    @property
    def wrong(self) -> int:
        """Calls that failed, or were not made at all, and rows that were left over."""
        return self.failed + self.left + (self.calls - self.answered - self.failed)


LOADS = (Load("digest authentication", 150, digest=True), Load("trusted address", 200, digest=False))


def _caller_acts(load: Load) -> tuple[Act, ...]:
    caller = Caller(user="801", password="sip-801")  # noqa: S106  the demo's public password
    talk = pause(_TALK * 1000)
    if load.digest:
        return caller.invite(), caller.challenged(), caller.trying(), caller.answered(), talk, caller.bye()
    return caller.invite(), caller.trying(), caller.answered(1), talk, caller.bye(2)


def _directory(trusted_port: int) -> str:
    """The demo's, in which account 3 may also call from an address without a password."""
    account = 'sip_password = "sip-801"\n'
    return demo_document().replace(account, f'{account}addresses = ["127.0.0.1:{trusted_port}"]\n', 1)


async def measure(load: Load, seconds: int) -> Result:
    """Run one load on a server of its own."""
    callee = Callee()
    answering = play("callee", callee.invited(), callee.ring(), callee.answer(), callee.hung_up())
    far_end, near_end, digest_end = free_port(), free_port(), free_port()
    calls = load.rate * seconds
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        async with serve(folder, carrier=far_end, directory=_directory(near_end)) as server:
            options = ["-p", str(digest_end if load.digest else near_end), "-m", str(calls), "-r", str(load.rate)]
            options += ["-l", str(2 * load.at_once), "-s", "442079460123", "-timeout", "180"]
            options += ["-trace_stat", "-stf", "statistics.csv", "-fd", "1", server.sip]
            async with (
                run(folder, "callee", answering, "-p", str(far_end), "-timeout", "300"),
                run(folder, "caller", play("caller", *_caller_acts(load)), *options) as calling,
            ):
                watching = asyncio.create_task(_watch(server, seconds))
                await calling.ended()
                peak, lists, server_cpu, engine_cpu = await watching
                left = await _left(server)
        answered, failed, retransmissions, took = _statistics(folder / "statistics.csv")
        return Result(load, calls, answered, took, failed, retransmissions, peak, left, lists, server_cpu, engine_cpu)


async def _watch(server: Server, seconds: int) -> tuple[int, float, float, float]:
    """The peak of calls, the median time of a listing (ms), and the share of a core that each process took."""
    engine = _child(server.pid)
    began, server_began, engine_began = time.monotonic(), busy(server.pid), busy(engine)
    peak, times = 0, []
    while time.monotonic() < began + seconds:
        asked = time.monotonic()
        rows = await server.calls()
        times.append(time.monotonic() - asked)
        peak = max(peak, sum(row["CC_STATE"] == "Connected" for row in rows))
        await asyncio.sleep(1)
    wall = time.monotonic() - began
    return (
        peak,
        sorted(times)[len(times) // 2] * 1000,
        (busy(server.pid) - server_began) / wall,
        (busy(engine) - engine_began) / wall,
    )


async def _left(server: Server) -> int:
    """Live rows that do not go away."""

    async def none() -> bool:
        return not await server.live()

    try:
        await until(none, "an end of every call", _DRAIN)
    except AssertionError:
        return len(await server.live())
    return 0


def _child(pid: int) -> int:
    return int(Path(f"/proc/{pid}/task/{pid}/children").read_text().split()[0])


def _statistics(file: Path) -> tuple[int, int, int, float]:
    """Calls that ended well and that failed, retransmissions, and in how many seconds all calls had begun: by SIPp."""
    with file.open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines, delimiter=";"))
    last = rows[-1]
    all_begun = next(row for row in rows if row["TotalCallCreated"] == last["TotalCallCreated"])
    hours, minutes, seconds, *_ = map(int, all_begun["ElapsedTime(C)"].split(":"))
    took = 3600.0 * hours + 60.0 * minutes + seconds
    return int(last["SuccessfulCall(C)"]), int(last["FailedCall(C)"]), int(last["Retransmissions(C)"]), took


def report(results: list[Result], seconds: int) -> str:
    """The figures as Markdown."""
    titles = "load | calls/s | asked for | calls | up at once | failed | left | retransmissions | listAllCalls"
    head = f"| {titles} | server | engine |"
    rows = [
        f"| {r.load.name} | {r.rate:.0f} | {r.load.rate} | {r.calls} | {r.peak} | {r.failed} | {r.left} "
        f"| {r.retransmissions} | {r.list_ms:.0f} ms | {r.server_cpu:.0%} | {r.engine_cpu:.0%} |"
        for r in results
    ]
    machine = (
        f"Callboard {__version__}, Python {platform.python_version()}, {os.cpu_count()} cores, {seconds} s of calls"
    )
    return "\n".join([machine, "", head, "| --- " * 11 + "|", *rows])


def main() -> int:
    """Run the loads and print the report; 1 if one did not pass."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=45, help="how long new calls come in (default 45)")
    arguments = parser.parse_args()
    results = []
    for load in LOADS:
        print(f"{load.name}: {load.rate} calls/s for {arguments.seconds} s ...", file=sys.stderr, flush=True)
        results.append(asyncio.run(measure(load, arguments.seconds)))
    print(report(results, arguments.seconds))
    return 0 if all(result.passed for result in results) else 1


if __name__ == "__main__":
    sys.exit(main())
