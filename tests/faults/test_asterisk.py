"""Through bad weather to a real Asterisk: see `tests/faults/mishaps.py`."""

from pathlib import Path

import pytest

from tests.conformance import sipp
from tests.faults.conftest import Figures
from tests.faults.mishaps import LIMIT, installed, play
from tests.faults.stages import AsteriskStage
from tests.rig import asterisk


@pytest.mark.timeout(LIMIT)
async def test_asterisk(tmp_path: Path, figures: Figures) -> None:
    installed(sipp.INSTALL, there=sipp.SIPP is not None)
    installed(asterisk.INSTALL, there=bool(asterisk.ASTERISK))
    await play(AsteriskStage, tmp_path, figures)
