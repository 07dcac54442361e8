"""The page on FreeSWITCH gives the user that it makes exactly what the link uses."""

import re
from pathlib import Path

from callboard.switches.freeswitch import wire

PAGE = (Path(__file__).parents[2] / "docs" / "how-to" / "connect-freeswitch.md").read_text()


def allowed(what: str) -> set[str]:
    """The words of one of the user's parameters."""
    found = re.search(rf'name="{what}" value="([^"]+)"', PAGE)
    assert found
    return set(found[1].split())


def test_the_user_may_have_the_events_that_are_subscribed_to() -> None:
    assert allowed("esl-allowed-events") == set(wire.SUBSCRIBE.decode().split()[2:])


def test_the_user_may_give_the_commands_that_are_given() -> None:
    commands = [wire.CORE, wire.TIME, wire.CHANNELS, wire.exists("a"), wire.dump("a"), wire.kill("a", "USER_BUSY")]
    commands += [wire.transfer("a", "104", ""), wire.hold("a", on=True)]

    assert allowed("esl-allowed-api") == {command.split()[0] for command in commands}
