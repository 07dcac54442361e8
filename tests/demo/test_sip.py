"""The reader and printer of SIP messages, RFC 3261 sections 7 and 20; torture after RFC 4475."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callboard.demo.sip import (
    MAX_MESSAGE,
    Address,
    Request,
    Response,
    Unreadable,
    encode,
    host_and_port,
    items,
    parameter,
    parse,
    read_address,
    reply,
    user_of,
)

INVITE = (
    b"INVITE sip:812@192.0.2.7 SIP/2.0\r\n"
    b"Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKabc;rport\r\n"
    b"Via: SIP/2.0/UDP 192.0.2.2\r\n"
    b'From: "J. Rosenberg \\\\\\"" <sip:801@192.0.2.7>;tag=98asjd8\r\n'
    b"To: <sip:812@192.0.2.7>\r\n"
    b"Call-ID: 0ha0isnda977644900765@192.0.2.1\r\n"
    b"CSeq: 9 INVITE\r\n"
    b"Contact: <sip:801@192.0.2.1>\r\n"
    b"Content-Length: 4\r\n"
    b"\r\n"
    b"v=0\n"
)


def request(data: bytes = INVITE) -> Request:
    message = parse(data)
    assert isinstance(message, Request)
    return message


class TestReading:
    def test_a_request(self) -> None:
        message = request()
        assert (message.method, message.uri, message.body) == ("INVITE", "sip:812@192.0.2.7", b"v=0\n")
        assert (message.call_id, message.sequence, message.sequence_method) == (
            "0ha0isnda977644900765@192.0.2.1",
            9,
            "INVITE",
        )
        assert message.branch == "z9hG4bKabc"
        assert len(message.all("via")) == 2

    def test_a_response(self) -> None:
        message = parse(INVITE.replace(b"INVITE sip:812@192.0.2.7 SIP/2.0", b"SIP/2.0 180 Es klingelt"))
        assert isinstance(message, Response)
        assert (message.code, message.reason) == (180, "Es klingelt")

    def test_a_status_line_without_a_reason(self) -> None:
        message = parse(INVITE.replace(b"INVITE sip:812@192.0.2.7 SIP/2.0", b"SIP/2.0 200"))
        assert isinstance(message, Response)
        assert message.reason == ""

    def test_compact_forms_folded_lines_and_odd_spaces(self) -> None:
        """RFC 4475 section 3.1.1.1, "a short tortuous INVITE", in its spirit."""
        data = (
            b"\r\n\r\nINVITE  sip:vivekg@chair-dnrc.example.com;unknownparam SIP/2.0\n"
            b"TO :\n sip:vivekg@chair-dnrc.example.com ;   tag    = 1918181833n\n"
            b'f: "J Rosenberg \\\\\\"" <sip:jdrosen@example.com>\n  ;\n  tag = 98asjd8\n'
            b"i: 0ha0isndaksdj9\ncseq: 0009\n INVITE\n"
            b"V  : SIP  /   2.0\n /UDP\n    192.0.2.2;branch=390skdjuw\n"
            b"l: 0\n\n"
        )
        message = request(data)
        assert message.sequence == 9
        assert message.branch == "390skdjuw"
        assert read_address(message.first("From")) == Address("sip:jdrosen@example.com", 'J Rosenberg \\"', "98asjd8")
        assert read_address(message.first("To")).tag == "1918181833n"

    def test_content_length_cuts_off_what_follows(self) -> None:
        assert request(INVITE + b"trailing bytes").body == b"v=0\n"

    def test_text_that_is_not_utf8_is_kept_as_far_as_possible(self) -> None:
        message = request(INVITE.replace(b"J. Rosenberg", b"M\xfcller"))
        assert "M\ufffdller" in message.first("From")

    @pytest.mark.parametrize(
        ("old", "new"),
        [
            (b"CSeq: 9 INVITE", b"CSeq: 9 OPTIONS"),
            (b"CSeq: 9 INVITE", b"CSeq: 36893488147419103232 INVITE"),
            (b"CSeq: 9 INVITE", b"CSeq: INVITE"),
            (b"CSeq: 9 INVITE\r\n", b""),
            (b"Call-ID", b"X-Call-ID"),
            (b"To: ", b"From: "),
            (b"Content-Length: 4", b"Content-Length: 9999"),
            (b"Content-Length: 4", b"Content-Length: -999"),
            (b"Contact: <", b"Contact <"),
            (b"INVITE sip:812@192.0.2.7 SIP/2.0", b"INVITE sip:812@192.0.2.7 SIP/7.0"),
            (b"INVITE sip:812@192.0.2.7 SIP/2.0", b"SIP/2.0 999 beyond"),
            (b"Contact", b"X: " + b"y" * 10_000 + b"\r\nContact"),
            (b"Contact", b"X: y\r\n" * 300 + b"Contact"),
        ],
    )
    def test_what_cannot_be_acted_on_is_unreadable(self, old: bytes, new: bytes) -> None:
        assert old in INVITE
        with pytest.raises(Unreadable):
            parse(INVITE.replace(old, new, 1))

    def test_a_message_without_via_is_unreadable(self) -> None:
        with pytest.raises(Unreadable, match="Via"):
            parse(INVITE.replace(b"Via", b"X-Via"))

    def test_no_cut_of_a_message_is_taken_for_the_whole(self) -> None:
        for length in range(len(INVITE)):
            with pytest.raises(Unreadable):
                parse(INVITE[:length])

    def test_nothing_longer_than_a_datagram_is_read(self) -> None:
        with pytest.raises(Unreadable, match=str(MAX_MESSAGE)):
            parse(INVITE + b"x" * MAX_MESSAGE)

    @given(st.binary(max_size=400))
    def test_any_bytes_are_read_or_refused(self, junk: bytes) -> None:
        for data in (junk, INVITE.replace(b"v=0", junk), INVITE.replace(b"Contact: ", junk)):
            with suppress(Unreadable):
                assert parse(data).call_id

    @given(st.text(max_size=60))
    def test_any_text_is_an_address_or_refused(self, text: str) -> None:
        try:
            address = read_address(text)
        except Unreadable:
            return
        assert address.uri == address.uri.strip()


class TestWriting:
    def test_what_is_written_reads_back(self) -> None:
        assert parse(encode(request())) == request()

    @given(
        name=st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=30),
        tag=st.from_regex(r"[a-z0-9]{1,12}", fullmatch=True),
    )
    def test_any_display_name_survives(self, name: str, tag: str) -> None:
        address = Address("sip:801@192.0.2.1:5070;transport=udp", name, tag)
        assert read_address(str(address)) == address

    @pytest.mark.parametrize("value", ["a\r\nX-Evil: 1", "a\nb", "a\0b"])
    def test_no_value_can_break_a_line(self, value: str) -> None:
        with pytest.raises(ValueError, match="line break"):
            encode(Request(method="INFO", uri="sip:1@h", headers=(("Subject", value),)))

    def test_a_reply_copies_what_it_must(self) -> None:
        """RFC 3261 section 8.2.6.2."""
        answer = reply(request(), 180, tag="mine")
        assert answer.all("Via") == request().all("Via")
        assert answer.first("From") == request().first("From")
        assert read_address(answer.first("To")).tag == "mine"
        assert (answer.call_id, answer.sequence) == (request().call_id, 9)

    def test_trying_has_no_tag(self) -> None:
        assert not read_address(reply(request(), 100, tag="mine").first("To")).tag


class TestParts:
    def test_lists_mind_quotes_and_brackets(self) -> None:
        value = '"Bell, A." <sip:a@h;x=1,2>;q=0.7, <sip:b@h>;expires=60'
        assert items(value) == ('"Bell, A." <sip:a@h;x=1,2>;q=0.7', "<sip:b@h>;expires=60")

    def test_parameters_of_the_header_not_of_the_uri(self) -> None:
        assert read_address("<sip:a@h;tag=uri>;tag=header").tag == "header"
        assert parameter('x;a="1;2";B=3;flag', "b") == "3"
        assert parameter("x;flag", "flag") == ""

    @pytest.mark.parametrize(
        ("uri", "expected"),
        [
            ("sip:812@192.0.2.7:5062;transport=udp", ("192.0.2.7", 5062)),
            ("SIP:192.0.2.7", ("192.0.2.7", 5060)),
            ("192.0.2.7:5070", ("192.0.2.7", 5070)),
            ("sip:a@[::1]:5061", ("::1", 5061)),
        ],
    )
    def test_host_and_port(self, uri: str, expected: tuple[str, int]) -> None:
        assert host_and_port(uri) == expected

    @pytest.mark.parametrize("uri", ["", "sip:", "sip:a@h:99999", "sip:a@h:0"])
    def test_no_host_or_port(self, uri: str) -> None:
        with pytest.raises(Unreadable):
            host_and_port(uri)

    @pytest.mark.parametrize(
        ("uri", "user"), [("sip:812@h", "812"), ("sip:812:pw@h", "812"), ("sip:+44;x=y@h", "+44"), ("sip:h", "")]
    )
    def test_user(self, uri: str, user: str) -> None:
        assert user_of(uri) == user
