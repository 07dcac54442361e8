"""Through bad weather to a FreeSWITCH that is replayed: see `tests/faults/mishaps.py`."""

from pathlib import Path

import pytest

from tests.faults.conftest import Figures
from tests.faults.mishaps import LIMIT, play
from tests.faults.stages import FreeswitchStage


@pytest.mark.timeout(LIMIT)
async def test_freeswitch(tmp_path: Path, figures: Figures) -> None:
    await play(FreeswitchStage, tmp_path, figures)
