"""Whatever happens to a link: once it is back and one list was taken, the table says what the switch itself says.

Zero ghosts, zero lost calls, and no call taken to be over that is up. `FAULT_PLAYS` sets how many plays are tried.
"""

import os

from hypothesis import given, settings

from callboard.calls.state import State
from tests.faults.plays import FIGURES, Play, Stage, plays
from tests.virtual_time import run

PLAYS = int(os.environ.get("FAULT_PLAYS", "300"))


async def end_of(play: Play) -> Stage:
    stage = Stage(play.chance)
    await stage.act(play)
    truth, listed = stage.truth(), stage.listed()
    ghosts, lost = listed.keys() - truth.keys(), truth.keys() - listed.keys()
    FIGURES["legs at the end"] += len(truth)
    assert (ghosts, lost) == (set(), set())
    assert listed == truth
    assert stage.wrongly_ended == []
    assert stage.keeper.health().up
    assert stage.table.suspects("pbx") == 0
    assert all(call.state is not State.ENDED or call.cause for call in stage.table.calls())
    await stage.keeper.stop()
    return stage


@given(plays())
@settings(max_examples=PLAYS, deadline=None)
def test_after_any_play_the_table_is_right(play: Play) -> None:
    run(end_of(play))
