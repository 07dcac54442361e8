"""A report of a run that never was."""

import pytest

from bench.figures import Better, Figure, Section
from bench.machine import Machine
from bench.report import Report


@pytest.fixture
def report() -> Report:
    """Two sections with figures, one of them watched, and one that was skipped."""
    machine = Machine(
        at="2026-01-02 03:04 UTC",
        processor="a processor",
        cores=2,
        memory_gb=24.0,
        kernel="Linux 6",
        python="CPython 3.11",
        versions={"callboard": "0.1"},
        commit="abc",
        load=(0.5, 0.4, 0.3),
    )
    rendering = (
        Figure(
            name="rows/rest",
            title="REST, times plain",
            unit="×",
            samples=(50.0, 70.0, 60.0),
            better=Better.HIGHER,
            goal=30.0,
            watched=True,
        ),
        Figure(name="rows/rest/ms", title="REST, 1,000 calls", unit="ms", samples=(2.0,), goal=1.0),
    )
    machine_figures = (Figure(name="limits/copy", title="copying", unit="GB/s", samples=(9.0,), better=Better.HIGHER),)
    return Report(
        machine=machine,
        full=False,
        seconds=61.0,
        sections=(
            Section(key="limits", title="The machine", figures=machine_figures),
            Section(key="rows", title="Rows", about="How.", figures=rendering),
            Section(key="peers", title="Peers", skipped="no Asterisk"),
        ),
    )
