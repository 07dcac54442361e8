"""What happens when nobody answers: an engine in this process, with a clock that the tests move."""

from collections.abc import Callable

import pytest

from callboard.switches.b2bua import wire
from tests.switches.b2bua.engine.harness import SDP_CALLEE, Engine, Inside, Peer, Talk, sdp, until

Start = Callable[..., Inside]
Peers = Callable[..., Peer]

TIMED_OUT = 33.0
"""64 times T1, and a little."""


def ringing(engine: Engine, caller: Peer, callee: Peer) -> str:
    """A call whose callee rings."""
    caller.invite()
    call = engine.expect(wire.Came).call
    engine.route(call, callee, reply_timeout=60, ring_timeout=120)
    callee.respond(callee.expect("INVITE"), 180, "Ringing")
    caller.expect(180)
    return call


def test_a_call_whose_answer_is_never_acknowledged_ends(inside: Start, peers: Peers) -> None:
    engine = inside()
    caller, callee = peers(engine), peers(engine)
    ringing(engine, caller, callee)
    callee.respond(callee.received[-1], 200, "OK", body=SDP_CALLEE)
    first = caller.expect(200)
    engine.advance(1)
    assert caller.expect(200).headers == first.headers
    engine.advance(TIMED_OUT)
    assert engine.expect(wire.Ending).by == "probe"
    caller.expect("BYE")
    callee.respond(callee.expect("BYE"), 200)
    assert engine.expect(wire.Ended).confirmed


def test_a_bye_that_nobody_answers_leaves_the_end_unconfirmed(inside: Start, peers: Peers) -> None:
    engine = inside()
    talk = Talk(engine, peers(engine), peers(engine))
    engine.send(wire.HangUp(call=talk.call))
    talk.caller.respond(talk.caller.expect("BYE"), 200)
    talk.callee.expect("BYE")
    engine.pulse()
    engine.advance(TIMED_OUT)
    ended = engine.expect(wire.Ended)
    assert (ended.code, ended.confirmed) == (200, False)


def test_a_cancel_that_nobody_answers_leaves_the_end_unconfirmed(inside: Start, peers: Peers) -> None:
    engine = inside()
    caller, callee = peers(engine), peers(engine)
    call = ringing(engine, caller, callee)
    engine.send(wire.HangUp(call=call))
    caller.ack(caller.expect(480))
    callee.expect("CANCEL")
    engine.pulse()
    engine.advance(TIMED_OUT)
    assert not engine.expect(wire.Ended).confirmed


def test_a_refusal_that_nobody_acknowledges_leaves_the_end_unconfirmed(inside: Start, peers: Peers) -> None:
    engine = inside()
    caller = peers(engine)
    caller.invite()
    engine.send(wire.Refuse(call=engine.expect(wire.Came).call, code=404, text="Not Found"))
    caller.expect(404)
    engine.advance(1)
    caller.expect(404)
    engine.advance(TIMED_OUT)
    ended = engine.expect(wire.Ended)
    assert (ended.code, ended.confirmed) == (404, False)


def test_a_call_that_callboard_says_nothing_about_is_refused(inside: Start, peers: Peers) -> None:
    engine = inside()
    caller = peers(engine)
    caller.invite()
    engine.expect(wire.Came)
    engine.advance(11)
    caller.ack(caller.expect(503))
    ended = engine.expect(wire.Ended)
    assert (ended.by, ended.code) == ("engine", 503)


def test_an_invite_expires_when_the_caller_said_so(inside: Start, peers: Peers) -> None:
    engine = inside()
    caller, callee = peers(engine), peers(engine)
    caller.invite(headers="Expires: 20\r\n")
    engine.route(engine.expect(wire.Came).call, callee)
    callee.respond(callee.expect("INVITE"), 180, "Ringing")
    caller.expect(180)
    engine.advance(21)
    caller.ack(caller.expect(487))
    callee.expect("CANCEL")
    callee.respond(callee.received[0], 487, "Request Terminated")
    assert engine.expect(wire.Ended).by == "timer"


def test_a_target_that_only_trying_is_heard_of_rings_out(inside: Start, peers: Peers) -> None:
    engine = inside()
    caller, callee, spare = peers(engine), peers(engine), peers(engine)
    caller.invite()
    engine.route(engine.expect(wire.Came).call, callee, spare, reply_timeout=6, ring_timeout=60)
    callee.respond(callee.expect("INVITE"), 100, "Trying")
    engine.pulse()
    engine.advance(10)
    engine.pulse()
    assert not engine.told(wire.Failed), "100 is a reply"
    engine.advance(51)
    assert caller.expect(480).code == 480
    assert callee.expect("CANCEL").method == "CANCEL"


