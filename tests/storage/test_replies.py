"""Replies to requests with a key."""

from callboard.http.values import Reply
from callboard.storage.database import Database
from callboard.storage.replies import KEEP, KeptReplies, KeptReply, ReplyName

REPLY = Reply(status=202, content_type="application/json", headers=(("Location", "/x"),), body=b'{"a":1}\x00')
NAME = ReplyName("acme", 3, "k1")


def test_what_was_claimed_is_kept_with_its_reply(database: Database) -> None:
    book = KeptReplies(database)
    assert book.claim(NAME, b"\x00sent", 1.0) is None
    assert book.claim(NAME, b"other", 2.0) == KeptReply(b"\x00sent")
    book.keep(NAME, REPLY)
    assert KeptReplies(database).claim(NAME, b"other", 3.0) == KeptReply(b"\x00sent", REPLY)


def test_each_name_has_its_own(database: Database) -> None:
    book = KeptReplies(database)
    for name in (NAME, ReplyName("acme", 4, "k1"), ReplyName("root", 3, "k1"), ReplyName("acme", 3, "k2")):
        assert book.claim(name, b"", 1.0) is None
    book.drop(NAME)
    assert book.claim(NAME, b"", 1.0) is None
    assert book.claim(ReplyName("acme", 3, "k2"), b"", 1.0) == KeptReply(b"")


def test_it_is_kept_for_a_day(database: Database) -> None:
    book = KeptReplies(database)
    book.claim(NAME, b"", 1.0)
    assert book.claim(NAME, b"", KEEP) == KeptReply(b"")
    assert book.claim(NAME, b"", KEEP + 1.0) is None


def test_of_too_many_the_oldest_go(database: Database) -> None:
    book = KeptReplies(database, most=3)
    names = [ReplyName("acme", 3, f"k{number}") for number in range(5)]
    for name in names:
        book.claim(name, b"", 1.0)
    assert [book.claim(name, b"", 1.0) for name in names[2:]] == [KeptReply(b"")] * 3
    assert book.claim(names[0], b"", 1.0) is None
