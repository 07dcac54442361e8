"""Heads of answers: names as they are written, one way to tell the end, nothing that breaks the message open."""

import pytest

from callboard.http.heads import check, head, is_framed
from callboard.http.values import Reply


def lines(reply: Reply, length: int | None = 5, *, keep_alive: bool = True) -> list[str]:
    """Without the date, which every answer has, and the end."""
    text = head(reply, length, keep_alive).decode("latin-1")
    assert text.endswith("\r\n\r\n")
    first, date, *others = text.removesuffix("\r\n\r\n").split("\r\n")
    assert date.startswith("Date: ")
    assert date.endswith(" GMT")
    return [first, *others]


def test_names_are_sent_as_they_are_written() -> None:
    reply = Reply(status=401, content_type="text/xml", headers=(("WWW-Authenticate", 'Digest realm="é"'), ("x-Y", "")))
    expected = ["Content-Type: text/xml", "Content-Length: 5", 'WWW-Authenticate: Digest realm="é"', "x-Y: "]
    assert lines(reply) == ["HTTP/1.1 401 Unauthorized", *expected]


def test_what_comes_in_chunks_has_no_length_and_what_has_no_body_neither() -> None:
    assert lines(Reply(content_type=""), None) == ["HTTP/1.1 200 OK", "Transfer-Encoding: chunked"]
    for status in (204, 304):
        reply = Reply(status=status, content_type="")
        assert not is_framed(reply)
        assert lines(reply, 0)[1:] == lines(reply, None)[1:] == []


def test_the_last_answer_of_a_connection_says_so() -> None:
    assert lines(Reply(content_type=""), keep_alive=False)[-1] == "Connection: close"


@pytest.mark.parametrize(
    "reply",
    [
        Reply(headers=(("X", "a\r\nSet-Cookie: b"),)),
        Reply(headers=(("X\r\n", "a"),)),
        Reply(headers=(("", "a"),)),
        Reply(headers=(("X", "\N{EURO SIGN}"),)),
        Reply(content_type="text/plain\n"),
        Reply(status=299),
    ],
)
def test_what_would_break_the_message_open_is_not_sent(reply: Reply) -> None:
    for _ in range(2):
        with pytest.raises(ValueError, match=r"cannot be sent|no status"):
            check(reply)
