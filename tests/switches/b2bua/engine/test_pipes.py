"""The pipes to Callboard, and what the process does when they are not as they should be."""

import os
import subprocess
import sys

import pytest

from callboard.switches.b2bua import wire
from callboard.switches.b2bua.engine.pipes import Pipes, TooSlow
from tests.ports import free_port
from tests.switches.b2bua.engine.harness import DEADLINE, Engine


def run(data: bytes) -> subprocess.CompletedProcess[bytes]:
    """The engine, fed this and then nothing more."""
    command = [sys.executable, "-m", "callboard.switches.b2bua.engine"]
    return subprocess.run(command, input=data, capture_output=True, timeout=DEADLINE, check=False)


def configure(sip: str) -> bytes:
    """A first message."""
    return wire.encode(
        wire.Configure(
            sip=sip,
            booted=1000.0,
            probe_interval=30,
            probe_timeout=90,
            linger=5,
            challenge_timeout=10,
            max_call=60,
            max_calls=10,
            max_pending=10,
        )
    )


@pytest.mark.parametrize("data", [b"nonsense\n", b'{"type":"Stop"}\n', b'{"type":"Configure"}\n'])
def test_the_first_message_must_say_how_to_run(data: bytes) -> None:
    done = run(data)
    assert done.returncode == 64
    assert done.stderr.startswith(b"engine: the first message must be Configure: ")
    assert done.stderr.count(b"\n") == 1


@pytest.mark.parametrize("sip", ["203.0.113.1:5060", "nonsense", "127.0.0.1:99999"])
def test_an_address_that_is_not_ours_is_refused(sip: str) -> None:
    done = run(configure(sip))
    assert done.returncode == 69
    assert done.stderr.startswith(f"engine: cannot listen for SIP on {sip}: ".encode())


def test_without_a_word_it_leaves() -> None:
    done = run(b"")
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def test_messages_may_come_with_the_first() -> None:
    done = run(configure(f"127.0.0.1:{free_port()}") + wire.encode(wire.List(ask=5)))
    told = [wire.decode_from_engine(line) for line in done.stdout.splitlines()]
    assert isinstance(told[0], wire.Ready)
    assert [message.ask for message in told if isinstance(message, wire.Listed)] == [5]
    assert done.returncode == 0


def test_nonsense_from_callboard_ends_the_engine(engine: Engine) -> None:
    assert engine.process.stdin is not None
    engine.process.stdin.write(b"nonsense\n")
    engine.process.stdin.flush()
    assert engine.process.wait(DEADLINE) == 74
    assert engine.expect(wire.Pulse)


def test_a_second_configure_is_told_as_trouble(engine: Engine) -> None:
    engine.send(engine.settings)
    assert "configured already" in engine.expect(wire.Trouble).text


def test_the_pulse_beats(engine: Engine) -> None:
    first = engine.expect(wire.Pulse)
    second = engine.expect(wire.Pulse)
    assert second.at > first.at
    assert (second.calls, second.malformed, second.refused, second.transactions) == (0, 0, 0, 0)


def test_a_pipe_that_is_not_read_holds_back_then_fails() -> None:
    there, to = os.pipe()
    back, outgoing = os.pipe()
    pipes = Pipes(there, outgoing)
    message = wire.Trouble(text="x" * 1_000_000)
    try:
        pipes.tell(message)
        assert not pipes.flush()
        received = bytearray()
        while not pipes.flush():
            received += os.read(back, 1 << 20)
        received += os.read(back, 1 << 20)
        assert bytes(received) == wire.encode(message)
        for _ in range(70):
            pipes.tell(message)
        with pytest.raises(TooSlow, match="bytes wait"):
            pipes.flush()
    finally:
        for end in (there, to, back, outgoing):
            os.close(end)
