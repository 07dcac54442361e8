"""Not looking for garbage where there is none."""

import gc

import pytest

from callboard.cli.garbage import loading, settle


def test_while_a_program_is_loaded_nothing_is_looked_for() -> None:
    assert gc.isenabled()
    with loading():
        assert not gc.isenabled()
    assert gc.isenabled()
    gc.unfreeze()
    with pytest.raises(ImportError), loading():
        raise ImportError
    assert gc.isenabled()


def test_what_was_loaded_is_never_looked_at() -> None:
    with loading():
        module: list[object] = []
    try:
        assert all(module is not looked_at for looked_at in gc.get_objects())
    finally:
        gc.unfreeze()


def test_of_a_program_that_cannot_be_loaded_nothing_is_kept() -> None:
    frozen = gc.get_freeze_count()
    with pytest.raises(ImportError), loading():
        raise ImportError
    assert gc.get_freeze_count() == frozen


def test_who_does_not_want_it_at_all_is_left_alone() -> None:
    gc.disable()
    with loading():
        assert not gc.isenabled()
    assert not gc.isenabled()
    gc.unfreeze()
    gc.enable()


def test_what_is_there_once_a_server_is_up_is_never_looked_at_again() -> None:
    table: list[object] = []
    settle()
    try:
        assert gc.get_freeze_count() > 0
        assert all(table is not looked_at for looked_at in gc.get_objects())
    finally:
        gc.unfreeze()
