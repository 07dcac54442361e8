"""Ended calls and commands for the tests of the journal."""

import time
from collections.abc import Callable

import pytest

from callboard.calls.causes import Cause, Reason
from callboard.calls.commands import CommandId
from callboard.calls.legs import Call, CallKey, CallNumber, Direction, Placement
from callboard.calls.state import State
from callboard.operations.ledger import CommandRecord

NOW = 1_700_000_000.0


def make_call(number: int, ended_at: float | None = NOW, *, customer: int | None = 3, caller_name: str = "Zoë") -> Call:
    """A call of a minute, 48 s of it connected."""
    return Call(
        number=CallNumber(number),
        key=CallKey("b2bua", f"{number}@host"),
        legs=(),
        state=State.ENDED,
        caller="801",
        caller_name=caller_name,
        dialed="0044207",
        callee="44207",
        sip_call_id=f"{number}@phone",
        caller_media="192.0.2.1",
        callee_media="192.0.2.2",
        placement=Placement(
            direction=Direction.OUTBOUND,
            customer=customer,
            account=5,
            device=6,
            vendor=1,
            connection=2,
            prefix="44",
            destination="United Kingdom",
            country="GBR",
        ),
        started_at=NOW - 60,
        progressed_at=NOW - 58,
        answered_at=NOW - 48,
        ended_at=ended_at,
        cause=Cause(Reason.NORMAL, 200, "BYE"),
    )


def make_command(number: int, at: float = NOW, *, login: str = "acme", customer: int = 3) -> CommandRecord:
    """A command that is under way."""
    return CommandRecord(
        id=CommandId(f"c-{number}"),
        at=at,
        login=login,
        customer=customer,
        address="192.0.2.9",
        operation="disconnect_call",
        call_number=number,
        switch="b2bua",
    )


def wait_until(condition: Callable[[], bool], seconds: float = 20.0) -> None:
    """Return once `condition` holds; fail if it does not in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            pytest.fail(f"not within {seconds:.0f} s")
        time.sleep(0.01)
