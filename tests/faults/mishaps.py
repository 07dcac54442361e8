"""What may happen to a link, to its switch and to clocks; and a play of it all.

After each fault, within `BACK_WITHIN` seconds of the link being back, the table says what the switch itself says: zero
ghosts, zero lost calls. `FAULT_ROUNDS` sets how often every fault is tried, `FAULT_SEED` repeats a run.
"""

import gc
from pathlib import Path

import pytest

from tests.faults.conftest import Figures
from tests.faults.proxy import Weather
from tests.faults.stages import Stage
from tests.faults.world import ROUNDS, SEED, World, world_of

__all__ = ["FAULTS", "HURRIED", "LIMIT", "installed", "play"]

LIMIT = 100 + 150 * ROUNDS
"""Seconds that a play takes at most."""

HURRIED = pytest.mark.filterwarnings("default::ResourceWarning")
"""For links over HTTP: once in some hundred faults a connection that is given up as it comes about is left for the
collector to close. That is told, and is no failure of what is tried here.
"""


async def the_link_is_cut(world: World) -> None:
    world.cut()


async def the_link_is_cut_again_and_again(world: World) -> None:
    for _ in range(5):
        world.cut()
        await world.rest(0.0, 0.4)


async def nobody_lets_us_in(world: World) -> None:
    for proxy in world.stage.proxies:
        proxy.refusing = True
    world.cut()
    await world.rest(1.0, 2.5)


async def one_way_is_cut(world: World) -> None:
    world.random.choice(world.stage.proxies).cut()


async def the_network_stands_still(world: World) -> None:
    for proxy in world.stage.proxies:
        proxy.stall()
    await world.rest(0.5, 2.5)


async def the_network_stands_still_until_we_give_up(world: World) -> None:
    for proxy in world.stage.proxies:
        proxy.stall()
    await world.rest(4.0, 6.0)
    world.cut()


async def messages_are_slow(world: World) -> None:
    world.weather(Weather(delay=0.3))
    await world.rest(1.0, 2.0)


async def a_message_comes_half(world: World) -> None:
    for proxy in world.stage.proxies:
        proxy.halve()
    await world.rest()


async def messages_come_twice(world: World) -> None:
    world.weather(Weather(doubled=True))
    await world.rest(1.0, 2.0)


async def messages_overtake_each_other(world: World) -> None:
    world.weather(Weather(turned=True))
    await world.rest(1.0, 2.0)


async def some_events_get_lost(world: World) -> None:
    """On a link that stands nobody knows of it: the next list, which comes in its turn, makes it good."""
    world.weather(Weather(dropped=0.3))
    await world.rest(1.0, 2.0)
    await world.lists()


async def all_events_get_lost(world: World) -> None:
    world.weather(Weather(dropped=1.0))
    await world.rest(1.0, 2.0)
    await world.lists()


async def everything_at_once(world: World) -> None:
    """The weather is as bad for the next link, which may be back in it and knows of no event that it never got."""
    world.weather(Weather(delay=0.1, doubled=True, turned=True, dropped=0.2))
    await world.rest(0.5, 1.5)
    world.cut()
    await world.rest(0.5, 1.5)
    await world.lists()


async def the_switch_dies(world: World) -> None:
    await world.stage.kill()
    await world.rest(0.0, 1.0)
    await world.stage.start()
    world.heal()
    await world.busy()


async def the_switch_is_stopped(world: World) -> None:
    await world.stage.stop()
    await world.rest(0.0, 1.0)
    await world.stage.start()
    world.heal()
    await world.busy()


async def the_switch_dies_and_is_back_before_we_look(world: World) -> None:
    for proxy in world.stage.proxies:
        proxy.stall()
    await world.stage.kill()
    await world.stage.start()
    world.heal()
    await world.busy()


async def our_clock_is_set(world: World) -> None:
    world.set_by = world.random.choice((-3600.0, -5.0, 5.0, 3600.0))
    await world.rest()


async def our_clock_is_set_while_the_link_is_lost(world: World) -> None:
    world.cut()
    world.set_by = world.random.choice((-3600.0, -5.0, 5.0, 3600.0))
    await world.rest()


async def their_clock_is_set(world: World) -> None:
    """For good: a proxy that heals has the true time again, so it is set back once more."""
    world.weather(Weather(ahead=world.random.choice((-3600, -5, 5, 3600))))
    await world.rest(1.0, 2.0)


async def we_end_calls(world: World) -> None:
    world.hang_up()
    await world.rest()


async def we_end_calls_and_the_link_is_cut(world: World) -> None:
    world.hang_up()
    await world.rest(0.0, 0.1)
    world.cut()


FAULTS = (
    the_link_is_cut,
    the_link_is_cut_again_and_again,
    nobody_lets_us_in,
    one_way_is_cut,
    the_network_stands_still,
    the_network_stands_still_until_we_give_up,
    messages_are_slow,
    a_message_comes_half,
    messages_come_twice,
    messages_overtake_each_other,
    some_events_get_lost,
    all_events_get_lost,
    everything_at_once,
    the_switch_dies,
    the_switch_is_stopped,
    the_switch_dies_and_is_back_before_we_look,
    our_clock_is_set,
    our_clock_is_set_while_the_link_is_lost,
    their_clock_is_set,
    we_end_calls,
    we_end_calls_and_the_link_is_cut,
)


def installed(install: str, *, there: bool) -> None:
    """Skip where something is not there."""
    if not there:
        pytest.skip(install)


async def play(kind: type[Stage], folder: Path, figures: Figures) -> None:
    """All faults, in any order, round after round."""
    figures.of, figures.seed = kind.name, SEED
    async with world_of(kind, folder, figures) as world:
        for _ in range(ROUNDS):
            for fault in world.random.sample(FAULTS, len(FAULTS)):
                await fault(world)
                world.heal()
                await world.comes_true(fault.__name__)
                await world.busy()
    # What is left for the collector is told here, where it is no failure (see `HURRIED`), and not in some later test.
    gc.collect()
