"""What the doctor examines: the link to each switch of the settings."""

from collections.abc import AsyncGenerator, Callable
from functools import partial
from typing import NamedTuple

from callboard.config.settings import Switches
from callboard.switches.asterisk.examine import examine as examine_asterisk
from callboard.switches.examining import Step
from callboard.switches.freeswitch.examine import examine as examine_freeswitch
from callboard.switches.kamailio.examine import examine as examine_kamailio
from callboard.switches.opensips.examine import examine as examine_opensips

__all__ = ["Examination", "examinations"]


class Examination(NamedTuple):
    """One switch, and how its link is examined."""

    switch: str
    kind: str
    steps: Callable[[], AsyncGenerator[Step, None]]


def examinations(switches: Switches) -> tuple[Examination, ...]:
    """One for each switch of the settings. The embedded one has no link: it starts with the server or says why not."""
    asterisks, freeswitches = switches.asterisk.values(), switches.freeswitch.values()
    return (
        *(Examination(one.name, "asterisk", partial(examine_asterisk, one)) for one in asterisks),
        *(Examination(one.name, "freeswitch", partial(examine_freeswitch, one)) for one in freeswitches),
        *(Examination(one.name, "kamailio", partial(examine_kamailio, one)) for one in switches.kamailio.values()),
        *(Examination(one.name, "opensips", partial(examine_opensips, one)) for one in switches.opensips.values()),
    )
