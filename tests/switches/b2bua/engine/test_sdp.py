"""Session descriptions: where the media goes, and hold."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callboard.switches.b2bua.engine.sdp import media_address, on_hold
from tests.switches.b2bua.engine.harness import sdp

SESSION = "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nt=0 0\r\n"


@pytest.mark.parametrize(
    ("body", "address"),
    [
        (sdp("192.0.2.7"), "192.0.2.7"),
        (f"{SESSION}m=audio 4000 RTP/AVP 0\r\nc=IN IP4 192.0.2.9/127\r\n", "192.0.2.9"),
        (f"{SESSION}c=IN IP6 2001:db8::1\r\n", "2001:db8::1"),
        (f"--x\r\nContent-Type: application/sdp\r\n\r\n{sdp('192.0.2.3')}\r\n--x--", "192.0.2.3"),
        (sdp("media.example.com"), "media.example.com"),
        (SESSION, ""),
        ("", ""),
        ("ac=IN IP4 192.0.2.1", ""),
        (f"c=IN IP4 {'9' * 500}", "9" * 64),
    ],
)
def test_media_address(body: str, address: str) -> None:
    assert media_address(body) == address


AUDIO = "m=audio 4000 RTP/AVP 0\r\n"
VIDEO = "m=video 4002 RTP/AVP 99\r\n"


@pytest.mark.parametrize(
    ("body", "held"),
    [
        (sdp(), False),
        (sdp(direction="sendonly"), True),
        (sdp(direction="inactive"), True),
        (sdp(direction="recvonly"), False),
        (sdp("0.0.0.0"), True),
        (f"{SESSION}a=sendonly\r\n{AUDIO}", True),
        (f"{SESSION}a=sendonly\r\n{AUDIO}a=sendrecv\r\n", False),
        (f"{SESSION}c=IN IP4 0.0.0.0\r\n{AUDIO}c=IN IP4 192.0.2.1\r\n", False),
        (f"{SESSION}{AUDIO}a=inactive\r\n{VIDEO}a=sendrecv\r\n", False),
        (f"{SESSION}{AUDIO}a=inactive\r\n{VIDEO}a=sendonly\r\n", True),
        (f"{SESSION}{AUDIO}a=inactive\r\nm=video 0 RTP/AVP 99\r\na=sendrecv\r\n", True),
        (f"{SESSION}m=audio 0 RTP/AVP 0\r\na=inactive\r\n", False),
        (sdp(direction="sendonly").replace("\r\n", "\n"), True),
        (SESSION, False),
        ("", False),
        ("a=sendonly", False),
    ],
)
def test_hold(body: str, held: bool) -> None:
    assert on_hold(body) is held


@given(st.text(alphabet="vocmas=\r\n 0:4.IPN sendonlyinactive", max_size=200))
def test_any_text_is_read(body: str) -> None:
    assert isinstance(media_address(body), str)
    assert on_hold(body) in {True, False}
