"""The estimate of a switch's clock: what is known of it beforehand is the true offset and each message's delay."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callboard.switches.clock import BACK, BACK_AGAIN, JUMP, NO_SKEW, WINDOW, OurClock, SwitchClock, since_boot

offsets = st.floats(-1e6, 1e6)
delays = st.floats(0.0, 5.0)
steps = st.floats(0.0, 20.0)


def test_nothing_is_known_at_first() -> None:
    assert SwitchClock().offset == 0.0
    assert SwitchClock().ours(100.0) == 100.0


def test_the_quickest_message_tells_the_offset() -> None:
    clock = SwitchClock()
    # The switch is 30 s ahead; the messages take 0.4, 0.02 and 0.3 s.
    times = [clock.heard(130.0, 100.4), clock.heard(131.0, 101.02), clock.heard(132.0, 102.3)]
    assert times == pytest.approx([100.4, 101.02, 102.02])
    assert clock.offset == pytest.approx(-29.98)


@pytest.mark.parametrize("delay", [0.0, 0.001, NO_SKEW * 0.99])
def test_on_one_machine_times_are_left_as_they_are(delay: float) -> None:
    clock = SwitchClock()
    assert clock.heard(100.0, 100.0 + delay) == 100.0
    assert clock.ours(90.0) == 90.0


def test_a_slow_first_message_is_soon_made_good() -> None:
    clock = SwitchClock()
    assert clock.heard(100.0, 102.0) == 102.0
    assert clock.heard(103.0, 103.01) == 103.0
    assert clock.heard(104.0, 106.0) == 104.0


def test_a_clock_that_is_set_forward_is_believed_at_once() -> None:
    clock = SwitchClock()
    clock.heard(100.0, 100.0)
    assert clock.heard(3701.0, 101.0) == 101.0
    assert clock.offset == -3600.0


def test_a_clock_that_is_set_back_a_little_is_believed_after_two_windows() -> None:
    clock = SwitchClock()
    clock.heard(10_000.0, 10_000.0)
    for second in range(1, int(2 * WINDOW) + 2):
        received = 10_000.0 + second
        assert clock.heard(received - 0.5, received) <= received
    assert clock.offset == 0.5
    received = 10_000.0 + 2 * WINDOW + 5
    assert clock.heard(received - 0.5, received) == received


@pytest.mark.parametrize("by", [2.0, 3600.0])
def test_a_clock_that_is_set_back_far_is_believed_as_soon_as_it_is_no_chance(by: float) -> None:
    clock = SwitchClock()
    clock.heard(10_000.0, 10_000.0)
    times = [clock.heard(10_000.1 + more - by, 10_000.1 + more) for more in (0.0, 0.1, 0.2, 0.3)]
    assert max(times[: BACK_AGAIN - 1]) < 10_000.0
    assert times[BACK_AGAIN - 1 :] == pytest.approx([10_000.3, 10_000.4])
    assert clock.offset == pytest.approx(by)


def test_one_event_that_was_kept_on_its_way_does_not_set_the_clock_back() -> None:
    clock = SwitchClock()
    for received in range(100, 120):
        clock.heard(float(received), float(received))
        assert clock.heard(received - 3.0, received) == received - 3.0
    assert clock.offset == 0.0


def test_how_far_a_clock_is_ahead_is_not_known_before_it_was_heard() -> None:
    clock = SwitchClock()
    assert clock.ahead is None
    clock.heard(103.0, 100.0)
    assert clock.ahead == 3.0


def test_after_a_long_silence_the_old_estimate_does_not_count() -> None:
    clock = SwitchClock()
    clock.heard(100.0, 50.0)
    assert clock.heard(1000.0, 1000.0) == 1000.0
    assert clock.offset == 0.0


@given(offsets, st.lists(st.tuples(steps, delays), min_size=1))
def test_no_event_is_after_its_receipt_and_none_before_an_earlier_one(
    offset: float, messages: list[tuple[float, float]]
) -> None:
    """In the order of the switch's clock, as one connection brings them."""
    clock = SwitchClock()
    truth, arrived, last = 1e9, 0.0, 0.0
    for step, delay in messages:
        truth += step
        arrived = max(arrived, truth + delay)
        ours = clock.heard(truth - offset, arrived)
        assert last <= ours <= arrived
        last = ours


