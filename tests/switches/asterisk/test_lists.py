"""Lists against events: a list right after a connect gives the rows that events would have given, and both merge."""

from typing import NamedTuple

import pytest

from callboard.calls.causes import Reason
from callboard.calls.events import Event, LegEnded, LegHeld, LegResumed, LegSeen, SwitchListed
from callboard.calls.legs import Call
from callboard.calls.state import State
from callboard.switches.asterisk import translate
from callboard.switches.asterisk.wire import Packet
from callboard.switches.portions import at_once
from tests.switches.asterisk.replay import Theatre, events, parties, reason


class Moment(NamedTuple):
    """When a list of a recording was taken, seconds since the scene's first channel: between what tells the times."""

    scene: str
    list: str
    at: float
    status: str = ""


MOMENTS = [
    Moment("one_leg", "01-ami-CoreShowChannels.txt", 1.0, "02-ami-Status.txt"),
    Moment("bridged", "01-ami-CoreShowChannels.txt", 1.0, "02-ami-Status.txt"),
    Moment("display_name", "01-ami-CoreShowChannels.txt", 1.0),
    Moment("ringing_cancelled", "01-ami-CoreShowChannels-ringing.txt", 1.0),
    Moment("ringing_one_leg", "01-ami-CoreShowChannels-ringing.txt", 1.0),
    Moment("forked", "01-ami-CoreShowChannels-forked.txt", 1.0),
    Moment("parked", "01-ami-CoreShowChannels-parked.txt", 0.7),
    Moment("held", "06-ami-CoreShowChannels-resumed.txt", 4.0),
    Moment("blind_transfer", "01-ami-CoreShowChannels-transferred.txt", 3.0),
    Moment("attended_transfer", "12-ami-CoreShowChannels-after.txt", 9.6),
    Moment("originated", "07-ami-CoreShowChannels-talking.txt", 2.0),
    Moment("stasis", "06-ami-CoreShowChannels-bridged.txt", 1.7),
]


def told(call: Call) -> tuple[object, ...]:
    """What people see of a row, but for its times and what its switch's names are for what was dialled."""
    legs = sorted((leg.id, leg.call, leg.state, parties(leg)) for leg in call.legs if leg.state is not State.ENDED)
    return call.key, call.state, call.caller, call.callee, legs


@pytest.mark.parametrize("moment", MOMENTS, ids=lambda moment: moment.scene)
def test_a_list_right_after_a_connect_gives_what_events_gave(moment: Moment) -> None:
    by_events = Theatre().play(moment.scene, until=moment.at)
    by_list = Theatre()
    by_list.take_list(moment.scene, moment.list, by_events.began + moment.at, moment.status)
    assert [told(call) for call in by_list.rows()] == [told(call) for call in by_events.rows()]
    for listed, seen in zip(by_list.rows(), by_events.rows(), strict=True):
        assert listed.placement == seen.placement
        began = {leg.id: leg.started_at for leg in seen.legs}
        # The list has whole seconds.
        assert all(abs(leg.started_at - began[leg.id]) <= 1.1 for leg in listed.legs)
        if moment.status:
            assert listed.dialed == seen.dialed


@pytest.mark.parametrize("moment", MOMENTS, ids=lambda moment: moment.scene)
def test_a_list_in_between_changes_nothing_that_events_told(moment: Moment) -> None:
    theatre = Theatre().play(moment.scene, until=moment.at)
    before = theatre.rows()
    theatre.take_list(moment.scene, moment.list, theatre.began + moment.at)
    theatre.take_list(moment.scene, moment.list, theatre.began + moment.at + 0.01)
    after = theatre.rows()
    assert [told(call) for call in after] == [told(call) for call in before]
    assert [call.dialed for call in after] == [call.dialed for call in before]
    for now, then in zip(after, before, strict=True):
        assert (now.number, now.suspect_since) == (then.number, None)
        known = {leg.id: leg for leg in then.legs}
        for leg in now.legs:
            before_it = known[leg.id]
            assert (leg.name, leg.started_at) == (before_it.name, before_it.started_at)
            assert (leg.progressed_at, leg.answered_at) == (before_it.progressed_at, before_it.answered_at)


