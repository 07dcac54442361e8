"""Lists and events of a FreeSWITCH, merged in a real table; renames, joins, ghosts and kills."""

import itertools
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callboard.calls.causes import Cause, Reason
from callboard.calls.commands import CommandId, HangUp
from callboard.calls.events import Event, LegEnded, LegRenamed, LegSeen, SwitchListed
from callboard.calls.legs import Call, CallKey, LegId, Placement, Side
from callboard.calls.state import State
from callboard.switches.clock import SwitchClock
from callboard.switches.freeswitch import wire
from callboard.switches.freeswitch.channels import cause_of
from callboard.switches.freeswitch.translate import Translator
from callboard.switches.portions import at_once
from callboard.table.store.numbering import Numbering
from callboard.table.table import Table
from tests.switches.freeswitch.recording import SCENES, details, events_until, lists

NOW = 1_700_000_000.0
LISTED = [(scene, asked) for scene in SCENES for asked in range(len(lists(scene)))]


def table() -> Table:
    """An empty table."""
    numbers = itertools.count(1)
    return Table(lambda legs: Placement(), Numbering(0, lambda size: next(numbers) * size), 1)


def translator() -> Translator:
    """One that knows nothing yet."""
    return Translator("pbx", SwitchClock())


def tell(board: Table, told: Iterable[Event], now: float = NOW) -> None:
    """The table is told."""
    for event in told:
        board.accept(event, now)


def said(name: str, uuid: str, at: float = NOW, **more: str) -> wire.ChannelEvent:
    """An event of a channel; an inbound one that calls nobody, unless `more` says otherwise."""
    fields = {"direction": "inbound", "call_uuid": uuid, "channel": f"sofia/x/{uuid}", "caller_number": uuid, **more}
    return wire.ChannelEvent(name=name, timestamp=str(int(at * 1e6)), uuid=uuid, **fields)


def played(made: Translator, *told: wire.ChannelEvent) -> list[Event]:
    """What the events come to."""
    return [event for one in told for event in made.accept(one, int(one.timestamp) / 1e6)]


def call(caller: str, callee: str, at: float = NOW) -> list[wire.ChannelEvent]:
    """Two channels that talk to each other."""
    outbound = {"direction": "outbound", "call_uuid": caller, "destination": callee}
    answered = {"answer_state": "answered", "call_state": "ACTIVE"}
    return [
        said("CHANNEL_CREATE", caller, at, destination=callee),
        said("CHANNEL_CREATE", callee, at, **outbound),
        said("CHANNEL_ANSWER", callee, at + 1, **outbound, **answered),
        said("CHANNEL_ANSWER", caller, at + 1, destination=callee, **answered),
    ]


def row(uuid: str, call_uuid: str = "", **more: str) -> wire.Row:
    """A channel in a list."""
    fields = {"direction": "inbound", "callstate": "ACTIVE", "created_epoch": str(int(NOW)), **more}
    return wire.Row(uuid=uuid, call_uuid=call_uuid, name=f"sofia/x/{uuid}", **fields)


def listing(*rows: wire.Row, whole: bool = True) -> wire.Listing:
    """A list."""
    return wire.Listing(rows, whole)


def live(board: Table) -> list[Call]:
    """The calls that are up."""
    return [call for call in board.select() if call.state is not State.ENDED]


def bare(seen: Call) -> tuple[object, ...]:
    """What a row says, but for what differs from table to table, and for the times."""
    legs = tuple(
        (
            leg.id,
            leg.side,
            leg.state,
            leg.number,
            leg.name,
            leg.dialed,
            leg.media,
            leg.sip_call_id,
            leg.channel,
            leg.facts,
        )
        for leg in sorted(seen.legs, key=lambda leg: leg.id)
    )
    parties = (seen.caller, seen.caller_name, seen.dialed, seen.callee, seen.sip_call_id)
    return seen.state, parties, seen.caller_media, seen.callee_media, legs


def times(calls: Iterable[Call]) -> list[float]:
    """When each leg began, progressed and was answered, 0.0 where it was not."""
    legs = [leg for call in calls for leg in sorted(call.legs, key=lambda leg: leg.id)]
    return [at or 0.0 for leg in legs for at in (leg.started_at, leg.progressed_at, leg.answered_at)]


