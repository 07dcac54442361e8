"""Callboard beside the switches that it watches: the whole list, with as many calls up in each, asked for in turn.

    python -m bench.peers                  1,000 calls
    python -m bench.peers --calls 9900     as many as an Asterisk can list before it runs out of files

A real Kamailio has as many SIP calls up, made by SIPp, and Callboard, linked to it, lists the very same ones. A real
Asterisk has as many channels up, halves of Local channels: with SIP it would have half as many calls, and be asked for
as many rows. Each question goes over a connection of its own.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from base64 import b64encode
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import msgspec

from bench.asking import FORMATS
from bench.fetching import ask, get
from bench.figures import Better, Figure, Section, ratio
from bench.processes import busy, family
from bench.report import section_text
from bench.serving import LOGIN, PASSWORD, Served, kamailio_section, serving
from tests.conformance.sipp import INSTALL as SIPP_INSTALL
from tests.conformance.sipp import SIPP, Callee, Caller, pause, play, run
from tests.ports import free_port
from tests.rig import asterisk as asterisk_rig
from tests.rig import kamailio as kamailio_rig
from tests.rig.director import Director, director

__all__ = ["FULL", "QUICK", "measure"]

QUICK, FULL = 1_000, 9_900
ROUNDS = 9
PATIENCE = 5.0
"""Seconds after which a question counts as unanswered, as with most clients."""
_RATE = 200
"""New SIP calls a second."""
_ARI = "ari"
_AMI = "ami"
_KAMAILIO = "kamailio"
_CALLBOARD = "callboard"
_OZEKI = "ozeki"
_TITLES = {
    _ARI: "Asterisk, ARI GET /channels",
    _AMI: "Asterisk, AMI CoreShowChannels",
    _KAMAILIO: "Kamailio, dlg.list",
    _CALLBOARD: "Callboard, REST",
    _OZEKI: "Callboard, Ozeki's XML",
}
_OURS, _THEIRS = (_CALLBOARD, _OZEKI), (_ARI, _AMI, _KAMAILIO)
_GOALS = {_ARI: 30.0, _KAMAILIO: 60.0}
"""How many times as fast Callboard is to be, with ten thousand calls."""
_CPU_GOAL = 10.0


class Question(msgspec.Struct, frozen=True):
    """What is asked, and of which processes."""

    name: str
    pids: tuple[int, ...]
    ask: Callable[[], int]
    """Gives the bytes of the answer. Raises TimeoutError, and ConnectionError for an answer that is cut or none."""


class Asked(msgspec.Struct):
    """What came of a question. Milliseconds."""

    wall: list[float] = []
    cpu: list[float] = []
    size: int = 0
    late: int = 0


def missing() -> str:
    """What is not installed, for people; empty: nothing."""
    needs = ((SIPP, SIPP_INSTALL), (asterisk_rig.ASTERISK, asterisk_rig.INSTALL))
    found = [words for there, words in (*needs, (kamailio_rig.KAMAILIO, kamailio_rig.INSTALL)) if not there]
    return "; ".join(found)


async def measure(calls: int = QUICK, rounds: int = ROUNDS) -> Section:
    """The section of the report. Goals are set for ten thousand calls."""
    if why := missing():
        return Section(key="peers", title=_title(calls), skipped=why)
    began = time.monotonic()
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        proxy, served = await stack.enter_async_context(_watched_kamailio(folder, calls))
        switch = await stack.enter_async_context(_busy_asterisk(calls))
        questions = _questions(switch, proxy, served)
        asked = await asyncio.to_thread(_in_turn, questions, rounds)
        versions = await _versions(switch, proxy)
    figures = tuple(_figures(asked, full=calls >= FULL))
    return Section(
        key="peers",
        title=_title(calls),
        about=f"{versions}. {_about(calls)}",
        figures=figures,
        seconds=time.monotonic() - began,
    )


def _title(calls: int) -> str:
    return f"Beside the switches, {calls:,} calls up in each"


def _about(calls: int) -> str:
    return (
        f"The whole list, asked for {ROUNDS} times in turn of each after once that does not count, over a new "
        f"connection. No call begins or ends meanwhile. Kamailio has {calls:,} SIP calls up, and Callboard "
        f"lists the same ones, with all that it knows of each; Asterisk has {calls:,} Local channels. *CPU* is the "
        "time that all processes of the server took for one answer; what it takes Callboard to follow the events, and "
        "to take a full list now and then, is not in it."
    )


def _in_turn(questions: Sequence[Question], rounds: int) -> dict[str, Asked]:
    """Each is asked once a round, so that what else the machine does meets all alike; the first does not count."""
    asked = {question.name: Asked() for question in questions}
    for turn in range(rounds + 1):
        for question in questions:
            seen = asked[question.name]
            before, began = sum(map(busy, question.pids)), time.perf_counter()
            try:
                seen.size = question.ask()
            except (TimeoutError, ConnectionError):
                seen.late += 1
                continue
            wall = time.perf_counter() - began
            time.sleep(0.05)  # what a server does after its answer is its time as well
            if turn:
                seen.wall.append(1000 * wall)
                seen.cpu.append(1000 * (sum(map(busy, question.pids)) - before))
    return asked


def _figures(asked: Mapping[str, Asked], *, full: bool) -> Iterator[Figure]:
    for name, title in _TITLES.items():
        seen = asked[name]
        if seen.wall:
            yield Figure(name=f"peers/{name}/ms", title=f"{title}: time", unit="ms", samples=tuple(seen.wall))
            yield Figure(name=f"peers/{name}/cpu", title=f"{title}: CPU", unit="ms", samples=tuple(seen.cpu))
            yield Figure(name=f"peers/{name}/size", title=f"{title}: answer", unit="MB", samples=(seen.size / 1e6,))
        yield Figure(
            name=f"peers/{name}/late",
            title=f"{title}: no whole answer within {PATIENCE:.0f} s",
            unit="",
            samples=(float(seen.late),),
            goal=0.0 if name in _OURS else None,
        )
    for name in _THEIRS:
        if asked[name].wall:
            yield from _ratios(name, asked[name], asked[_CALLBOARD], full=full)


def _ratios(name: str, theirs: Asked, ours: Asked, *, full: bool) -> Iterator[Figure]:
    """How many times as fast Callboard is, and how many times less it costs."""
    title = _TITLES[name]
    yield Figure(
        name=f"peers/{name}/times",
        title=f"{title}: times Callboard's time",
        unit="×",
        samples=ratio(ours.wall, theirs.wall),
        better=Better.HIGHER,
        goal=_GOALS.get(name) if full else None,
    )
    yield Figure(
        name=f"peers/{name}/cpu-times",
        title=f"{title}: times Callboard's CPU",
        unit="×",
        samples=ratio(ours.cpu, theirs.cpu),
        better=Better.HIGHER,
        goal=_CPU_GOAL if full and name in _GOALS else None,
    )


# --- who is asked ----------------------------------------------------------------------------------------------------


def _questions(switch: asterisk_rig.Asterisk, proxy: kamailio_rig.Kamailio, served: Served) -> tuple[Question, ...]:
    secret = b64encode(f"{asterisk_rig.DIRECTOR}:{asterisk_rig.SECRET}".encode()).decode()
    login = b64encode(f"{LOGIN}:{PASSWORD}".encode()).decode()
    listing = get(
        "/RPC", "Content-Type: application/json", method="POST", body='{"jsonrpc":"2.0","method":"dlg.list","id":1}'
    )
    manager = (
        f"Action: Login\r\nUsername: {asterisk_rig.DIRECTOR}\r\nSecret: {asterisk_rig.SECRET}\r\nEvents: off\r\n\r\n"
        "Action: CoreShowChannels\r\n\r\n"
    )
    ozeki = next(form.path for form in FORMATS if form.name == _OZEKI)
    ours, theirs, router = (family(each) for each in (served.pid, switch.process.pid, proxy.process.pid))

    def question(name: str, pids: tuple[int, ...], port: int, words: bytes, end: bytes = b"") -> Question:
        return Question(name, pids, lambda: ask(port, words, end, PATIENCE).size)

    return (
        question(_ARI, theirs, switch.http, get("/ari/channels", f"Authorization: Basic {secret}")),
        question(_AMI, theirs, switch.ami, manager.encode(), b"EventList: Complete"),
        question(_KAMAILIO, router, proxy.rpc, listing),
        question(_CALLBOARD, ours, served.port, get("/v1/calls?format=ndjson", f"Authorization: Basic {login}")),
        question(_OZEKI, ours, served.port, get(ozeki)),
    )


async def _versions(switch: asterisk_rig.Asterisk, proxy: kamailio_rig.Kamailio) -> str:
    """What the real ones say that they are."""
    async with director(switch) as master:
        theirs = (await master.ask("CoreSettings"))["AsteriskVersion"]
    words = '{"jsonrpc":"2.0","method":"core.version","id":1}'
    question = get("/RPC", "Content-Type: application/json", method="POST", body=words)
    answer = (await asyncio.to_thread(ask, proxy.rpc, question)).start.partition(b"\r\n\r\n")[2]
    router = str(msgspec.json.decode(answer)["result"])
    return f"Asterisk {theirs}, {router.partition(' (')[0].capitalize()}"


@asynccontextmanager
async def _watched_kamailio(folder: Path, calls: int) -> AsyncIterator[tuple[kamailio_rig.Kamailio, Served]]:
    """A Kamailio with so many calls up, and a Callboard that lists them."""
    caller, callee = Caller(user="alice"), Callee()
    hold = pause(3_600_000)
    answering = play("callee", *kamailio_rig.routed(callee.invited(), callee.ring(), callee.answer(), hold))
    calling = play("caller", *kamailio_rig.routed(caller.invite(), caller.trying(), caller.answered(1), hold))
    far_end = free_port()
    async with AsyncExitStack() as stack:
        proxy = await stack.enter_async_context(kamailio_rig.kamailio(free_port(), free_port(), free_port(), far_end))
        section = kamailio_section(proxy.events, proxy.rpc, "list_interval = 3600\n")
        served = await stack.enter_async_context(serving(folder, {"customers": [{"id": 1, "name": "Root"}]}, section))
        await stack.enter_async_context(run(folder, "callee", answering, "-p", str(far_end), "-timeout", "3600"))
        options = ("-p", str(free_port()), "-m", str(calls), "-r", str(_RATE), "-l", str(calls), "-timeout", "3600")
        target = ("-s", "442079460123", f"127.0.0.1:{proxy.sip}")
        await stack.enter_async_context(run(folder, "caller", calling, *options, *target))
        await served.has(calls, 60 + 4 * calls / _RATE)
        yield proxy, served


@asynccontextmanager
async def _busy_asterisk(calls: int) -> AsyncIterator[asterisk_rig.Asterisk]:
    """An Asterisk with so many channels up: each originated call is two halves of a Local channel."""
    async with asterisk_rig.asterisk(free_port(), free_port(), 9, http=free_port()) as switch:
        async with director(switch) as master:
            for _ in range(calls // 2):
                await _originate(master)
            await _channels(master, calls // 2 * 2)
        yield switch


async def _originate(master: Director) -> None:
    await master.ask("Originate", Channel="Local/echo@rig/n", Application="Wait", Data="3600", Async="true")


async def _channels(master: Director, wanted: int) -> None:
    deadline = time.monotonic() + 120
    while (up := int((await master.ask("CoreStatus"))["CoreCurrentCalls"])) < wanted:
        if time.monotonic() > deadline:
            raise TimeoutError(f"{up} of {wanted} channels came up in Asterisk")
        await asyncio.sleep(0.5)


def main() -> int:
    """Measure and print; 1 if there was nothing to measure with."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=QUICK)
    section = asyncio.run(measure(parser.parse_args().calls))
    print(section_text(section))
    return 1 if section.skipped else 0


if __name__ == "__main__":
    sys.exit(main())
