"""Requests inside an answered call: hold and resume, key presses, and what we do not do."""

from collections.abc import Callable

import pytest

from callboard.switches.b2bua import wire
from tests.switches.b2bua.engine.harness import SDP, SDP_CALLEE, Engine, Peer, Talk, sdp

Peers = Callable[..., Peer]


def reinvite(asker: Peer, other: Peer, body: str, answer: str) -> None:
    """A re-INVITE that is agreed to."""
    asker.again("INVITE", body=body)
    request = other.expect("INVITE")
    assert request.body == body
    other.respond(request, 200, "OK", body=answer)
    ok = asker.expect(200, "INVITE")
    assert ok.body == answer
    asker.send(asker.request("ACK", sequence=ok.sequence[0]))
    other.expect("ACK")


@pytest.mark.parametrize("side", ["caller", "callee"])
@pytest.mark.parametrize("body", [sdp(direction="sendonly"), sdp(direction="inactive"), sdp("0.0.0.0")])
def test_hold_and_resume(talk: Talk, side: str, body: str) -> None:
    asker, other = (talk.caller, talk.callee) if side == "caller" else (talk.callee, talk.caller)
    reinvite(asker, other, body, sdp(direction="recvonly"))
    held = talk.engine.expect(wire.Held)
    assert (held.call, held.side) == (talk.call, side)
    talk.engine.send(wire.List(ask=1))
    assert talk.engine.expect(wire.Listed).calls[0].state == "held"
    reinvite(asker, other, sdp(version=3), sdp(version=2))
    assert talk.engine.expect(wire.Resumed).side == side
    talk.engine.send(wire.List(ask=2))
    assert talk.engine.expect(wire.Listed).calls[0].state == "answered"


def test_new_media_are_no_hold(talk: Talk) -> None:
    reinvite(talk.caller, talk.callee, sdp("127.0.0.9"), SDP_CALLEE)
    talk.engine.pulse()
    assert not talk.engine.told(wire.Held)
    assert not talk.engine.told(wire.Resumed)


def test_a_reinvite_without_an_offer_asks_the_other_party_for_one(talk: Talk) -> None:
    talk.caller.again("INVITE")
    request = talk.callee.expect("INVITE")
    assert request.body == ""
    talk.callee.respond(request, 200, "OK", body=sdp("127.0.0.7"))
    ok = talk.caller.expect(200, "INVITE")
    assert ok.body == sdp("127.0.0.7")
    assert talk.callee.silent(0.2), "the ACK waits for the caller's answer to the offer"
    talk.caller.send(talk.caller.request("ACK", sequence=ok.sequence[0], body=sdp(direction="inactive")))
    assert talk.callee.expect("ACK").body == sdp(direction="inactive")
    assert talk.engine.expect(wire.Held).side == "caller"


def test_a_refused_reinvite_leaves_the_call_as_it_was(talk: Talk) -> None:
    talk.caller.again("INVITE", body=sdp(direction="inactive"))
    talk.callee.respond(talk.callee.expect("INVITE"), 488, "Not Acceptable Here")
    refused = talk.caller.expect(488)
    talk.caller.send(talk.caller.request("ACK", sequence=refused.sequence[0], branch=talk.caller.branch))
    talk.engine.pulse()
    assert not talk.engine.told(wire.Held)
    reinvite(talk.caller, talk.callee, sdp(direction="inactive"), SDP)
    talk.engine.expect(wire.Held)


def test_a_reinvite_into_a_dead_dialog_ends_the_call(talk: Talk) -> None:
    talk.caller.again("INVITE", body=sdp(version=2))
    talk.callee.respond(talk.callee.expect("INVITE"), 481, "Gone")
    talk.caller.expect(481)
    assert talk.engine.expect(wire.Ending).by == "probe"
    talk.caller.respond(talk.caller.expect("BYE"), 200)
    talk.engine.expect(wire.Ended)


def test_reinvites_do_not_cross(talk: Talk) -> None:
    talk.caller.again("INVITE", body=sdp(version=2))
    talk.callee.expect("INVITE")
    talk.callee.again("INVITE", body=sdp(version=2))
    assert talk.callee.expect(491).code == 491


def test_a_reinvite_can_be_cancelled(talk: Talk) -> None:
    talk.caller.sequence += 1
    talk.caller.invite(body=sdp(version=2))
    request = talk.callee.expect("INVITE")
    talk.callee.respond(request, 100, "Trying")
    talk.caller.cancel()
    talk.caller.expect(200, "CANCEL")
    assert talk.caller.expect(487).code == 487
    talk.callee.respond(talk.callee.expect("CANCEL"), 200)
    talk.callee.respond(request, 487, "Request Terminated")
    talk.engine.send(wire.List(ask=1))
    assert talk.engine.expect(wire.Listed).calls[0].state == "answered"
    reinvite(talk.caller, talk.callee, sdp(version=3), SDP_CALLEE)