def test_an_answer_that_was_not_told_stands_in_what_is_told_next() -> None:
    made, board = translator(), table()
    states: list[State] = []
    for event in events_until("bridged", None):
        now = int(event.timestamp) / 1e6
        if event.name not in ("CHANNEL_ANSWER", "CHANNEL_PROGRESS"):
            tell(board, made.accept(event, now), now)
            states.append(board.calls()[0].state)
    assert list(dict.fromkeys(states)) == [State.ROUTING, State.DIALING, State.ANSWERED, State.ENDING, State.ENDED]


# --- recorded lists ---


def at_list(scene: str, asked: int) -> tuple[Translator, Table, float]:
    """All that was told until a list was asked for, and when that was."""
    made, board, now = translator(), table(), 0.0
    for event in events_until(scene, asked):
        now = int(event.timestamp) / 1e6
        tell(board, made.accept(event, now), now)
    return made, board, now + 0.5


@pytest.mark.parametrize(("scene", "asked"), LISTED)
def test_a_list_after_the_events_changes_nothing(scene: str, asked: int) -> None:
    made, board, now = at_list(scene, asked)
    before = live(board)
    taken = lists(scene)[asked]

    questions = at_once(made.doubts(taken, now))
    merged = at_once(made.listed(taken, {}, now))
    tell(board, [merged], now)

    assert not questions, "what the events told is not in doubt"
    assert merged.complete
    assert [bare(call) for call in live(board)] == [bare(call) for call in before]
    assert times(live(board)) == times(before)
    assert [call.number for call in live(board)] == [call.number for call in before]


@pytest.mark.parametrize(("scene", "asked"), LISTED)
def test_a_list_right_after_a_connect_gives_the_rows_that_events_give(scene: str, asked: int) -> None:
    _, told, now = at_list(scene, asked)
    made, board = translator(), table()
    taken, answers = lists(scene)[asked], details(scene, asked)

    questions = at_once(made.doubts(taken, now))
    tell(
        board,
        [at_once(made.listed(taken, {question.uuid: answers[question.uuid] for question in questions}, now))],
        now,
    )

    assert {question.command for question in questions} == {wire.dump(row.uuid) for row in taken.rows}
    assert [bare(call) for call in live(board)] == [bare(call) for call in live(told)]
    assert times(live(board)) == pytest.approx(times(live(told)), abs=0.1, rel=0)


# Which halves of loopback pairs belong together is in no list.
@pytest.mark.parametrize(("scene", "asked"), [play for play in LISTED if play[0] != "loopback"])
def test_a_list_alone_has_the_calls_and_their_parties(scene: str, asked: int) -> None:
    _, told, now = at_list(scene, asked)
    made, board = translator(), table()

    tell(board, [at_once(made.listed(lists(scene)[asked], {}, now))], now)

    def parties(board: Table) -> list[tuple[object, ...]]:
        return [(call.caller, call.dialed, call.callee, len(call.legs)) for call in live(board)]

    assert parties(board) == parties(told)
    assert [call.connected for call in live(board)] == [call.connected for call in live(told)]


@given(st.data())
def test_whatever_events_are_lost_a_list_puts_it_right(data: st.DataObject) -> None:
    scene, asked = data.draw(st.sampled_from(LISTED))
    _, told, now = at_list(scene, asked)
    made, board = translator(), table()
    for event in events_until(scene, asked):
        if data.draw(st.booleans()):
            tell(board, made.accept(event, int(event.timestamp) / 1e6), now)

    taken, known = lists(scene)[asked], details(scene, asked)
    there = {row.uuid for row in taken.rows}
    answers = {
        question.uuid: known[question.uuid] if question.uuid in there else b"false"
        for question in at_once(made.doubts(taken, now + 1))
    }
    tell(board, [at_once(made.listed(taken, answers, now + 1))], now + 1)

    assert sorted(who(call) for call in live(board)) == sorted(who(call) for call in live(told))


def who(seen: Call) -> tuple[object, ...]:
    """The parties of a call and its state, however it was learned of."""
    legs = sorted((leg.id, leg.side, leg.state, leg.number) for leg in seen.legs)
    return legs, seen.state, seen.caller, seen.dialed, seen.callee