@given(offsets, st.lists(st.tuples(st.floats(0.0, 100.0), st.floats(0.0, BACK / 2)), min_size=1))
def test_an_old_event_that_comes_late_is_never_the_newest(offset: float, messages: list[tuple[float, float]]) -> None:
    clock = SwitchClock()
    newest_at, newest = float("-inf"), float("-inf")
    for after, delay in sorted(messages, key=lambda message: sum(message)):
        at = 1e9 + after - offset
        ours = clock.heard(at, 1e9 + after + delay)
        if at >= newest_at:
            newest_at, newest = at, max(ours, newest)
        else:
            assert ours <= newest


@given(offsets.filter(lambda offset: abs(offset) > 1.0), st.lists(delays, min_size=1, max_size=50))
def test_the_estimate_is_off_by_the_quickest_delay(offset: float, delays: list[float]) -> None:
    clock = SwitchClock()
    for second, delay in enumerate(delays):
        clock.heard(1e9 + second - offset, 1e9 + second + delay)
    if clock.offset:
        assert clock.offset - offset == pytest.approx(min(delays), abs=1e-6)


class Machine:
    """A machine whose clock can be set."""

    def __init__(self) -> None:
        self.count = 500.0
        self.ahead = 1e9

    def wall(self) -> float:
        return self.count + self.ahead


@pytest.mark.parametrize("by", [-3600.0, -2 * JUMP, 2 * JUMP, 3600.0])
def test_our_time_goes_on_evenly_when_the_clock_is_set(by: float) -> None:
    machine = Machine()
    clock = OurClock(machine.wall, lambda: machine.count)
    before = clock.even()
    assert clock.set_by() == 0.0
    machine.count += 10.0
    machine.ahead += by
    assert clock.even() - before == pytest.approx(10.0)
    assert clock.set_by() == pytest.approx(by)
    assert clock.even() + clock.set_by() == pytest.approx(machine.wall(), abs=0.001)
    machine.ahead -= by
    assert clock.set_by() == pytest.approx(0.0, abs=1e-6)


@given(st.lists(st.floats(-0.4 * JUMP, 0.4 * JUMP)))
def test_a_clock_that_only_trembles_was_not_set(trembling: list[float]) -> None:
    machine = Machine()
    clock = OurClock(machine.wall, lambda: machine.count)
    for ahead in trembling:
        machine.ahead = 1e9 + ahead
        assert clock.set_by() == 0.0


def test_nobody_can_set_what_goes_by_since_boot() -> None:
    first = since_boot()
    assert 0.0 < first <= since_boot()


class _AlwaysAsked(SwitchClock):
    """Learns from every message, be there something to learn or not."""

    def _nothing_new(self, at: float, received: float) -> bool:
        return False


_STEPS = st.tuples(
    st.sampled_from([0.0, 0.01, 0.5, 2.0, 59.0, 61.0, 200.0, -5.0]),
    st.sampled_from([0.0, 0.02, 0.09, 0.2, 1.5, -0.3, -3.0, 40.0]),
)
"""Seconds that go by, and by which a message is late; a negative delay is a clock that is ahead."""


@given(st.lists(_STEPS, max_size=30))
def test_a_message_that_tells_nothing_new_of_the_clocks_is_passed_over(steps: list[tuple[float, float]]) -> None:
    quick, plain, now = SwitchClock(), _AlwaysAsked(), 1_000.0
    for passed, late in steps:
        now += passed
        assert quick.heard(now - late, now) == plain.heard(now - late, now)
        assert (quick.offset, quick.ahead) == (plain.offset, plain.ahead)
