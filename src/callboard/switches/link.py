"""What every adapter of a switch offers to the keeper, which alone decides when to connect, list and try again."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any, Protocol, runtime_checkable

from callboard.calls.commands import Answered, Command, nobody_asks
from callboard.calls.events import SwitchListed

__all__ = ["Link", "LinkError", "SaysMore", "beside"]

_log = logging.getLogger(__name__)


class LinkError(Exception):
    """A link could not be opened, or was lost. For people: the cause, and what mends it."""

    def __init__(self, cause: str, fix: str = "", *, lasting: bool = False) -> None:
        """`lasting` says that only people can mend it, such as a wrong password: it is tried again but seldom."""
        super().__init__(f"{cause}: {fix}" if fix else cause)
        self.cause = cause
        self.fix = fix
        self.lasting = lasting


def beside(work: Coroutine[Any, Any, None], name: str, lose: Callable[[LinkError], None]) -> asyncio.Task[None]:
    """Do something while a link lasts. A defect in it ends the link, which would be deaf without it and not show it."""

    def look(task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("%s: a defect in its adapter", name, exc_info=error)
            lose(LinkError(f"a defect in its adapter ({type(error).__name__}), which the log tells of"))

    task = asyncio.get_running_loop().create_task(work, name=name)
    task.add_done_callback(look)
    return task


class Link(Protocol):
    """One connection to a switch, from login until it is lost. Made anew for each try; events go to its `tell`."""

    async def open(self) -> None:
        """Connect, log in and subscribe: what happens from here on is told, by the end of the first list at the latest.

        Raises `LinkError`.
        """
        ...

    @property
    def instance(self) -> str:
        """What differs for each life of the switch itself (its start time, a boot id); known once open.

        Another instance than before means that the switch restarted, and that its old calls are over. "" if the switch
        does not tell.
        """
        ...

    async def list(self) -> SwitchListed:
        """The switch's own full list as of the moment it was asked for. Raises `LinkError`; then nothing is known."""
        ...

    async def lost(self) -> LinkError:
        """Wait until the link is lost, and say why."""
        ...

    def send(self, command: Command, answered: Answered = nobody_asks) -> str | None:
        """Hand a command over at once. None if it went out, else why not, for people.

        What the switch answers goes to `answered`, once, if it comes while the link is there.
        """
        ...

    async def close(self) -> None:
        """Give the connection up, in good order where that is quick."""
        ...


@runtime_checkable
class SaysMore(Protocol):
    """A link that can say more of its switch, for people."""

    @property
    def version(self) -> str:
        """Of the switch, in its own words; "" while it is not known."""
        ...

    @property
    def clock_offset(self) -> float | None:
        """Seconds by which its clock is ahead of ours; None while that is not known."""
        ...
