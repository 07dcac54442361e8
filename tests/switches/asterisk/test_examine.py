"""Examining a link: a small manager interface that lacks one thing after the other."""

import ssl
import subprocess
from pathlib import Path

import pytest

from callboard.switches.asterisk.examine import NOBODY, examine
from callboard.switches.asterisk.settings import AsteriskSettings
from callboard.switches.examining import Step
from tests.ports import free_port
from tests.switches.asterisk.server import SECRET, Manager, listing, manager

BOOTED = "Event: FullyBooted\r\nStatus: Fully Booted"
DENIED = "Response: Error\r\nMessage: Permission denied"


async def examined(port: int, **more: object) -> list[Step]:
    fields = {"name": "pbx", "port": port, "secret": SECRET, "answer_timeout": 0.8, **more}
    settings = AsteriskSettings(**fields)  # type: ignore[arg-type]
    return [step async for step in examine(settings)]


def wholesome(switch: Manager) -> None:
    """All that an examination asks for, as a real one answers."""
    login = switch.answers["Login"]
    switch.answers |= {
        "Login": lambda packet: [*login(packet), BOOTED],
        "CoreSettings": lambda _: ["Response: Success\r\nAsteriskVersion: 22.10.1"],
        "CoreShowChannels": lambda _: listing("CoreShowChannels", "Event: CoreShowChannel\r\nChannel: a"),
        "Hangup": lambda _: ["Response: Error\r\nMessage: No such channel"],
    }


def marks(steps: list[Step]) -> list[str]:
    return [f"{'+' if step.ok else '-'}{step.name}" for step in steps]


async def test_all_is_well() -> None:
    async with manager() as switch:
        wholesome(switch)
        steps = await examined(switch.port)
    names = ["address", "connection", "greeting", "login", "events", "status", "list", "hang up"]
    assert marks(steps) == [f"+{name}" for name in names]
    assert {step.fix for step in steps} == {""}
    assert "22.10.1" in steps[5].found
    assert steps[6].found == "1 channels are listed"
    assert [packet.get("Channel") for packet in switch.heard if packet.get("Action") == "Hangup"] == [NOBODY]
    assert SECRET not in repr(steps)


async def test_with_the_secret_itself() -> None:
    async with manager() as switch:
        wholesome(switch)
        assert all(step.ok for step in await examined(switch.port, plain_login=True))


async def test_a_wrong_secret() -> None:
    async with manager() as switch:
        wholesome(switch)
        steps = await examined(switch.port, secret="not-the-secret")
    assert marks(steps)[-1] == "-login"
    assert steps[-1].found == "callboard is not let in: Authentication failed"
    assert "[callboard]" in steps[-1].fix
    assert "not-the-secret" not in repr(steps)


@pytest.mark.parametrize(
    ("action", "step"), [("CoreSettings", "status"), ("CoreShowChannels", "list"), ("Hangup", "hang up")]
)
async def test_a_right_that_is_missing(action: str, step: str) -> None:
    """What can be looked at all the same, is."""
    async with manager() as switch:
        wholesome(switch)
        switch.answers[action] = lambda _: [DENIED]
        steps = await examined(switch.port)
    (failed,) = [one for one in steps if not one.ok]
    assert (len(steps), failed.name, failed.found) == (8, step, "it is refused: Permission denied")
    assert "write = call,reporting" in failed.fix


async def test_no_event_comes() -> None:
    async with manager() as switch:
        login = switch.answers["Login"]
        wholesome(switch)
        switch.answers["Login"] = login
        steps = await examined(switch.port)
    (failed,) = [one for one in steps if not one.ok]
    assert failed.name == "events"
    assert "read = system,call" in failed.fix


async def test_nobody_listens() -> None:
    port = free_port()
    steps = await examined(port)
    assert marks(steps) == ["+address", "-connection"]
    assert "Connection refused" in steps[-1].found
    assert f"port = {port}" in steps[-1].fix


async def test_a_name_that_is_none() -> None:
    steps = await examined(5038, host="no.such.name.invalid")
    assert marks(steps) == ["-address"]


async def test_tls_on_a_plain_port() -> None:
    async with manager() as switch:
        steps = await examined(switch.port, tls=True)
    assert marks(steps) == ["+address", "+connection", "-TLS"]
    assert "tls = false" in steps[-1].fix


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, ssl.SSLContext]:
    """A certificate for pbx.example, and a server's context with it."""
    key, file = tmp_path / "key.pem", tmp_path / "certificate.pem"
    making = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    naming = ["-days", "2", "-subj", "/CN=pbx.example", "-addext", "subjectAltName=DNS:pbx.example"]
    subprocess.run([*making, *naming, "-keyout", key, "-out", file], check=True, capture_output=True)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(file, key)
    return file, context


async def test_tls(certificate: tuple[Path, ssl.SSLContext]) -> None:
    file, context = certificate
    async with manager(context) as switch:
        wholesome(switch)
        steps = await examined(switch.port, tls=True, tls_ca=str(file), tls_name="pbx.example")
        assert all(step.ok for step in steps), steps
        assert steps[2].found.startswith("TLSv1")
        for more in ({"tls_ca": str(file)}, {"tls_name": "pbx.example"}):
            refused = (await examined(switch.port, tls=True, **more))[-1]
            assert (refused.name, refused.ok) == ("TLS", False)
            assert "`tls_ca`" in refused.fix
        unread = (await examined(switch.port, tls=True, tls_ca=str(file.with_name("none.pem"))))[-1]
        assert "cannot be read" in unread.found


async def test_plain_on_a_tls_port(certificate: tuple[Path, ssl.SSLContext]) -> None:
    async with manager(certificate[1]) as switch:
        steps = await examined(switch.port)
    assert marks(steps) == ["+address", "+connection", "-greeting"]
    assert "tls = true" in steps[-1].fix
