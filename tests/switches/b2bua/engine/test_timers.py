"""Timers: in order, once, and not when cancelled."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from callboard.switches.b2bua import wire
from callboard.switches.b2bua.engine.faults import Faults
from callboard.switches.b2bua.engine.timers import Timers


class Clock:
    """A clock that the test moves."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def make() -> tuple[Clock, Timers, list[Any]]:
    """A clock, timers that run by it, and what they tell of faults."""
    clock, told = Clock(), list[Any]()
    return clock, Timers(Faults(told.append), clock), told


def test_what_is_due_runs_and_the_rest_waits() -> None:
    clock, timers, _ = make()
    ran: list[str] = []
    timers.after(2, ran.append, "b")
    timers.after(1, ran.append, "a")
    assert timers.run_due() == 1
    clock.now = 1.5
    assert timers.run_due() == 0.5
    assert ran == ["a"]
    clock.now = 9
    assert timers.run_due() is None
    assert ran == ["a", "b"]


def test_a_timer_may_set_and_cancel_others() -> None:
    clock, timers, _ = make()
    ran: list[str] = []
    doomed = timers.after(2, ran.append, "never")
    timers.after(1, doomed.cancel)
    timers.after(1, lambda: timers.after(0, ran.append, "now"))
    clock.now = 5
    assert timers.run_due() is None
    assert ran == ["now"]


def test_a_fault_stops_no_other_timer() -> None:
    clock, timers, told = make()
    ran: list[int] = []
    timers.after(1, lambda: 1 // 0)
    timers.after(1, ran.append, 1)
    clock.now = 1
    timers.run_due()
    assert ran == [1]
    assert [type(message) for message in told] == [wire.Trouble]


def test_cancelled_timers_leave_the_heap() -> None:
    _, timers, _ = make()
    for timer in [timers.after(1000, print) for _ in range(5000)]:
        timer.cancel()
        timer.cancel()
    timers.after(1000, print)
    assert timers.wasted == 5000
    assert timers.run_due() == 1000
    assert timers.wasted == 0


@given(st.lists(st.tuples(st.floats(0, 100), st.booleans()), max_size=50))
def test_timers_run_in_the_order_of_their_time(plans: list[tuple[float, bool]]) -> None:
    clock, timers, _ = make()
    ran: list[float] = []
    for seconds, cancelled in plans:
        timer = timers.after(seconds, ran.append, seconds)
        if cancelled:
            timer.cancel()
    clock.now = 100
    assert timers.run_due() is None
    assert ran == sorted(seconds for seconds, cancelled in plans if not cancelled)