@pytest.mark.parametrize("moment", MOMENTS, ids=lambda moment: moment.scene)
def test_what_was_listed_ends_with_its_events(moment: Moment) -> None:
    theatre = Theatre()
    began = next(at for at, packet in events(moment.scene) if packet.event == "Newchannel")
    theatre.take_list(moment.scene, moment.list, began + moment.at)
    assert theatre.rows()
    for at, packet in events(moment.scene):
        if at > began + moment.at:
            theatre.tell(packet, at)
    assert theatre.rows() == []
    assert len(theatre.translator) == 0


def test_the_name_in_a_list_is_the_name_as_it_was_sent() -> None:
    theatre = Theatre()
    theatre.take_list("display_name", "01-ami-CoreShowChannels.txt", 1.0)
    assert [row.caller_name for row in theatre.rows()] == ["Zoë O'Brien, Ünit 4; <x>"]


def test_hold_stands_in_no_list_and_is_kept_while_the_link_is() -> None:
    name = "01-ami-CoreShowChannels-held.txt"
    theatre = Theatre().play("held", until=2.5)
    theatre.take_list("held", name, theatre.began + 2.5)
    (row,) = theatre.rows()
    assert row.state is State.HELD
    theatre.translator.reconnected()
    theatre.take_list("held", name, theatre.began + 2.6)
    (row,) = theatre.rows()
    assert row.state is State.ANSWERED
    assert row.answered_at == pytest.approx(theatre.began + 0.316, abs=0.01)


def test_early_media_is_no_state_of_a_channel_and_is_kept_while_the_link_is() -> None:
    name = "01-ami-CoreShowChannels-early.txt"
    theatre = Theatre().play("early_media", until=1.5)
    theatre.take_list("early_media", name, theatre.began + 1.5)
    assert [row.state for row in theatre.rows()] == [State.RINGING]
    afresh = Theatre()
    afresh.take_list("early_media", name, theatre.began + 1.5)
    assert [row.state for row in afresh.rows()] == [State.DIALING]


@pytest.mark.parametrize(
    ("name", "at", "channels"),
    [("02-ami-CoreShowChannels-ringing.txt", 2.5, 5), ("07-ami-CoreShowChannels-consulting.txt", 6.0, 5)],
)
def test_local_channels_are_followed_but_are_no_legs(name: str, at: float, channels: int) -> None:
    theatre = Theatre()
    theatre.take_list("attended_transfer", name, at)
    assert len(theatre.translator) == channels
    (row,) = theatre.rows()
    assert [parties(leg) for leg in row.legs] == [
        ("caller", "PJSIP/alice", "alice"),
        ("callee", "PJSIP/uas", "uas-answer"),
        ("callee", "PJSIP/uas", "uas-slow"),
    ]


def test_ten_calls_are_ten_rows() -> None:
    theatre = Theatre().play("ten_calls")
    stories = list(theatre.stories.values())
    assert [story.path for story in stories] == ["routing dialing ringing answered ending ended"] * 10
    assert len({story.call.key for story in stories}) == 10
    began = next(at for at, packet in events("ten_calls") if packet.event == "Newchannel")
    ten = Theatre()
    ten.take_list("ten_calls", "01-ami-CoreShowChannels-ten.txt", began + 3)
    assert [(row.caller, len(row.legs)) for row in ten.rows()] == [(story.call.caller, 2) for story in stories]


def test_who_wanted_to_hang_up_before_the_link_was_lost_is_shown_as_the_list_has_it() -> None:
    theatre = Theatre()
    caller = {"Channel": "PJSIP/alice-1", "ChannelState": "6", "Uniqueid": "1000000001.1", "Linkedid": "1000000001.1"}
    theatre.tell(Packet({"Event": "Newchannel", **caller}), 1)
    theatre.tell(Packet({"Event": "HangupRequest", **caller}), 2)
    assert [call.state for call in theatre.rows()] == [State.ENDING]
    theatre.translator.reconnected()
    (leg,) = theatre.take([Packet({"Event": "CoreShowChannel", **caller})], 3).legs
    assert leg.state is State.ANSWERED


