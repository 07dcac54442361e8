"""Netstrings however they are cut, and events and lists however bad they are."""

import contextlib
import itertools

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from callboard.switches.dialogs.jsonrpc import FaultError, MalformedError, read_result
from callboard.switches.kamailio import wire
from callboard.switches.portions import at_once
from tests.switches.kamailio.replay import FOLDER, answer, arrivals, pushed

SCENES = sorted(folder.name for folder in FOLDER.iterdir() if folder.is_dir())
ONE = b'{"event":"early","callid":"c","h_entry":1,"h_id":2}'


def framed(*messages: bytes) -> bytes:
    """Messages as netstrings."""
    return b"".join(b"%d:%b," % (len(message), message) for message in messages)


def test_there_are_scenes() -> None:
    assert len(SCENES) == 14


@pytest.mark.parametrize("scene", SCENES)
def test_byte_by_byte_is_the_same_as_at_once(scene: str) -> None:
    whole = b"".join(arrival.data for arrival in arrivals(scene))
    at_once = list(wire.Netstrings().feed(whole))
    slow = wire.Netstrings()
    assert [message for index in range(len(whole)) for message in slow.feed(whole[index : index + 1])] == at_once
    assert not slow.broken
    with_tail = wire.Netstrings()
    assert list(with_tail.feed(whole + framed(ONE)[:-1])) == at_once
    assert list(with_tail.feed(b",")) == [ONE]


@given(st.lists(st.binary(max_size=50), max_size=5), st.lists(st.integers(0, 300), max_size=6))
def test_any_cut_gives_the_same(messages: list[bytes], cuts: list[int]) -> None:
    stream = framed(*messages)
    places = sorted({0, len(stream), *(min(cut, len(stream)) for cut in cuts)})
    netstrings = wire.Netstrings()
    got = [m for start, end in itertools.pairwise(places) for m in netstrings.feed(stream[start:end])]
    assert got == messages


@pytest.mark.parametrize(
    "stream",
    [
        b"{}",
        b"12345678901:x,",
        b"99999999:",
        b"65537:",
        b"3:abcd",
        b"-1:,",
        b":,",
        b"1 :a,",
        b'{"event":"created"',
    ],
)
def test_a_broken_stream_says_so_and_holds_no_memory(stream: bytes) -> None:
    netstrings = wire.Netstrings()
    assert list(netstrings.feed(framed(ONE) + stream)) == [ONE]
    assert netstrings.broken
    assert list(netstrings.feed(framed(ONE) * 1000)) == []


def test_the_largest_message() -> None:
    message = b"x" * wire.MAX_EVENT
    netstrings = wire.Netstrings()
    assert list(netstrings.feed(framed(message))) == [message]
    assert not netstrings.broken


@given(st.binary())
def test_no_stream_raises(stream: bytes) -> None:
    for message in wire.Netstrings().feed(stream):
        with contextlib.suppress(MalformedError):
            wire.read_event(message)


def test_events_have_what_the_script_wrote() -> None:
    created, early, start, end = pushed("answered")
    assert [event.event for event in (created, early, start, end)] == ["created", "early", "start", "end"]
    assert (created.h_entry, created.h_id, created.call_id) == (4845, 22605, "1-14347@127.0.0.1")
    assert (created.from_name, early.status, start.state, end.state) == ('"alice"', 180, 3, 5)


@pytest.mark.parametrize(
    "message",
    [
        b"",
        b"null",
        b"[]",
        b'{"event":"created"}',
        b'{"event":"created","h_entry":"x","h_id":1}',
        b'{"event":"created","h_entry":1,"h_id":null}',
        ONE[:-1],
        b"\xff\xfe",
        b'{"x":' + b"[" * 30_000 + b"]" * 30_000 + b"}",
        b"[" * 60_000,
    ],
)
def test_events_that_cannot_be_read(message: bytes) -> None:
    with pytest.raises(MalformedError):
        wire.read_event(message)


def test_a_name_in_another_encoding_costs_no_call() -> None:
    message = ONE.replace(b'"callid":"c"', b'"callid":"c","from_name":"Jos\xe9"')
    assert wire.read_event(message).from_name == "Jos\ufffd"


def test_numbers_may_come_as_texts() -> None:
    event = wire.read_event(b'{"event":"early","h_entry":"17","h_id":"4","status":"180"}')
    assert (event.h_entry, event.h_id, event.status) == (17, 4, 180)


def test_a_listed_dialog() -> None:
    (dialog,), unread = at_once(wire.read_dialogs(answer("answered", "01-dlg.list")))
    assert unread == 0
    assert (dialog.h_entry, dialog.h_id, dialog.state, dialog.duration) == (4845, 22605, 4, 1)
    assert dialog.callee.contact == "sip:uas@127.0.0.1:5070"
    assert wire.values_of(dialog) == {"caller": "alice", "account": "rig-account"}


def test_a_dialog_without_a_callee_yet() -> None:
    (dialog,), _ = at_once(wire.read_dialogs(answer("early_media", "01-dlg.list-early")))
    assert (dialog.state, dialog.callee.tag, dialog.callee.contact) == (2, None, None)


def test_an_empty_list_and_an_error_are_not_the_same() -> None:
    assert at_once(wire.read_dialogs(answer("idle", "01-dlg.list"))) == ([], 0)
    with pytest.raises(FaultError, match="Method Not Found"):
        at_once(wire.read_dialogs(answer("idle", "08-no.such_method")))
    with pytest.raises(MalformedError):
        at_once(wire.read_dialogs(b'{"jsonrpc":"2.0","result":{},"id":1}'))


def test_a_list_that_was_cut_is_no_list() -> None:
    whole = answer("ten_calls", "01-dlg.list-ten")
    for end in range(0, len(whole.rstrip()), 97):
        with pytest.raises(MalformedError):
            at_once(wire.read_dialogs(whole[:end]))


def test_one_entry_that_cannot_be_read_loses_no_other() -> None:
    body = answer("ten_calls", "01-dlg.list-ten").replace(b'"h_id":1527', b'"h_id":"none"', 1)
    dialogs, unread = at_once(wire.read_dialogs(body))
    assert (len(dialogs), unread) == (9, 1)


def test_uptime_and_statistics() -> None:
    uptime = read_result(answer("idle", "06-core.uptime"), wire.UPTIME)
    assert (uptime.up_since, uptime.uptime) == ("Sat Nov 21 07:22:58 2026", 1)
    assert read_result(answer("ten_calls", "03-dlg.stats_active-ten"), wire.STATISTICS).all == 10


@given(
    st.dictionaries(st.sampled_from(["h_entry", "h_id", "state", "call-id", "caller", "callee", "profiles"]), st.none())
)
def test_no_entry_raises(entry: dict[str, None]) -> None:
    body = msgspec.json.encode({"result": [entry]})
    dialogs, unread = at_once(wire.read_dialogs(body))
    assert len(dialogs) + unread == 1
