"""The known defects of the `sippy` package, each with the test that fails without its mend.

D7 (replayed credentials) is mended where nonces live; here only what that needs from the engine. D8 (keepalive) is in
`test_time`, D9 (unanswered methods) in `test_dialogs`, and D10 does not concern us: nothing of `b2bua.py` is used.
"""

import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from callboard.switches.b2bua import wire
from callboard.switches.b2bua.engine.faults import Faults
from callboard.switches.b2bua.engine.network import Network
from callboard.switches.b2bua.engine.timers import Timers
from callboard.switches.b2bua.engine.transactions import Transactions
from tests.switches.b2bua.engine.harness import DEADLINE, SDP_CALLEE, Engine, Peer, Talk, until

Peers = Callable[..., Peer]


@pytest.mark.parametrize("parameter", [";transport=UDP", ";transport=udp", ";TRANSPORT=Udp", ";transport=tcp"])
def test_d1_a_bye_goes_out_whatever_the_contact_says_of_transport(engine: Engine, peers: Peers, parameter: str) -> None:
    talk = Talk(engine, peers(engine, parameter), peers(engine, parameter))
    engine.send(wire.HangUp(call=talk.call))
    for party in (talk.caller, talk.callee):
        party.respond(party.expect("BYE"), 200)
    assert engine.expect(wire.Ended).confirmed


def test_d2_messages_stay_in_order(engine: Engine, peers: Peers) -> None:
    callee = peers(engine)
    callers = [peers(engine) for _ in range(40)]
    for caller in callers:
        caller.invite()
        engine.route(engine.expect(wire.Came).call, callee)
    invites = [callee.expect("INVITE") for _ in callers]
    for invite in invites:
        for code in (180, 183, 200):
            callee.respond(invite, code, body=SDP_CALLEE if code == 200 else "")
    for caller in callers:
        codes = [caller.get().code]
        while codes[-1] != 200:
            codes.append(caller.get().code)
        assert codes == [100, 180, 183, 200]


@pytest.mark.parametrize("code", [302, 486])
def test_d3_an_ack_goes_where_the_invite_went(engine: Engine, peers: Peers, code: int) -> None:
    caller, callee, bystander = peers(engine), peers(engine), peers(engine)
    caller.invite()
    engine.route(engine.expect(wire.Came).call, callee)
    invite = callee.expect("INVITE")
    callee.contact = f"<sip:victim@{bystander.at}>"
    callee.respond(invite, code, "Elsewhere")
    ack = callee.expect("ACK")
    assert ack["via"] == invite["via"]
    assert ack.uri == invite.uri
    assert bystander.silent(0.3)


def test_d4_a_second_engine_on_the_port_is_refused(engine: Engine, peers: Peers) -> None:
    second = subprocess.run(
        [sys.executable, "-m", "callboard.switches.b2bua.engine"],
        input=wire.encode(engine.settings),
        capture_output=True,
        timeout=DEADLINE,
        check=False,
    )
    assert second.returncode == 69
    assert second.stdout == b""
    assert second.stderr.startswith(f"engine: cannot listen for SIP on {engine.sip}: ".encode())
    assert second.stderr.count(b"\n") == 1
    Talk(engine, peers(engine), peers(engine))


def test_d5_bad_requests_leave_no_transaction_behind(engine: Engine, peers: Peers) -> None:
    peer = peers(engine)
    for number in range(300):
        text = peer.request("OPTIONS").replace(peer.call_id, f"d5-{number}")
        peer.send(text.replace("To: <sip:812@127.0.0.1>", "To: <sip:[::1>"))
    assert until(lambda: engine.pulse().malformed == 300)
    assert engine.pulse().transactions == 0
    assert engine.errors == b""


class TestFaults:
    """D5 again: a fault of our own in a handler costs one request, not the engine."""

    @pytest.mark.parametrize("method", ["OPTIONS", "INVITE"])
    def test_d5_a_fault_is_answered_and_told_once(self, method: str) -> None:
        told: list[Any] = []
        faults = Faults(told.append)
        timers = Timers(faults, lambda: 0.0)
        network, far = Network(("127.0.0.1", 0)), Network(("127.0.0.1", 0))
        transactions = Transactions(network, timers, faults, self.fail)
        for number in range(3):
            transactions.receive(self.request(method, number, far.address[1]), far.address)
        answers: list[bytes] = []

        def complete() -> bool:
            answers.extend(data for data, _ in far.receive(9))
            return len(answers) == 3

        assert until(complete)
        network.close()
        far.close()
        assert [answer.split(b"\r\n")[0] for answer in answers] == [b"SIP/2.0 500 Server Internal Error"] * 3
        assert len(told) == 1
        assert faults.count == 3
        assert len(transactions) == (3 if method == "INVITE" else 0), "an INVITE's 500 waits for its ACK"

    @staticmethod
    def fail(request: Any, transaction: Any) -> None:
        raise RuntimeError("on purpose")

    @staticmethod
    def request(method: str, number: int, port: int) -> bytes:
        return (
            f"{method} sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:{port};branch=z9hG4bK{number}\r\n"
            f"From: <sip:a@b>;tag=1\r\nTo: <sip:a@b>\r\nCall-ID: {number}\r\nCSeq: 1 {method}\r\n"
            f"Contact: <sip:a@b>\r\n\r\n"
        ).encode()


def test_d6_bad_packets_print_nothing(engine: Engine, peers: Peers) -> None:
    peer = peers(engine)
    truncated = peer.request("INVITE", body="v=0\r\n").replace("Content-Length: 5", "Content-Length: 7")
    for data in (b"\xff" * 64, b"junk" * 20, truncated.encode(), peer.request("OPTIONS", to="<sip:a@b:>").encode()):
        peer.send(data)
    peer.again("OPTIONS")
    peer.expect(200)
    engine.close_input()
    assert engine.process.wait(DEADLINE) == 0
    assert engine.errors == b""


def test_d7_credentials_are_told_with_the_call_and_target_they_came_for(engine: Engine, peers: Peers) -> None:
    calls = []
    for number in ("812", "900123"):
        caller = peers(engine)
        caller.target = f"sip:{number}@{engine.sip}"
        caller.invite()
        calls.append(engine.expect(wire.Came).call)
        engine.send(wire.Challenge(call=calls[-1], headers=('Digest realm="a"',)))
        caller.ack(caller.expect(401))
        caller.sequence += 1
        caller.invite(headers="Authorization: Digest captured\r\n")
        credentials = engine.expect(wire.Credentials)
        assert (credentials.call, credentials.dialed) == (calls[-1], number)
        assert credentials.uri == f"sip:{number}@{engine.sip}"
    assert len(set(calls)) == 2
