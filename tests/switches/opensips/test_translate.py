"""OpenSIPS's words, from its documentation: whole plays, lists in pages, and what no OpenSIPS would say."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from callboard.calls.causes import Reason
from callboard.calls.commands import CommandId, HangUp
from callboard.calls.legs import Call, CallKey, Facts, Placement, Side
from callboard.calls.state import State
from callboard.switches.dialogs.jsonrpc import MalformedError, read_result
from callboard.switches.opensips import wire
from callboard.switches.opensips.translate import Pages, Translator, subscription
from callboard.switches.portions import at_once
from callboard.table.store.numbering import Numbering
from callboard.table.table import Table
from tests.switches.opensips.proxy import body, changed, dialog

NOW = 1_795_245_790.0


def listed(*numbers: int, state: int = 4) -> list[wire.Listed]:
    """Dialogs of a list."""
    return read_result(body({"count": len(numbers), "Dialogs": [dialog(n, state) for n in numbers]}), wire.PAGE).dialogs


class Stage:
    """A table, and the translator that tells it."""

    def __init__(self) -> None:
        self.translator = Translator("opensips")
        self.table = Table(lambda legs: Placement(), Numbering(0, lambda size: 1), 1)

    def hear(self, datagram: bytes, at: float) -> None:
        """An event comes."""
        event = wire.read_event(datagram)
        assert event is not None
        for told in self.translator.event(event, at):
            self.table.accept(told, at)

    def take_list(self, dialogs: list[wire.Listed], at: float, *, complete: bool = True) -> None:
        """A full list comes."""
        events, told = at_once(self.translator.listed(dialogs, at, complete=complete))
        for event in (*events, told):
            self.table.accept(event, at)

    @property
    def call(self) -> Call:
        """The only call."""
        (call,) = self.table.calls()
        return call


PLAYS = (
    ("answered", ((1, 2), (2, 3), (3, 4), (4, 5)), (State.RINGING, State.ANSWERED, State.ENDED), Reason.NORMAL),
    ("answered at once", ((1, 3), (3, 4), (4, 5)), (State.ANSWERED, State.ENDED), Reason.NORMAL),
    ("not answered", ((1, 2), (2, 5)), (State.RINGING, State.ENDED), Reason.NO_ANSWER),
)


@pytest.mark.parametrize(("name", "changes", "states", "cause"), PLAYS)
def test_a_call_goes_through_its_states(
    name: str, changes: tuple[tuple[int, int], ...], states: tuple[State, ...], cause: Reason
) -> None:
    stage = Stage()
    seen: list[State] = []
    for second, (old, new) in enumerate(changes):
        stage.hear(changed(1, old, new), NOW + second)
        if not seen or seen[-1] is not stage.call.state:
            seen.append(stage.call.state)
    assert tuple(seen) == states
    assert stage.call.cause is not None
    assert stage.call.cause.reason is cause
    assert stage.call.sip_call_id == "1@192.0.2.1"


def test_who_talks_to_whom_comes_with_the_details() -> None:
    stage = Stage()
    stage.hear(changed(1, 1, 2), NOW)
    assert (stage.call.caller, stage.call.dialed) == ("", "")
    one = read_result(body({"Dialog": dialog(1, 2)}), wire.ONE).dialog
    for event in stage.translator.described(one, NOW + 0.1):
        stage.table.accept(event, NOW + 0.1)
    call = stage.call
    assert (call.caller, call.caller_name, call.dialed, call.callee) == ("alice", "Alice", "812", "812")
    assert call.legs[0].facts == Facts(account_code="17", endpoint="alice")
    assert call.started_at == NOW
    stage.hear(changed(1, 2, 5), NOW + 1)
    assert stage.translator.described(one, NOW + 2) == []


def test_a_list_after_a_connect_gives_the_rows_that_events_and_details_would_have_given() -> None:
    stage = Stage()
    stage.take_list([*listed(1), *listed(2, state=2), *listed(3, state=5)], NOW)
    one, two = sorted(stage.table.calls(), key=lambda call: call.key)
    assert (one.state, two.state) == (State.ANSWERED, State.RINGING)
    assert (one.caller, one.callee, one.answered_at) == ("alice", "812", 1_795_245_780.0)
    (callee,) = one.side(Side.CALLEE)
    assert callee.facts == Facts(trunk="gw1", source="192.0.2.9:5062")
    stage.hear(changed(1, 4, 5), NOW + 1)
    assert len([call for call in stage.table.calls() if call.state is State.ENDED]) == 1


def test_values_may_be_one_object_or_many() -> None:
    (many,) = listed(1)
    one = read_result(body({"Dialog": dialog(1, context={"values": {"account": "17"}})}), wire.ONE).dialog
    assert wire.values_of(many) == {"account": "17", "name": "Alice", "trunk_out": "gw1"}
    assert wire.values_of(one) == {"account": "17"}


def questions(pages: Pages) -> dict[str, object]:
    """The parameters of the next question."""
    asked = msgspec.json.decode(pages.question())
    assert asked["method"] == "dlg_list_ctx"
    params: dict[str, object] = asked["params"]
    return params


def read_all(pages: Pages, *moments: list[int]) -> None:
    """Read a list in pages; at each question the switch has other dialogs."""
    for moment in moments:
        if not pages.done:
            asked = questions(pages)
            index, counter = asked["index"], asked["counter"]
            assert isinstance(index, int)
            assert isinstance(counter, int)
            pages.take(listed(*moment[index : index + counter]))


def ids(pages: Pages) -> list[int]:
    """What was listed."""
    return [int(dialog.id.removeprefix("6ae."), 16) for dialog in pages.dialogs]


@given(st.integers(0, 40), st.integers(2, 9))
def test_pages_of_a_quiet_switch_are_the_whole_list(count: int, size: int) -> None:
    pages, everything = Pages(size), list(range(count))
    read_all(pages, *[everything] * 50)
    assert (ids(pages), pages.done, pages.complete) == (everything, True, True)


def test_a_call_that_leaves_between_two_pages_makes_the_list_incomplete() -> None:
    pages = Pages(3)
    read_all(pages, [1, 2, 3, 4, 5], [2, 3, 4, 5])
    assert (pages.done, pages.complete) == (True, False)


def test_a_call_that_comes_between_two_pages_does_not() -> None:
    pages = Pages(3)
    read_all(pages, [1, 2, 3, 4, 5], [9, 1, 2, 3, 4, 5], [9, 1, 2, 3, 4, 5], [9, 1, 2, 3, 4, 5])
    assert pages.complete
    assert {1, 2, 3, 4, 5} <= set(ids(pages))


@given(st.lists(st.lists(st.integers(0, 12), unique=True, max_size=12).map(sorted), min_size=1, max_size=30))
def test_a_complete_list_misses_no_call_that_was_up_all_the_time(moments: list[list[int]]) -> None:
    pages = Pages(3)
    asked = 0
    while not pages.done and asked < 60:
        read_all(pages, moments[min(asked, len(moments) - 1)])
        asked += 1
    assert pages.done
    if pages.complete:
        throughout = set.intersection(*(set(moment) for moment in moments[:asked]))
        assert throughout <= set(ids(pages))


def test_an_incomplete_list_ends_nothing() -> None:
    stage = Stage()
    stage.take_list(listed(1, 2), NOW)
    stage.take_list(listed(1), NOW + 1, complete=False)
    assert [call.state for call in stage.table.calls()] == [State.ANSWERED] * 2
    stage.take_list(listed(1), NOW + 2)
    assert sorted(call.state for call in stage.table.calls()) == [State.ANSWERED, State.ENDED]


def test_the_requests() -> None:
    assert msgspec.json.decode(subscription("192.0.2.2:8093", 60))["params"] == {
        "event": "E_DLG_STATE_CHANGED",
        "socket": "udp:192.0.2.2:8093",
        "expire": 60,
    }
    order = Translator("opensips").hang_up(HangUp(CommandId("c"), CallKey("opensips", "6ae.1")))
    assert msgspec.json.decode(order)["params"] == {"dialog_id": "6ae.1"}
    with pytest.raises(ValueError, match="control characters"):
        Translator("opensips").hang_up(HangUp(CommandId("c"), CallKey("opensips", "6ae.1\r\n")))


@pytest.mark.parametrize(
    "datagram",
    [
        b"",
        b"{}",
        b"null",
        b'{"method":"E_DLG_STATE_CHANGED"}',
        b'{"method":"E_DLG_STATE_CHANGED","params":[]}',
        b'{"method":"E_DLG_STATE_CHANGED","params":{"id":"1"}}',
        changed(1, 1, 2)[:-1],
        b"\xff" * 60_000,
        b'{"x":' + b"[" * 30_000 + b"]" * 30_000 + b"}",
        b'{"method":"E_DLG_STATE_CHANGED","params":' + b"[" * 30_000 + b"]" * 30_000 + b"}",
    ],
)
def test_datagrams_that_cannot_be_read(datagram: bytes) -> None:
    with pytest.raises(MalformedError):
        wire.read_event(datagram)


@given(st.binary())
def test_no_datagram_raises_anything_else(datagram: bytes) -> None:
    with pytest.raises(MalformedError):
        wire.read_event(datagram)


def test_another_event_is_nobodys_business() -> None:
    assert wire.read_event(b'{"jsonrpc":"2.0","method":"E_PIKE_BLOCKED","params":{"ip":"192.0.2.1"}}') is None


def test_a_state_that_nobody_knows_changes_nothing() -> None:
    stage = Stage()
    stage.hear(changed(1, 1, 7), NOW)
    assert stage.table.calls() == ()
