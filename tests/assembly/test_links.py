"""Commands leave by the switch that carries the call, and answers are dated as commands are."""

import time

from callboard.assembly.links import Links
from callboard.calls.commands import Answer, Answered, Command, CommandId, HangUp, Outcome
from callboard.calls.legs import CallKey
from callboard.operations.switches import SwitchFacts


class Port:
    """A switch whose clock stands still."""

    name = "pbx"

    def send(self, command: Command, answered: Answered) -> str | None:
        answered(Answer(Outcome.REFUSED, 5.0, "no"))
        return None


def facts() -> SwitchFacts:
    raise AssertionError("nobody asks")


def test_an_answer_is_dated_by_the_machines_clock() -> None:
    links, heard = Links(), list[Answer]()
    links.add(Port(), facts)
    before = time.time()
    assert links.send(HangUp(CommandId("c"), CallKey("pbx", "1")), heard.append) is None
    (answer,) = heard
    assert (answer.outcome, answer.words) == (Outcome.REFUSED, "no")
    assert before <= answer.at <= time.time()


def test_a_switch_that_is_not_there_says_so() -> None:
    words = Links().send(HangUp(CommandId("c"), CallKey("pbx", "1")), lambda answer: None)
    assert words == "there is no switch pbx"
