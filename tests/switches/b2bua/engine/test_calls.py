"""Setting a call up: what the parties see, and what Callboard is told."""

from collections.abc import Callable

import pytest

from callboard.switches.b2bua import wire
from tests.switches.b2bua.engine.harness import SDP, SDP_CALLEE, Engine, Peer, Talk, sdp

Peers = Callable[..., Peer]


def test_a_call_is_set_up_and_told(engine: Engine, peers: Peers) -> None:
    caller, callee = peers(engine), peers(engine)
    caller.invite()
    assert caller.get().code == 100
    came = engine.expect(wire.Came)
    assert (came.caller, came.caller_name, came.dialed) == ("101", "Bob", "812")
    assert (came.source, came.sip_call_id, came.media) == (caller.at, caller.call_id, "127.0.0.1")
    engine.route(came.call, callee)
    invite = callee.expect("INVITE")
    assert invite.uri == f"sip:812@{callee.at}"
    assert "sip:101@" in invite["from"]
    assert invite["max-forwards"] == "69"
    assert invite["call-id"] != caller.call_id
    assert invite.body == SDP
    assert engine.expect(wire.Dialing).branch == 0
    callee.respond(invite, 180, "Ringing")
    assert caller.expect(180)["to"].startswith("<sip:812@127.0.0.1>;tag=")
    assert engine.expect(wire.Ringing).media == ""
    callee.respond(invite, 200, "OK", body=SDP_CALLEE)
    ok = caller.expect(200)
    assert ok.body == SDP_CALLEE
    assert "INVITE" in ok["allow"]
    caller.ack(ok)
    callee.expect("ACK")
    answered = engine.expect(wire.Answered)
    assert (answered.call, answered.caller_media, answered.callee_media) == (came.call, "127.0.0.1", "127.0.0.3")


def test_early_media_is_passed_on(engine: Engine, peers: Peers) -> None:
    caller, callee = peers(engine), peers(engine)
    caller.invite()
    engine.route(engine.expect(wire.Came).call, callee)
    callee.respond(callee.expect("INVITE"), 183, "Session Progress", body=SDP_CALLEE)
    assert caller.expect(183).body == SDP_CALLEE
    assert engine.expect(wire.Ringing).media == "127.0.0.3"


def test_a_caller_is_challenged_and_comes_back(engine: Engine, peers: Peers) -> None:
    caller, callee = peers(engine), peers(engine)
    caller.invite()
    call = engine.expect(wire.Came).call
    engine.send(wire.Challenge(call=call, headers=('Digest realm="a", nonce="1"', 'Digest realm="a", nonce="2"')))
    unauthorized = caller.expect(401)
    assert unauthorized.all("www-authenticate") == ['Digest realm="a", nonce="1"', 'Digest realm="a", nonce="2"']
    caller.ack(unauthorized)
    caller.sequence = 2
    caller.invite(headers='Authorization: Digest username="101", realm="a"\r\n')
    credentials = engine.expect(wire.Credentials)
    assert (credentials.call, credentials.dialed) == (call, "812")
    assert credentials.authorization == 'Digest username="101", realm="a"'
    engine.route(call, callee)
    callee.respond(callee.expect("INVITE"), 200, "OK", body=SDP_CALLEE)
    caller.ack(caller.expect(200))
    engine.expect(wire.Answered)
    assert len(engine.told(wire.Came)) == 1


def test_credentials_sent_at_once_are_told_at_once(engine: Engine, peers: Peers) -> None:
    peers(engine).invite(headers='Authorization: Digest username="101"\r\n')
    assert engine.expect(wire.Came).authorization == 'Digest username="101"'


def test_a_challenged_caller_who_stays_away_is_given_up(start: Callable[..., Engine], peers: Peers) -> None:
    engine = start(challenge_timeout=0.3)
    caller = peers(engine)
    caller.invite()
    call = engine.expect(wire.Came).call
    engine.send(wire.Challenge(call=call, headers=('Digest realm="a"',)))
    caller.ack(caller.expect(401))
    ended = engine.expect(wire.Ended)
    assert (ended.call, ended.code, ended.by) == (call, 401, "timer")