def test_hold_stands_in_the_list() -> None:
    made, board = translator(), table()
    answers = details("held", 0)

    tell(board, [at_once(made.listed(lists("held")[0], answers, NOW))])

    assert [call.state for call in live(board)] == [State.HELD]


def test_a_loopback_pair_is_no_call_of_its_own() -> None:
    made, board = translator(), table()

    tell(board, [at_once(made.listed(lists("loopback")[1], details("loopback", 1), NOW))])

    (call,) = live(board)
    assert [leg.channel for leg in call.legs] == ["sofia/rig/alice@127.0.0.1:5060", "sofia/rig/slow@127.0.0.1:5070"]


# --- ghosts, lag and gaps ---


def test_a_ghost_in_the_list_is_asked_for_and_left_out() -> None:
    made = translator()
    taken = listing(row("ghost"), row("real"))

    questions = at_once(made.doubts(taken, NOW))
    answers = {"ghost": b"-ERR No such channel!\n", "real": details_of("real")}
    merged = at_once(made.listed(taken, answers, NOW))

    assert {question.uuid for question in questions} == {"ghost", "real"}
    assert [leg.id.native for leg in merged.legs] == ["real"]
    assert at_once(made.doubts(listing(row("ghost"), row("real")), NOW)) == [], (
        "once it is known to be gone it is not asked for again"
    )


def test_the_list_does_not_revive_what_an_event_ended() -> None:
    made, board = translator(), table()
    tell(board, played(made, *call("a", "b")))
    tell(
        board,
        played(made, said("CHANNEL_HANGUP_COMPLETE", "b", NOW + 5), said("CHANNEL_HANGUP_COMPLETE", "a", NOW + 5)),
    )

    tell(board, [at_once(made.listed(listing(row("a"), row("b", "a")), {}, NOW + 4))])

    assert live(board) == []


def test_the_list_does_not_end_what_an_event_announced() -> None:
    made, board = translator(), table()
    tell(board, played(made, *call("a", "b", NOW)))

    taken = listing()
    assert at_once(made.doubts(taken, NOW - 1)) == [], "told after the moment of which the list speaks"
    tell(board, [at_once(made.listed(taken, {}, NOW - 1))])

    assert len(live(board)) == 1


def test_a_channel_that_the_list_lacks_is_asked_for() -> None:
    made, board = translator(), table()
    tell(board, played(made, *call("a", "b"), *call("c", "d")))

    questions = at_once(made.doubts(listing(), NOW + 60))
    answers = {question.uuid: b"true" if question.uuid in "ab" else b"false" for question in questions}
    tell(board, [at_once(made.listed(listing(), answers, NOW + 60))])

    assert {question.command for question in questions} == {f"uuid_exists {uuid}" for uuid in "abcd"}
    assert [call.key.native for call in live(board)] == ["a"]


def test_an_incomplete_list_ends_nothing() -> None:
    made, board = translator(), table()
    tell(board, played(made, *call("a", "b"), *call("c", "d")))

    tell(board, [at_once(made.listed(listing(row("a"), row("b", "a"), whole=False), {}, NOW + 60))])

    assert {call.key.native for call in live(board)} == {"a", "c"}


def test_what_was_not_heard_of_for_long_is_in_doubt() -> None:
    made = translator()
    played(made, *call("a", "b"))
    taken = listing(row("a"), row("b", "a", direction="outbound"))

    assert at_once(made.doubts(taken, NOW + 60)) == []
    questions = at_once(made.doubts(taken, NOW + 3600))
    at_once(made.listed(taken, {"a": b"true", "b": b"false"}, NOW + 3600))

    assert [question.command for question in questions] == ["uuid_exists a", "uuid_exists b"]
    assert len(made) == 1
    assert at_once(made.doubts(listing(row("a")), NOW + 3700)) == []


def test_questions_are_bounded_and_the_oldest_channels_come_first() -> None:
    made = Translator("pbx", SwitchClock(), questions=2)
    taken = listing(*(row(str(number), created_epoch=str(int(NOW) - number)) for number in range(5)))

    first = [question.uuid for question in at_once(made.doubts(taken, NOW))]
    at_once(made.listed(taken, {uuid: details_of(uuid) for uuid in first}, NOW))
    second = [question.uuid for question in at_once(made.doubts(taken, NOW))]

    assert (first, second) == (["4", "3"], ["2", "1"])


