"""How calls end: who is told what, and when an end counts as confirmed."""

import signal
from collections.abc import Callable

import pytest

from callboard.switches.b2bua import wire
from tests.switches.b2bua.engine.harness import DEADLINE, SDP_CALLEE, Engine, Peer, Talk

Peers = Callable[..., Peer]


@pytest.mark.parametrize("side", ["caller", "callee"])
def test_a_party_hangs_up(talk: Talk, side: str) -> None:
    leaver, other = (talk.caller, talk.callee) if side == "caller" else (talk.callee, talk.caller)
    leaver.again("BYE")
    assert leaver.expect(200, "BYE").code == 200
    bye = other.expect("BYE")
    ending = talk.engine.expect(wire.Ending)
    assert (ending.call, ending.by) == (talk.call, side)
    assert not talk.engine.told(wire.Ended)
    other.respond(bye, 200)
    ended = talk.engine.expect(wire.Ended)
    assert (ended.by, ended.code, ended.confirmed) == (side, 200, True)


def test_a_command_ends_both_sides_and_waits_for_both(talk: Talk) -> None:
    talk.engine.send(wire.HangUp(call=talk.call))
    assert talk.engine.expect(wire.Ending).by == "command"
    bye = talk.caller.expect("BYE")
    assert bye.tag("from") == talk.ok.tag("to")
    assert bye.tag("to") == talk.caller.tag
    talk.caller.respond(bye, 200)
    talk.engine.pulse()
    assert not talk.engine.told(wire.Ended)
    talk.callee.respond(talk.callee.expect("BYE"), 200)
    ended = talk.engine.expect(wire.Ended)
    assert (ended.by, ended.code, ended.confirmed) == ("command", 200, True)


def test_a_bye_is_repeated_until_it_is_answered(talk: Talk) -> None:
    talk.engine.send(wire.HangUp(call=talk.call))
    talk.caller.respond(talk.caller.expect("BYE"), 200)
    first = talk.callee.expect("BYE")
    second = talk.callee.expect("BYE")
    assert first["via"] == second["via"]
    talk.callee.respond(second, 200)
    assert talk.engine.expect(wire.Ended).confirmed


def test_a_party_that_knows_nothing_of_the_call_confirms_its_end(talk: Talk) -> None:
    talk.engine.send(wire.HangUp(call=talk.call))
    talk.caller.respond(talk.caller.expect("BYE"), 481)
    talk.callee.respond(talk.callee.expect("BYE"), 200)
    assert talk.engine.expect(wire.Ended).confirmed


def test_a_party_that_refuses_bye_does_not_confirm(talk: Talk) -> None:
    talk.engine.send(wire.HangUp(call=talk.call))
    talk.caller.respond(talk.caller.expect("BYE"), 500)
    talk.callee.respond(talk.callee.expect("BYE"), 200)
    assert not talk.engine.expect(wire.Ended).confirmed


def test_both_hang_up_at_once(talk: Talk) -> None:
    talk.engine.send(wire.HangUp(call=talk.call))
    for party in (talk.caller, talk.callee):
        party.expect("BYE")
        party.again("BYE")
        assert party.expect(200, "BYE").code == 200
    # Neither party answers our BYE: its own says the same.
    assert talk.engine.expect(wire.Ended).confirmed


def test_a_bye_that_comes_after_the_end_is_answered(talk: Talk) -> None:
    talk.engine.send(wire.HangUp(call=talk.call))
    for party in (talk.caller, talk.callee):
        party.respond(party.expect("BYE"), 200)
    talk.engine.expect(wire.Ended)
    talk.callee.again("BYE")
    assert talk.callee.expect(200, "BYE").code == 200


def test_a_bye_long_after_the_end_belongs_to_nothing(start: Callable[..., Engine], peers: Peers) -> None:
    engine = start(linger=0.0)
    talk = Talk(engine, peers(engine), peers(engine))
    talk.caller.again("BYE")
    talk.callee.respond(talk.callee.expect("BYE"), 200)
    engine.expect(wire.Ended)
    engine.pulse()
    talk.callee.again("BYE")
    assert talk.callee.expect(481, "BYE").code == 481


def ringing(engine: Engine, caller: Peer, callee: Peer) -> str:
    """A call whose callee rings."""
    caller.invite()
    call = engine.expect(wire.Came).call
    engine.route(call, callee)
    callee.respond(callee.expect("INVITE"), 180, "Ringing")
    caller.expect(180)
    return call


def test_the_caller_cancels(engine: Engine, peers: Peers) -> None:
    caller, callee = peers(engine), peers(engine)
    ringing(engine, caller, callee)
    invite = callee.received[-1]
    caller.cancel()
    assert caller.expect(200, "CANCEL").code == 200
    terminated = caller.expect(487, "INVITE")
    cancel = callee.expect("CANCEL")
    assert cancel["via"] == invite["via"]
    caller.ack(terminated)
    callee.respond(cancel, 200)
    engine.pulse()
    assert not engine.told(wire.Ended)
    callee.respond(invite, 487, "Request Terminated")
    callee.expect("ACK")
    ended = engine.expect(wire.Ended)
    assert (ended.by, ended.code, ended.confirmed) == ("caller", 487, True)


def test_the_caller_cancels_before_the_route_is_known(engine: Engine, peers: Peers) -> None:
    caller = peers(engine)
    caller.invite()
    call = engine.expect(wire.Came).call
    caller.cancel()
    caller.ack(caller.expect(487))
    assert engine.expect(wire.Ended).code == 487
    engine.route(call, caller)
    engine.pulse()
    assert not engine.told(wire.Dialing)


