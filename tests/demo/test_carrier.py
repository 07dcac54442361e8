"""The carriers' far ends do what the last two digits of a number say."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callboard.demo.carrier import Carriers, FarEnd, behaviour_of
from callboard.demo.phone import Phone
from callboard.demo.phone_call import CallOver
from tests.demo.dice import dice

PhoneMaker = Callable[..., Awaitable[Phone]]


def behaviour(number: str, *, fails: bool = True, seed: int = 1) -> dict[str, object]:
    made = behaviour_of(number, dice(seed), fails)
    return {name: getattr(made, name) for name in made.__struct_fields__}


@given(ending=st.integers(0, 90), seed=st.integers(0, 1000), fails=st.booleans())
def test_an_ordinary_number_rings_one_to_eight_seconds_and_answers(ending: int, seed: int, fails: bool) -> None:
    made = behaviour_of(f"4930231250{ending:02}", dice(seed), fails)
    assert 1.0 <= made.ring <= 8.0
    assert (made.code, made.talk, made.silent, made.vanish_after) == (200, None, False, None)


@pytest.mark.parametrize(
    ("ending", "expected"),
    [
        (FarEnd.BUSY, {"code": 486}),
        (FarEnd.DECLINES, {"code": 603}),
        (FarEnd.NEVER_ANSWERS, {"code": 0}),
        (FarEnd.OUT_OF_ORDER, {"code": 503, "ring": 0.0}),
        (FarEnd.SILENT, {"silent": True}),
        (FarEnd.VANISHES, {"code": 200, "vanish_after": 5.0}),
    ],
)
def test_the_endings_that_mean_something(ending: FarEnd, expected: dict[str, object]) -> None:
    assert expected.items() <= behaviour("121255501" + ending).items()


@given(seed=st.integers(0, 1000))
def test_the_endings_with_a_length_of_their_own(seed: int) -> None:
    assert 20.0 <= (behaviour_of("1" + FarEnd.HANGS_UP, dice(seed)).talk or 0.0) <= 60.0
    assert 2.0 <= behaviour_of("1" + FarEnd.SLOW_END, dice(seed)).bye_delay <= 3.0


@pytest.mark.parametrize("ending", [FarEnd.OUT_OF_ORDER, FarEnd.SILENT])
def test_the_fail_over_takes_what_the_first_one_fails(ending: FarEnd) -> None:
    assert {"code": 200, "silent": False}.items() <= behaviour("63" + ending, fails=False).items()


class TestFarEnds:
    @pytest.fixture
    async def addresses(self) -> AsyncIterator[dict[int, str]]:
        carriers = Carriers(dice(1), probe=0.0)
        yield await carriers.open()
        await carriers.close()

    async def test_there_is_one_for_each_connection(self, addresses: dict[int, str]) -> None:
        assert set(addresses) == {1, 2, 3}
        assert len(set(addresses.values())) == 3

    async def test_only_the_fail_over_takes_a_number_that_is_out_of_order(
        self, phone: PhoneMaker, addresses: dict[int, str]
    ) -> None:
        number = "6328555" + FarEnd.OUT_OF_ORDER
        for connection in (1, 3):
            call = await (await phone("101", server=addresses[connection])).call(number)
            with pytest.raises(CallOver) as over:
                await call.until("answered")
            assert over.value.code == 503
        call = await (await phone("101", server=addresses[2])).call(number)
        await call.until("ringing")
        await call.cancel()

    async def test_the_slow_end_is_confirmed_in_the_end(self, phone: PhoneMaker, addresses: dict[int, str]) -> None:
        call = await (await phone("101", server=addresses[3], timers=None)).call("442079460" + FarEnd.SLOW_END)
        await call.until("answered")
        async with asyncio.timeout(20):
            await call.bye()
        assert call.code == 200
