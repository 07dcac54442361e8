"""What answers HTTP: every front end, bound to its house."""

from collections.abc import Iterator
from contextlib import AsyncExitStack
from typing import Protocol

from callboard.api.api import Api
from callboard.assembly.house import House
from callboard.dialects.enswitch.dialect import EnswitchDialect
from callboard.dialects.mor.dialect import MorDialect
from callboard.dialects.ozeki.dialect import OzekiDialect
from callboard.dialects.sippy.dialect import SippyDialect
from callboard.http.routing import Router
from callboard.http.server import HttpServer
from callboard.http.values import Reply, Request
from callboard.metrics.front import MetricsFront
from callboard.storage.replies import KeptReplies
from callboard.wallboard.door import Door
from callboard.wallboard.wallboard import Wallboard

__all__ = ["open_fronts"]


class Front(Protocol):
    """A front end: the paths that are its own, and what answers there."""

    @property
    def paths(self) -> tuple[str, ...]: ...
    async def answer(self, request: Request) -> Reply: ...


def _fronts(house: House) -> Iterator[tuple[str, Front]]:
    """Every front end, one line each, with the name that its requests are counted under."""
    desk, dialects = house.desk, house.config.dialects
    yield "api", Api(desk, house.sealing, house.links.troubles, KeptReplies(house.database))
    yield "enswitch", EnswitchDialect(desk, dialects.enswitch)
    yield "ozeki", OzekiDialect(desk, dialects.ozeki)
    yield "sippy", SippyDialect(desk, dialects.sippy)
    yield "mor", MorDialect(desk, dialects.mor)
    yield "wallboard", Wallboard()
    yield "metrics", MetricsFront(desk, house.counting)


async def open_fronts(stack: AsyncExitStack, house: House) -> HttpServer:
    """Answer HTTP at every address of the settings until the stack unwinds."""
    router = Router()
    for name, front in _fronts(house):
        for path in front.paths:
            router.add(path, house.counting.tallies.timed(name, front.answer))
    server = HttpServer(Door(router.answer).answer, house.config.http)
    stack.push_async_callback(server.stop)
    await server.start()
    return server
