"""The doctor at a real Asterisk and a real Kamailio."""

import pytest

from callboard.switches.asterisk.examine import examine as examine_asterisk
from callboard.switches.asterisk.settings import AsteriskSettings
from callboard.switches.examining import Step
from callboard.switches.kamailio.examine import examine as examine_kamailio
from callboard.switches.kamailio.settings import KamailioSettings
from tests.ports import free_port
from tests.rig.asterisk import SECRET, asterisk
from tests.rig.kamailio import INSTALL, KAMAILIO, kamailio


async def asked(port: int, **more: object) -> list[Step]:
    fields = {"name": "pbx", "port": port, "secret": SECRET, "answer_timeout": 4.0, **more}
    return [step async for step in examine_asterisk(AsteriskSettings(**fields))]  # type: ignore[arg-type]


def failed(steps: list[Step]) -> list[str]:
    return [step.name for step in steps if not step.ok]


@pytest.mark.usefixtures("real_asterisk")
async def test_asterisk() -> None:
    async with asterisk(free_port(), free_port(), free_port()) as switch:
        well = await asked(switch.ami)
        assert (len(well), failed(well)) == (8, [])
        assert failed(await asked(switch.ami, secret="wrong")) == ["login"]
        assert failed(await asked(switch.ami, user="director")) == ["events"], "who may read nothing"
        assert failed(await asked(switch.ami, tls=True)) == ["TLS"]


@pytest.mark.skipif(not KAMAILIO, reason=INSTALL)
async def test_kamailio() -> None:
    async with kamailio(free_port(), free_port(), free_port(), free_port()) as switch:
        rpc, events = f"http://127.0.0.1:{switch.rpc}/RPC", f"127.0.0.1:{switch.events}"
        well = [step async for step in examine_kamailio(KamailioSettings(name="k", rpc=rpc, events=events))]
        assert (len(well), failed(well)) == (6, [])
        deaf = KamailioSettings(name="k", rpc=rpc, events=f"127.0.0.1:{free_port()}")
        assert failed([step async for step in examine_kamailio(deaf)]) == ["events"]