def test_callers_beyond_the_limit_push_out_those_who_wait_longest(start: Callable[..., Engine], peers: Peers) -> None:
    engine = start(max_pending=2)
    calls = []
    for _ in range(3):
        caller = peers(engine)
        caller.invite()
        calls.append(engine.expect(wire.Came).call)
        engine.send(wire.Challenge(call=calls[-1], headers=('Digest realm="a"',)))
        caller.ack(caller.expect(401))
    assert engine.expect(wire.Ended).call == calls[0]
    engine.send(wire.List(ask=1))
    assert {call.call: call.state for call in engine.expect(wire.Listed).calls} == dict.fromkeys(
        calls[1:], "authenticating"
    )


def test_too_many_calls_are_refused(start: Callable[..., Engine], peers: Peers) -> None:
    engine = start(max_calls=1)
    peers(engine).invite()
    engine.expect(wire.Came)
    second = peers(engine)
    second.invite()
    assert second.expect(503)["retry-after"] == "5"
    assert len(engine.told(wire.Came)) == 1


def test_a_refused_call_ends_when_the_caller_acknowledges(engine: Engine, peers: Peers) -> None:
    caller = peers(engine)
    caller.invite()
    call = engine.expect(wire.Came).call
    engine.send(wire.Refuse(call=call, code=403, text="Not You\r\nEvil: yes"))
    refused = caller.expect(403)
    assert refused.start == "SIP/2.0 403 Not You Evil: yes"
    assert not refused.all("evil")
    assert not engine.told(wire.Ended)
    caller.ack(refused)
    ended = engine.expect(wire.Ended)
    assert (ended.code, ended.confirmed) == (403, True)


def test_the_same_invite_twice_is_one_call(engine: Engine, peers: Peers) -> None:
    caller, callee = peers(engine), peers(engine)
    first = caller.invite()
    caller.send(first)
    caller.send(first.replace("Max-Forwards: 70", "Max-Forwards: 69"))
    engine.route(engine.expect(wire.Came).call, callee)
    callee.respond(callee.expect("INVITE"), 200, "OK", body=SDP_CALLEE)
    ok = caller.expect(200)
    caller.send(first)
    assert caller.expect(200).tag("to") == ok.tag("to")
    caller.ack(ok)
    callee.expect("ACK")
    assert callee.silent(0.3)
    assert len(engine.told(wire.Came)) == 1


def test_the_same_invite_by_another_way_is_a_loop(engine: Engine, peers: Peers) -> None:
    caller = peers(engine)
    caller.invite()
    engine.expect(wire.Came)
    caller.send(caller.request("INVITE", body=SDP))
    assert caller.expect(482).code == 482


def test_no_reply_leads_to_the_next_target(engine: Engine, peers: Peers) -> None:
    caller, silent, callee = peers(engine), peers(engine), peers(engine)
    caller.invite()
    call = engine.expect(wire.Came).call
    engine.route(call, silent, callee, reply_timeout=0.7)
    silent.expect("INVITE")
    invite = callee.expect("INVITE")
    failed = engine.expect(wire.Failed)
    assert (failed.branch, failed.code) == (0, 408)
    callee.respond(invite, 200, "OK", body=SDP_CALLEE)
    caller.ack(caller.expect(200))
    assert engine.expect(wire.Answered).branch == 1


def test_an_invite_that_was_given_up_is_not_repeated(engine: Engine, peers: Peers) -> None:
    caller, silent = peers(engine), peers(engine)
    caller.invite()
    engine.route(engine.expect(wire.Came).call, silent, reply_timeout=0.3)
    silent.expect("INVITE")
    timeout = caller.expect(408)
    caller.ack(timeout)
    ended = engine.expect(wire.Ended)
    assert (ended.code, ended.confirmed) == (408, True)
    # It was sent once; the repeats would have come after 0.5 and 1.5 seconds.
    assert silent.silent(1.8)


