"""Ids of ended legs: remembered as long as late messages may come, and who told of the end."""

from callboard.calls.legs import LegId
from callboard.table.store.tombstones import SOME, Tombstones

ONE, OTHER = LegId("pbx", "1"), LegId("pbx", "2")


def _sweep(tombstones: Tombstones, now: float) -> list[int]:
    return list(tombstones.sweep(lambda: now))


def test_a_leg_is_forgotten_when_its_time_is_over_and_no_younger_one_with_it() -> None:
    tombstones = Tombstones(keep=120.0)
    tombstones.bury(ONE, 1000.0)
    tombstones.bury(OTHER, 1000.5)

    _sweep(tombstones, 1119.9)
    assert ONE in tombstones

    _sweep(tombstones, 1120.0)
    assert ONE not in tombstones
    assert OTHER in tombstones


def test_a_leg_that_is_buried_again_is_not_kept_longer() -> None:
    tombstones = Tombstones(keep=120.0)
    tombstones.bury(ONE, 1000.0)
    tombstones.bury(ONE, 1100.0)

    _sweep(tombstones, 1120.0)

    assert len(tombstones) == 0


def test_an_end_that_was_inferred_is_a_fact_once_somebody_tells_of_it() -> None:
    tombstones = Tombstones(keep=120.0)
    tombstones.bury(ONE, 1000.0, inferred=True)
    assert tombstones.inferred(ONE)

    tombstones.bury(ONE, 1001.0)
    assert not tombstones.inferred(ONE)

    tombstones.bury(ONE, 1002.0, inferred=True)
    assert not tombstones.inferred(ONE)


def test_an_inferred_end_is_forgotten_with_its_leg() -> None:
    tombstones = Tombstones(keep=120.0)
    tombstones.bury(ONE, 1000.0, inferred=True)

    _sweep(tombstones, 1120.0)

    assert ONE not in tombstones
    assert not tombstones.inferred(ONE)


def test_of_very_many_some_are_forgotten_at_a_time() -> None:
    tombstones = Tombstones(keep=120.0)
    legs = [LegId("pbx", str(number)) for number in range(2 * SOME + 1)]
    for leg in legs:
        tombstones.bury(leg, 1000.0)
    tombstones.bury(LegId("pbx", "younger"), 1001.0)

    assert _sweep(tombstones, 1120.0) == [SOME, SOME, 1]
    assert len(tombstones) == 1
