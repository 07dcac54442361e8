"""The soak: calls come and go at full rate for a long time, and at the end nothing has grown and nothing is wrong.

    python -m bench.soak --minutes 30 --rate 2000
    python -m bench.soak --minutes 2 --rate 500

A switch that is none (`bench.replayed`) tells a real server of the calls. Meanwhile others list all calls in every
format, end calls, look at single ones, and keep copies by 50 streams, some of which are cut and come back. Some times
on the way the switch pauses, and everything is compared: what the switch has, each format's rows, the counters, the
streams' copies, and what came of the commands. The server's memory is watched all the time. Exit code 1: a complaint.
"""

import argparse
import asyncio
import contextlib
import os
import random
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import NamedTuple, Protocol, TypeVar

import httpx2
import msgspec

from bench.asking import FORMATS, Format
from bench.fetching import ask
from bench.followers import Copy, Wish
from bench.processes import busy
from bench.replayed import CUSTOMERS, Proxy, document, proxying
from bench.report import section_text
from bench.serving import LOGIN, PASSWORD, PATIENCE, Served, kamailio_section, serving
from bench.soaked import Plan, Soaked, section_of
from bench.truth import Listed, compared, copies_compared, counted_compared, fed_compared

__all__ = ["soak"]

_BELOW = {n: frozenset((n,)) for n in range(2, CUSTOMERS + 1)}
_Answer = TypeVar("_Answer")


class _Work(Protocol):
    """Something that is done again and again."""

    __name__: str

    async def __call__(self) -> None: ...


_EMPTY = 700
"""Bytes, with its head, of which an answer without any call has fewer, and one with a call more."""
_HONEST = frozenset({"done", "already_gone", "unknown"})
"""What may come of a command. `unknown` is one that the switch carried out without a word, where the next list, which
proves it, came too late: a server that has too little of the processor takes lists seldom.
"""


class _Named(msgspec.Struct, frozen=True):
    id: str


class _Page(msgspec.Struct, frozen=True):
    calls: list[_Named]


class _Ordered(msgspec.Struct, frozen=True):
    command: str


class _Command(msgspec.Struct, frozen=True):
    outcome: str


class _Group(msgspec.Struct, frozen=True):
    account: int | None
    calls: int


class _Link(msgspec.Struct, frozen=True):
    link: str
    why: str
    last_error: str
    last_list_at: str | None
    suspects: int


class _Links(msgspec.Struct, frozen=True):
    switches: list[_Link]


class _Stats(msgspec.Struct, frozen=True):
    total: int
    groups: list[_Group]


_listed = msgspec.json.Decoder(Listed)
LISTED = Listed.__struct_fields__