def details_of(uuid: str) -> bytes:
    """What `uuid_dump` says of an inbound channel."""
    return f'{{"Unique-ID":"{uuid}","Call-Direction":"inbound","Answer-State":"answered"}}'.encode()


def test_after_a_reconnect_a_transferred_call_is_still_the_same_call() -> None:
    made, board, now = at_list("blind_transfer", 0)
    (before,) = live(board)
    merged = at_once(made.listed(lists("blind_transfer")[0], {}, now + 60))
    board.accept(merged, now + 60)

    assert [call.number for call in live(board)] == [before.number]


# --- joined, parted, renamed ---


def test_a_renamed_channel_is_the_same_leg_of_the_same_call() -> None:
    made, board = translator(), table()
    tell(board, played(made, *call("a", "b")))
    (before,) = live(board)

    renamed = played(made, said("CHANNEL_UUID", "z", NOW + 2, old_uuid="a", call_uuid="z"))
    tell(board, renamed)
    tell(board, played(made, said("CHANNEL_CREATE", "c", NOW + 3, direction="outbound", call_uuid="z")))

    assert renamed == [LegRenamed(NOW + 2, LegId("pbx", "a"), LegId("pbx", "z"))]
    (after,) = live(board)
    assert after.number == before.number
    assert {leg.id.native for leg in after.legs} == {"z", "b", "c"}
    tell(board, [at_once(made.listed(listing(row("z"), row("b", "z"), row("c", "z")), {}, NOW + 60))])
    assert [call.number for call in live(board)] == [before.number]


def test_a_rename_of_what_is_not_known_is_ignored() -> None:
    made = translator()

    assert played(made, said("CHANNEL_UUID", "z", old_uuid="a")) == []
    assert made.ignored == 1


def test_two_calls_that_are_bridged_become_one_by_the_next_list() -> None:
    made, board = translator(), table()
    tell(board, played(made, *call("a", "b"), *call("c", "d", NOW + 1)))
    assert not made.wants_list

    played(made, said("CHANNEL_BRIDGE", "b", NOW + 3, direction="outbound", call_uuid="a", other_uuid="d"))
    assert made.wants_list
    gone = [said("CHANNEL_HANGUP_COMPLETE", uuid, NOW + 3) for uuid in "ac"]
    tell(board, played(made, *gone), NOW + 3)
    taken = listing(row("b", "a", direction="outbound"), row("d", "b", direction="outbound"))
    tell(board, [at_once(made.listed(taken, {}, NOW + 60))], NOW + 60)

    (joined,) = live(board)
    assert joined.key.native == "a"
    assert {leg.id.native for leg in joined.legs} == {"b", "d"}
    assert not made.wants_list


def test_both_parties_sent_elsewhere_are_two_calls_by_the_next_list() -> None:
    made, board = translator(), table()
    tell(board, played(made, *call("a", "b")))
    own = {"direction": "outbound", "call_uuid": "b", "destination": "9", "answer_state": "answered"}

    tell(board, played(made, said("CALL_UPDATE", "b", NOW + 3, **own)))
    tell(
        board,
        [
            at_once(
                made.listed(
                    listing(row("a"), row("b", "b", direction="outbound", initial_dest="b", dest="9")), {}, NOW + 60
                )
            )
        ],
    )

    assert {call.key.native: len(call.legs) for call in live(board)} == {"a": 1, "b": 1}


def test_a_list_that_points_in_circles_is_read() -> None:
    merged = at_once(
        translator().listed(listing(row("a", "b"), row("b", "a"), row("c", "c"), row("d", "gone")), {}, NOW)
    )

    assert len({leg.call for leg in merged.legs}) == 3


# --- what events may do ---


def test_a_call_whose_beginning_was_missed_is_seen_with_its_next_event() -> None:
    told = played(translator(), call("a", "b")[3])

    (seen,) = told
    assert isinstance(seen, LegSeen)
    assert seen.leg.state is State.ANSWERED
    assert seen.leg.side is Side.CALLER


