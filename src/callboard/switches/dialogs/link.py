"""What the links to both proxies have in common: how they ask, how they end a call, and how they are lost."""

import asyncio
import logging
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Coroutine
from typing import Protocol, TypeVar

import msgspec

from callboard.calls.commands import Answer, Answered, Outcome
from callboard.switches.dialogs.jsonrpc import FaultError, MalformedError, read_result
from callboard.switches.dialogs.memory import Memory
from callboard.switches.dialogs.rpc import Rpc
from callboard.switches.gate import Tell
from callboard.switches.link import LinkError, beside

__all__ = ["KILL_CHECK", "Clock", "ProxyLink", "ProxySettings", "Resync"]

KILL_CHECK = 2.0
"""Seconds after which it is asked whether a call that we ended is gone: time for both BYEs and a repeat."""

Value = TypeVar("Value")
Clock = Callable[[], float]
Resync = Callable[[str], None]
"""Asks for a full list out of turn, with a reason."""

_log = logging.getLogger(__name__)


class ProxySettings(Protocol):
    """What the settings of both proxies have."""

    @property
    def name(self) -> str: ...
    @property
    def rpc(self) -> str: ...
    @property
    def user(self) -> str: ...
    @property
    def password(self) -> str: ...
    @property
    def ca(self) -> str: ...
    @property
    def connect_timeout(self) -> float: ...
    @property
    def answer_timeout(self) -> float: ...


class ProxyLink(ABC):
    """One try, without the way on which events come. See `callboard.switches.link.Link`."""

    what = ""
    """The proxy, for people."""
    tells_our_ends = True
    """Whether it can be trusted to tell the end of a call that it was told to end."""

    def __init__(
        self, settings: ProxySettings, memory: Memory, tell: Tell, resync: Resync, clock: Clock = time.time
    ) -> None:
        self._name = settings.name
        self._memory = memory
        self._tell = tell
        self._resync = resync
        self._clock = clock
        self._answer_timeout = settings.answer_timeout
        self._rpc = Rpc(
            self.what,
            settings.rpc,
            user=settings.user,
            password=settings.password,
            ca=settings.ca,
            connect=settings.connect_timeout,
        )
        self._instance = ""
        self._lost: asyncio.Future[LinkError] = asyncio.get_running_loop().create_future()
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def instance(self) -> str:
        """Since when this proxy runs, in its own words."""
        return self._instance

    @property
    def version(self) -> str:
        """As it stands in the head of its answers, unless another server passes them on."""
        server = self._rpc.server
        return server if server.lower().startswith(self.what.lower()) else ""

    @property
    def clock_offset(self) -> float | None:
        """Neither proxy tells its time finer than to a second, so what it tells is timed by its arrival."""
        return None

    async def lost(self) -> LinkError:
        """Wait until the link is lost, and say why."""
        return await asyncio.shield(self._lost)

    @abstractmethod
    def explained(self, error: FaultError | MalformedError) -> LinkError:
        """An answer that is none, for people."""

    # --- for the proxies' own links ----------------------------------------------------------------------------------

    def _start(self, work: Coroutine[None, None, None]) -> None:
        task = beside(work, f"switch {self._name}", self._lose)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _end_tasks(self) -> None:
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _lose(self, why: LinkError) -> None:
        if not self._lost.done():
            self._lost.set_result(why)

    async def _ask(self, body: bytes, decoder: msgspec.json.Decoder[Value]) -> Value:
        answer = await self._rpc.ask(body, self._answer_timeout)
        try:
            return read_result(answer, decoder)
        except (FaultError, MalformedError) as error:
            raise self.explained(error) from None

    async def _hang_up(self, native: str, body: bytes, answered: Answered) -> None:
        """Order a dialog's end, and see that it comes. Only the proxy's own words are an answer."""
        self._memory.ordered(native, self._clock())
        try:
            read_result(await self._rpc.ask(body, self._answer_timeout), _ANYTHING)
        except (LinkError, FaultError, MalformedError) as error:
            self._memory.spared(native)
            if isinstance(error, FaultError):
                outcome = Outcome.ALREADY_GONE if error.code == _NO_DIALOG else Outcome.REFUSED
                answered(Answer(outcome, self._clock(), f"{self.what} answered: {error}"))
            _log.warning("switch %s did not end dialog %s: %s", self._name, native, error)
            self._resync(f"dialog {native} could not be ended")
            return
        for event in self._memory.ending(native, self._clock()):
            self._tell(event)
        if not self.tells_our_ends:
            self._resync(f"dialog {native} was to be ended")
        await asyncio.sleep(KILL_CHECK)
        if native in self._memory:
            self._resync(f"dialog {native} was to be ended, and nothing told its end")


_NO_DIALOG = 404
"""What both proxies answer where there is no such dialog (any more)."""
_ANYTHING = msgspec.json.Decoder(msgspec.Raw)