def test_a_list_that_was_asked_for_before_a_channel_began_does_not_forget_it() -> None:
    theatre = Theatre()
    theatre.translator.asked(events("bridged")[0][0])
    theatre.play("bridged", until=1.0)
    rows = theatre.rows()
    assert len(theatre.answered([], theatre.now).legs) == len(rows[0].legs) == 2
    assert [told(row) for row in theatre.rows()] == [told(row) for row in rows]


def test_an_empty_list_ends_what_it_lacks_and_an_unreadable_item_is_counted() -> None:
    theatre = Theatre().play("bridged", until=1.0)
    theatre.take_list("idle", "01-ami-CoreShowChannels.txt", theatre.began + 2)
    assert theatre.rows() == []
    assert len(theatre.translator) == 0
    theatre.take([Packet({"Event": "CoreShowChannel"})], theatre.began + 3)
    assert theatre.translator.ignored == 1


def test_a_list_is_asked_for_before_it_is_taken_in() -> None:
    with pytest.raises(ValueError, match="no list was asked for"):
        at_once(Theatre().translator.listed([], {}))


# --- what a new link tells before its first list -------------------------------------------------------------------

CALLER = {
    "Channel": "PJSIP/alice-1",
    "ChannelState": "6",
    "Uniqueid": "1000000001.1",
    "Linkedid": "1000000001.1",
    "CallerIDNum": "alice",
}
CALLEE = {
    "Channel": "PJSIP/bob-1",
    "ChannelState": "6",
    "Uniqueid": "1000000001.2",
    "Linkedid": "1000000001.1",
    "CallerIDNum": "bob",
}


def _item(channel: dict[str, str], state: str = "6") -> Packet:
    return Packet({"Event": "CoreShowChannel", **channel, "ChannelState": state})


def _event(event: str, channel: dict[str, str]) -> Packet:
    return Packet({"Event": event, **channel, "Cause": "16"})


@pytest.mark.parametrize("asked", [2.0, 4.0], ids=["asked for before", "asked for after"])
def test_a_callee_of_whom_is_heard_first_is_no_caller(asked: float) -> None:
    """A call that began while there was no link is answered before the first list has told who calls whom."""
    theatre = Theatre()
    theatre.translator.reconnected()
    for at in (2.0, 3.0, 4.0):
        if at == asked:
            theatre.translator.asked(at)
        if at == 3.0:
            theatre.tell(_event("Newstate", CALLEE), at)
            theatre.tell(_event("Newstate", CALLER), at)
    assert theatre.rows() == []
    theatre.answered([_item(CALLEE), _item(CALLER)], 5)
    (row,) = theatre.rows()
    assert (row.caller, row.callee, row.state, len(row.legs)) == ("alice", "bob", State.ANSWERED, 2)
    theatre.tell(_event("Hangup", CALLER), 6)
    theatre.tell(_event("Hangup", CALLEE), 6)
    assert theatre.rows() == []


def test_what_is_told_while_the_first_list_is_under_way_comes_after_it() -> None:
    theatre = Theatre()
    theatre.translator.reconnected()
    theatre.translator.asked(1)
    theatre.tell(_event("Newstate", CALLEE), 2)
    theatre.tell(_event("Hold", CALLER), 3)
    theatre.answered([_item(CALLER), _item(CALLEE, "5")], 4)
    (row,) = theatre.rows()
    assert {leg.side.name: leg.state for leg in row.legs} == {"CALLER": State.HELD, "CALLEE": State.ANSWERED}