def test_a_hang_up_in_the_middle_of_a_reinvite(talk: Talk) -> None:
    talk.caller.again("INVITE", body=sdp(version=2))
    request = talk.callee.expect("INVITE")
    talk.engine.send(wire.HangUp(call=talk.call))
    talk.caller.respond(talk.caller.expect("BYE"), 200)
    talk.callee.respond(talk.callee.expect("BYE"), 200)
    talk.callee.respond(request, 487, "Request Terminated")
    talk.callee.expect("ACK")
    assert talk.engine.expect(wire.Ended).confirmed


def test_key_presses_are_passed_on(talk: Talk) -> None:
    talk.caller.again("INFO", body="Signal=5", headers="Content-Type: application/dtmf-relay\r\n")
    assert talk.caller.expect(200, "INFO").code == 200
    assert talk.callee.expect("INFO").body == "Signal=5"


def test_a_transfer_is_refused_and_goes_nowhere(talk: Talk) -> None:
    """D9, and toll fraud: the package would have answered 202 and sent REFER to the carrier."""
    talk.caller.again("REFER", headers="Refer-To: <sip:900123@127.0.0.1>\r\n")
    refused = talk.caller.expect(405)
    assert "REFER" not in refused["allow"]
    assert talk.callee.silent(0.3)


@pytest.mark.parametrize("method", ["MESSAGE", "SUBSCRIBE", "NOTIFY", "UPDATE", "PRACK"])
def test_methods_we_do_not_do_are_answered_inside_a_call(talk: Talk, method: str) -> None:
    """D9: the package answers nothing at all."""
    talk.caller.again(method)
    assert "BYE" in talk.caller.expect(405)["allow"]


def test_unknown_methods_are_answered_inside_a_call(talk: Talk) -> None:
    talk.callee.again("DANCE")
    assert talk.callee.expect(501).code == 501


def test_options_inside_a_call(talk: Talk) -> None:
    talk.callee.again("OPTIONS")
    assert "INVITE" in talk.callee.expect(200, "OPTIONS")["allow"]


@pytest.mark.parametrize("spoilt", ["from", "to", "call-id"])
def test_a_bye_needs_the_tags_of_the_dialog(talk: Talk, spoilt: str) -> None:
    text = talk.caller.request("BYE", sequence=9)
    if spoilt == "from":
        text = text.replace(f"tag={talk.caller.tag}", "tag=guessed")
    elif spoilt == "to":
        text = text.replace(talk.ok.tag("to"), "guessed")
    else:
        text = text.replace(talk.caller.call_id, "guessed@test")
    talk.caller.send(text)
    assert talk.caller.expect(481).code == 481
    assert not talk.engine.told(wire.Ending)


def test_requests_out_of_order_are_refused(talk: Talk) -> None:
    talk.caller.send(talk.caller.request("OPTIONS", sequence=1))
    assert talk.caller.expect(500).code == 500


@pytest.mark.parametrize(
    ("method", "code"),
    [("OPTIONS", 200), ("BYE", 481), ("MESSAGE", 405), ("REFER", 405), ("SUBSCRIBE", 405), ("DANCE", 501)],
)
def test_requests_outside_any_call(engine: Engine, peers: Peers, method: str, code: int) -> None:
    stranger = peers(engine)
    stranger.send(stranger.request(method))
    answer = stranger.expect(code)
    assert "INVITE" in answer["allow"]
    assert answer.tag("to")
    if method == "OPTIONS":
        assert answer["accept"] == "application/sdp"
        assert answer.all("supported") == [""]


def test_a_dialog_follows_its_route_set(engine: Engine, peers: Peers) -> None:
    caller, callee, proxy = peers(engine), peers(engine), peers(engine)
    caller.invite(headers=f"Record-Route: <sip:{proxy.at};lr>\r\n")
    call = engine.expect(wire.Came).call
    engine.route(call, callee)
    callee.respond(callee.expect("INVITE"), 200, "OK", body=SDP_CALLEE)
    ok = caller.expect(200)
    assert ok["record-route"] == f"<sip:{proxy.at};lr>"
    caller.ack(ok)
    engine.expect(wire.Answered)
    engine.send(wire.HangUp(call=call))
    bye = proxy.expect("BYE")
    assert bye.uri == f"sip:peer@{caller.at}"
    assert bye["route"] == f"<sip:{proxy.at};lr>"


def test_a_strict_router_is_put_into_the_request_uri(engine: Engine, peers: Peers) -> None:
    caller, callee, proxy = peers(engine), peers(engine), peers(engine)
    caller.invite(headers=f"Record-Route: <sip:{proxy.at}>\r\n")
    call = engine.expect(wire.Came).call
    engine.route(call, callee)
    callee.respond(callee.expect("INVITE"), 200, "OK", body=SDP_CALLEE)
    caller.ack(caller.expect(200))
    engine.expect(wire.Answered)
    engine.send(wire.HangUp(call=call))
    bye = proxy.expect("BYE")
    assert bye.uri == f"sip:{proxy.at}"
    assert bye["route"] == f"<sip:peer@{caller.at}>"
