"""Engines and SIP peers for the tests, closed behind them."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from callboard.switches.b2bua import wire
from tests.switches.b2bua.engine.harness import Engine, Inside, Peer, Talk


@pytest.fixture
def start() -> Iterator[Callable[..., Engine]]:
    """Starts engines: `start(max_calls=2)`."""
    with ExitStack() as stack:

        def make(sip: str = "", **settings: float) -> Engine:
            engine = Engine(sip, **settings)
            stack.callback(engine.close)
            engine.expect(wire.Ready)
            return engine

        yield make


@pytest.fixture
def engine(start: Callable[..., Engine]) -> Engine:
    """An engine with the usual settings."""
    return start()


@pytest.fixture
def inside() -> Iterator[Callable[..., Inside]]:
    """Starts an engine whose clock the test moves."""
    with ExitStack() as stack:

        def make(**settings: float) -> Inside:
            engine = Inside(**settings)
            stack.callback(engine.close)
            engine.expect(wire.Ready)
            return engine

        yield make


@pytest.fixture
def peers() -> Iterator[Callable[..., Peer]]:
    """Makes peers: `peers(engine)`."""
    with ExitStack() as stack:

        def make(engine: Engine, contact_parameters: str = "") -> Peer:
            peer = Peer(engine, contact_parameters)
            stack.callback(peer.close)
            return peer

        yield make


@pytest.fixture
def talk(engine: Engine, peers: Callable[..., Peer]) -> Talk:
    """A call that is up."""
    return Talk(engine, peers(engine), peers(engine))
