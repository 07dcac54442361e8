"""Credentials that were overheard, against the real engine, in packets written by hand."""

import asyncio
import socket
from itertools import count

from tests.switches.b2bua.town import sign
from tests.switches.b2bua.world import ANSWERS, DEADLINE, World


class Raw:
    """A socket and what an attacker writes by hand."""

    def __init__(self, server: str) -> None:
        host, _, port = server.partition(":")
        self.server = server
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.settimeout(DEADLINE)
        self.socket.connect((host, int(port)))
        self._branches = count(1)

    def invite(self, call_id: str, number: str, sequence: int = 1, authorization: str = "") -> str:
        """Send an INVITE; returns its final answer's status line and headers, acknowledged."""
        uri = f"sip:{number}@{self.server}"
        here = "{}:{}".format(*self.socket.getsockname())
        branch = f"z9hG4bK{call_id}{next(self._branches)}"
        common = f"From: <sip:801@x>;tag=t{call_id}\r\nCall-ID: {call_id}\r\nMax-Forwards: 70\r\n"
        common = f"Via: SIP/2.0/UDP {here};branch={branch}\r\n{common}"
        signed = f"Authorization: {authorization}\r\n" if authorization else ""
        self.socket.send(
            f"INVITE {uri} SIP/2.0\r\n{common}To: <{uri}>\r\nCSeq: {sequence} INVITE\r\nContact: <sip:801@{here}>\r\n"
            f"{signed}Content-Length: 0\r\n\r\n".encode()
        )
        while True:
            answer = self.socket.recv(65_536).decode()
            if f"branch={branch}" in answer and not answer.startswith("SIP/2.0 1"):
                break
        to = next(line for line in answer.split("\r\n") if line.lower().startswith("to:"))
        self.socket.send(
            f"ACK {uri} SIP/2.0\r\n{common}{to}\r\nCSeq: {sequence} ACK\r\nContent-Length: 0\r\n\r\n".encode()
        )
        return answer


def challenge_of(answer: str) -> str:
    """The WWW-Authenticate value of a 401."""
    assert answer.startswith("SIP/2.0 401")
    name = "www-authenticate: "
    return next(line for line in answer.split("\r\n") if line.lower().startswith(name))[len(name) :]


def play_the_attacker(server: str) -> list[str]:
    """Use credentials once in good order, then again in every other way; returns the status of each answer."""
    attacker = Raw(server)
    with attacker.socket:
        challenge = challenge_of(attacker.invite("one", "812"))
        heard = sign(challenge, "801", "sip-801", "INVITE", f"sip:812@{server}")
        answers = [
            attacker.invite("one", "812", 2, heard),
            attacker.invite("two", "812", 1, heard),
            attacker.invite("three", "4930555", 1, heard),
        ]
        other = challenge_of(attacker.invite("four", "812"))
        redirected = sign(other, "801", "sip-801", "INVITE", f"sip:812@{server}")
        answers.append(attacker.invite("four", "4930555", 2, redirected))
    return [answer.split(" ")[1] for answer in answers]


async def test_credentials_that_were_overheard_open_nothing(world: World) -> None:
    await world.carrier(1, ANSWERS)
    assert await asyncio.to_thread(play_the_attacker, world.switch.address) == ["480", "401", "401", "401"]
