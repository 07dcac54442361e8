"""What the demo's callers have in mind: whom to call, how long, and where to linger so that every state can be seen.

Numbers lie in ranges kept for films and books, where a country has one.
"""

import math
from enum import Enum, auto
from random import Random

import msgspec

from callboard.demo.carrier import FarEnd
from callboard.demo.incoming import Behaviour

__all__ = ["CAST", "Part", "Plan", "behaviour_on_net", "cast", "make_plan"]


class Part(Enum):
    """What a caller shows, call after call."""

    EVERYDAY = auto()
    """Calls as they come: answered, busy, given up, failing over, now and then on hold."""
    NEW = auto()
    """The switch takes its time to look at the call."""
    AUTHENTICATING = auto()
    """The phone takes its time to answer the switch's challenge."""
    ROUTING = auto()
    """The switch takes its time to find a route."""
    RINGING = auto()
    """A far end that nobody answers at."""
    HELD = auto()
    """Answered, and on hold for most of its life."""
    ENDING = auto()
    """A far end that is slow to confirm the end."""


CAST = (
    Part.EVERYDAY,
    Part.RINGING,
    Part.HELD,
    Part.ENDING,
    Part.ENDING,
    Part.NEW,
    Part.AUTHENTICATING,
    Part.ROUTING,
    Part.EVERYDAY,
    Part.EVERYDAY,
    Part.NEW,
    Part.AUTHENTICATING,
    Part.ROUTING,
    Part.HELD,
)
"""The parts of the first callers. Two of a kind, because each is between two calls now and then."""


def cast(caller: int) -> Part:
    """The part of a caller, counted from 0; the many who are not in the cast make everyday calls."""
    return CAST[caller] if caller < len(CAST) else Part.EVERYDAY


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """One call as its caller means to make it. Times are seconds."""

    number: str
    admit: float = 0.0
    """How long the switch is to leave it new."""
    authenticate: float = 0.0
    """How long the phone lets the challenge wait."""
    route: float = 0.0
    """How long the switch is to look for a route."""
    patience: float = 100.0
    """How long after its start the caller gives up, if nobody answered."""
    talk: float = 0.0
    """How long the conversation is."""
    hold_after: float | None = None
    """How long after the answer, and after each resumption, it is put on hold; None: never."""
    hold: float = 0.0
    """How long it stays on hold each time."""
    slow_end: bool = False
    """Whether to hang up when it is this caller's turn to show an end under way."""


_OFF_NET = (
    # Digits of the international number; `#` is any digit. Two more digits follow, which say what the far end does.
    ("442079460#", 4),  # London, 020 7946 0xxx
    ("441614960#", 2),  # Manchester, 0161 496 0xxx
    ("441184960#", 2),  # Reading, 0118 496 0xxx
    ("121255501", 3),  # New York, 212 555 01xx
    ("141555501", 2),  # San Francisco, 415 555 01xx
    ("4930231250", 2),  # Berlin, 030 23125 xxx
    ("4917139200", 1),  # Germany, mobile, 0171 39200xx
    ("3319900##", 1),  # Paris, 01 99 00 xx xx
    ("6125550##", 1),  # Sydney, 02 5550 xxxx
    ("63917555##", 3),  # Philippines, mobile
    ("6328555##", 2),  # Manila
)
_ON_NET_SHARE = 0.35
_OUTCOMES = (
    # Share of everyday off-net calls that go so; None is answered, and ended by the caller.
    (None, 74),
    (FarEnd.HANGS_UP, 8),
    (FarEnd.BUSY, 5),
    (FarEnd.DECLINES, 3),
    (FarEnd.NEVER_ANSWERS, 4),
    (FarEnd.OUT_OF_ORDER, 4),
    (FarEnd.SILENT, 2),
)
_PAUSE = (6.0, 8.5)
"""Seconds for which a call stays new, authenticating or without a route. A switch's patience with each is 10 s."""
_MEDIAN_TALK, _SHORTEST_TALK, _LONGEST_TALK = 120.0, 10.0, 1200.0
_SPREAD = 0.8
"""Standard deviation of the logarithm of how long people talk: some minutes, now and then much more."""


def make_plan(part: Part, others: tuple[str, ...], random: Random) -> Plan:
    """The next call of a caller with this part; `others` are the SIP users it can call on net."""
    everyday = _off_net_number(random, None)
    match part:
        case Part.NEW:
            pause = random.uniform(*_PAUSE)
            return Plan(number=everyday, admit=pause, patience=pause + random.uniform(-0.5, 1.5))
        case Part.AUTHENTICATING:
            pause = random.uniform(*_PAUSE)
            return Plan(number=everyday, authenticate=pause, patience=pause + random.uniform(0.5, 1.5))
        case Part.ROUTING:
            pause = random.uniform(*_PAUSE)
            return Plan(number=everyday, route=pause, patience=pause + random.uniform(-0.5, 1.5))
        case Part.RINGING:
            return Plan(number=_off_net_number(random, FarEnd.NEVER_ANSWERS), patience=random.uniform(20.0, 60.0))
        case Part.HELD:
            return Plan(number=everyday, talk=_talk(random), hold_after=2.0, hold=random.uniform(25.0, 60.0))
        case Part.ENDING:
            return Plan(number=_off_net_number(random, FarEnd.SLOW_END), talk=0.3, slow_end=True)
        case Part.EVERYDAY:
            return _everyday(others, random)


def _everyday(others: tuple[str, ...], random: Random) -> Plan:
    if random.random() < _ON_NET_SHARE:
        number = random.choice(others)
    else:
        outcomes, shares = zip(*_OUTCOMES, strict=True)
        number = _off_net_number(random, random.choices(outcomes, shares)[0])
    hasty = random.random() < 0.05
    holds = random.random() < 0.2
    return Plan(
        number=number,
        patience=random.uniform(0.5, 3.0) if hasty else random.uniform(15.0, 40.0),
        talk=_talk(random),
        hold_after=random.uniform(5.0, 40.0) if holds else None,
        hold=random.uniform(8.0, 40.0),
    )


def _off_net_number(random: Random, outcome: FarEnd | None) -> str:
    bases, weights = zip(*_OFF_NET, strict=True)
    base = random.choices(bases, weights)[0]
    digits = "".join(str(random.randrange(10)) if sign == "#" else sign for sign in base)
    return digits + (outcome or f"{random.randrange(int(min(FarEnd))):02}")


def _talk(random: Random) -> float:
    seconds = random.lognormvariate(math.log(_MEDIAN_TALK), _SPREAD)
    return min(max(seconds, _SHORTEST_TALK), _LONGEST_TALK)


def behaviour_on_net(random: Random) -> Behaviour:
    """What one of the demo's own phones does with a call."""
    ring = random.uniform(1.0, 8.0)
    chance = random.random()
    if chance < 0.06:
        return Behaviour(ring=min(ring, 2.0), code=486)
    if chance < 0.10:
        return Behaviour(ring=ring, code=603)
    if chance < 0.14:
        return Behaviour(code=0)
    if chance < 0.34:
        return Behaviour(ring=ring, talk=_talk(random))
    return Behaviour(ring=ring)
