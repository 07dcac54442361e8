"""Guessers wait ever longer; nobody else does."""

import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callboard.access import throttle as module
from callboard.access.settings import AccessSettings
from callboard.access.throttle import Throttle

NOW = 1_700_000_000.0
SETTINGS = AccessSettings(free_failures=3, free_failures_of_address=10, first_wait=1, longest_wait=60)


def _fail(throttle: Throttle, times: int, address: str = "192.0.2.1", name: str = "acme", now: float = NOW) -> None:
    for _ in range(times):
        throttle.failed(address, name, now)


def test_the_wait_doubles_up_to_the_longest() -> None:
    throttle = Throttle(SETTINGS)
    _fail(throttle, 3)
    waits = [throttle.wait("192.0.2.1", "acme", NOW)]
    for _ in range(8):
        _fail(throttle, 1)
        waits.append(throttle.wait("192.0.2.1", "acme", NOW))
    assert waits == [0, 1, 2, 4, 8, 16, 32, 60, 60]


def test_the_wait_passes() -> None:
    throttle = Throttle(SETTINGS)
    _fail(throttle, 5)
    assert throttle.wait("192.0.2.1", "acme", NOW + 0.5) == 1.5
    assert throttle.wait("192.0.2.1", "acme", NOW + 2) == 0


def test_the_login_is_free_elsewhere_and_other_logins_are_free_here() -> None:
    throttle = Throttle(SETTINGS)
    _fail(throttle, 8)
    assert throttle.wait("192.0.2.1", "acme", NOW) > 0
    assert throttle.wait("192.0.2.2", "acme", NOW) == 0
    assert throttle.wait("192.0.2.1", "globex", NOW) == 0


def test_an_address_that_tries_many_names_waits_for_all() -> None:
    throttle = Throttle(SETTINGS)
    for number in range(11):
        _fail(throttle, 1, name=f"user{number}")
    assert throttle.wait("192.0.2.1", "somebody", NOW) == 1
    assert throttle.wait("192.0.2.2", "somebody", NOW) == 0


def test_success_clears_the_login_but_not_the_address() -> None:
    throttle = Throttle(SETTINGS)
    _fail(throttle, 4)
    throttle.succeeded("192.0.2.1", "acme")
    assert throttle.wait("192.0.2.1", "acme", NOW) == 0
    _fail(throttle, 7, name="globex")
    assert throttle.wait("192.0.2.1", "acme", NOW) > 0


def test_old_failures_are_forgotten() -> None:
    throttle = Throttle(SETTINGS)
    _fail(throttle, 8)
    later = NOW + SETTINGS.failures_kept + 1
    _fail(throttle, 1, now=later)
    assert throttle.wait("192.0.2.1", "acme", later) == 0


def test_a_clock_set_back_makes_nobody_wait() -> None:
    throttle = Throttle(SETTINGS)
    _fail(throttle, 20)
    assert throttle.wait("192.0.2.1", "acme", NOW - 3600) == 0


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2001:db8::1", "2001:db8::ffff", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("192.0.2.1", "::ffff:192.0.2.1", True),
        ("192.0.2.1", "192.0.2.2", False),
        ("", "", True),
    ],
)
def test_what_counts_as_one_address(one: str, other: str, same: bool) -> None:
    throttle = Throttle(SETTINGS)
    _fail(throttle, 8, address=one)
    assert (throttle.wait(other, "acme", NOW) > 0) is same


@given(st.lists(st.tuples(st.sampled_from(["192.0.2.1", "192.0.2.2"]), st.text(max_size=3)), max_size=40))
def test_nobody_waits_longer_than_the_longest(failures: list[tuple[str, str]]) -> None:
    throttle = Throttle(SETTINGS)
    for address, name in failures:
        throttle.failed(address, name, NOW)
    assert all(0 <= throttle.wait(address, name, NOW) <= SETTINGS.longest_wait for address, name in failures)
    assert throttle.wait("192.0.2.3", "acme", NOW) == 0


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_LIMIT", 50)
    throttle = Throttle(SETTINGS)
    for number in range(1000):
        throttle.failed("192.0.2.1", "x" * 1000 + str(number), NOW)
        throttle.failed("192.0.2.1", str(number), NOW)
    assert len(throttle._failures) <= 50
    assert throttle.wait("192.0.2.1", "anybody", NOW) > 0


def test_what_is_remembered_of_an_address_is_short() -> None:
    module._place.cache_clear()
    throttle = Throttle(SETTINGS)
    tracemalloc.start()
    for number in range(1000):
        throttle.wait(f"{number} " + "x" * 10_000, "acme", NOW)
    kept, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert kept < 1_000_000


def test_a_request_that_waited_for_its_turn_clears_nothing() -> None:
    """Passwords are checked one after the other, in threads; what came later by another way may be judged sooner."""
    throttle = Throttle(SETTINGS)
    _fail(throttle, 6, now=NOW)
    for age in (2, 10, 30):
        assert throttle.wait("192.0.2.1", "acme", NOW - age) > 0
    _fail(throttle, 1, now=NOW - 30)
    assert throttle.wait("192.0.2.1", "acme", NOW) == 8
