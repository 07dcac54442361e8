"""The links to the switches: the port through which commands leave, and what is known of each switch."""

import time
from collections.abc import Callable
from functools import partial
from typing import Protocol

from msgspec.structs import replace

from callboard.calls.commands import Answer, Answered, Command
from callboard.operations.switches import SwitchFacts

__all__ = ["Links", "SwitchPort"]


class SwitchPort(Protocol):
    """What takes commands for one switch."""

    @property
    def name(self) -> str: ...
    def send(self, command: Command, answered: Answered) -> str | None: ...


class Links:
    """Every switch by its name."""

    def __init__(self) -> None:
        self._ports: dict[str, SwitchPort] = {}
        self._facts: dict[str, Callable[[], SwitchFacts]] = {}

    def add(self, port: SwitchPort, facts: Callable[[], SwitchFacts]) -> None:
        """A further switch. Raises ValueError if there is one of this name."""
        if port.name in self._ports:
            raise ValueError(f"there are two switches named {port.name}")
        self._ports[port.name] = port
        self._facts[port.name] = facts

    def send(self, command: Command, answered: Answered) -> str | None:
        """Hand a command to its call's switch. None if it went out, else why not, for people."""
        port = self._ports.get(command.call.switch)
        if port is None:
            return f"there is no switch {command.call.switch}"
        return port.send(command, partial(_by_the_machines_clock, answered))

    def facts(self) -> tuple[SwitchFacts, ...]:
        """What is known of each switch at this moment."""
        return tuple(facts() for facts in self._facts.values())

    def troubles(self) -> tuple[str, ...]:
        """The switches whose calls the table cannot vouch for yet. Anybody may read it, so it holds no address."""
        waited_for = (facts.name for facts in self.facts() if facts.not_ready)
        return tuple(f"no full list of the switch {name} yet: GET /v1/switches says why" for name in waited_for)


def _by_the_machines_clock(answered: Answered, answer: Answer) -> None:
    """A link may keep a clock of its own; an outcome is dated as the question was."""
    answered(replace(answer, at=time.time()))