def test_a_channel_that_hangs_up_while_the_first_list_is_under_way_ends_with_its_event() -> None:
    theatre = Theatre()
    theatre.translator.reconnected()
    theatre.translator.asked(1)
    theatre.tell(_event("Hangup", CALLER), 2)
    theatre.answered([_item(CALLER)], 3)
    assert theatre.rows() == []
    (story,) = theatre.stories.values()
    assert reason(story.call) is Reason.NORMAL


def test_a_channel_that_hangs_up_while_a_list_is_under_way_is_not_listed_though_nobody_told_of_it() -> None:
    theatre = Theatre()
    theatre.translator.asked(1)
    theatre.tell(_event("Hangup", CALLER), 2)
    assert theatre.answered([_item(CALLER)], 3).legs == ()
    assert len(theatre.translator) == 0


def test_a_call_that_is_over_before_the_first_list_is_told_of_after_it() -> None:
    theatre = Theatre()
    theatre.translator.reconnected()
    theatre.tell(_event("Newchannel", CALLER), 1)
    theatre.tell(_event("Hangup", CALLER), 2)
    theatre.take([], 3)
    assert theatre.rows() == []
    (story,) = theatre.stories.values()
    assert reason(story.call) is Reason.NORMAL


@pytest.mark.parametrize("asked", [2.0, 4.0], ids=["asked for before", "asked for after"])
def test_a_channel_of_an_earlier_link_ends_for_the_reason_that_is_told_before_the_first_list(asked: float) -> None:
    theatre = Theatre()
    theatre.tell(_event("Newchannel", CALLER), 1)
    theatre.translator.reconnected()
    for at in (2.0, 3.0, 4.0):
        if at == asked:
            theatre.translator.asked(at)
        if at == 3.0:
            theatre.tell(_event("Hangup", CALLER), at)
    theatre.answered([], 5)
    assert theatre.rows() == []
    assert len(theatre.translator) == 0
    (story,) = theatre.stories.values()
    assert reason(story.call) is Reason.NORMAL


def test_what_comes_while_the_others_that_waited_are_read_waits_behind_them() -> None:
    theatre = Theatre()
    theatre.translator.reconnected()
    theatre.translator.asked(1)
    theatre.tell(_event("Hold", CALLER), 2)
    listed = at_once(theatre.translator.listed([_item(CALLER)], {}))
    told: list[Event] = [listed]
    catching_up = theatre.translator.catch_up(told.append)
    assert theatre.translator.accept(_event("Unhold", CALLER), 3) == []
    next(catching_up)
    assert theatre.translator.accept(_event("Hangup", CALLER), 4) == []
    assert at_once(catching_up)
    assert [type(event) for event in told] == [SwitchListed, LegHeld, LegResumed, LegEnded]


def test_what_waited_and_shows_a_channel_in_its_former_call_does_not_take_it_back() -> None:
    """A channel joins an older call, which the list shows; what was told of that before comes after the list."""
    alone = {**CALLEE, "Linkedid": CALLEE["Uniqueid"]}
    theatre = Theatre()
    theatre.translator.reconnected()
    theatre.translator.asked(1)
    theatre.tell(_event("Newstate", alone), 2)
    theatre.tell(_event("Newstate", CALLEE), 3)
    theatre.answered([_item(CALLER), _item(CALLEE)], 4)
    (row,) = theatre.rows()
    assert [leg.id.native for leg in row.legs] == ["1000000001.1", "1000000001.2/1000000001.1"]
    theatre.take([_item(CALLER), _item(CALLEE)], 5)
    assert [leg.id.native for leg in theatre.rows()[0].legs] == [leg.id.native for leg in row.legs]


def test_what_comes_after_a_list_that_was_newer_does_not_take_a_channel_back_to_its_former_call() -> None:
    alone = {**CALLEE, "Linkedid": CALLEE["Uniqueid"]}
    theatre = Theatre()
    theatre.tell(_event("Newchannel", CALLER), 1)
    theatre.tell(_event("Newchannel", alone), 1)
    theatre.take([_item(CALLER), _item(CALLEE)], 2)
    theatre.tell(_event("NewCallerid", alone), 2.001)
    theatre.tell(_event("BridgeEnter", CALLEE), 2.002)
    (row,) = theatre.rows()
    assert [leg.id.native for leg in row.legs] == ["1000000001.1", "1000000001.2/1000000001.1"]


