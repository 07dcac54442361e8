"""Public numbers."""

from callboard.table.store.numbering import BLOCK, NODE_SHIFT, Numbering


def test_numbers_go_on_where_the_last_life_could_have_stopped() -> None:
    reserved = [1]

    def reserve(count: int) -> int:
        first = reserved[0]
        reserved[0] += count
        return first

    first_life = Numbering(0, reserve)
    numbers = [first_life.take() for _ in range(3)]
    second_life = Numbering(0, reserve)
    numbers += [second_life.take() for _ in range(20_001)]
    assert numbers[:3] == [1, 2, 3]
    assert len(set(numbers)) == len(numbers)
    assert numbers == sorted(numbers)


def test_nodes_do_not_meet() -> None:
    assert Numbering(2, lambda count: 7).take() == (2 << NODE_SHIFT) + 7


def test_numbers_are_kept_in_reserve() -> None:
    asked: list[int] = []

    def reserve(count: int) -> int:
        asked.append(count)
        return 1 + sum(asked[:-1])

    numbering = Numbering(0, reserve)
    numbering.replenish()
    numbering.replenish()
    assert asked == [BLOCK], "a full block is enough"
    first = numbering.take()
    numbering.replenish()
    assert asked == [BLOCK, BLOCK]
    assert [first, *(numbering.take() for _ in range(BLOCK))] == list(range(1, BLOCK + 2))
    assert asked == [BLOCK, BLOCK], "nothing was reserved while a call waited"
