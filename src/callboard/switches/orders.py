"""What every adapter needs for commands: words for what its switch cannot do, and one answer made of several."""

from callboard.calls.commands import Answer, Answered, Command, HangUp, Hold, Outcome, Transfer, Unhold

__all__ = ["NOT_ANSWERED", "UnableError", "Verdict", "verb"]

NOT_ANSWERED = "only a call that is answered can be transferred or put on hold: this one still rings"


class UnableError(Exception):
    """A command that a switch cannot carry out. For people: why, and what to do instead."""


def verb(command: Command) -> str:
    """What a command does with a call, for people."""
    match command:
        case HangUp():
            return "end"
        case Transfer():
            return "transfer"
        case Hold():
            return "hold"
        case Unhold():
            return "take off hold"


class Verdict:
    """The answer to a command that took several requests, one for each channel of a call.

    A refusal is told at once. That a channel is gone says nothing while another is there: the first that ends takes
    others with it.
    """

    def __init__(self, requests: int, answered: Answered) -> None:
        self._missing = requests
        self._answered = answered
        self._last: Answer | None = None
        self._told = False

    def take(self, answer: Answer) -> None:
        """One request was answered."""
        self._missing -= 1
        if self._last is None or self._last.outcome is Outcome.ALREADY_GONE:
            self._last = answer
        if answer.outcome is Outcome.REFUSED:
            self._last = answer
        if not self._told and (answer.outcome is Outcome.REFUSED or self._missing == 0):
            self._told = True
            self._answered(self._last)