@pytest.mark.parametrize("asked", [1.0, 3.0], ids=["asked for before", "asked for after"])
@pytest.mark.parametrize("waiting", [True, False])
def test_a_hold_is_told_beside_a_list_that_does_not_tell_it(asked: float, waiting: bool) -> None:
    """It happened before the list was asked for, by the switch's clock or on the way."""
    theatre = Theatre()
    theatre.take([_item(CALLER)], 0)
    if waiting:
        theatre.translator.reconnected()
    if asked == 1.0:
        theatre.translator.asked(asked)
    theatre.tell(_event("Hold", CALLER), 0.95 if asked == 1.0 else 2.0)
    if asked == 3.0:
        theatre.translator.asked(asked)
    theatre.answered([_item(CALLER)], 4)
    assert [row.state for row in theatre.rows()] == [State.HELD]


def test_a_channel_that_hung_up_before_the_list_is_not_brought_back_by_what_is_told_late() -> None:
    theatre = Theatre()
    theatre.translator.reconnected()
    theatre.tell(_event("Hangup", CALLEE), 1)
    theatre.tell(_event("NewAccountCode", CALLEE), 2)
    theatre.take([_item(CALLER)], 3)
    theatre.tell(_event("NewCallerid", CALLEE), 4)
    (row,) = theatre.rows()
    assert (row.caller, row.callee, len(row.legs)) == ("alice", "", 1)


def test_a_caller_who_left_before_the_list_does_not_come_back_as_the_callee() -> None:
    theatre = Theatre()
    theatre.translator.reconnected()
    theatre.tell(_event("BridgeLeave", CALLER), 1)
    theatre.tell(_event("Hangup", CALLER), 2)
    theatre.take([_item(CALLEE)], 3)
    (row,) = theatre.rows()
    assert (row.caller, row.callee, row.state, len(row.legs)) == ("bob", "", State.ANSWERED, 1)


def test_a_channel_that_became_a_phone_s_while_there_was_no_link_is_a_leg() -> None:
    theatre = Theatre()
    theatre.tell(_event("Newchannel", {**CALLER, "Channel": "AsyncGoto/PJSIP/alice-1"}), 1)
    assert theatre.rows() == []
    theatre.translator.reconnected()
    theatre.take([_item(CALLER)], 2)
    assert [row.caller for row in theatre.rows()] == ["alice"]


def test_a_doubt_that_a_list_cannot_settle_stays() -> None:
    theatre = Theatre()
    theatre.tell(_event("Newchannel", CALLER), 1)
    theatre.tell(_event("Newchannel", CALLEE), 1)
    theatre.tell(_event("Hangup", CALLER), 2)
    theatre.translator.asked(3)
    theatre.tell(_event("MusicOnHoldStop", CALLEE), 4)
    theatre.answered([_item(CALLEE)], 5)
    assert theatre.translator.doubtful(6)
    theatre.take([_item(CALLEE)], 7)
    assert not theatre.translator.doubtful(8)
    assert [row.caller for row in theatre.rows()] == ["bob"]


def test_of_more_than_can_wait_the_oldest_goes_and_a_list_is_due(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(translate, "MOST_WAITING", 2)
    translator = translate.Translator("pbx")
    translator.reconnected()
    for due in (True, False):
        translator.asked(1)
        told: list[Event] = []
        for channel in (CALLER, CALLEE, {**CALLER, "Uniqueid": "1000000001.3", "Linkedid": "1000000001.3"}):
            told += translator.accept(_event("Newchannel", channel), 2)
        at_once(translator.listed([], {}))
        assert at_once(translator.catch_up(told.append)) is not due
        assert len([event for event in told if isinstance(event, LegSeen)]) == (2 if due else 1)
