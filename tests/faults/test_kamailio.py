"""Through bad weather to a real Kamailio: see `tests/faults/mishaps.py`."""

from pathlib import Path

import pytest

from tests.conformance import sipp
from tests.faults.conftest import Figures
from tests.faults.mishaps import HURRIED, LIMIT, installed, play
from tests.faults.stages import KamailioStage
from tests.rig import kamailio


@HURRIED
@pytest.mark.timeout(LIMIT)
async def test_kamailio(tmp_path: Path, figures: Figures) -> None:
    installed(sipp.INSTALL, there=sipp.SIPP is not None)
    installed(kamailio.INSTALL, there=bool(kamailio.KAMAILIO))
    await play(KamailioStage, tmp_path, figures)
