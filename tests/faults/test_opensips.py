"""Through bad weather to an OpenSIPS as its documentation has it: see `tests/faults/mishaps.py`."""

from pathlib import Path

import pytest

from tests.faults.conftest import Figures
from tests.faults.mishaps import HURRIED, LIMIT, play
from tests.faults.stages import OpensipsStage


@HURRIED
@pytest.mark.timeout(LIMIT)
async def test_opensips(tmp_path: Path, figures: Figures) -> None:
    await play(OpensipsStage, tmp_path, figures)