@pytest.mark.parametrize("provisional_first", [True, False])
def test_a_target_that_replies_late_is_undone(engine: Engine, peers: Peers, provisional_first: bool) -> None:
    caller, late = peers(engine), peers(engine)
    caller.invite()
    engine.route(engine.expect(wire.Came).call, late, reply_timeout=0.3)
    invite = late.expect("INVITE")
    caller.ack(caller.expect(408))
    if provisional_first:
        late.respond(invite, 180, "Ringing")
        late.respond(late.expect("CANCEL"), 200)
        late.respond(invite, 487, "Request Terminated")
        assert late.expect("ACK")["to"].endswith(f"tag={late.tag}")
    else:
        late.respond(invite, 200, "OK", body=SDP_CALLEE)
        late.expect("ACK")
        late.respond(late.expect("BYE"), 200)
    assert not engine.told(wire.Answered)


def test_a_target_that_answers_after_it_was_given_up_leaves_nothing(engine: Engine, peers: Peers) -> None:
    caller, late = peers(engine), peers(engine)
    caller.invite()
    engine.route(engine.expect(wire.Came).call, late, reply_timeout=0.3)
    invite = late.expect("INVITE")
    caller.ack(caller.expect(408))
    late.respond(invite, 200, "OK", body=SDP_CALLEE)
    late.respond(late.expect("BYE"), 200)
    late.again("OPTIONS")
    assert late.expect(481, "OPTIONS").code == 481
    assert engine.pulse().transactions == 0


@pytest.mark.parametrize("code", [500, 503, 408])
def test_a_failing_target_leads_to_the_next(engine: Engine, peers: Peers, code: int) -> None:
    caller, broken, callee = peers(engine), peers(engine), peers(engine)
    caller.invite()
    engine.route(engine.expect(wire.Came).call, broken, callee)
    broken.respond(broken.expect("INVITE"), code, "Broken")
    broken.expect("ACK")
    assert engine.expect(wire.Failed).code == code
    callee.expect("INVITE")


@pytest.mark.parametrize("code", [486, 404, 603, 480, 600])
def test_a_target_that_declines_ends_the_call_with_its_code(engine: Engine, peers: Peers, code: int) -> None:
    caller, callee, spare = peers(engine), peers(engine), peers(engine)
    caller.invite()
    engine.route(engine.expect(wire.Came).call, callee, spare)
    callee.respond(callee.expect("INVITE"), code, "Go Away")
    callee.expect("ACK")
    declined = caller.expect(code)
    assert declined.start.endswith("Go Away")
    caller.ack(declined)
    ended = engine.expect(wire.Ended)
    assert (ended.by, ended.code, ended.text) == ("callee", code, "Go Away")
    assert spare.silent(0.1)


@pytest.mark.parametrize(("code", "seen"), [(302, 480), (401, 502), (407, 502)])
def test_what_was_meant_for_us_is_not_passed_to_the_caller(engine: Engine, peers: Peers, code: int, seen: int) -> None:
    caller, callee = peers(engine), peers(engine)
    caller.invite()
    engine.route(engine.expect(wire.Came).call, callee)
    callee.respond(callee.expect("INVITE"), code, "Elsewhere")
    assert caller.expect(seen).code == seen


def test_nobody_answers_in_time(engine: Engine, peers: Peers) -> None:
    caller, callee = peers(engine), peers(engine)
    caller.invite()
    engine.route(engine.expect(wire.Came).call, callee, ring_timeout=0.5)
    invite = callee.expect("INVITE")
    callee.respond(invite, 180, "Ringing")
    callee.respond(callee.expect("CANCEL"), 200)
    caller.ack(caller.expect(480))
    assert not engine.told(wire.Ended)
    callee.respond(invite, 487, "Request Terminated")
    ended = engine.expect(wire.Ended)
    assert (ended.by, ended.code, ended.confirmed) == ("timer", 480, True)


