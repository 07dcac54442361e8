"""The manager interface of a real Asterisk over TLS, set up as the manual says."""

import asyncio
import subprocess
import time
from pathlib import Path

import pytest

from callboard.calls.commands import CommandId, HangUp
from callboard.calls.legs import Placement
from callboard.calls.state import LIVE, State
from callboard.switches.asterisk.adapter import AsteriskLink
from callboard.switches.asterisk.examine import examine
from callboard.switches.asterisk.settings import AsteriskSettings
from callboard.switches.link import LinkError
from callboard.table.store.numbering import Numbering
from callboard.table.table import Table
from tests.conformance.server import until
from tests.conformance.sipp import Caller, play, run
from tests.ports import free_port
from tests.rig.asterisk import SECRET, Asterisk, Certificate, asterisk

pytestmark = pytest.mark.usefixtures("sipp", "real_asterisk")

NAME = "pbx.example"
ALICE = Caller(user="alice")
CALLING = (ALICE.invite(), ALICE.trying(), ALICE.answered(1), ALICE.hung_up())


@pytest.fixture
async def certificate(tmp_path: Path) -> Certificate:
    """One for the switch, which signs itself."""
    made = Certificate(tmp_path / "manager.pem", tmp_path / "manager.key")
    making = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    naming = ["-days", "2", "-subj", f"/CN={NAME}", "-addext", f"subjectAltName=DNS:{NAME}"]
    files = ["-keyout", str(made.key), "-out", str(made.file)]
    await asyncio.to_thread(subprocess.run, [*making, *naming, *files], check=True, capture_output=True)
    return made


def over_tls(switch: Asterisk, certificate: Certificate, **more: object) -> AsteriskSettings:
    fields = {"name": "pbx", "port": switch.tls, "secret": SECRET, "tls": True, "tls_ca": str(certificate.file), **more}
    return AsteriskSettings(**{"tls_name": NAME, **fields})  # type: ignore[arg-type]


@pytest.mark.parametrize("plain", [False, True])
async def test_a_call_is_seen_and_ended_over_tls(tmp_path: Path, certificate: Certificate, plain: bool) -> None:
    table = Table(lambda legs: Placement(), Numbering(0, lambda size: 1), 1)
    async with asterisk(free_port(), free_port(), free_port(), tls=free_port(), certificate=certificate) as switch:
        settings = over_tls(switch, certificate, plain_login=plain)
        wishes: list[str] = []
        link = AsteriskLink(settings, lambda event: table.accept(event, time.time()), wishes.append)
        await link.open()
        await link.list()
        options = ("-p", str(free_port()), "-m", "1", "-s", "echo", f"127.0.0.1:{switch.sip}")
        async with run(tmp_path, "phone", play("phone", *CALLING), *options):
            await until(lambda: _shows(table, State.ANSWERED), "the call is up")
            assert len((await link.list()).legs) == 1
            (call,) = table.calls()
            assert link.send(HangUp(CommandId("c1"), call.key)) is None
            await until(lambda: _shows(table), "the call is over")
        await link.close()


async def _shows(table: Table, *states: State) -> bool:
    return [call.state for call in table.calls() if call.state in LIVE] == list(states)


async def test_what_is_wrong_is_named(tmp_path: Path, certificate: Certificate) -> None:
    async with asterisk(free_port(), free_port(), free_port(), tls=free_port(), certificate=certificate) as switch:
        steps = [step async for step in examine(over_tls(switch, certificate))]
        assert [step.name for step in steps if not step.ok] == []
        assert steps[2].found.startswith("TLSv1")
        for wrong in ({"tls_ca": ""}, {"tls_name": "other.example"}, {"secret": "wrong"}):
            settings = over_tls(switch, certificate, **wrong)
            steps = [step async for step in examine(settings)]
            assert steps[-1].name == ("login" if "secret" in wrong else "TLS")
            assert not steps[-1].ok
            link = AsteriskLink(settings, lambda event: None, lambda why: None)
            with pytest.raises(LinkError, match="secret" if "secret" in wrong else "tls_ca"):
                await link.open()
