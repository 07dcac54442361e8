"""The event socket's bytes, as they are and as they should not be."""

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from callboard.switches.freeswitch import wire
from callboard.switches.portions import at_once
from tests.switches.freeswitch.recording import FOLDER, SCENES, answer, arrivals, bodies, lists, stream

AUTH = b"Content-Type: auth/request\n\n"
REPLY = b"Content-Type: command/reply\nReply-Text: +OK accepted\n\n"


def event(body: bytes) -> bytes:
    """An event on the wire."""
    return b"Content-Length: %d\nContent-Type: text/event-json\n\n%s" % (len(body), body)


@pytest.mark.parametrize("scene", SCENES)
def test_the_stream_in_the_pieces_it_came_in(scene: str) -> None:
    decoder = wire.Decoder()

    frames = [frame for _, data in arrivals(scene) for frame in decoder.feed(data)]

    assert frames == wire.Decoder().feed(stream(scene))
    assert frames[0] == wire.Frame("command/reply", "+OK event listener enabled json")
    assert not decoder.broken


def test_the_stream_byte_by_byte() -> None:
    decoder = wire.Decoder()

    frames = [frame for byte in stream("idle") for frame in decoder.feed(bytes([byte]))]

    assert frames == wire.Decoder().feed(stream("idle"))


@given(st.lists(st.integers(1, 5_000), max_size=20))
def test_the_stream_in_any_pieces(sizes: list[int]) -> None:
    data, decoder = stream("one_leg")[:60_000], wire.Decoder()
    whole = wire.Decoder().feed(data)

    frames: list[wire.Frame] = []
    for size in sizes:
        frames += decoder.feed(data[:size])
        data = data[size:]
    frames += decoder.feed(data)

    assert frames == whole


def test_a_tail_waits_for_the_rest() -> None:
    decoder = wire.Decoder()

    assert decoder.feed(AUTH + REPLY[:20]) == [wire.Frame("auth/request")]
    assert decoder.feed(REPLY[20:]) == [wire.Frame("command/reply", "+OK accepted")]


def test_a_head_that_only_begins_like_that_of_an_event_is_read_to_its_end() -> None:
    odd = b"Content-Length: 2\nContent-Type: text/event-json-not\nReply-Text: no\n\n{}"
    assert wire.Decoder().feed(odd) == [wire.Frame("text/event-json-not", "no", b"{}")]


def test_a_stream_that_ends_says_why() -> None:
    last = wire.Decoder().feed(stream("shut_down"))[-1]

    assert last.kind == "text/disconnect-notice"
    assert last.body == b"The system is being shut down.\n"


def test_a_body_that_is_too_large_is_passed_over() -> None:
    decoder = wire.Decoder(max_body=100)
    huge = event(b"x" * 101)

    frames = [frame for byte in huge + REPLY for frame in decoder.feed(bytes([byte]))]

    assert frames == [wire.Frame("command/reply", "+OK accepted")]
    assert decoder.skipped == 1
    assert not decoder.broken


def test_events_that_come_at_once_keep_to_the_same_bounds() -> None:
    decoder = wire.Decoder(max_body=100)
    small = event(b"x" * 100)

    frames = decoder.feed(small + event(b"y" * 101) + small + small[:-1])

    assert frames == [wire.Frame(wire.EVENT, "", b"x" * 100)] * 2
    assert decoder.skipped == 1
    assert decoder.feed(small[-1:]) == frames[:1]


@pytest.mark.parametrize(
    "data",
    [
        b"Content-Length: -1\n\n",
        b"Content-Length: many\n\n",
        b"Content-Length: 99999999999999999999\n\n",
        "Content-Length: ٣\n\n".encode(),
        b"x" * 20_000,
        b"x" * 20_000 + b"\n\n",
    ],
)
def test_what_is_no_frame_breaks_the_stream_and_is_said(data: bytes) -> None:
    decoder = wire.Decoder()

    assert decoder.feed(data) == []

    assert decoder.broken
    assert decoder.feed(REPLY) == []


@given(st.binary(max_size=300))
def test_no_bytes_raise(data: bytes) -> None:
    decoder = wire.Decoder()
    decoder.feed(AUTH)
    decoder.feed(data)
    wire.read_event(data)
    at_once(wire.read_listing(data))


NESTED = b'{"x":' + b"[" * 30_000 + b"]" * 30_000 + b"}"