def test_a_target_that_cannot_be_written_is_passed_over(engine: Engine, peers: Peers) -> None:
    caller, callee = peers(engine), peers(engine)
    caller.invite()
    call = engine.expect(wire.Came).call
    evil = wire.Target(address=callee.at, uri="sip:8>\r\nEvil: 1\r\n@x", caller="101")
    nowhere = wire.Target(address="nonsense", uri="sip:812@127.0.0.1", caller="101")
    nobody = wire.Target(address=callee.at, uri="sip:812@", caller="101")
    good = wire.Target(address=callee.at, uri=f"sip:812@{callee.at}", caller='1"\r\nEvil: <2', caller_name="")
    engine.send(wire.Route(call=call, targets=(evil, nowhere, nobody, good)))
    invite = callee.expect("INVITE")
    assert not invite.all("evil")
    assert engine.expect(wire.Dialing).branch == 3
    assert [failed.branch for failed in engine.told(wire.Failed)] == [0, 1, 2]


def test_the_offer_may_come_with_the_answer(engine: Engine, peers: Peers) -> None:
    caller, callee = peers(engine), peers(engine)
    caller.invite(body="")
    engine.route(engine.expect(wire.Came).call, callee)
    invite = callee.expect("INVITE")
    assert invite.body == ""
    callee.respond(invite, 200, "OK", body=SDP_CALLEE)
    ok = caller.expect(200)
    assert ok.body == SDP_CALLEE
    caller.ack(ok, body=sdp("127.0.0.9"))
    assert callee.expect("ACK").body == sdp("127.0.0.9")


def test_commands_for_a_call_that_is_over_change_nothing(engine: Engine, peers: Peers) -> None:
    talk = Talk(engine, peers(engine), peers(engine))
    talk.caller.again("BYE")
    talk.callee.respond(talk.callee.expect("BYE"), 200)
    engine.expect(wire.Ended)
    for message in (
        wire.HangUp(call=talk.call),
        wire.Refuse(call=talk.call, code=403, text=""),
        wire.Challenge(call=talk.call, headers=()),
        wire.Route(call=talk.call, targets=()),
        wire.HangUp(call="nonsense"),
    ):
        engine.send(message)
    engine.send(wire.List(ask=7))
    assert engine.expect(wire.Listed) == wire.Listed(ask=7, at=engine.told(wire.Listed)[0].at, calls=())
    assert not engine.told(wire.Trouble)


def test_a_route_without_targets_is_unavailable(engine: Engine, peers: Peers) -> None:
    caller = peers(engine)
    caller.invite()
    engine.send(wire.Route(call=engine.expect(wire.Came).call, targets=()))
    assert caller.expect(480).code == 480


def test_the_hop_count_runs_out(engine: Engine, peers: Peers) -> None:
    caller = peers(engine)
    caller.send(caller.request("INVITE", body=SDP).replace("Max-Forwards: 70", "Max-Forwards: 0"))
    assert caller.expect(483).code == 483
    assert not engine.told(wire.Came)


@pytest.mark.parametrize(
    ("headers", "body", "code", "answer"),
    [
        ("Require: 100rel\r\n", SDP, 420, ("unsupported", "100rel")),
        ("Content-Type: text/plain\r\n", "hello", 415, ("accept", "application/sdp")),
    ],
)
def test_what_we_cannot_do_is_refused(
    engine: Engine, peers: Peers, headers: str, body: str, code: int, answer: tuple[str, str]
) -> None:
    caller = peers(engine)
    caller.send(caller.request("INVITE", body=body, headers=headers))
    refused = caller.expect(code)
    assert refused[answer[0]] == answer[1]


def test_the_list_names_each_state(engine: Engine, peers: Peers) -> None:
    states = {}
    for state in ("new", "dialing", "ringing"):
        caller, callee = peers(engine), peers(engine)
        caller.invite()
        call = engine.expect(wire.Came).call
        states[call] = state
        if state == "new":
            continue
        engine.route(call, callee)
        invite = callee.expect("INVITE")
        if state == "ringing":
            callee.respond(invite, 180, "Ringing")
            caller.expect(180)
    states[Talk(engine, peers(engine), peers(engine)).call] = "answered"
    engine.send(wire.List(ask=3))
    assert {call.call: call.state for call in engine.expect(wire.Listed).calls} == states