def test_a_reinvite_that_nobody_answers_ends_the_call(inside: Start, peers: Peers) -> None:
    engine = inside()
    talk = Talk(engine, peers(engine), peers(engine))
    talk.caller.again("INVITE", body=sdp(version=2))
    talk.callee.expect("INVITE")
    engine.advance(TIMED_OUT)
    assert talk.caller.expect(408, "INVITE").code == 408
    assert engine.expect(wire.Ending).by == "probe"


def test_nothing_is_left_when_all_is_over(inside: Start, peers: Peers) -> None:
    engine = inside()
    talk = Talk(engine, peers(engine), peers(engine))
    engine.send(wire.HangUp(call=talk.call))
    for party in (talk.caller, talk.callee):
        party.expect("BYE")
    caller = peers(engine)
    caller.invite()
    caller.cancel()
    caller.expect(487)
    engine.pulse()
    engine.advance(TIMED_OUT)
    engine.pulse()
    engine.advance(TIMED_OUT)
    engine.pulse()
    assert until(lambda: engine.told(wire.Pulse)[-1].transactions == 0)
    assert engine.told(wire.Pulse)[-1].calls == 0


def test_repeats_come_at_most_four_seconds_apart(inside: Start, peers: Peers) -> None:
    engine = inside()
    talk = Talk(engine, peers(engine), peers(engine))
    engine.send(wire.HangUp(call=talk.call))
    talk.callee.expect("BYE")
    for seconds in (0.5, 1.0, 2.0, 4.0, 4.0, 4.0, 4.0, 4.0, 4.0):
        engine.advance(seconds)
        assert talk.callee.expect("BYE").method == "BYE"


class TestProbes:
    """D8: the package's own keepalive took ten minutes to notice, and stumbled over a challenge."""

    def test_parties_that_answer_stay(self, inside: Start, peers: Peers) -> None:
        engine = inside(probe_interval=30, probe_timeout=90)
        talk = Talk(engine, peers(engine), peers(engine))
        for _ in range(75):
            engine.advance(2)
            for party, code in ((talk.caller, 200), (talk.callee, 405)):
                while not party.silent(0.005):
                    party.respond(party.received[-1], code)
        assert not engine.told(wire.Ending)
        for party in (talk.caller, talk.callee):
            asked = {message.sequence for message in party.received if message.method == "OPTIONS"}
            assert 3 <= len(asked) <= 5

    @pytest.mark.parametrize("gone", ["caller", "callee"])
    def test_a_party_that_vanished_is_found(self, inside: Start, peers: Peers, gone: str) -> None:
        engine = inside(probe_interval=3, probe_timeout=9)
        talk = Talk(engine, peers(engine), peers(engine))
        lost, other = (talk.caller, talk.callee) if gone == "caller" else (talk.callee, talk.caller)
        for _ in range(40):
            engine.advance(0.3)
            other.send(other.request("OPTIONS", sequence=other.sequence + 1))
            other.sequence += 1
            other.expect(200, "OPTIONS")
            if engine.told(wire.Ending):
                break
        assert engine.expect(wire.Ending).by == "probe"
        assert not engine.told(wire.Trouble)
        assert lost.expect("OPTIONS").tag("from")
        other.respond(other.expect("BYE"), 200)
        ended = engine.expect(wire.Ended)
        assert (ended.by, ended.code, ended.text) == ("probe", 200, f"The {gone} vanished")

    def test_a_question_that_nobody_answers_is_no_sign_of_life(self, inside: Start, peers: Peers) -> None:
        """Its transaction gives itself a 408 in the end, long before the party counts as gone."""
        engine = inside(probe_interval=30, probe_timeout=90)
        Talk(engine, peers(engine), peers(engine))
        for _ in range(47):
            engine.advance(2)
        assert engine.expect(wire.Ending).by == "probe"

    def test_a_party_that_does_not_know_the_call_is_gone_at_once(self, inside: Start, peers: Peers) -> None:
        engine = inside(probe_interval=3, probe_timeout=900)
        talk = Talk(engine, peers(engine), peers(engine))
        engine.advance(3.5)
        talk.callee.respond(talk.callee.expect("OPTIONS"), 481)
        talk.caller.respond(talk.caller.expect("BYE"), 200)
        assert engine.expect(wire.Ended).by == "probe"

    def test_a_party_that_spoke_lately_is_not_asked(self, inside: Start, peers: Peers) -> None:
        engine = inside(probe_interval=30, probe_timeout=90)
        talk = Talk(engine, peers(engine), peers(engine))
        for _ in range(10):
            engine.advance(3.01)
            talk.caller.again("OPTIONS")
            talk.caller.expect(200, "OPTIONS")
        talk.callee.expect("OPTIONS")
        assert all(message.method != "OPTIONS" for message in talk.caller.received)
