"""The two ends of an engine under test: Callboard's pipes, and SIP peers on plain UDP sockets."""

import contextlib
import itertools
import os
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable
from typing import TypeVar

from callboard.switches.b2bua import wire
from callboard.switches.b2bua.engine.engine import Engine as InnerEngine
from callboard.switches.b2bua.engine.pipes import Pipes
from callboard.switches.clock import since_boot
from tests.ports import free_port

__all__ = ["DEADLINE", "SDP", "SDP_CALLEE", "Engine", "Inside", "Message", "Peer", "Talk", "sdp", "until"]

DEADLINE = 15.0
"""Seconds after which something that does not happen has failed."""

_numbers = itertools.count(1)
_ROLL_CALL = 1_000_000
"""Questions of the harness itself have numbers beyond this."""

Told = TypeVar("Told", bound=wire.FromEngine)


def until(condition: Callable[[], bool], deadline: float = DEADLINE) -> bool:
    """Wait for a condition; False if it does not come true."""
    end = time.monotonic() + deadline
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.005)
    return True


def sdp(address: str = "127.0.0.1", direction: str = "sendrecv", version: int = 1) -> str:
    """A session description with one audio stream."""
    return (
        f"v=0\r\no=- 1 {version} IN IP4 {address}\r\ns=-\r\nc=IN IP4 {address}\r\nt=0 0\r\n"
        f"m=audio 4000 RTP/AVP 0\r\na={direction}\r\n"
    )


SDP = sdp()
SDP_CALLEE = sdp("127.0.0.3")


