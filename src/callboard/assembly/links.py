"""The links to the switches, and the port through which commands leave."""

from callboard.calls.commands import Answered, Command
from callboard.switches.b2bua.adapter import B2bua

__all__ = ["Links"]


class Links:
    """Every link by its switch's name."""

    def __init__(self) -> None:
        self._links: dict[str, B2bua] = {}

    def add(self, switch: B2bua) -> None:
        """A further one."""
        self._links[switch.name] = switch

    def send(self, command: Command, answered: Answered) -> str | None:
        """Hand a command to its call's switch. None if it went out, else why not, for people."""
        link = self._links.get(command.call.switch)
        return f"there is no switch {command.call.switch}" if link is None else link.send(command, answered)

    def troubles(self) -> tuple[str, ...]:
        """Why a switch cannot be used at present; none if all can."""
        healths = ((name, link.health()) for name, link in self._links.items())
        return tuple(f"switch {name}: {health.why}" for name, health in healths if not health.up)
