"""Session descriptions: what is written says what was meant, and other people's are read (RFC 3264, RFC 2543 holds)."""

import pytest

from callboard.demo.sdp import ANSWERS, describe, direction_of, media_of


@pytest.mark.parametrize("direction", ANSWERS)
def test_what_is_described_reads_back(direction: str) -> None:
    body = describe("127.0.0.7", 16_384, 3, direction)
    assert (media_of(body), direction_of(body)) == ("127.0.0.7", direction)
    assert b"o=- 16384 3 IN IP4 127.0.0.7\r\n" in body


def test_the_zero_address_holds() -> None:
    assert direction_of(b"v=0\r\nc=IN IP4 0.0.0.0\r\nm=audio 9 RTP/AVP 0\r\n") == "sendonly"


def test_without_a_word_media_flows_both_ways() -> None:
    assert direction_of(b"v=0\nc=IN IP6 2001:db8::1\n") == "sendrecv"
    assert media_of(b"v=0\nc=IN IP6 2001:db8::1\n") == "2001:db8::1"


def test_no_description_names_no_address() -> None:
    assert (media_of(b""), direction_of(b"")) == ("", "sendrecv")
