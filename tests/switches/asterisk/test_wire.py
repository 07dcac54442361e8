"""The codec: the recordings in any cut, hostile bytes, and what may go out."""

import hashlib
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from callboard.switches.asterisk.wire import (
    MAX_FIELDS,
    MAX_PACKET,
    Packet,
    Stream,
    UnsendableError,
    action,
    challenge_key,
)
from tests.switches.asterisk.replay import RECORDINGS, packets, recorded

SCENES = sorted(path.name for path in RECORDINGS.iterdir() if path.is_dir())


@pytest.mark.parametrize("scene", SCENES)
def test_any_cut_gives_the_same_packets(scene: str) -> None:
    data = recorded(scene)
    whole = packets(data)
    assert whole[0].response == "Success"
    single = Stream()
    assert [packet for byte in data for packet in single.feed(bytes([byte]))] == whole
    arrivals = [int(line.split()[1]) for line in recorded(scene, "ami.txt.times").decode().splitlines()]
    timed = Stream()
    cuts = pairwise([*arrivals, len(data)])
    assert [packet for start, end in cuts for packet in timed.feed(data[start:end])] == whole
    assert timed.malformed == timed.oversized == 0
    assert timed.banner == "Asterisk Call Manager/11.0.0"


def test_a_tail_waits_for_its_end() -> None:
    stream = Stream()
    assert stream.feed(b"Event: A\r\nX: 1\r\n\r\nEvent: B\r\n") == [Packet({"Event": "A", "X": "1"})]
    assert stream.feed(b"X: 2\r\n\r") == []
    assert stream.feed(b"\n") == [Packet({"Event": "B", "X": "2"})]


def test_empty_packets_between_events_are_nothing() -> None:
    assert Stream().feed(b"\r\n\r\n\r\nEvent: A\r\n\r\n\r\n\r\n\r\n") == [Packet({"Event": "A"})]


def test_names_for_people_are_escaped_and_others_are_not() -> None:
    (packet,) = Stream().feed(
        rb"Event: Status" + b"\r\n" + rb"CallerIDName: Zo\'e \\ \"x\" a\nb" + b"\r\n"
        rb"DestConnectedLineName: O\'Brien" + b"\r\n" + rb"EffectiveConnectedLineName: O\'B" + b"\r\n"
        rb"AppData: a\nb" + b"\r\n\r\n"
    )
    assert packet.get("CallerIDName") == 'Zo\'e \\ "x" a\nb'
    assert packet.get("DestConnectedLineName") == "O'Brien"
    assert packet.get("EffectiveConnectedLineName") == r"O\'B"
    assert packet.get("AppData") == r"a\nb"


def test_a_name_as_it_was_dialled() -> None:
    names = {packet.get("CallerIDName") for packet in packets(recorded("display_name")) if packet.event == "Newchannel"}
    assert names == {"Zoë O'Brien, Ünit 4; <x>", ""}


def test_unknown_is_nothing_and_output_is_kept() -> None:
    (packet,) = Stream().feed(b"Response: Success\r\nOutput: a: b\r\nOutput: \r\nOutput: c\r\nWho: <unknown>\r\n\r\n")
    assert packet.output == ("a: b", "", "c")
    assert packet.get("Who") == packet.get("Nobody") == ""


def test_variables_of_a_channel() -> None:
    (packet,) = Stream().feed(b"Event: Hold\r\nChanVariable: CHANNEL(pjsip,call-id)=1@a=b\r\nChanVariable: X=\r\n\r\n")
    assert packet.variables == {"CHANNEL(pjsip,call-id)": "1@a=b", "X": ""}


def test_what_cannot_be_read_is_counted_and_loses_nothing_else() -> None:
    stream = Stream()
    told = stream.feed(b"Event: A\r\nno field\r\nX: \xff\xfe\r\n\r\n\x00garbage\r\n\r\nEvent: B\r\n\r\n")
    assert told == [Packet({"Event": "A", "X": "\ufffd\ufffd"}), Packet({"Event": "B"})]
    assert stream.malformed == 2


@pytest.mark.parametrize("step", [MAX_PACKET // 3, 4 * MAX_PACKET])
def test_a_packet_without_end_is_left_out(step: int) -> None:
    stream = Stream()
    flood = b"X: " + b"x" * (3 * MAX_PACKET) + b"\r\n\r\nEvent: B\r\n\r\n"
    told = [packet for at in range(0, len(flood), step) for packet in stream.feed(flood[at : at + step])]
    assert told == [Packet({"Event": "B"})]
    assert stream.oversized == 1


@given(
    st.lists(st.sampled_from([b"\r\n", b"\r", b"\n", b": ", b"Event", b"\xff", b"\\", b"=", b"a"])), st.integers(1, 9)
)
def test_no_bytes_raise_and_no_cut_matters(parts: list[bytes], size: int) -> None:
    data = b"".join(parts)
    whole, cut = Stream(), Stream()
    told = whole.feed(data)
    assert [packet for at in range(0, len(data), size) for packet in cut.feed(data[at : at + size])] == told
    assert cut.malformed == whole.malformed


_PIECES = st.lists(
    st.sampled_from(["A", "B", "ChanVariable", "CallerIDName", ": ", ":", " ", "x=1", "\\n", "é", ""]), max_size=5
)
_LINE = _PIECES.map("".join).filter(bool)


@given(st.lists(_LINE, min_size=1, max_size=6))
def test_the_quick_way_to_read_a_packet_reads_it_as_the_other_does(lines: list[str]) -> None:
    """A command's output is never read the quick way."""
    quick, slow = Stream(), Stream()
    told = quick.feed("\r\n".join([*lines, "", ""]).encode())
    more = slow.feed("\r\n".join([*lines, "Output: x", "", ""]).encode())
    assert more == [replace(packet, output=(*packet.output, "x")) for packet in told]
    assert quick.malformed == slow.malformed


def test_a_packet_has_no_more_fields_than_are_read() -> None:
    (packet,) = Stream().feed(b"".join(b"F%d: 1\r\n" % number for number in range(MAX_FIELDS + 5)) + b"\r\n")
    assert len(packet.fields) == MAX_FIELDS


def test_an_action() -> None:
    assert action("Hangup", (("Channel", "PJSIP/é-1"), ("Cause", "16"))) == (
        "Action: Hangup\r\nChannel: PJSIP/é-1\r\nCause: 16\r\n\r\n".encode()
    )


@pytest.mark.parametrize("bad", ["a\r\nAction: Originate", "a\n", "a\r", "a\0"])
def test_a_value_that_would_be_another_line_is_not_sent(bad: str) -> None:
    for name, fields in (("Ping", (("Channel", bad),)), ("Ping", ((bad, "x"),)), (bad, ())):
        with pytest.raises(UnsendableError):
            action(name, fields)


def test_the_answer_to_a_challenge() -> None:
    assert challenge_key("123456", "secret") == hashlib.md5(b"123456secret").hexdigest()  # noqa: S324
