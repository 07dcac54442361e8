"""From the engine's words to events; a real table then shows what they amount to."""

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callboard.calls.causes import Reason
from callboard.calls.events import (
    Event,
    LegAnswered,
    LegAuthenticating,
    LegDescribed,
    LegEnded,
    LegEnding,
    LegHeld,
    LegResumed,
    LegRinging,
    LegRouting,
    LegSeen,
)
from callboard.calls.legs import Call, Facts, Placement, Side
from callboard.calls.state import State
from callboard.switches.b2bua import wire
from callboard.switches.b2bua.routing import Routed
from callboard.switches.b2bua.translate import Translator, cause_of
from callboard.table.questions.filters import EVERYTHING, Order
from callboard.table.store.numbering import Numbering
from callboard.table.table import Table
from tests.switches.b2bua.town import CARRIER, NOW, came, town

TOWN = town()
CALLER, CALLEE, ONE, TWO = TOWN.account(3), TOWN.account(4), TOWN.connection(1), TOWN.connection(2)
assert CALLER
assert CALLEE
assert ONE
assert TWO


def way(number: int) -> Routed:
    """The first or second way of an off-net call."""
    connection = (ONE, TWO)[number]
    assert connection
    target = wire.Target(address=connection.address, uri=f"sip:4930@{connection.address}", caller="801")
    return Routed(target=target, number="4930", connection=connection)


def translator() -> Translator:
    """The translator of an engine's life."""
    return Translator("b2bua", "k1")


def routed(made: Translator, *ways: Routed) -> list[Event]:
    """Call 1 of account 3, up to its route."""
    assert CALLER
    events = made.came(came(), None)
    events += made.admitted("1", CALLER, "801", "4930", NOW)
    made.routed("1", ways or (way(0), way(1)))
    return events


def answered(made: Translator) -> list[Event]:
    """The same, up to the answer of the first way."""
    events = routed(made)
    events += made.dialing(wire.Dialing(call="1", branch=0, at=NOW + 1))
    events += made.ringing(wire.Ringing(call="1", branch=0, at=NOW + 2))
    events += made.answered(wire.Answered(call="1", branch=0, at=NOW + 3, caller_media="m1", callee_media="m2"))
    return events


def kinds(events: Iterable[Event]) -> list[type[Event]]:
    """What kinds of events they are."""
    return [type(event) for event in events]


def table_of(events: Iterable[Event]) -> Table:
    """A table that was told these events."""
    table = Table(lambda legs: Placement(), Numbering(0, lambda size: 1), 1)
    for event in events:
        table.accept(event, NOW + 100)
    return table


def only(table: Table) -> Call:
    """The one call of the table."""
    (call,) = table.select(EVERYTHING, Order.OLDEST_FIRST)
    return call


def test_a_call_from_its_first_packet_to_its_last() -> None:
    made = translator()
    events = made.came(came(), None)
    events += made.authenticating("1", NOW)
    assert CALLER
    events += made.admitted("1", CALLER, "801", "4930", NOW)
    made.routed("1", (way(0),))
    events += made.dialing(wire.Dialing(call="1", branch=0, at=NOW + 1))
    events += made.ringing(wire.Ringing(call="1", branch=0, at=NOW + 2, media="198.51.100.9"))
    events += made.ringing(wire.Ringing(call="1", branch=0, at=NOW + 2.5, media="198.51.100.9"))
    events += made.answered(
        wire.Answered(call="1", branch=0, at=NOW + 3, caller_media="192.0.2.50", callee_media="198.51.100.9")
    )
    events += made.held(wire.Held(call="1", side="caller", at=NOW + 4))
    events += made.resumed(wire.Resumed(call="1", side="caller", at=NOW + 5))
    events += made.ending(wire.Ending(call="1", at=NOW + 6, by="callee"))
    events += made.ended(wire.Ended(call="1", at=NOW + 6.1, by="callee", code=200))
    assert kinds(events) == [
        LegSeen,
        LegAuthenticating,
        LegDescribed,
        LegRouting,
        LegSeen,
        LegDescribed,
        LegRinging,
        LegAnswered,
        LegAnswered,
        LegHeld,
        LegResumed,
        LegEnding,
        LegEnding,
        LegEnded,
        LegEnded,
    ]
    assert len(made) == 0
    assert made.ignored == 0


def test_what_is_known_of_the_legs() -> None:
    made = translator()
    call = only(table_of(answered(made)))
    caller, callee = call.legs
    assert (caller.id.native, callee.id.native, caller.call, callee.call) == ("k1-1-a", "k1-1-b0", "k1-1", "k1-1")
    assert (caller.side, callee.side) == (Side.CALLER, Side.CALLEE)
    assert caller.facts == Facts(account=3, endpoint="801", source="192.0.2.50:5062")
    assert callee.facts == Facts(connection=1, source="198.51.100.1:5060")
    assert (call.caller, call.dialed, call.callee, call.sip_call_id) == ("801", "4930", "4930", "1@phone")
    assert (call.caller_media, call.callee_media) == ("m1", "m2")
    assert (call.started_at, call.progressed_at, call.answered_at) == (NOW, NOW + 2, NOW + 3)