class Engine:
    """The real child process, with the test in the place of Callboard."""

    def __init__(self, sip: str = "", **settings: float) -> None:
        self.sip = sip or f"127.0.0.1:{free_port()}"
        self.address = (self.sip.rpartition(":")[0], int(self.sip.rpartition(":")[2]))
        defaults: dict[str, float] = {
            "booted": time.time() - since_boot(),
            "probe_interval": 300,
            "probe_timeout": 900,
            "linger": 5,
            "challenge_timeout": 10,
            "max_call": 3600,
            "max_calls": 1000,
            "max_pending": 100,
        }
        self.settings = wire.Configure(sip=self.sip, **{**defaults, **settings})  # type: ignore[arg-type]
        self._told: list[wire.FromEngine] = []
        self._taken: set[int] = set()
        self._arrival = threading.Condition()
        self.errors = bytearray()
        self._threads: list[threading.Thread] = []
        self._start()

    def _start(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "callboard.switches.b2bua.engine"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
        self._run([self._read, self._read_errors])
        self.send(self.settings)

    def _run(self, works: list[Callable[[], None]]) -> None:
        self._threads = [threading.Thread(target=work) for work in works]
        for thread in self._threads:
            thread.start()

    def _lines(self) -> Iterable[bytes]:
        assert self.process.stdout is not None
        return self.process.stdout

    def _read(self) -> None:
        for line in self._lines():
            with self._arrival:
                self._told.append(wire.decode_from_engine(line))
                self._arrival.notify_all()

    def _read_errors(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.errors += line

    def send(self, message: wire.ToEngine) -> None:
        """Say something to the engine."""
        assert self.process.stdin is not None
        self.process.stdin.write(wire.encode(message))
        self.process.stdin.flush()

    def told(self, kind: type[Told]) -> list[Told]:
        """Everything of one kind so far."""
        with self._arrival:
            return [message for message in self._told if isinstance(message, kind)]

    def expect(self, kind: type[Told], deadline: float = DEADLINE) -> Told:
        """The next message of one kind, each given once."""
        end = time.monotonic() + deadline
        with self._arrival:
            while True:
                for index, message in enumerate(self._told):
                    if index not in self._taken and isinstance(message, kind):
                        self._taken.add(index)
                        return message
                left = end - time.monotonic()
                if left <= 0:
                    raise AssertionError(f"no {kind.__name__} came; told: {self.story()}; stderr: {self.errors!r}")
                self._arrival.wait(left)

    def story(self) -> list[str]:
        """What was told, in short."""
        return [type(message).__name__ for message in self._told if not isinstance(message, wire.Pulse)]

    def pulse(self) -> wire.Pulse:
        """The next sign of life from now on."""
        seen = len(self.told(wire.Pulse))
        assert until(lambda: len(self.told(wire.Pulse)) > seen)
        return self.told(wire.Pulse)[-1]

    def route(self, call: str, *peers: "Peer", reply_timeout: float = 5.0, ring_timeout: float = 30.0) -> None:
        """Send a call to these peers in turn."""
        targets = tuple(
            wire.Target(
                address=peer.at,
                uri=f"sip:812@{peer.at}",
                caller="101",
                caller_name="Alice",
                reply_timeout=reply_timeout,
                ring_timeout=ring_timeout,
            )
            for peer in peers
        )
        self.send(wire.Route(call=call, targets=targets))

    def close_input(self) -> None:
        """Go away, as the engine sees it."""
        assert self.process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.close()

    def close(self) -> None:
        """End the process, whatever state it is in."""
        self.close_input()
        try:
            self.process.wait(DEADLINE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        for thread in self._threads:
            thread.join()
        for pipe in (self.process.stdout, self.process.stderr):
            assert pipe is not None
            pipe.close()


class Inside(Engine):
    """The engine in a thread of the test, with a clock that the test moves. Only one at a time: sippy is global."""

    def __init__(self, **settings: float) -> None:
        self._offset = 0.0
        super().__init__("", **settings)

    def _start(self) -> None:
        there, self._to = os.pipe()
        back, outgoing = os.pipe()
        self._alarm, self._bell = os.pipe()
        self._engine = InnerEngine(self.settings, Pipes(there, outgoing), self._alarm, self._clock)
        self._own = (there, outgoing, self._alarm, self._bell)
        self._story = os.fdopen(back, "rb")
        self._run([self._run_engine, self._read])

    def _run_engine(self) -> None:
        self._engine.run([])
        for end in self._own:
            os.close(end)

    def _clock(self) -> float:
        return time.monotonic() + self._offset

    def advance(self, seconds: float) -> None:
        """Let time pass, and wait until the engine has seen it: it answers a question after its timers ran."""
        self._offset += seconds
        ask = _ROLL_CALL + next(_numbers)
        self.send(wire.List(ask=ask))
        assert until(lambda: any(listed.ask == ask for listed in self.told(wire.Listed)))

    def _lines(self) -> Iterable[bytes]:
        return self._story

    def send(self, message: wire.ToEngine) -> None:
        """Say something to the engine."""
        os.write(self._to, wire.encode(message))

    def close(self) -> None:
        """End the engine."""
        os.close(self._to)
        for thread in self._threads:
            thread.join()
        self._story.close()


class Message:
    """A SIP message as it came, with as much reading as the tests need."""

    def __init__(self, data: bytes) -> None:
        head, _, self.body = data.decode("utf-8", "replace").partition("\r\n\r\n")
        self.start, *lines = head.split("\r\n")
        self.headers = [(name.strip().lower(), value.strip()) for name, _, value in (x.partition(":") for x in lines)]

    @property
    def method(self) -> str:
        """The request's method, "" for a response."""
        return "" if self.start.startswith("SIP/") else self.start.split(" ")[0]

    @property
    def code(self) -> int:
        """The response's status, 0 for a request."""
        return int(self.start.split(" ")[1]) if self.start.startswith("SIP/") else 0

    @property
    def uri(self) -> str:
        """The Request-URI."""
        return self.start.split(" ")[1]

    def all(self, name: str) -> list[str]:
        """Every value of a header."""
        return [value for key, value in self.headers if key == name]

    def __getitem__(self, name: str) -> str:
        return self.all(name)[0]

    def tag(self, name: str) -> str:
        """The tag of From or To, "" without one."""
        found = re.search(r";tag=([^;>\s]+)", self[name])
        return found[1] if found else ""

    @property
    def sequence(self) -> tuple[int, str]:
        """CSeq."""
        number, method = self["cseq"].split()
        return int(number), method

    def __repr__(self) -> str:
        return f"<{self.start} {self['cseq']}>"


class Peer:
    """A SIP party with one UDP socket and no opinions: the test says what it sends."""

    def __init__(self, engine: Engine, contact_parameters: str = "") -> None:
        self.engine = engine.address
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.port = int(self.socket.getsockname()[1])
        self.at = f"127.0.0.1:{self.port}"
        self.contact = f"<sip:peer@{self.at}{contact_parameters}>"
        number = next(_numbers)
        self.call_id = f"call-{number}-{self.port}@test"
        self.tag = f"tag{number}"
        self.remote = ""
        """The far end's From or To value, with its tag."""
        self.mine = f'"Bob" <sip:101@127.0.0.1>;tag={self.tag}'
        self.sequence = 1
        self.target = f"sip:812@{engine.sip}"
        self.received: list[Message] = []

    def close(self) -> None:
        """Close the socket."""
        self.socket.close()

    def send(self, text: str | bytes) -> None:
        """Send a packet."""
        self.socket.sendto(text.encode() if isinstance(text, str) else text, self.engine)

    def get(self, deadline: float = DEADLINE) -> Message:
        """The next packet."""
        self.socket.settimeout(deadline)
        try:
            data = self.socket.recv(65536)
        except TimeoutError:
            raise AssertionError(f"nothing came; before it: {self.received}") from None
        self.received.append(Message(data))
        return self.received[-1]

    def silent(self, seconds: float) -> bool:
        """Whether nothing comes for so long."""
        self.socket.settimeout(seconds)
        try:
            self.received.append(Message(self.socket.recv(65536)))
        except TimeoutError:
            return True
        return False

    def expect(self, what: int | str, method: str = "", deadline: float = DEADLINE) -> Message:
        """The next packet with this status or method; others (repeats, 100 Trying) are passed over."""
        end = time.monotonic() + deadline
        while True:
            message = self.get(max(0.01, end - time.monotonic()))
            if what in (message.code, message.method) and (not method or message.sequence[1] == method):
                return message

    # --- requests

    def request(
        self,
        method: str,
        *,
        body: str = "",
        sequence: int | None = None,
        branch: str = "",
        headers: str = "",
        uri: str = "",
        to: str | None = None,
    ) -> str:
        """A request of this party's, in its dialog if it has one."""
        number = self.sequence if sequence is None else sequence
        self.branch = branch or f"z9hG4bK{next(_numbers)}x{self.port}"
        remote = to if to is not None else (self.remote or "<sip:812@127.0.0.1>")
        kind = "Content-Type: application/sdp\r\n" if body and "Content-Type" not in headers else ""
        return (
            f"{method} {uri or self.target} SIP/2.0\r\nVia: SIP/2.0/UDP {self.at};branch={self.branch};rport\r\n"
            f"Max-Forwards: 70\r\nFrom: {self.mine}\r\nTo: {remote}\r\nCall-ID: {self.call_id}\r\n"
            f"CSeq: {number} {method}\r\nContact: {self.contact}\r\n{headers}{kind}"
            f"Content-Length: {len(body)}\r\n\r\n{body}"
        )

    def invite(self, body: str = SDP, headers: str = "", **options: str) -> str:
        """Send an INVITE; returns it, for sending it again."""
        text = self.request("INVITE", body=body, headers=headers, **options)  # type: ignore[arg-type]
        self.invite_branch = self.branch
        self.send(text)
        return text

    def cancel(self) -> None:
        """Cancel the last INVITE."""
        self.send(self.request("CANCEL", branch=self.invite_branch))

    def ack(self, response: Message, body: str = "") -> None:
        """Acknowledge a final response, and join its dialog if it is a 2xx."""
        if response.code < 300:
            self.join(response)
            self.send(self.request("ACK", sequence=response.sequence[0], body=body))
        else:
            text = self.request("ACK", branch=self.invite_branch, to=response["to"], sequence=response.sequence[0])
            self.send(text)

    def join(self, response: Message) -> None:
        """Take the dialog from a response."""
        self.remote = response["to"]
        contact = re.search(r"<([^>]+)>", response["contact"])
        assert contact is not None
        self.target = contact[1]

    def again(self, method: str, **options: str) -> None:
        """Send the next request of the dialog."""
        self.sequence += 1
        self.send(self.request(method, **options))  # type: ignore[arg-type]

    # --- responses

    def respond(self, request: Message, code: int, reason: str = "Because", body: str = "", headers: str = "") -> None:
        """Answer a request."""
        to = request["to"] if "tag=" in request["to"] or code == 100 else f"{request['to']};tag={self.tag}"
        copied = "".join(f"Via: {via}\r\n" for via in request.all("via"))
        copied += "".join(f"Record-Route: {route}\r\n" for route in request.all("record-route"))
        kind = "Content-Type: application/sdp\r\n" if body else ""
        self.send(
            f"SIP/2.0 {code} {reason}\r\n{copied}From: {request['from']}\r\nTo: {to}\r\n"
            f"Call-ID: {request['call-id']}\r\nCSeq: {request['cseq']}\r\nContact: {self.contact}\r\n{headers}{kind}"
            f"Content-Length: {len(body)}\r\n\r\n{body}"
        )
        if request.method == "INVITE" and 200 <= code < 300:
            self.call_id, self.remote, self.mine = request["call-id"], request["from"], to
            contact = re.search(r"<([^>]+)>", request["contact"])
            assert contact is not None
            self.target = contact[1]
            self.sequence = 100


class Talk:
    """A call that is up: both parties, and the engine's id for it."""

    def __init__(self, engine: Engine, caller: Peer, callee: Peer) -> None:
        self.engine, self.caller, self.callee = engine, caller, callee
        caller.invite()
        self.call = engine.expect(wire.Came).call
        engine.route(self.call, callee)
        self.invite: Message = callee.expect("INVITE")
        callee.respond(self.invite, 180, "Ringing")
        caller.expect(180)
        callee.respond(self.invite, 200, "OK", body=SDP_CALLEE)
        self.ok = caller.expect(200)
        caller.ack(self.ok)
        callee.expect("ACK")
        engine.expect(wire.Answered)