class _Soak:
    """A soak under way."""

    def __init__(self, plan: Plan, proxy: Proxy, served: Served, client: httpx2.AsyncClient) -> None:
        self.seen = Soaked(plan=plan)
        self._plan = plan
        self._proxy = proxy
        self._served = served
        self._client = client
        self._commands: list[str] = []
        self._began = time.monotonic()
        self._dice = random.Random(5)

    async def run(self, following: "_Following") -> None:
        """Let calls come and go, with a check after each part of the time."""
        plan = self._plan
        for _ in range(plan.checks):
            async with self._beside(), self._timed(following.pid):
                await self._proxy.run(plan.rate, plan.seconds / plan.checks)
            await self._check(following.ask)
        self.seen.begun, self.seen.ended = self._proxy.begun, self._proxy.ended

    @asynccontextmanager
    async def _timed(self, followers: int) -> AsyncIterator[None]:
        """What each takes meanwhile."""
        seen = self.seen

        def now() -> tuple[float, ...]:
            processes = (self._served.pid, os.getpid(), followers)
            return time.monotonic(), *map(busy, processes), self._proxy.held_up

        before = now()
        yield
        took = [after - then for after, then in zip(now(), before, strict=True)]
        seen.seconds += took[0]
        seen.busy += took[1]
        seen.generator += took[2]
        seen.followers += took[3]
        seen.held_up += took[4]

    @asynccontextmanager
    async def _beside(self) -> AsyncIterator[None]:
        """What others do meanwhile, each to its end."""
        plan, over = self._plan, asyncio.Event()
        works = (
            self._again(1.0, self._weigh, over),
            self._again(plan.list_pause, self._list, over),
            self._again(plan.kill_pause, self._kill, over),
            self._again(plan.look_pause, self._look, over),
        )
        tasks = [asyncio.create_task(work) for work in works]
        try:
            yield
        finally:
            over.set()
            await asyncio.gather(*tasks)

    async def _again(self, pause: float, work: _Work, over: asyncio.Event) -> None:
        while not over.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(over.wait(), pause)
                return
            try:
                await work()
            except (httpx2.HTTPError, OSError) as error:
                self.seen.complaints.append(f"{work.__name__.strip('_')}: {error!r}")

    async def _weigh(self) -> None:
        self.seen.memory.append((time.monotonic() - self._began, self._served.memory))

    async def _list(self) -> None:
        """One whole list, in the next format; read beside the loop, which has calls to tell of."""
        form = FORMATS[sum(map(len, self.seen.lists.values())) % len(FORMATS)]
        answer = await asyncio.to_thread(ask, self._served.port, form.question, patience=PATIENCE)
        self.seen.lists.setdefault(form.title, []).append(answer.whole / 1000)
        if answer.size < _EMPTY:
            self.seen.complaints.append(f"{form.title}: a list without calls")

    async def _listing(self, form: Format) -> bytes:
        login = (LOGIN, PASSWORD) if form.login else None
        head = {"Accept-Encoding": "identity", "Content-Type": "text/xml"}
        answer = await self._client.request(form.method, form.path, content=form.body, headers=head, auth=login)
        answer.raise_for_status()
        return answer.content

    async def _kill(self) -> None:
        """End some call that is answered."""
        query: dict[str, str | int] = {"state": "answered", "sort": "-id", "limit": 20, "fields": "id"}
        page = await self._get("/v1/calls", _Page, query)
        for call in self._dice.sample(page.calls, min(1, len(page.calls))):
            answer = await self._client.post(f"/v1/calls/{call.id}/disconnect")
            if answer.is_success:
                self._commands.append(msgspec.json.decode(answer.content, type=_Ordered).command)
            elif answer.status_code not in (404, 409):  # over by now
                self.seen.complaints.append(f"disconnect: {answer.status_code} {answer.text[:200]}")

    async def _look(self) -> None:
        """Something small, as a user would who looks at one thing."""
        began = time.monotonic()
        await self._get("/v1/calls", _Page, {"account": 1, "limit": 10, "fields": "id"})
        self.seen.looks.append(1000 * (time.monotonic() - began))

    async def _get(self, path: str, kind: type[_Answer], query: Mapping[str, str | int] | None = None) -> _Answer:
        answer = await self._client.get(path, params=query)
        answer.raise_for_status()
        return msgspec.json.decode(answer.content, type=kind)

    # --- the check ---------------------------------------------------------------------------------------------------

    async def _check(self, ask_copies: Callable[[], Awaitable[list[Copy]]]) -> None:
        """Pause, wait until the table is what the switch has, and compare everything."""
        await self._proxy.settle(2.0)
        deadline = time.monotonic() + self._plan.patience
        while complaints := await self._compare(ask_copies):
            if time.monotonic() > deadline:
                links = (await self._get("/v1/switches", _Links)).switches
                self.seen.complaints += [*complaints, f"the link meanwhile: {links}"]
                break
            await self._proxy.settle(2.0)
        self.seen.checks += 1
        self.seen.up = len(self._proxy.up)
        await self._settle_commands()

    async def _compare(self, ask_copies: Callable[[], Awaitable[list[Copy]]]) -> list[str]:
        up = set(self._proxy.up)
        complaints: list[str] = []
        for form in FORMATS:
            found = form.calls(await self._listing(form))
            if all(found):
                complaints += compared(form.title, up, list(map(int, found)))
            elif len(found) != len(up):
                complaints.append(f"{form.title}: {len(found)} rows, and {len(up)} calls")
        text = await self._client.get("/v1/calls", params={"format": "ndjson", "fields": ",".join(LISTED)})
        rows = [_listed.decode(line) for line in text.content.splitlines()]
        stats = await self._get("/v1/stats", _Stats, {"by": "account"})
        complaints += counted_compared(rows, stats.total, {group.account: group.calls for group in stats.groups})
        metrics = (await self._client.get("/metrics")).text
        complaints += fed_compared(metrics, self._proxy.begun, self._proxy.ended)
        copies = await ask_copies()
        self.seen.cuts = sum(copy.cuts for copy in copies)
        return complaints + copies_compared(rows, copies, _BELOW)

    async def _settle_commands(self) -> None:
        """What came of every command that was given: the switch ended the call, or it was over already."""
        for command in self._commands:
            outcome = await self._outcome(command)
            self.seen.outcomes[outcome] = self.seen.outcomes.get(outcome, 0) + 1
            if outcome not in _HONEST:
                self.seen.complaints.append(f"command {command} came to {outcome}")
        self._commands.clear()

    async def _outcome(self, command: str) -> str:
        """In the end: without proof it is pending for a while."""
        deadline = time.monotonic() + self._plan.patience
        while True:
            outcome = (await self._get(f"/v1/commands/{command}", _Command)).outcome
            if outcome != "pending" or time.monotonic() > deadline:
                return outcome
            await asyncio.sleep(0.5)