def test_a_trusted_caller_is_known_from_the_first_event() -> None:
    (seen,) = translator().came(came(source=CARRIER), ONE)
    assert isinstance(seen, LegSeen)
    assert seen.leg.facts == Facts(connection=1, source=CARRIER)


def test_a_call_by_did_tells_the_number_that_was_called_from_outside() -> None:
    made = translator()
    target = wire.Target(address="192.0.2.4:4000", uri="sip:812@192.0.2.4", caller="4930")
    routed(made, Routed(target=target, number="812", account=CALLEE, did="442071234567"))
    (seen,) = made.dialing(wire.Dialing(call="1", branch=0, at=NOW))
    assert isinstance(seen, LegSeen)
    assert seen.leg.facts == Facts(account=4, endpoint="812", source="192.0.2.4:4000", did="442071234567")


def test_a_fail_over_is_a_new_leg() -> None:
    made = translator()
    events = routed(made)
    events += made.dialing(wire.Dialing(call="1", branch=0, at=NOW + 1))
    events += made.failed(wire.Failed(call="1", branch=0, at=NOW + 7, code=503, text="Service Unavailable"))
    failed = events[-1]
    assert isinstance(failed, LegEnded)
    assert failed.leg.native == "k1-1-b0"
    assert (failed.cause.reason, failed.cause.sip) == (Reason.FAILED, 503)
    assert only(table_of(events)).state is State.ROUTING
    events += made.dialing(wire.Dialing(call="1", branch=1, at=NOW + 7))
    call = only(table_of(events))
    assert call.state is State.DIALING
    assert [leg.facts.connection for leg in call.side(Side.CALLEE)] == [2]
    events += made.ended(wire.Ended(call="1", at=NOW + 9, by="callee", code=486, text="Busy Here"))
    assert only(table_of(events)).cause == cause_of(wire.Ended(call="1", at=0, by="callee", code=486, text="Busy Here"))


@pytest.mark.parametrize(
    ("by", "code", "reason"),
    [
        ("caller", 200, Reason.NORMAL),
        ("callee", 200, Reason.NORMAL),
        ("caller", 487, Reason.CANCELLED),
        ("callee", 486, Reason.BUSY),
        ("callee", 480, Reason.NO_ANSWER),
        ("engine", 404, Reason.NOT_FOUND),
        ("engine", 403, Reason.FORBIDDEN),
        ("engine", 503, Reason.FAILED),
        ("engine", 200, Reason.SWITCH_LOST),
        ("timer", 408, Reason.NO_ANSWER),
        ("timer", 200, Reason.NORMAL),
        ("probe", 200, Reason.VANISHED),
        ("command", 200, Reason.DISCONNECTED),
        ("command", 480, Reason.DISCONNECTED),
        ("something new", 599, Reason.FAILED),
    ],
)
def test_why_calls_end(by: str, code: int, reason: Reason) -> None:
    cause = cause_of(wire.Ended(call="1", at=NOW, by=by, code=code, text="words"))
    assert (cause.reason, cause.sip, cause.text) == (reason, code, "words")


def test_an_end_that_was_not_confirmed_says_so() -> None:
    cause = cause_of(wire.Ended(call="1", at=NOW, by="command", code=200, confirmed=False))
    assert "did not confirm" in cause.text


def test_messages_about_unknown_calls_and_branches_are_ignored_and_counted() -> None:
    made = translator()
    routed(made)
    stray = [
        made.dialing(wire.Dialing(call="2", branch=0, at=NOW)),
        made.dialing(wire.Dialing(call="1", branch=2, at=NOW)),
        made.ringing(wire.Ringing(call="1", branch=0, at=NOW)),
        made.failed(wire.Failed(call="2", branch=0, at=NOW, code=503)),
        made.answered(wire.Answered(call="2", branch=0, at=NOW)),
        made.held(wire.Held(call="2", side="caller", at=NOW)),
        made.ending(wire.Ending(call="2", at=NOW, by="caller")),
        made.ended(wire.Ended(call="2", at=NOW, by="caller", code=200)),
    ]
    assert stray == [[]] * 8
    assert made.ignored == 8


# --- the list --------------------------------------------------------------------------------------------------------


def listed(**states: str) -> wire.Listed:
    """The engine's list; a call is named `c` and its id."""
    calls = tuple(wire.Call(call=name.removeprefix("c"), state=state) for name, state in states.items())
    return wire.Listed(ask=1, at=NOW + 50, calls=calls)