def test_one_end_event_is_enough_and_the_second_is_no_news() -> None:
    made = translator()
    played(made, *call("a", "b"))

    first = played(made, said("CHANNEL_DESTROY", "b", hangup_cause="USER_BUSY"))
    second = played(made, said("CHANNEL_HANGUP_COMPLETE", "b"))

    assert first == [LegEnded(LegId("pbx", "b"), NOW, Cause(Reason.BUSY, 0, "USER_BUSY"))]
    assert second == []
    assert made.ignored == 0


def test_late_events_of_an_ended_channel_are_counted() -> None:
    made = translator()
    played(made, said("CHANNEL_DESTROY", "b"))

    assert played(made, said("CHANNEL_ANSWER", "b")) == []
    assert made.ignored == 1


@pytest.mark.parametrize("timestamp", ["", "soon", "-5", "9" * 30, "٣"])
def test_an_event_without_its_time_is_counted(timestamp: str) -> None:
    made = translator()

    assert made.accept(wire.ChannelEvent(name="CHANNEL_CREATE", uuid="a", timestamp=timestamp), NOW) == []
    assert made.accept(None, NOW) == []
    assert made.ignored == 2


def test_missing_fields_make_a_leg_that_lacks_them() -> None:
    (seen,) = translator().accept(wire.ChannelEvent(name="CHANNEL_CREATE", uuid="a", timestamp="1"), NOW)

    assert isinstance(seen, LegSeen)
    assert (seen.leg.number, seen.leg.call) == ("", "a")


@pytest.mark.parametrize(
    ("word", "sip", "cause"),
    [
        ("NORMAL_CLEARING", "sip:200", Cause(Reason.NORMAL, 200, "NORMAL_CLEARING")),
        ("USER_BUSY", "sip:486", Cause(Reason.BUSY, 486, "USER_BUSY")),
        ("MANAGER_REQUEST", "", Cause(Reason.DISCONNECTED, 0, "MANAGER_REQUEST")),
        ("SOMETHING_NEW", "sip:5000", Cause(Reason.FAILED, 0, "SOMETHING_NEW")),
        ("", "q850:16", Cause(Reason.NORMAL, 0, "")),
    ],
)
def test_causes(word: str, sip: str, cause: Cause) -> None:
    assert cause_of(wire.ChannelEvent(hangup_cause=word, sip_cause=sip)) == cause


# --- commands ---


def test_a_hang_up_kills_every_channel_of_the_call_and_no_other() -> None:
    made = translator()
    played(made, *call("a", "b"), *call("c", "d"))

    ours = made.commands(HangUp(CommandId("1"), CallKey("pbx", "a")))
    busy = made.commands(HangUp(CommandId("2"), CallKey("pbx", "c"), Cause(Reason.BUSY)))

    assert ours == ["uuid_kill a MANAGER_REQUEST", "uuid_kill b MANAGER_REQUEST"]
    assert busy == ["uuid_kill c USER_BUSY", "uuid_kill d USER_BUSY"]


def test_a_hang_up_of_what_is_not_known_sends_nothing() -> None:
    assert translator().commands(HangUp(CommandId("1"), CallKey("pbx", "a"))) == []


@pytest.mark.parametrize("uuid", ["a\n\napi fsctl shutdown", "a b", "a\r", "a\0"])
def test_an_id_that_is_no_word_is_never_sent(uuid: str) -> None:
    made = translator()
    played(made, said("CHANNEL_CREATE", uuid))

    assert made.commands(HangUp(CommandId("1"), CallKey("pbx", uuid))) == []
    assert at_once(made.doubts(listing(row(f"{uuid} again")), NOW + 60)) == []


def test_a_new_life_of_the_switch_is_a_clean_slate() -> None:
    made = translator()
    made.meet("one life")
    played(made, *call("a", "b"))

    made.meet("one life")
    assert len(made) == 2
    made.meet("the next")

    assert at_once(made.listed(listing(), {}, NOW)) == SwitchListed("pbx", NOW, (), complete=True)


def test_the_switchs_clock_is_known_before_its_first_event() -> None:
    made = translator()

    made.learn_time(b"-ERR strmicroepoch Command not found!\n", NOW)
    made.learn_time(b"%d" % int((NOW - 3600) * 1e6), NOW)
    (leg,) = at_once(made.listed(listing(row("a", created_epoch=str(int(NOW) - 3660))), {}, NOW)).legs

    assert leg.started_at == pytest.approx(NOW - 60, abs=0.1)
