"""The budget of what is written for several readers."""

from functools import partial

from hypothesis import given
from hypothesis import strategies as st

from callboard.operations.budget import BESIDE, Budget, Kept


def write(kept: Kept, key: int, length: int, written: list[int]) -> bytes:
    def text() -> bytes:
        written.append(key)
        return bytes(length)

    return kept.text(key, None, text)


def test_what_was_written_is_written_once() -> None:
    written: list[int] = []
    kept = Budget(10 * BESIDE).open()
    assert write(kept, 1, 5, written) is write(kept, 1, 5, written)
    assert written == [1]


def test_what_was_asked_for_least_lately_goes_and_of_that_the_oldest() -> None:
    written: list[int] = []
    budget = Budget(5 * BESIDE)
    first, second = budget.open(), budget.open()
    for key in (1, 2):
        write(first, key, 0, written)
    for key in (3, 4, 5):
        write(second, key, 0, written)
    write(first, 2, 0, written)
    write(first, 6, 0, written)  # for which something of the second goes
    assert written == [1, 2, 3, 4, 5, 6]
    for key in (1, 2, 6):
        write(first, key, 0, written)
    for key in (4, 5):
        write(second, key, 0, written)
    assert written == [1, 2, 3, 4, 5, 6]
    write(second, 3, 0, written)
    assert written[-1] == 3


def test_what_a_writer_kept_goes_with_it() -> None:
    budget = Budget()
    kept, other = budget.open(), budget.open()
    write(kept, 1, 10, [])
    write(other, 1, 20, [])
    del kept
    assert budget.bytes == 20 + BESIDE


def test_what_is_too_long_is_not_kept() -> None:
    budget = Budget(100)
    assert len(write(budget.open(), 1, 101, [])) == 101
    assert budget.bytes == 0


def test_what_a_text_is_of_is_held_so_that_its_id_stays_its_own() -> None:
    kept = Budget(20 * BESIDE).open()
    for number in range(100):
        # What nobody holds leaves its identity to the next one.
        of, text = [number], str(number).encode()
        assert kept.text(id(of), of, partial(bytes, text)) == text


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 9), st.integers(0, 3 * BESIDE))))
def test_it_is_never_exceeded_and_counts_right(asked: list[tuple[int, int, int]]) -> None:
    budget = Budget(8 * BESIDE)
    writers = [budget.open() for _ in range(4)]
    for writer, key, length in asked:
        write(writers[writer], key, length, [])
        assert budget.bytes <= 8 * BESIDE
        assert budget.bytes == sum(len(text) + BESIDE for one in budget._all.values() for _, text in one.values())
    writers.clear()
    assert budget.bytes == 0
