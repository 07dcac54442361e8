"""One answer made of several, and what each switch says of what it cannot do."""

import pytest

from callboard.calls.commands import Answer, Command, CommandId, HangUp, Hold, Outcome, Transfer, Unhold
from callboard.calls.legs import CallKey
from callboard.directory.directory import Directory
from callboard.switches.b2bua.adapter import B2bua
from callboard.switches.b2bua.settings import B2buaSettings
from callboard.switches.kamailio.translate import RefusedError
from callboard.switches.kamailio.translate import Translator as Kamailio
from callboard.switches.opensips.translate import Translator as Opensips
from callboard.switches.orders import UnableError, Verdict, verb

TAKEN, GONE, REFUSED = Outcome.PENDING, Outcome.ALREADY_GONE, Outcome.REFUSED
KEY = CallKey("pbx", "1:2")
OTHERS: tuple[Command, ...] = (
    Transfer(CommandId("c1"), KEY, "104"),
    Hold(CommandId("c2"), KEY),
    Unhold(CommandId("c3"), KEY),
)


@pytest.mark.parametrize(
    ("answers", "told"),
    [
        ([TAKEN], [TAKEN]),
        ([GONE], [GONE]),
        ([REFUSED], [REFUSED]),
        ([TAKEN, TAKEN], [TAKEN]),
        ([TAKEN, GONE], [TAKEN]),
        ([GONE, TAKEN], [TAKEN]),
        ([GONE, GONE], [GONE]),
        ([REFUSED, TAKEN], [REFUSED]),
        ([TAKEN, REFUSED], [REFUSED]),
        ([REFUSED, REFUSED], [REFUSED]),
        ([GONE, REFUSED, GONE], [REFUSED]),
    ],
)
def test_several_answers_make_one(answers: list[Outcome], told: list[Outcome]) -> None:
    heard: list[Answer] = []
    verdict = Verdict(len(answers), heard.append)
    for number, outcome in enumerate(answers):
        verdict.take(Answer(outcome, float(number), f"answer {number}"))
    assert [answer.outcome for answer in heard] == told


def test_nothing_is_told_before_all_have_answered() -> None:
    heard: list[Answer] = []
    verdict = Verdict(2, heard.append)
    verdict.take(Answer(GONE, 1.0))
    assert heard == []
    verdict.take(Answer(TAKEN, 2.0, "+OK"))
    assert heard == [Answer(TAKEN, 2.0, "+OK")]


def test_each_command_has_a_verb() -> None:
    commands = (HangUp(CommandId("c"), KEY), *OTHERS)
    assert [verb(command) for command in commands] == ["end", "transfer", "hold", "take off hold"]


@pytest.mark.parametrize("command", OTHERS, ids=verb)
def test_proxies_and_the_embedded_switch_name_what_to_do_instead(command: Command) -> None:
    with pytest.raises(RefusedError, match=f"Kamailio .* {verb(command)} a call: do it at the phone"):
        Kamailio("pbx").hang_up(command)
    with pytest.raises(UnableError, match=f"{verb(command)} a call on OpenSIPS, a proxy: do it at the phone"):
        Opensips("pbx").hang_up(command)
    words = B2bua(B2buaSettings(), Directory([], (), ()), lambda event: None).send(command)
    assert words is not None
    assert f"the embedded switch cannot {verb(command)}" in words