def test_the_list_tells_the_legs_as_they_are_known() -> None:
    made = translator()
    told = answered(made)
    event = made.listed(listed(c1="answered"))
    assert (event.switch, event.at, event.complete) == ("b2bua", NOW + 50, True)
    table, fresh = table_of(told), table_of([event])
    seen, found = only(table), only(fresh)
    assert [leg.id for leg in found.legs] == [leg.id for leg in seen.legs]
    assert (found.state, found.caller, found.callee_media) == (State.ANSWERED, "801", "m2")
    assert (found.started_at, found.answered_at) == (seen.started_at, seen.answered_at)


def test_the_list_ends_what_it_lacks() -> None:
    made = translator()
    events = [*answered(made), made.listed(listed())]
    assert only(table_of(events)).state is State.ENDED
    assert "1" not in made


def test_the_list_does_not_take_back_what_was_decided_here() -> None:
    """The engine learns of a decision only with the route; a list it made before must not undo it."""
    assert CALLER is not None
    made = translator()
    events = [
        *made.came(wire.Came(call="1", at=NOW, source="h:1", caller="801"), None),
        *made.authenticating("1", NOW + 1),
        *made.admitted("1", CALLER, "801", "4930", NOW + 2),
    ]
    events.append(made.listed(listed(c1="authenticating")))
    assert only(table_of(events)).state is State.ROUTING


def test_a_call_that_came_after_the_list_was_taken_is_kept() -> None:
    made = translator()
    made.came(wire.Came(call="9", at=NOW + 51, source="h:1", caller="801"), None)
    assert made.listed(listed()).legs == ()
    assert "9" in made


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("new", State.NEW),
        ("authenticating", State.AUTHENTICATING),
        ("routing", State.ROUTING),
        ("dialing", State.DIALING),
        ("ringing", State.RINGING),
        ("answered", State.ANSWERED),
        ("held", State.HELD),
        ("ending", State.ENDING),
    ],
)
def test_a_call_of_which_nothing_was_heard_stands_where_the_list_says(word: str, state: State) -> None:
    made = translator()
    assert only(table_of([made.listed(listed(c7=word))])).state is state
    assert kinds(made.ended(wire.Ended(call="7", at=NOW + 60, by="caller", code=200))) == [LegEnded]


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("dialing", State.DIALING),
        ("ringing", State.RINGING),
        ("answered", State.ANSWERED),
        ("held", State.HELD),
        ("ending", State.ENDING),
        ("a word of a later engine", State.ROUTING),
    ],
)
def test_the_list_corrects_a_call_whose_messages_were_lost(word: str, state: State) -> None:
    made = translator()
    events = [*routed(made), *made.dialing(wire.Dialing(call="1", branch=0, at=NOW + 1))]
    events.append(made.listed(listed(c1=word)))
    call = only(table_of(events))
    assert call.state is (State.DIALING if word.startswith("a word") else state)
    assert len(call.legs) == 2


def test_the_list_keeps_the_side_that_holds() -> None:
    made = translator()
    events = [*answered(made), *made.held(wire.Held(call="1", side="callee", at=NOW + 4))]
    legs = {leg.side: leg.state for leg in made.listed(listed(c1="held")).legs}
    assert legs == {Side.CALLER: State.ANSWERED, Side.CALLEE: State.HELD}
    assert kinds(events[-1:]) == [LegHeld]


MESSAGES = (
    wire.Dialing(call="1", branch=0, at=NOW + 1),
    wire.Ringing(call="1", branch=0, at=NOW + 2, media="m"),
    wire.Failed(call="1", branch=0, at=NOW + 3, code=503),
    wire.Dialing(call="1", branch=1, at=NOW + 4),
    wire.Answered(call="1", branch=1, at=NOW + 5, caller_media="c", callee_media="d"),
    wire.Held(call="1", side="callee", at=NOW + 6),
    wire.Held(call="1", side="caller", at=NOW + 7),
    wire.Resumed(call="1", side="callee", at=NOW + 8),
    wire.Ending(call="1", at=NOW + 9, by="probe"),
)


@given(st.lists(st.sampled_from(MESSAGES), max_size=15), st.sampled_from(["answered", "ringing", "held", "ending"]))
def test_whatever_is_lost_doubled_or_out_of_order_the_list_gives_the_truth(
    messages: list[wire.FromEngine], truth: str
) -> None:
    made = translator()
    events = routed(made)
    for message in messages:
        events += getattr(made, type(message).__name__.lower())(message)
    events.append(made.listed(listed(c1=truth)))
    call = only(table_of(events))
    assert call.state.name.lower() == truth
    events += made.ended(wire.Ended(call="1", at=NOW + 60, by="caller", code=200))
    assert only(table_of(events)).state is State.ENDED


def test_ids_belong_to_one_engine() -> None:
    made = translator()
    assert made.native("5") == "k1-5"
    assert made.engine_id("k1-5") == "5"
    assert made.engine_id("k0-5") is None
