"""Hostile input: the messages that RFC 4475 describes (rebuilt in `torture/`), junk, and everything between."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from callboard.switches.b2bua import wire
from callboard.switches.b2bua.engine.packets import LARGEST, Unreadable, courtesy, is_keepalive, read
from tests.switches.b2bua.engine.harness import Engine, Inside, Peer, Talk, until

Peers = Callable[..., Peer]

MESSAGES = {path.stem: path.read_bytes() for path in sorted((Path(__file__).parent / "torture").glob("*.sip"))}

# What each is answered: a status; a message told to Callboard; or "" for nothing at all (RFC 4475 section in brackets).
ANSWERS: dict[str, int | str] = {
    # 3.1.1 valid, if odd
    "wsinv": 400,  # blanks inside Via's protocol are beyond the package's parser: refused, which does no harm
    "intmeth": 501,
    "esc01": "Came",
    "escnull": "Register",
    "esc02": 501,
    "lwsdisp": 200,
    "longreq": "Came",
    "dblreq": "Register",
    "semiuri": 200,
    "transports": 200,
    "mpart01": 405,
    "unreason": "",
    "noreason": "",
    # 3.1.2 invalid
    "badinv01": 400,
    "clerr": 400,
    "ncl": 400,
    "scalar02": 400,
    "scalarlg": "",
    "quotbal": 400,
    "ltgtruri": 400,
    "lwsruri": 400,
    "lwsstart": 400,
    "trws": 400,
    "escruri": "Came",  # the header inside the URI is ignored, as section 19.1.5 of RFC 3261 allows
    "baddate": 200,  # nobody here reads Date
    "badaspec": 400,
    "baddn": 400,
    "badvers": 505,
    "mismatch01": 400,
    "mismatch02": 400,
    "bigcode": "",
    # 3.2 and 3.3 transaction and application layer
    "badbranch": 200,
    "insuf": "",
    "unkscm": 416,
    "unksm2": 400,
    "bext01": 420,
    "invut": 415,
    "multi01": 400,
    "mcl01": 400,
    "bcast": "",
    "zeromf": 483,
    # 3.4 the elder standard
    "inv2543": "Came",
    # our own
    "novia": "",
    "nocallid": "",
    "nofrom": "",
    "badto": 400,
    "badcseq": 400,
    "badport": 400,
    "badrport": 400,
    "nul": 200,
    "latin": 200,
    "headonly": 400,
}


@pytest.fixture(scope="module")
def shared() -> Iterator[Engine]:
    """One engine for all messages: what one does to it, the next would feel."""
    engine = Engine(max_call=3600)
    engine.expect(wire.Ready)
    yield engine
    engine.close()


def test_every_message_is_tried() -> None:
    assert set(ANSWERS) == set(MESSAGES)


@pytest.mark.parametrize("name", sorted(MESSAGES))
def test_torture(shared: Engine, peers: Peers, name: str) -> None:
    peer = peers(shared)
    peer.send(MESSAGES[name])
    expected = ANSWERS[name]
    if isinstance(expected, int):
        assert peer.get().code == expected
    elif expected == "Came":
        shared.expect(wire.Came)
    elif expected == "Register":
        shared.expect(wire.Register)
    assert_well(shared, peer)
    if expected == "":
        assert not [message for message in peer.received if message.sequence[1] != "OPTIONS"]


def assert_well(engine: Engine, peer: Peer) -> None:
    """The engine goes on, and has nothing to complain of."""
    peer.again("OPTIONS")
    assert peer.expect(200, "OPTIONS").code == 200
    assert not engine.told(wire.Trouble)
    assert engine.errors == b""


def test_escapes_are_undone(engine: Engine, peers: Peers) -> None:
    peer = peers(engine)
    peer.send(MESSAGES["esc01"])
    came = engine.expect(wire.Came)
    assert (came.dialed, came.caller) == ("sips:user@example.com", "I have spaces")
    peer.send(MESSAGES["escnull"])
    register = engine.expect(wire.Register)
    assert register.user == "null-\0-null"
    assert [contact.uri for contact in register.contacts] == ["sip:%00@192.0.2.5", "sip:%00%00@192.0.2.5"]


@pytest.mark.parametrize("size", [LARGEST + 1, 65000])
def test_oversized_packets_are_refused(engine: Engine, peers: Peers, size: int) -> None:
    peer = peers(engine)
    text = peer.request("OPTIONS").encode()
    peer.send(text + b"x" * (size - len(text)))
    assert peer.expect(513).code == 513
    assert_well(engine, peer)
    assert engine.pulse().malformed == 1


def test_junk_is_counted_and_leaves_nothing_behind(engine: Engine, peers: Peers) -> None:
    peer = peers(engine)
    for number in range(200):
        peer.send(bytes([number]) * 40)
        peer.send(peer.request("OPTIONS").replace("To: <", f"To: {number}<[").encode())
    assert until(lambda: engine.pulse().malformed == 400)
    pulse = engine.pulse()
    assert pulse.transactions == 0
    assert 0 < pulse.refused < 400, "some were answered, then the source had its fill"
    assert_well(engine, peer)


def test_keepalives_are_no_junk(engine: Engine, peers: Peers) -> None:
    peer = peers(engine)
    for data in (b"\r\n\r\n", b"\0", b"\0\0\0\0", b"", b"\r\n"):
        peer.send(data)
    assert_well(engine, peer)
    assert engine.pulse().malformed == 0


def test_an_error_is_never_answered_with_an_error() -> None:
    bad = MESSAGES["badto"].replace(b"OPTIONS", b"ACK")
    for data in (bad, MESSAGES["scalarlg"], b"", b"\r\n\r\n", b"OPTIONS", b"A B C\r\n"):
        assert courtesy(data, Unreadable("Bad Request")) is None


def test_a_courtesy_repeats_only_what_was_sent() -> None:
    answer = courtesy(MESSAGES["badcseq"].replace(b"many", b"x\rEvil: y\x00"), Unreadable("Bad Request"))
    assert answer is not None
    assert answer.split(b"\r\n")[0] == b"SIP/2.0 400 Bad Request"
    assert b"\rEvil" not in answer
    assert b"\0" not in answer


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    read_or_refuse(data)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_any_spoilt_message_is_read_or_refused(data: st.DataObject) -> None:
    read_or_refuse(spoilt(data))


def spoilt(data: st.DataObject) -> bytes:
    """A torture message with a piece cut out and another put in."""
    message = data.draw(st.sampled_from(sorted(MESSAGES.values())))
    at = data.draw(st.integers(0, len(message)))
    end = data.draw(st.integers(at, min(len(message), at + 40)))
    piece = data.draw(
        st.sampled_from([b"", b"\r\n", b"\0", b"<", b'"', b";", b",", b"\xff", b":", b"%00", b" ", b"\r"])
    )
    return message[:at] + piece + message[end:]


def read_or_refuse(data: bytes) -> None:
    """What is not refused can be written again."""
    assert is_keepalive(data) in {True, False}
    try:
        message = read(data)
    except Unreadable as error:
        answer = courtesy(data, error)
        assert answer is None or answer.startswith(b"SIP/2.0 ")
    else:
        assert str(message)


@pytest.mark.parametrize("user", [b"alice\xff", b"alice%ff", b"%c3%28", b"%00", b"%", b"%%"])
def test_a_user_part_that_is_no_text_is_answered_as_it_came(inside_once: Inside, fuzzer: Peer, user: bytes) -> None:
    request = fuzzer.request("OPTIONS").encode()
    assert b"<sip:101@" in request
    fuzzer.send(request.replace(b"<sip:101@", b"<sip:" + user + b"@", 1))
    assert fuzzer.expect(200, "OPTIONS")
    assert not inside_once.told(wire.Trouble)


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(data=st.data())
def test_no_spoilt_message_upsets_the_engine(inside_once: Inside, fuzzer: Peer, data: st.DataObject) -> None:
    fuzzer.send(spoilt(data))
    fuzzer.again("OPTIONS")
    assert fuzzer.expect(200, "OPTIONS")
    assert not inside_once.told(wire.Trouble)


@pytest.fixture
def inside_once(inside: Callable[..., Inside]) -> Inside:
    """One engine for all examples."""
    return inside()


@pytest.fixture
def fuzzer(inside_once: Inside, peers: Peers) -> Peer:
    """One peer for all examples."""
    return peers(inside_once)


class TestNames:
    """Header injection: what a caller puts into its name stays in the name."""

    @pytest.mark.parametrize(
        ("sent", "told"),
        [
            ('"Al \\"the\\" Bo\\\\b"', 'Al "the" Bo\\b'),
            ('"Zoë, Ünïcode"', "Zoë, Ünïcode"),
            ("Plain", "Plain"),
            ("", ""),
            (f'"{"x" * 10_000}"', "x" * 1024),
        ],
    )
    def test_names_are_told(self, engine: Engine, peers: Peers, sent: str, told: str) -> None:
        peer = peers(engine)
        peer.mine = f"{sent} <sip:101@127.0.0.1>;tag={peer.tag}"
        peer.invite()
        assert engine.expect(wire.Came).caller_name == told

    @pytest.mark.parametrize(
        ("name", "written"),
        [
            ('Al "the" Bo\\b', '"Al \\"the\\" Bo\\\\b" <'),
            ("Zoë, Ünïcode", '"Zoë, Ünïcode" <'),
            ("x\r\nEvil: yes", '"x Evil: yes" <'),
            ("> <sip:1@2", '"> <sip:1@2" <'),
            ("x\x85y\u2028z", None),
            ("x" * 10_000, f"{'x' * 128} <"),
            ("", "<"),
        ],
    )
    def test_names_are_passed_on_safely(self, engine: Engine, peers: Peers, name: str, written: str | None) -> None:
        caller, callee = peers(engine), peers(engine)
        caller.invite()
        call = engine.expect(wire.Came).call
        target = wire.Target(address=callee.at, uri=f"sip:812@{callee.at}", caller="101", caller_name=name)
        engine.send(wire.Route(call=call, targets=(target,)))
        invite = callee.expect("INVITE")
        assert not invite.all("evil")
        assert "sip:101@" in invite["from"]
        if written is not None:
            assert invite["from"].startswith(written)

    def test_a_hostile_user_part_is_escaped(self, engine: Engine, peers: Peers) -> None:
        peer = peers(engine)
        peer.mine = f"<sip:a%0D%0AEvil%3A%20yes@127.0.0.1>;tag={peer.tag}"
        peer.invite()
        came = engine.expect(wire.Came)
        assert came.caller == "a\r\nEvil: yes"
        callee = peers(engine)
        target = wire.Target(address=callee.at, uri=f"sip:812@{callee.at}", caller=came.caller)
        engine.send(wire.Route(call=came.call, targets=(target,)))
        invite = callee.expect("INVITE")
        assert not invite.all("evil")
        assert "sip:a%0D%0AEvil" in invite["from"]


def test_a_call_survives_hostile_weather(engine: Engine, peers: Peers) -> None:
    talk = Talk(engine, peers(engine), peers(engine))
    stranger = peers(engine)
    for message in MESSAGES.values():
        stranger.send(message)
    talk.caller.again("BYE")
    talk.caller.expect(200, "BYE")
    talk.callee.respond(talk.callee.expect("BYE"), 200)
    assert engine.expect(wire.Ended).confirmed