def test_cancel_and_answer_cross(engine: Engine, peers: Peers) -> None:
    caller, callee = peers(engine), peers(engine)
    ringing(engine, caller, callee)
    invite = callee.received[-1]
    caller.cancel()
    caller.ack(caller.expect(487))
    callee.expect("CANCEL")
    callee.respond(invite, 200, "OK", body=SDP_CALLEE)
    callee.expect("ACK")
    bye = callee.expect("BYE")
    assert not engine.told(wire.Ended)
    callee.respond(bye, 200)
    assert engine.expect(wire.Ended).confirmed
    assert not engine.told(wire.Answered)


def test_a_command_ends_a_ringing_call(engine: Engine, peers: Peers) -> None:
    caller, callee = peers(engine), peers(engine)
    call = ringing(engine, caller, callee)
    engine.send(wire.HangUp(call=call))
    caller.ack(caller.expect(480))
    callee.respond(callee.expect("CANCEL"), 200)
    callee.respond(callee.received[0], 487, "Request Terminated")
    ended = engine.expect(wire.Ended)
    assert (ended.by, ended.code, ended.confirmed) == ("command", 480, True)


def test_a_command_ends_a_call_that_waits_for_its_route(engine: Engine, peers: Peers) -> None:
    caller = peers(engine)
    caller.invite()
    engine.send(wire.HangUp(call=engine.expect(wire.Came).call))
    caller.ack(caller.expect(480))
    assert engine.expect(wire.Ended).by == "command"


def test_a_command_ends_a_call_that_waits_for_credentials(engine: Engine, peers: Peers) -> None:
    caller = peers(engine)
    caller.invite()
    call = engine.expect(wire.Came).call
    engine.send(wire.Challenge(call=call, headers=('Digest realm="a"',)))
    caller.ack(caller.expect(401))
    engine.send(wire.HangUp(call=call))
    assert engine.expect(wire.Ended).by == "command"


def test_no_bye_before_the_callers_ack(engine: Engine, peers: Peers) -> None:
    caller, callee = peers(engine), peers(engine)
    call = ringing(engine, caller, callee)
    callee.respond(callee.received[-1], 200, "OK", body=SDP_CALLEE)
    ok = caller.expect(200)
    engine.send(wire.HangUp(call=call))
    callee.respond(callee.expect("BYE"), 200)
    assert caller.get().code == 200, "the answer is repeated, and no BYE comes before the ACK"
    caller.ack(ok)
    caller.respond(caller.expect("BYE"), 200)
    assert engine.expect(wire.Ended).confirmed


def test_the_caller_hangs_up_without_acknowledging(engine: Engine, peers: Peers) -> None:
    caller, callee = peers(engine), peers(engine)
    ringing(engine, caller, callee)
    callee.respond(callee.received[-1], 200, "OK", body=SDP_CALLEE)
    caller.join(caller.expect(200))
    caller.again("BYE")
    caller.expect(200, "BYE")
    callee.respond(callee.expect("BYE"), 200)
    assert engine.expect(wire.Ended).confirmed
    assert engine.pulse().transactions == 0


def test_a_caller_may_leave_a_ringing_call_with_bye(engine: Engine, peers: Peers) -> None:
    caller, callee = peers(engine), peers(engine)
    ringing(engine, caller, callee)
    caller.remote = caller.received[-1]["to"]
    caller.again("BYE")
    caller.expect(200, "BYE")
    caller.ack(caller.expect(487, "INVITE"))
    callee.expect("CANCEL")
    callee.respond(callee.received[0], 487, "Request Terminated")
    assert engine.expect(wire.Ended).by == "caller"


def test_a_call_ends_when_its_time_is_up(start: Callable[..., Engine], peers: Peers) -> None:
    engine = start(max_call=0.7)
    talk = Talk(engine, peers(engine), peers(engine))
    assert engine.expect(wire.Ending).by == "timer"
    for party in (talk.caller, talk.callee):
        party.respond(party.expect("BYE"), 200)
    assert engine.expect(wire.Ended).by == "timer"


def test_stop_ends_every_call_first(engine: Engine, peers: Peers) -> None:
    talk = Talk(engine, peers(engine), peers(engine))
    caller, callee = peers(engine), peers(engine)
    ringing(engine, caller, callee)
    engine.send(wire.Stop())
    for party in (talk.caller, talk.callee):
        party.respond(party.expect("BYE"), 200)
    caller.ack(caller.expect(503))
    callee.expect("CANCEL")
    callee.respond(callee.received[0], 487, "Request Terminated")
    assert engine.process.wait(DEADLINE) == 0
    assert len(engine.told(wire.Ended)) == 2


def test_a_stop_does_not_wait_for_silent_parties(talk: Talk) -> None:
    talk.engine.send(wire.Stop())
    assert talk.engine.process.wait(DEADLINE) == 0
    assert talk.callee.expect("BYE").method == "BYE"


def test_the_engine_leaves_with_callboard(talk: Talk) -> None:
    talk.engine.close_input()
    assert talk.callee.expect("BYE").method == "BYE"
    assert talk.engine.process.wait(DEADLINE) == 0


def test_sigterm_is_a_stop(talk: Talk) -> None:
    talk.engine.process.send_signal(signal.SIGTERM)
    assert talk.caller.expect("BYE").method == "BYE"
    assert talk.engine.process.wait(DEADLINE) == 0