def test_a_name_in_another_encoding_does_not_cost_the_event() -> None:
    read = wire.read_event(b'{"Event-Name":"CHANNEL_CREATE","Unique-ID":"u","Caller-Caller-ID-Name":"Zo\xeb"}')

    assert read == wire.ChannelEvent(name="CHANNEL_CREATE", uuid="u", caller_name="Zo\ufffd")


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b'{"Unique-ID":5}', b'{"Unique-ID":["a"]}', b"-ERR", b"null", NESTED]
)
def test_what_is_no_event(body: bytes) -> None:
    assert wire.read_event(body) is None


def test_headers_that_are_lists_do_not_harm_where_we_do_not_read_them() -> None:
    assert wire.read_event(b'{"Unique-ID":"u","variable_DP_MATCH":["a","b"]}') == wire.ChannelEvent(uuid="u")


# --- lists ---


def test_no_channels_is_a_list_without_rows() -> None:
    assert lists("idle") == [wire.Listing((), whole=True)]


def test_a_list() -> None:
    (listing,) = lists("display_name")

    caller, callee = listing.rows
    assert listing.whole
    assert (caller.direction, caller.callstate, caller.cid_name) == ("inbound", "ACTIVE", "Zoë O'Brien, Ünit 4; <x>")
    assert callee.call_uuid == caller.uuid == caller.call_uuid


@pytest.mark.parametrize(
    "body", [b"", b"-ERR show Command not found!\n", b"[]", b'{"rows":[]}', b'{"row_count":"x"}', NESTED]
)
def test_what_is_no_list(body: bytes) -> None:
    assert at_once(wire.read_listing(body)) is None


@pytest.mark.parametrize("row", [{"uuid": 5}, {"name": "x"}, {"uuid": ""}, [], None])
def test_a_row_that_cannot_be_read_leaves_the_list_incomplete(row: object) -> None:
    body = json.dumps({"row_count": 2, "rows": [row, {"uuid": "u", "callstate": "ACTIVE"}]}).encode()

    assert at_once(wire.read_listing(body)) == wire.Listing((wire.Row(uuid="u", callstate="ACTIVE"),), whole=False)


def test_a_list_with_fewer_rows_than_it_counts_is_incomplete() -> None:
    listing = at_once(wire.read_listing(b'{"row_count": 2, "rows": [{"uuid": "u"}]}'))

    assert listing
    assert not listing.whole


# --- what we send ---


def test_logins() -> None:
    assert wire.login("", "ClueCon") == b"auth ClueCon\n\n"
    assert wire.login("a@example.org", "secret") == b"userauth a@example.org:secret\n\n"


@pytest.mark.parametrize("end", ["\r", "\n", "\0", "\n\napi fsctl shutdown"])
def test_nothing_that_we_send_can_end_a_line(end: str) -> None:
    for make in (wire.api, lambda text: wire.login("", text), lambda text: wire.login(text, "")):
        with pytest.raises(ValueError, match="cannot be sent") as raised:
            make(f"secret{end}")
        assert "secret" not in str(raised.value)
    for ask in (wire.exists, wire.dump, lambda text: wire.kill(text, "USER_BUSY"), lambda text: wire.kill("u", text)):
        with pytest.raises(ValueError, match="one word"):
            ask(f"u{end}")


@pytest.mark.parametrize("word", ["", "a b", "ü"])
def test_a_channel_is_one_word(word: str) -> None:
    with pytest.raises(ValueError, match="one word"):
        wire.exists(word)


def test_the_subscription_is_one_line() -> None:
    assert wire.SUBSCRIBE.startswith(b"event json CHANNEL_CREATE ")
    assert wire.SUBSCRIBE.index(b"\n") == len(wire.SUBSCRIBE) - 2


@pytest.mark.parametrize("scene", SCENES)
def test_what_is_read_of_an_end_is_what_the_whole_of_it_says(scene: str) -> None:
    for body in bodies(scene):
        told, whole = wire.read_event(body), msgspec.json.decode(body, type=wire.ChannelEvent)
        assert told is not None
        assert isinstance(told, wire.ChannelEvent) is (whole.name not in wire.ENDS)
        assert [getattr(told, name) for name in told.__struct_fields__] == [
            getattr(whole, name) for name in told.__struct_fields__
        ]


def test_recorded_answers() -> None:
    assert answer(FOLDER / "idle" / "12-uuid_kill_none.esl") == b"-ERR No such channel!\n"
    assert answer(FOLDER / "idle" / "11-uuid_exists_none.esl") == b"false"
    (dumped,) = (FOLDER / "bridged").glob("07-uuid_dump*")
    details = wire.read_event(answer(dumped))
    assert isinstance(details, wire.ChannelEvent)
    assert (details.name, details.call_state, details.sip_call_id) == ("CHANNEL_DATA", "ACTIVE", "1-22010@127.0.0.1")
    assert msgspec.structs.asdict(details)["loop_partner"] == ""
