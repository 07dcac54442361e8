"""The order of messages: of one thing each goes after the one before it, whatever arrives, fails, or is given up."""

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from callboard.operations.happenings import Happening
from callboard.operations.subscriptions import Delivery
from callboard.webhooks.queue import Queue


def message(number: int, about: str = "call 1", at: float = 0.0) -> Delivery:
    return Delivery(
        number=number,
        webhook="wh-1",
        message=f"msg_{number}",
        event=Happening.CALL_STARTED,
        about=about,
        at=at,
        sight="",
        parties=(),
        next_at=at,
    )


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("put"), st.integers(0, 3)),
        st.tuples(st.sampled_from(["take", "done", "again", "drop"]), st.integers(0, 5)),
    ),
    max_size=60,
)


@given(STEPS)
def test_of_one_thing_one_message_is_on_the_way_and_none_overtakes_another(steps: list[tuple[str, int]]) -> None:
    queue, now, put = Queue(), 0.0, 0
    waiting: dict[str, list[int]] = {}
    on_the_way: list[Delivery] = []
    for what, choice in steps:
        now += 1.0
        match what:
            case "put":
                put += 1
                queue.put(message(put, f"call {choice}", now))
                waiting.setdefault(f"call {choice}", []).append(put)
            case "take":
                taken = queue.take(now)
                due = {about for about, numbers in waiting.items() if numbers} - {one.about for one in on_the_way}
                assert taken is not None or not due or queue.next_at() is not None
                if taken is not None:
                    assert waiting[taken.about][0] == taken.number
                    on_the_way.append(taken)
            case "done" if on_the_way:
                one = on_the_way.pop(choice % len(on_the_way))
                queue.done(one)
                waiting[one.about].remove(one.number)
            case "again" if on_the_way:
                one = on_the_way.pop(choice % len(on_the_way))
                queue.again(replace(one, next_at=now + choice))
            case "drop":
                dropped = queue.drop_oldest()
                resting = {number for numbers in waiting.values() for number in numbers} - {
                    one.number for one in on_the_way
                }
                assert (dropped.number if dropped else None) == min(resting, default=None)
                if dropped is not None:
                    waiting[dropped.about].remove(dropped.number)
        assert len({one.about for one in on_the_way}) == len(on_the_way)
        assert len(queue) == sum(map(len, waiting.values()))
    for one in on_the_way:
        queue.again(one)
    left: dict[str, list[int]] = {}
    while (taken := queue.take(now + 100.0)) is not None:
        left.setdefault(taken.about, []).append(taken.number)
        queue.done(taken)
    assert left == {about: numbers for about, numbers in waiting.items() if numbers}, "all that waits goes, in order"


def test_one_that_is_sent_again_by_hand_goes_before_what_waits() -> None:
    queue = Queue()
    for number in (5, 6):
        queue.put(message(number, at=50.0))
    queue.put(message(2, at=1.0))
    taken = queue.take(1.0)
    assert taken is not None
    assert taken.number == 2
    queue.put(message(1, at=1.0))
    assert queue.take(1.0) is None, "the first is on the way"
    queue.done(taken)
    one = queue.take(1.0)
    assert one is not None
    assert one.number == 1
    queue.done(one)
    assert queue.next_at() == 50.0


def test_the_same_message_twice_is_one() -> None:
    queue = Queue()
    queue.put(message(1))
    queue.put(message(1))
    assert len(queue) == 1