async def soak(plan: Plan, proxy: Proxy | None = None) -> Soaked:
    """Run it, with a switch that need not be as true as it should be."""
    proxy = proxy or Proxy(plan.talk)
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        await stack.enter_async_context(proxying(proxy))
        settings = kamailio_section(proxy.events, proxy.rpc, "list_timeout = 60\n")
        served = await stack.enter_async_context(serving(folder, document(), settings))
        client = await stack.enter_async_context(served.client())
        following = await stack.enter_async_context(_following(served.port, plan))
        soaking = _Soak(plan, proxy, served, client)
        await soaking.run(following)
        errors = [line for line in served.log() if " error callboard" in line]
        soaking.seen.complaints += [f"the server's log: {line}" for line in errors[:20]]
        return soaking.seen


class _Following(NamedTuple):
    """The process with the streams' clients."""

    pid: int
    ask: Callable[[], Awaitable[list[Copy]]]
    """For their copies."""


@asynccontextmanager
async def _following(port: int, plan: Plan) -> AsyncIterator[_Following]:
    """Clients follow as long as the block lasts."""
    few = max(1, plan.streams // 25)
    wish = Wish(port, tuple(2 + n % (CUSTOMERS - 1) for n in range(plan.streams - few)), few)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bench.followers"), stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdin is not None
    assert process.stdout is not None
    asking, telling = process.stdin, process.stdout

    async def copies() -> list[Copy]:
        asking.write(b"\n")
        return msgspec.json.decode(await asyncio.wait_for(telling.readline(), 60), type=list[Copy])

    try:
        asking.write(msgspec.json.encode(wish) + b"\n")
        await asyncio.wait_for(telling.readline(), 60)
        yield _Following(process.pid, copies)
    finally:
        process.kill()
        await process.wait()


def main() -> int:
    """Soak, print what was seen; 1 if something was wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--rate", type=float, default=2000.0, help="new calls a second (default: 2000)")
    parser.add_argument("--checks", type=int, default=6, help="times that everything is compared (default: 6)")
    parser.add_argument("--out", type=Path, help="also write what was seen as JSON to this file")
    given = parser.parse_args()
    seconds = 60 * given.minutes
    plan = Plan(seconds=seconds, rate=given.rate, checks=given.checks)
    seen = asyncio.run(soak(plan))
    if given.out:
        given.out.write_bytes(msgspec.json.encode(seen))
    section = section_of(seen)
    print(section_text(section))
    for complaint in seen.complaints:
        print(complaint)
    return 0 if all(figure.met is not False for figure in section.figures) else 1


if __name__ == "__main__":
    sys.exit(main())
