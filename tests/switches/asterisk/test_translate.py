"""What no recording has: renames, calls that join, half calls, hostile packets, hang-ups of ours, facts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from callboard.calls.causes import Reason
from callboard.calls.commands import CommandId, HangUp
from callboard.calls.events import LegEnded, LegRenamed, SwitchListed
from callboard.calls.legs import CallKey, Facts, Side
from callboard.calls.state import State
from callboard.switches.asterisk.channels import cause_of, endpoint_of, is_phone, order_of
from callboard.switches.asterisk.translate import Translator
from callboard.switches.asterisk.wire import Packet
from tests.switches.asterisk.replay import RECORDINGS, SWITCH, Theatre, events, reason


def channel(event: str, uniqueid: str, name: str, state: int, linkedid: str = "", **more: str) -> Packet:
    """An event that shows one channel."""
    fields = {
        "Event": event,
        "Channel": name,
        "ChannelState": str(state),
        "CallerIDNum": name.partition("/")[2].partition("-")[0],
        "Exten": "801",
        "Uniqueid": uniqueid,
        "Linkedid": linkedid or uniqueid,
    }
    return Packet(fields | {name.replace("_", "-"): value for name, value in more.items()})


def item(uniqueid: str, name: str, state: int, linkedid: str = "", **more: str) -> Packet:
    """An item of CoreShowChannels."""
    return channel("CoreShowChannel", uniqueid, name, state, linkedid, Duration="00:00:05", **more)


def talking() -> Theatre:
    """Alice talks to Bob since the second 2."""
    theatre = Theatre()
    theatre.tell(channel("Newchannel", "s-1000000001.1", "PJSIP/alice-01", 4), 1)
    theatre.tell(channel("Newchannel", "s-1000000001.2", "PJSIP/bob-02", 0, "s-1000000001.1"), 1.1)
    theatre.tell(channel("Newstate", "s-1000000001.2", "PJSIP/bob-02", 6, "s-1000000001.1"), 2)
    theatre.tell(channel("Newstate", "s-1000000001.1", "PJSIP/alice-01", 6), 2)
    return theatre


def only(theatre: Theatre) -> str:
    (row,) = theatre.rows()
    return row.state.name


def test_two_calls_join_when_a_channel_shows_the_older_ones_name() -> None:
    theatre = talking()
    theatre.tell(channel("Newchannel", "s-1000000003.3", "PJSIP/carol-03", 4), 3)
    theatre.tell(channel("Newstate", "s-1000000003.3", "PJSIP/carol-03", 6), 4)
    first, second = theatre.rows()
    joins = channel("BridgeEnter", "s-1000000003.3", "PJSIP/carol-03", 6, "s-1000000001.1")
    theatre.tell(joins, 5)
    (row,) = theatre.rows()
    assert row.number == first.number
    assert [leg.number for leg in row.legs] == ["alice", "bob", "carol"]
    assert row.legs[2].answered_at == 4
    over = theatre.table.call(second.number)
    assert over is not None
    assert over.state is State.ENDED
    for uniqueid in ("s-1000000003.3", "s-1000000001.2", "s-1000000001.1"):
        theatre.tell(channel("Hangup", uniqueid, "PJSIP/x-1", 6, "s-1000000001.1", Cause="16"), 6)
    assert theatre.rows() == []


def bridged(event: str, number: int, name: str, kind: str = "basic") -> Packet:
    """A channel, by its own Linkedid, comes into the one bridge or leaves it."""
    uniqueid = f"s-100000000{number}.{number}"
    return channel(event, uniqueid, f"PJSIP/{name}-0{number}", 6, BridgeUniqueid="b-1", BridgeType=kind)


@pytest.mark.parametrize("order", [[1, 3], [3, 1]])
def test_two_who_come_into_one_bridge_are_one_call_at_once(order: list[int]) -> None:
    theatre, names = Theatre(), {1: "alice", 3: "carol"}
    for number, name in names.items():
        theatre.tell(channel("Newchannel", f"s-100000000{number}.{number}", f"PJSIP/{name}-0{number}", 6), number)
    first, second = theatre.rows()
    for number in order:
        theatre.tell(bridged("BridgeEnter", number, names[number]), 5)
    (row,) = theatre.rows()
    assert row.number == first.number
    assert [leg.number for leg in row.legs] == ["alice", "carol"]
    over = theatre.table.call(second.number)
    assert over is not None
    assert over.ended_at == 5
    listed = [
        item("s-1000000001.1", "PJSIP/alice-01", 6),
        item("s-1000000003.3", "PJSIP/carol-03", 6, "s-1000000001.1"),
    ]
    assert {leg.id for leg in Theatre().take(listed, 6).legs} == {leg.id for leg in row.legs}


@pytest.mark.parametrize("kind", ["base", "stasis"])
def test_who_meets_others_in_a_conference_keeps_an_own_call(kind: str) -> None:
    theatre = talking()
    theatre.tell(channel("Newchannel", "s-1000000003.3", "PJSIP/carol-03", 6), 3)
    theatre.tell(bridged("BridgeEnter", 1, "alice", kind), 4)
    theatre.tell(bridged("BridgeEnter", 3, "carol", kind), 4)
    assert len(theatre.rows()) == 2


@pytest.mark.parametrize("link_lost", [False, True])
def test_who_left_a_bridge_or_may_have_is_not_joined_with_the_next(link_lost: bool) -> None:
    theatre = talking()
    theatre.tell(channel("Newchannel", "s-1000000003.3", "PJSIP/carol-03", 6), 3)
    theatre.tell(bridged("BridgeEnter", 1, "alice"), 4)
    if link_lost:
        theatre.translator.reconnected()
        listed = [
            item("s-1000000001.1", "PJSIP/alice-01", 6),
            item("s-1000000001.2", "PJSIP/bob-02", 6, "s-1000000001.1"),
            item("s-1000000003.3", "PJSIP/carol-03", 6),
        ]
        theatre.take(listed, 4.5)
    else:
        theatre.tell(bridged("BridgeLeave", 1, "alice"), 4)
    theatre.tell(bridged("BridgeEnter", 3, "carol"), 5)
    assert len(theatre.rows()) == 2


def test_a_list_names_the_legs_of_joined_calls_as_events_did() -> None:
    theatre = talking()
    theatre.tell(channel("Newchannel", "s-1000000003.3", "PJSIP/carol-03", 4), 3)
    theatre.tell(channel("BridgeEnter", "s-1000000003.3", "PJSIP/carol-03", 6, "s-1000000001.1"), 5)
    items = [
        item("s-1000000001.1", "PJSIP/alice-01", 6),
        item("s-1000000001.2", "PJSIP/bob-02", 6, "s-1000000001.1"),
        item("s-1000000003.3", "PJSIP/carol-03", 6, "s-1000000001.1"),
    ]
    (row,) = theatre.rows()
    listed = Theatre().take(items, 6)
    assert {leg.id for leg in listed.legs} == {leg.id for leg in row.legs}


def test_a_masquerade_gives_a_leg_another_id_and_the_row_stays() -> None:
    theatre = talking()
    (row,) = theatre.rows()
    joining = ("s-1000000003.9", "AsyncGoto/PJSIP/alice-01", 6, "s-1000000001.1")
    theatre.tell(channel("Newchannel", *joining), 3)
    renames = [
        ("s-1000000001.1", "PJSIP/alice-01", "PJSIP/alice-01<MASQ>"),
        ("s-1000000003.9", "AsyncGoto/PJSIP/alice-01", "PJSIP/alice-01"),
        ("s-1000000001.1", "PJSIP/alice-01<MASQ>", "AsyncGoto/PJSIP/alice-01<ZOMBIE>"),
    ]
    for uniqueid, old, new in renames:
        theatre.tell(Packet({"Event": "Rename", "Channel": old, "Newname": new, "Uniqueid": uniqueid}), 3)
    assert any(isinstance(event, LegRenamed) for event in theatre.told)
    zombie = channel("Hangup", "s-1000000001.1", "AsyncGoto/PJSIP/alice-01<ZOMBIE>", 6, Cause="16")
    theatre.tell(zombie, 3)
    (after,) = theatre.rows()
    assert (after.number, after.state, after.caller) == (row.number, State.ANSWERED, "alice")
    gone = channel("Hangup", "s-1000000003.9", "PJSIP/alice-01", 6, "s-1000000001.1", Cause="16")
    theatre.tell(gone, 4)
    theatre.tell(channel("Hangup", "s-1000000001.2", "PJSIP/bob-02", 6, "s-1000000001.1", Cause="16"), 4)
    assert theatre.rows() == []


def test_a_rename_of_nothing_known_is_ignored() -> None:
    translator = Translator(SWITCH)
    assert translator.accept(Packet({"Event": "Rename", "Newname": "PJSIP/x-1", "Uniqueid": "1.1"}), 1) == []
    assert translator.ignored == 1


def test_a_caller_who_goes_on_alone_is_doubted_until_a_list_tells() -> None:
    theatre = talking()
    theatre.tell(channel("Hangup", "s-1000000001.2", "PJSIP/bob-02", 6, "s-1000000001.1", Cause="16"), 5)
    assert only(theatre) == "ENDING"
    assert not theatre.translator.doubtful(5.1)
    assert theatre.translator.doubtful(5.6)
    theatre.take([item("s-1000000001.1", "PJSIP/alice-01", 6)], 6)
    assert only(theatre) == "ANSWERED"
    assert theatre.rows()[0].answered_at == 2
    assert not theatre.translator.doubtful(9)


def test_voicemail_after_nobody_answered_is_doubted_too() -> None:
    theatre = Theatre()
    theatre.tell(channel("Newchannel", "1000000001.1", "PJSIP/alice-01", 4), 1)
    theatre.tell(channel("Newchannel", "1000000001.2", "PJSIP/bob-02", 5, "1000000001.1"), 1)
    theatre.tell(channel("Hangup", "1000000001.2", "PJSIP/bob-02", 5, "1000000001.1", Cause="19"), 5)
    assert only(theatre) == "ROUTING"
    assert not theatre.translator.doubtful(9)
    theatre.tell(channel("Newstate", "1000000001.1", "PJSIP/alice-01", 6), 6)
    assert theatre.translator.doubtful(7)


def test_the_end_of_both_leaves_no_doubt() -> None:
    theatre = talking()
    theatre.tell(channel("Hangup", "s-1000000001.1", "PJSIP/alice-01", 6, Cause="16"), 5)
    assert theatre.translator.doubtful(6)
    theatre.tell(channel("Hangup", "s-1000000001.2", "PJSIP/bob-02", 6, "s-1000000001.1", Cause="16"), 5)
    assert not theatre.translator.doubtful(6)


def test_a_late_packet_makes_no_ghost() -> None:
    theatre = talking()
    theatre.translator.asked(4.9)
    for uniqueid in ("s-1000000001.2", "s-1000000001.1"):
        theatre.tell(channel("Hangup", uniqueid, "PJSIP/x-1", 6, "s-1000000001.1", Cause="16"), 5)
    theatre.tell(channel("Newstate", "s-1000000001.1", "PJSIP/alice-01", 6), 5.1)
    theatre.tell(channel("Hangup", "s-1000000001.1", "PJSIP/alice-01", 6, Cause="16"), 5.1)
    assert theatre.answered([item("s-1000000001.1", "PJSIP/alice-01", 6)], 5.2).legs == ()
    assert theatre.rows() == []
    assert theatre.translator.ignored == 2


def test_what_hangs_a_call_up_and_how_it_is_told() -> None:
    theatre = talking()
    command = HangUp(CommandId("c"), CallKey(SWITCH, "s-1000000001.1"))
    assert theatre.translator.orders(command, "") == (
        ("Hangup", (("Channel", "PJSIP/alice-01"), ("Cause", "16"))),
        ("Hangup", (("Channel", "PJSIP/bob-02"), ("Cause", "16"))),
    )
    for uniqueid in ("s-1000000001.2", "s-1000000001.1"):
        theatre.tell(channel("Hangup", uniqueid, "PJSIP/x-1", 6, "s-1000000001.1", Cause="16"), 5)
    (story,) = theatre.stories.values()
    assert reason(story.call) is Reason.DISCONNECTED
    assert theatre.translator.orders(command, "") == ()


def test_a_call_that_is_no_callers_has_its_account_code_from_nobody() -> None:
    theatre = Theatre().play("bridged", until=1.0)
    (row,) = theatre.rows()
    caller, callee = row.legs
    assert caller.facts == Facts(account_code="rig-account", endpoint="alice", context="rig")
    assert callee.facts == Facts(endpoint="uas", context="rig")


def test_the_sip_call_id_comes_with_channelvars() -> None:
    packet = channel("Newchannel", "1.1", "PJSIP/alice-01", 4)
    with_id = Packet(packet.fields, {"CHANNEL(pjsip,call-id)": "1-81@127.0.0.1"})
    theatre = Theatre()
    theatre.tell(with_id, 1)
    assert [row.sip_call_id for row in theatre.rows()] == ["1-81@127.0.0.1"]


def test_ringing_by_the_switch_itself_shows_where_the_dialplan_is_told() -> None:
    theatre = Theatre()
    theatre.tell(channel("Newchannel", "1.1", "PJSIP/alice-01", 4), 1)
    theatre.tell(channel("Newexten", "1.1", "PJSIP/alice-01", 4, Application="Wait"), 1)
    assert only(theatre) == "ROUTING"
    theatre.tell(channel("Newexten", "1.1", "PJSIP/alice-01", 4, Application="Ringing"), 1)
    assert only(theatre) == "RINGING"


@pytest.mark.parametrize(
    ("name", "phone", "endpoint"),
    [
        ("PJSIP/alice-00000001", True, "alice"),
        ("PJSIP/a-b-00000001", True, "a-b"),
        ("SIP/trunk.example-0000a", True, "trunk.example"),
        ("Local/802@rig-00000001;1", False, "802@rig"),
        ("CBAnn/meet-1;2", False, "meet"),
        ("nothing", False, ""),
        ("", False, ""),
    ],
)
def test_names_of_channels(name: str, phone: bool, endpoint: str) -> None:
    assert (is_phone(name), endpoint_of(name)) == (phone, endpoint)


def test_ids_are_ordered_by_second_and_count() -> None:
    ids = ["a-b-1795245314.10", "1795245314.9", "x-1795245313.11", "chosen"]
    assert sorted(ids, key=lambda native: order_of(native, 1795245313.5)) == [ids[2], ids[3], ids[1], ids[0]]


@pytest.mark.parametrize(
    ("cause", "tech", "answered", "asked", "side", "expected", "sip"),
    [
        ("16", "", True, True, Side.CALLER, Reason.NORMAL, 0),
        ("0", "", True, False, Side.CALLER, Reason.NORMAL, 0),
        ("127", "487", False, True, Side.CALLER, Reason.CANCELLED, 487),
        ("16", "", False, False, Side.CALLER, Reason.NO_ANSWER, 0),
        ("26", "", False, False, Side.CALLEE, Reason.CANCELLED, 0),
        ("17", "486", False, True, Side.CALLEE, Reason.BUSY, 486),
        ("21", "603", False, True, Side.CALLEE, Reason.DECLINED, 603),
        ("34", "503", False, True, Side.CALLER, Reason.FAILED, 503),
        ("127", "480", True, False, Side.CALLER, Reason.NO_ANSWER, 480),
        ("999999999999", "x", True, False, Side.CALLER, Reason.NORMAL, 0),
        ("66", "99", True, False, Side.CALLER, Reason.FAILED, 0),
    ],
)
def test_causes(cause: str, tech: str, answered: bool, asked: bool, side: Side, expected: Reason, sip: int) -> None:
    told = cause_of(Packet({"Cause": cause, "TechCause": tech}), answered=answered, asked=asked, side=side)
    assert (told.reason, told.sip) == (expected, sip)


NAMES = st.sampled_from(
    ["Uniqueid", "Linkedid", "Channel", "ChannelState", "Newname", "DestUniqueid", "Cause", "Exten"]
)
VALUES = st.sampled_from(
    ["", "1.1", "1.2", "PJSIP/a-1", "Local/a-1;1", "6", "5", "x<MASQ>", "99999", "<unknown>", "\ufffd"]
)
EVENTS = st.sampled_from(
    [
        "Newchannel",
        "Newstate",
        "Hangup",
        "Rename",
        "Hold",
        "DialBegin",
        "BlindTransfer",
        "HangupRequest",
        "ParkedCall",
        "",
    ]
)


@given(st.lists(st.tuples(EVENTS, st.dictionaries(NAMES, VALUES)), max_size=30))
def test_no_packet_raises_and_a_list_empties_the_house(plays: list[tuple[str, dict[str, str]]]) -> None:
    theatre = Theatre()
    for at, (event, fields) in enumerate(plays):
        theatre.tell(Packet({"Event": event, **fields}), 1.0 + at)
    assert theatre.take([], 100) == SwitchListed(SWITCH, 100, (), complete=True)
    assert theatre.rows() == []
    assert len(theatre.translator) == 0


@pytest.mark.parametrize("scene", sorted(path.name for path in RECORDINGS.iterdir() if path.is_dir()))
def test_every_fifth_event_lost_leaves_no_ghost_after_a_list(scene: str) -> None:
    theatre = Theatre()
    for index, (at, packet) in enumerate(events(scene)):
        if index % 5:
            theatre.tell(packet, at)
    theatre.take([], theatre.now + 1)
    assert theatre.rows() == []


def test_events_told_twice_are_told_once() -> None:
    once, twice = Theatre().play("blind_transfer"), Theatre()
    for at, packet in events("blind_transfer"):
        twice.began = twice.began or once.began
        twice.tell(packet, at)
        twice.tell(packet, at)
    assert [story.path for story in twice.stories.values()] == [story.path for story in once.stories.values()]
    assert len([event for event in twice.told if isinstance(event, LegEnded)]) == len(
        [event for event in once.told if isinstance(event, LegEnded)]
    )


def test_an_attended_transfer_that_shows_no_target_leads_to_whom_the_transferer_talked_to() -> None:
    """Asterisk 22 leaves the target's fields out at times."""
    theatre = Theatre()
    for at, packet in events("attended_transfer"):
        fields = {name: value for name, value in packet.fields.items() if not name.startswith("TransferTarget")}
        theatre.tell(replace(packet, fields=fields), at)
    (story,) = theatre.stories.values()
    assert (story.call.caller, story.call.dialed, story.call.callee) == ("uas-answer", "uas-slow", "uas-slow")


def test_who_goes_on_after_a_transfer_does_not_go_by_the_former_callers_name() -> None:
    theatre = Theatre().play("blind_transfer", until=1.0)
    assert [(row.caller, row.caller_name) for row in theatre.rows()] == [("alice", "Alice")]
    theatre = Theatre().play("blind_transfer", until=3.0)
    assert [(row.caller, row.caller_name) for row in theatre.rows()] == [("uas-answer", "")]


def test_a_callee_who_is_redirected_goes_on_alone_under_the_same_number() -> None:
    theatre = Theatre().play("redirected_callee", until=0.8)
    (row,) = theatre.rows()
    (callee,) = [leg for leg in row.legs if leg.state is State.ANSWERED]
    uniqueid, _, linkedid = callee.id.native.partition("/")
    assert theatre.translator.doubtful(theatre.now + 1)
    alone = item(uniqueid, callee.channel, 6, linkedid, CallerIDNum="442")
    theatre.take([alone], theatre.now + 1)
    (after,) = theatre.rows()
    assert (after.number, after.state, after.caller) == (row.number, State.ANSWERED, "442")
    assert after.answered_at == callee.answered_at
